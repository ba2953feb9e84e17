package sipmin

import "time"

// Offers in the middle of a session: re-INVITE (RFC 3261 §14) and UPDATE (RFC
// 3311), of either side, with or without a description, also as refreshes.

// offerCame takes the re-INVITE or UPDATE at hand.
func (u *UA) offerCame(now time.Time, c *call, key hash) {
	if r, bad := u.collision(c); bad {
		u.replyNow(&r)
		return
	}
	if u.timerTooSmall() {
		u.replyNow(&ownResponse{status: 422, minSE: leastInterval})
		return
	}
	t := u.openServer(now, key, nil)
	if t == nil {
		return
	}
	t.purpose, t.call = forReinvite, c.name()
	u.retarget(&c.d)
	c.learn(u.methods())
	if c.state == callInviting || c.state == callRinging { // an UPDATE without offer, in an early dialog
		_ = u.respondTxn(now, t, &ownResponse{status: 200, contact: true})
		return
	}
	c.ask = u.timerAsked()
	c.timer.minSE = max(c.timer.minSE, c.ask.minSE)
	switch {
	case !u.hasBody() && u.msg.Method == MUpdate:
		_ = u.accept(now, t, c, &ownResponse{})
	case !u.hasBody() && c.sdp.n > 0:
		c.offered = true
		_ = u.accept(now, t, c, &ownResponse{contentType: "application/sdp", body: c.sdp.get()})
	default:
		c.offer = t.handle()
		c.offered = !u.hasBody()
		if u.msg.Method == MInvite {
			_ = u.respondTxn(now, t, &ownResponse{status: 100})
		}
		u.emit(c, u.withMessage(Event{Kind: EvOffer, Txn: c.offer}))
	}
}

// collision tells what may not be answered now.
func (u *UA) collision(c *call) (r ownResponse, bad bool) {
	invite := u.msg.Method == MInvite
	ours := u.byHandle(c.mine)
	switch {
	case invite && c.state == callInviting,
		invite && ours != nil && ours.method == MInvite,
		// RFC 3311 §5.2: "If an UPDATE is received that contains an offer, and
		// the UAS has generated an offer … to which it has not yet received an
		// answer, the UAS MUST reject the UPDATE with a 491".
		u.hasBody() && (c.state == callInviting || ours != nil && ours.method == MInvite):
		// RFC 3261 §14.2: "A UAS that receives an INVITE on a dialog while an
		// INVITE it had sent on that dialog is in progress MUST return a 491".
		return ownResponse{status: 491}, true
	case c.offer != 0 || c.state == callRinging && (invite || u.hasBody()) || invite && c.ok.txn != 0:
		// "A UAS that receives a second INVITE before it sends the final
		// response to a first INVITE with a lower CSeq sequence number on the
		// same dialog MUST return a 500 … and MUST include a Retry-After header
		// field with a randomly chosen value of between 0 and 10 seconds."
		return ownResponse{status: 500, retryAfter: time.Duration(u.random()%10+1) * time.Second}, true
	}
	return ownResponse{}, false
}

// AnswerOffer answers EvOffer.
func (u *UA) AnswerOffer(now time.Time, h Call, contentType string, body []byte) error {
	c, err := u.open(h)
	if err != nil {
		return err
	}
	t := u.byHandle(c.offer)
	if t == nil {
		return ErrState
	}
	if err := u.accept(now, t, c, &ownResponse{contentType: contentType, body: body}); err != nil {
		return err
	}
	c.offer = 0
	c.sdp.setIf(contentType, body)
	return nil
}

// RejectOffer refuses EvOffer with 300-699; the session goes on as it was.
func (u *UA) RejectOffer(now time.Time, h Call, status uint16) error {
	c, err := u.open(h)
	if err != nil {
		return err
	}
	t := u.byHandle(c.offer)
	if t == nil || status < 300 || status > 699 {
		return ErrState
	}
	if err := u.respondTxn(now, t, &ownResponse{status: status}); err != nil {
		return err
	}
	c.offer, c.offered = 0, false
	return nil
}

// Reinvite sends a new offer in a session; once it is accepted the UA keeps it
// as our description. EvReinviteDone follows. A 491 is tried again by the UA
// itself.
func (u *UA) Reinvite(now time.Time, h Call, contentType string, body []byte) error {
	c, err := u.open(h)
	if err != nil {
		return err
	}
	if !c.settled(u) || c.asked {
		return ErrState
	}
	if err := u.sendInside(now, c, MInvite, contentType, body); err != nil {
		return err
	}
	c.asked, c.again = true, time.Time{}
	c.next.n = 0
	c.next.setIf(contentType, body)
	return nil
}

// settled tells whether no exchange is open in the dialog.
func (c *call) settled(u *UA) bool {
	return c.state == callConfirmed && c.offer == 0 && c.mine == 0 && c.ok.txn == 0
}

// sendInside sends a re-INVITE or UPDATE, with the session timer's headers.
func (u *UA) sendInside(now time.Time, c *call, m Method, contentType string, body []byte) error {
	r := ownRequest{method: m, d: &c.d, cseq: c.d.localSeq + 1, contact: true, contentType: contentType, body: body}
	if c.timer.interval != 0 {
		// RFC 4028 §7.4: "it SHOULD be equal to the maximum of the Min-SE header
		// field … and the current session interval", the refresher as it was.
		r.expires, r.minSE = max(c.timer.interval, c.timer.minSE), c.timer.minSE
		r.refresher = RefresherUAS
		if c.timer.ours {
			r.refresher = RefresherUAC
		}
	}
	why := forUpdate
	if m == MInvite {
		why = forReinvite
	}
	t, err := u.launch(now, &r, why)
	if err != nil {
		return err
	}
	c.d.localSeq++
	t.call, c.mine = c.name(), t.handle()
	return nil
}

// refreshNow refreshes the session: by UPDATE if the peer allows it, else by a
// re-INVITE that repeats our description.
func (u *UA) refreshNow(now time.Time, c *call) {
	c.timer.refresh = time.Time{}
	if !c.settled(u) {
		c.timer.refresh = now.Add(u.cfg.Timers.T2)
		return
	}
	var err error
	if c.peer>>MUpdate&1 != 0 {
		err = u.sendInside(now, c, MUpdate, "", nil)
	} else {
		err = u.sendInside(now, c, MInvite, "application/sdp", c.sdp.get())
	}
	if err != nil {
		c.timer.refresh = now.Add(u.cfg.Timers.T1)
	}
}

// refreshResponse applies a response to our re-INVITE or UPDATE.
func (u *UA) refreshResponse(now time.Time, t *txn) {
	c := u.byName(t.call)
	status := u.msg.Status
	switch {
	case status < 200:
		if c != nil && t.method == MInvite && u.msg.ToTag.Len > 0 && c.earlyAdd(u.tagHash(u.msg.ToTag.In(u.raw)), t.cseq) != nil {
			u.prack(now, t, c)
		}
	case status < 300:
		u.refreshAccepted(now, t, c)
	case c != nil && c.mine == t.handle():
		u.refreshRefused(now, c, t.method, status)
	}
}

func (u *UA) refreshAccepted(now time.Time, t *txn, c *call) {
	if c == nil {
		if d := u.strangeDialog(); d != nil && t.method == MInvite {
			u.sendACK(d, t.cseq)
		}
		return
	}
	first := c.mine == t.handle()
	if first {
		c.mine = 0
		u.retarget(&c.d)
		c.learn(u.methods())
		u.timerAsClient(now, c)
	}
	if t.method == MInvite {
		u.drop(t)
		u.sendACK(&c.d, t.cseq)
	}
	if first && c.asked {
		c.asked = false
		c.sdp = c.next
		u.emit(c, u.withMessage(Event{Kind: EvReinviteDone}))
	}
}

// canRepeat tells whether we still have what was sent.
func (c *call) canRepeat(m Method) bool {
	return m == MUpdate || !c.asked || c.next.n > 0
}

// refreshRefused applies a failure of our re-INVITE or UPDATE.
func (u *UA) refreshRefused(now time.Time, c *call, m Method, status uint16) {
	c.mine = 0
	switch {
	case status == 481 || status == 408:
		u.refreshFailed(now, c, status, ReasonGone)
	case status == 491 && c.canRepeat(m):
		c.again = now.Add(u.backOff(c))
	case status == 422 && u.minSE() > c.timer.minSE && c.canRepeat(m):
		c.timer.minSE = u.minSE()
		u.tryAgain(now, c)
	case c.asked:
		c.asked = false
		u.emit(c, u.withMessage(Event{Kind: EvReinviteDone}))
	case m == MUpdate && (status == 405 || status == 501):
		c.peer &^= 1 << MUpdate
		u.refreshNow(now, c)
	default:
		c.timer.refresh = now.Add(c.timer.end.Sub(now) / 2)
	}
}

// backOff is how long to wait after a 491, in units of 10 ms.
//
// RFC 3261 §14.1: "If the UAC is the owner of the Call-ID of the dialog ID … T
// has a randomly chosen value between 2.1 and 4 seconds in units of 10 ms. If
// the UAC is not the owner … between 0 and 2 seconds".
func (u *UA) backOff(c *call) time.Duration {
	if c.ours {
		return time.Duration(210+u.random()%191) * 10 * time.Millisecond
	}
	return time.Duration(u.random()%201) * 10 * time.Millisecond
}

// tryAgain sends what got 491 or 422 once more.
func (u *UA) tryAgain(now time.Time, c *call) {
	c.again = time.Time{}
	if !c.asked {
		u.refreshNow(now, c)
		return
	}
	if !c.settled(u) || u.sendInside(now, c, MInvite, "application/sdp", c.next.get()) != nil {
		c.again = now.Add(u.cfg.Timers.T1)
	}
}

// refreshFailed ends a dialog that the peer does not know or answer in.
//
// RFC 3261 §12.2.1.2: "If the response for a request within a dialog is a 481 …
// or a 408 (Request Timeout), the UAC SHOULD terminate the dialog. A UAC SHOULD
// also terminate a dialog if no response at all is received".
func (u *UA) refreshFailed(now time.Time, c *call, status uint16, why EndReason) {
	c.mine = 0
	if why == ReasonTransport {
		if c.asked {
			c.asked = false
			u.emit(c, Event{Kind: EvReinviteDone, Status: status, Reason: why})
		} else {
			c.timer.refresh = now.Add(u.cfg.Timers.T2)
		}
		return
	}
	if status == 408 {
		why = ReasonTimeout
	}
	u.leave(now, c)
	u.emit(c, Event{Kind: EvEnded, Reason: why, Status: status})
	u.release(c)
}

// leave sends BYE, and 487 to what the peer still waits for.
func (u *UA) leave(now time.Time, c *call) {
	if t := u.byHandle(c.offer); t != nil && t.draft {
		_ = u.respondTxn(now, t, &ownResponse{status: 487})
	}
	u.sendBye(now, &c.d, c.reason)
	u.orphan(now, c)
}

// sessionOver ends a session that nobody refreshed, RFC 4028 §10.
func (u *UA) sessionOver(now time.Time, c *call) {
	u.leave(now, c)
	u.emit(c, Event{Kind: EvEnded, Reason: ReasonTimer})
	u.release(c)
}
