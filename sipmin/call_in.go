package sipmin

import "time"

// incoming opens a call for the INVITE at hand.
func (u *UA) incoming(now time.Time, key hash) {
	if u.timerTooSmall() {
		u.replyNow(&ownResponse{status: 422, minSE: leastInterval})
		return
	}
	c := u.newCall(callRinging)
	if c == nil {
		u.replyNow(&ownResponse{status: 486})
		return
	}
	var tag [maxTag]byte
	putTag(&tag, u.random())
	if !u.answerDialog(&c.d, tag[:]) {
		c.clear()
		u.replyNow(&ownResponse{status: 513})
		return
	}
	t := u.openServer(now, key, tag[:])
	if t == nil {
		c.clear()
		return
	}
	t.purpose, t.call = forInvite, c.name()
	c.txn = t.handle()
	c.ask = u.timerAsked()
	c.rel.required, c.rel.cseq = u.lists(HRequire, "100rel"), u.msg.CSeq
	c.learn(u.methods())
	_ = u.respondTxn(now, t, &ownResponse{status: 100})
	u.emit(c, u.withMessage(Event{Kind: EvIncoming}))
}

// Answer sends 200 to a peer's INVITE, and again until its ACK comes:
// EvConfirmed, or EvEnded if it does not.
func (u *UA) Answer(now time.Time, h Call, out *AnswerOut) error {
	c, err := u.open(h)
	if err != nil {
		return err
	}
	t := u.byHandle(c.txn)
	if c.state != callRinging || t == nil {
		return ErrState
	}
	if err := u.accept(now, t, c, &ownResponse{headers: out.Headers, contentType: out.ContentType, body: out.Body}); err != nil {
		return err
	}
	c.state = callAnswered
	c.rel.stop()
	c.rel.waiting = 0
	c.sdp.setIf(out.ContentType, out.Body)
	return nil
}

// accept sends the 2xx to an INVITE or UPDATE with what the session timer
// needs. That to an INVITE is repeated until its ACK.
//
// RFC 3261 §13.3.1.4: "The 2xx response is passed to the transport with an
// interval that starts at T1 seconds and doubles for each retransmission until
// it reaches T2 seconds … this is done "regardless of the transport protocol"."
func (u *UA) accept(now time.Time, t *txn, c *call, r *ownResponse) error {
	before := c.timer
	r.status, r.contact, r.allow, r.supported = 200, true, true, true
	u.timerAsServer(now, c, r, c.ask)
	if err := u.respondTxn(now, t, r); err != nil {
		c.timer = before
		return err
	}
	if t.kind == txnInviteServer {
		c.ok.begin(now, t.handle(), &u.cfg.Timers)
		c.okSeq = t.cseq
	}
	return nil
}

// Reject refuses a peer's INVITE with 300-699; the call is released.
func (u *UA) Reject(now time.Time, h Call, status uint16, headers ...ExtraHeader) error {
	c, err := u.open(h)
	if err != nil {
		return err
	}
	t := u.byHandle(c.txn)
	if c.state != callRinging || t == nil || status < 300 || status > 699 {
		return ErrState
	}
	if err := u.respondTxn(now, t, &ownResponse{status: status, headers: headers}); err != nil {
		return err
	}
	u.release(c)
	return nil
}

// ackCame sorts an ACK: that of a failure belongs to the transaction, that of
// a 2xx to the dialog.
func (u *UA) ackCame(now time.Time) {
	if t := u.serverTxn(u.requestKey(), MInvite); t != nil && t.state != sAccepted {
		u.stepTxn(now, t, eACK)
		return
	}
	c := u.dialogOf()
	if c == nil || c.ok.txn == 0 || u.msg.CSeq != c.okSeq {
		return
	}
	if t := u.byHandle(c.ok.txn); t != nil {
		u.drop(t)
	}
	c.ok.stop()
	first := c.state == callAnswered
	c.state = callConfirmed
	if c.quiet {
		u.sendBye(now, &c.d, c.reason)
		u.release(c)
		return
	}
	if first || c.offered {
		c.offered = false
		u.emit(c, u.withMessage(Event{Kind: EvConfirmed}))
	}
}

// ackMissing: RFC 3261 §13.3.1.4: "If the server retransmits the 2xx response
// for 64*T1 seconds without receiving an ACK, the dialog is confirmed, but the
// session SHOULD be terminated. This is accomplished with a BYE".
func (u *UA) ackMissing(now time.Time, c *call) {
	u.leave(now, c)
	u.emit(c, Event{Kind: EvEnded, Reason: ReasonTimeout, Status: 408})
	u.release(c)
}

// cancelCame answers CANCEL, RFC 3261 §9.2, and if its INVITE has no final
// response, that with 487.
func (u *UA) cancelCame(now time.Time, key hash) {
	t := u.serverTxn(key, MInvite)
	if t == nil {
		u.replyNow(&ownResponse{status: 481})
		return
	}
	c := u.byName(t.call)
	var tag []byte
	if c != nil {
		tag = c.d.get(dLocalTag)
	}
	u.replyTagged(&ownResponse{status: 200}, tag)
	if t.state != sProceeding {
		return
	}
	_ = u.respondTxn(now, t, &ownResponse{status: 487})
	if c == nil {
		return
	}
	if c.state == callRinging && c.txn == t.handle() {
		u.emit(c, u.withMessage(Event{Kind: EvCancelled, Cause: u.cause()}))
		u.release(c)
	} else if c.offer == t.handle() {
		c.offer = 0
	}
}

// Bye ends a call in whatever state it is; the handle is dead then, and no
// event follows. An INVITE of ours that is not answered is cancelled, one of
// the peer's gets 480; a 2xx of ours that has no ACK is ended once it has.
// reason is the value of a Reason header or empty.
func (u *UA) Bye(now time.Time, h Call, reason string) error {
	c, err := u.open(h)
	if err != nil {
		return err
	}
	if !c.setWhy(reason) {
		return ErrTooLong
	}
	switch c.state {
	case callInviting:
		if !c.cancelled {
			_ = u.Cancel(now, h, reason)
		}
		c.quiet = true
	case callRinging:
		return u.Reject(now, h, 480)
	case callAnswered:
		// RFC 3261 §15: "the callee's UA MUST NOT send a BYE on a confirmed
		// dialog until it has received an ACK for its 2xx response or until the
		// server transaction times out."
		c.quiet = true
	default:
		u.leave(now, c)
		u.release(c)
	}
	return nil
}

// inDialog sorts a request that names a dialog.
func (u *UA) inDialog(now time.Time, key hash) {
	c := u.dialogOf()
	if c == nil {
		if u.msg.Method == MNotify {
			u.passRequest(now, key, 0) // its dialog is of a SUBSCRIBE, which the owner keeps
			return
		}
		// RFC 3261 §12.2.2: "If the UAS wishes to reject the request because it
		// does not wish to recreate the dialog, it MUST respond to the request
		// with a 481".
		u.replyNow(&ownResponse{status: 481})
		return
	}
	// "If the remote sequence number was not empty, but the sequence number of
	// the request is lower than the remote sequence number, the request is out
	// of order and MUST be rejected with a 500".
	if c.d.hasRemote && u.msg.CSeq < c.d.remoteSeq {
		u.replyNow(&ownResponse{status: 500})
		return
	}
	c.d.remoteSeq, c.d.hasRemote = u.msg.CSeq, true
	switch u.msg.Method {
	case MBye:
		u.byeCame(now, c, key)
	case MPrack:
		u.prackCame(now, c)
	case MInvite, MUpdate:
		u.offerCame(now, c, key)
	case MOptions:
		u.replyNow(&ownResponse{status: 200, allow: true, accept: true, supported: true})
	default:
		u.passRequest(now, key, c.name())
	}
}

// byeCame ends the call. RFC 3261 §15.1.2: "The UAS MUST still respond to any
// pending requests received for that dialog. It is RECOMMENDED that a 487 …
// response be generated to those pending requests."
func (u *UA) byeCame(now time.Time, c *call, key hash) {
	for _, h := range [...]Txn{c.txn, c.offer} {
		if t := u.byHandle(h); t != nil && !t.client() && t.draft {
			_ = u.respondTxn(now, t, &ownResponse{status: 487})
		}
	}
	if t := u.openServer(now, key, nil); t != nil {
		_ = u.respondTxn(now, t, &ownResponse{status: 200})
	}
	u.emit(c, u.withMessage(Event{Kind: EvEnded, Reason: ReasonBye, Cause: u.cause()}))
	u.orphan(now, c)
	u.release(c)
}
