package sipmin

import "time"

// Reliable provisional responses, RFC 3262. As a UAC we acknowledge what asks
// for it, though we do not offer it; as a UAS we send 180 and 183 reliably
// only if the peer requires it.

// earlyDialog is what is remembered of one fork of our INVITE.
type earlyDialog struct {
	tag  hash
	rseq uint32 // last RSeq acknowledged; 0 none
	seq  uint32 // our last CSeq in it
}

func (c *call) earlyOf(tag hash) *earlyDialog {
	for i := range c.early {
		if c.early[i].tag == tag {
			return &c.early[i]
		}
	}
	return nil
}

// earlyAdd finds or makes a fork's place; nil: there are too many.
func (c *call) earlyAdd(tag hash, cseq uint32) *earlyDialog {
	if e := c.earlyOf(tag); e != nil {
		return e
	}
	e := c.earlyOf(0)
	if e != nil {
		*e = earlyDialog{tag: tag, seq: cseq}
	}
	return e
}

// prack acknowledges the provisional response at hand if it asks for that. It
// tells whether the response is to be heeded.
//
// RFC 3262 §4: "If the UAC receives another reliable provisional response to
// the same request, and its RSeq value is not one higher than the value of the
// sequence number, that response MUST NOT be acknowledged with a PRACK, and
// MUST NOT be processed further by the UAC."
func (u *UA) prack(now time.Time, t *txn, c *call) bool {
	rseq, ok := ParseUint(u.header(HRSeq), 1<<32-1)
	if !u.lists(HRequire, "100rel") || !ok || rseq == 0 || u.msg.ToTag.Len == 0 {
		return true
	}
	e := c.earlyOf(u.tagHash(u.msg.ToTag.In(u.raw)))
	if e == nil || (e.rseq != 0 && rseq != e.rseq+1) {
		return false
	}
	d := u.strangeDialog()
	if d == nil {
		return true // no Contact: nowhere to send it
	}
	e.rseq = rseq
	e.seq++
	r := ownRequest{method: MPrack, d: d, cseq: e.seq, rack: [2]uint32{rseq, t.cseq}}
	if x, err := u.launch(now, &r, forPrack); err == nil {
		x.call = t.call
	}
	return true
}

// reliable1xx is our own reliable provisional response.
type reliable1xx struct {
	repeat
	required bool
	rseq     uint32 // of the last one; 0 none yet
	waiting  uint16 // status of the one that must wait for the PRACK
	cseq     uint32 // of the INVITE
}

// Progress sends 180 or 183 to a peer's INVITE, reliably if the INVITE
// requires it.
func (u *UA) Progress(now time.Time, h Call, status uint16) error {
	c, err := u.open(h)
	if err != nil {
		return err
	}
	t := u.byHandle(c.txn)
	if c.state != callRinging || t == nil || status <= 100 || status > 199 {
		return ErrState
	}
	if !c.rel.required {
		return u.respondTxn(now, t, &ownResponse{status: status, contact: true})
	}
	// RFC 3262 §3: "The UAS MUST NOT send a second reliable provisional response
	// until the first is acknowledged."
	if !c.rel.over.IsZero() {
		c.rel.waiting = status
		return nil
	}
	return u.send1xx(now, t, c, status)
}

// send1xx sends the next reliable provisional response.
func (u *UA) send1xx(now time.Time, t *txn, c *call, status uint16) error {
	if c.rel.rseq == 0 {
		// "The value of the header field for the first reliable provisional
		// response in a transaction MUST be between 1 and 2**31 - 1."
		c.rel.rseq = uint32(u.random()>>40) + 1
	} else {
		c.rel.rseq++
	}
	c.rel.begin(now, c.txn, &u.cfg.Timers)
	return u.respondTxn(now, t, &ownResponse{status: status, contact: true, require: "100rel", rseq: c.rel.rseq})
}

// repeat1xx sends it again, RFC 3262 §3: "the interval doubles".
func (u *UA) repeat1xx(now time.Time, c *call) {
	u.repeatMemo(now, &c.rel.repeat)
	c.rel.next(now, 0)
}

// prackMissing: "If a reliable provisional response is retransmitted for 64*T1
// seconds without reception of a corresponding PRACK, the UAS SHOULD reject the
// original request with a 5xx response."
func (u *UA) prackMissing(now time.Time, c *call) {
	if t := u.byHandle(c.txn); t != nil && t.draft {
		_ = u.respondTxn(now, t, &ownResponse{status: 504})
	}
	u.emit(c, Event{Kind: EvEnded, Reason: ReasonTimeout, Status: 408})
	u.release(c)
}

// prackCame answers a PRACK: 200 if it matches, else 481.
func (u *UA) prackCame(now time.Time, c *call) {
	s, ok := u.msg.Get(HRAck)
	if !ok {
		u.replyNow(&ownResponse{status: 400})
		return
	}
	rseq, cseq, method, err := ParseRAck(u.raw, s)
	if err != nil {
		u.replyNow(&ownResponse{status: 400})
		return
	}
	if c.rel.rseq == 0 || rseq != c.rel.rseq || cseq != c.rel.cseq || MethodOf(method.In(u.raw)) != MInvite {
		u.replyNow(&ownResponse{status: 481})
		return
	}
	waiting := c.rel.waiting
	c.rel.stop()
	c.rel.waiting = 0
	u.replyNow(&ownResponse{status: 200})
	if t := u.byHandle(c.txn); waiting != 0 && t != nil && c.state == callRinging {
		_ = u.send1xx(now, t, c, waiting)
	}
}
