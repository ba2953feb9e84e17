package sipmin

import "time"

// callState is where a call stands.
type callState uint8

const (
	callFree      callState = iota
	callInviting            // our INVITE has no final response
	callRinging             // the peer's INVITE has none
	callAnswered            // our 2xx has no ACK
	callConfirmed           //
)

// maxStoredSDP is the room in octets for the description that the UA repeats
// in refreshes. One that is longer is not kept: its owner is asked each time.
const maxStoredSDP = 1024

// call is one INVITE session and its dialog.
type call struct {
	state callState
	index uint8 // of its place, from 1
	ours  bool  // we sent the INVITE: owner of the Call-ID, RFC 3261 §14.1
	gen   uint32
	d     dialog
	// txn is that of the INVITE, or of the last re-INVITE of ours; a handle,
	// since it may end before the call.
	txn Txn
	// peer's methods, by Allow; bit 1<<Method.
	peer      uint32
	cancelled bool // by us
	cancelOut bool // CANCEL is sent
	reason    string
	quiet     bool // its owner has let it go: BYE or the final response is awaited

	early [maxForks]earlyDialog
	rel   reliable1xx
	ok    repeat // our 2xx until its ACK
	okSeq uint32 // … whose CSeq is this
	// offered: that 2xx carried an offer, and the ACK has the answer.
	offered bool

	ask   timerAsk // what the INVITE or UPDATE that we have to answer says
	timer sessionTimer

	offer   Txn       // the peer's re-INVITE or UPDATE that waits for the owner
	mine    Txn       // our own re-INVITE or UPDATE without a final response
	again   time.Time // after 491: when to try that once more
	refresh bool      // … and it was a refresh
	asked   bool      // the owner waits for EvReinviteDone

	sdp  stored // our description
	next stored // that of our re-INVITE, until it is accepted
}

// stored is a kept description; the zero value is none.
type stored struct {
	n    uint16
	text [maxStoredSDP]byte
}

// set keeps a description; one that is too long is not kept, and neither is
// the one before it.
func (s *stored) set(body []byte) {
	s.n = 0
	if len(body) <= maxStoredSDP {
		s.n = uint16(copy(s.text[:], body))
	}
}

func (s *stored) get() []byte { return s.text[:s.n] }

// repeat is something sent again at doubling intervals until it is confirmed.
type repeat struct {
	txn          Txn
	every        time.Duration
	resend, over time.Time
}

// begin arms the repetition of what was sent just now.
func (r *repeat) begin(now time.Time, t Txn, base *Timers) {
	*r = repeat{txn: t, every: base.T1, resend: now.Add(base.T1), over: now.Add(64 * base.T1)}
}

// stop ends it.
func (r *repeat) stop() { *r = repeat{} }

// next arms the next repetition; most 0 means doubling without a limit.
func (r *repeat) next(now time.Time, most time.Duration) {
	r.every *= 2
	if most > 0 {
		r.every = min(r.every, most)
	}
	r.resend = now.Add(r.every)
}

func (r *repeat) deadline() time.Time { return earlier(r.resend, r.over) }

// newCall takes a place in the table, nil if there is none.
func (u *UA) newCall(state callState) *call {
	for i := range u.calls {
		if c := &u.calls[i]; c.state == callFree {
			c.gen++
			c.state = state
			return c
		}
	}
	return nil
}

// name returns the handle of a call.
func (c *call) name() Call { return Call(c.gen<<8 | uint32(c.index)) }

// byName returns the call that a handle names, or nil.
func (u *UA) byName(h Call) *call {
	i := int(h&0xff) - 1
	if i < 0 || i >= len(u.calls) || u.calls[i].state == callFree || u.calls[i].gen<<8>>8 != uint32(h>>8) {
		return nil
	}
	return &u.calls[i]
}

// open returns the call that a handle names if its owner still has it.
func (u *UA) open(h Call) (*call, error) {
	c := u.byName(h)
	if c == nil || c.quiet {
		return nil, ErrNoCall
	}
	return c, nil
}

// release ends a call. Its transactions live on without it.
func (u *UA) release(c *call) {
	h := c.name()
	for i := range u.txns {
		if u.txns[i].call == h {
			u.txns[i].call = 0
		}
	}
	c.clear()
}

// clear empties the place but keeps its generation.
func (c *call) clear() {
	c.d.reset()
	c.state, c.ours, c.txn, c.peer = callFree, false, 0, 0
	c.cancelled, c.cancelOut, c.reason, c.quiet = false, false, "", false
	c.early = [maxForks]earlyDialog{}
	c.rel, c.ask, c.timer = reliable1xx{}, timerAsk{}, sessionTimer{}
	c.ok.stop()
	c.okSeq, c.offered = 0, false
	c.offer, c.mine, c.again, c.refresh, c.asked = 0, 0, time.Time{}, false, false
	c.sdp.n, c.next.n = 0, 0
}

// deadline returns when expireCall is due.
func (c *call) deadline() time.Time {
	at := earlier(c.ok.deadline(), c.rel.deadline())
	return earlier(earlier(at, c.again), c.timer.deadline())
}

// expireCall applies one call's timers.
func (u *UA) expireCall(now time.Time, c *call) {
	switch {
	case due(c.ok.over, now):
		u.ackMissing(now, c)
	case due(c.ok.resend, now):
		u.repeatMemo(now, &c.ok)
		c.ok.next(now, u.cfg.Timers.T2)
	case due(c.rel.over, now):
		u.prackMissing(now, c)
	case due(c.rel.resend, now):
		u.repeat1xx(now, c)
	case due(c.timer.end, now):
		u.sessionOver(now, c)
	case due(c.again, now):
		u.tryAgain(now, c)
	case due(c.timer.refresh, now):
		u.refreshNow(now, c)
	}
}

// repeatMemo sends the kept response of a transaction again.
func (u *UA) repeatMemo(now time.Time, r *repeat) {
	if t := u.byHandle(r.txn); t != nil {
		u.sendMemo(now, t)
	}
}

// emit queues an event of a call; one that its owner has let go has none.
func (u *UA) emit(c *call, e Event) {
	if c.quiet {
		return
	}
	e.Call = c.name()
	u.events.push(e)
}

// withMessage adds the message at hand to an event.
func (u *UA) withMessage(e Event) Event {
	e.Msg, e.Raw = &u.msg, u.raw
	if !u.msg.Request {
		e.Status, e.RetryAfter = u.msg.Status, u.retryAfter()
	}
	e.Method = u.msg.Method
	return e
}

// StoreSDP gives the UA our current description, which it repeats in
// refreshes and to a re-INVITE without one. Invite, Answer, Reinvite and
// AnswerOffer do so themselves when the body is application/sdp.
func (u *UA) StoreSDP(h Call, body []byte) error {
	c, err := u.open(h)
	if err != nil {
		return err
	}
	if len(body) > maxStoredSDP {
		return ErrTooLong
	}
	c.sdp.set(body)
	return nil
}

// PeerAllows tells whether the peer's Allow lists a method.
func (u *UA) PeerAllows(h Call, m Method) bool {
	c := u.byName(h)
	return c != nil && c.peer>>m&1 != 0
}

// Pending counts the requests of ours that wait for a final response.
func (u *UA) Pending() (n int) {
	for i := range u.txns {
		if t := &u.txns[i]; t.client() && t.state != sCompleted && t.state != sAccepted {
			n++
		}
	}
	return n
}
