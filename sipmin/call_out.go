package sipmin

import "time"

// Invite sends an INVITE, RFC 3261 §13.2. EvProvisional, EvAccepted and
// EvRejected tell what becomes of it.
func (u *UA) Invite(now time.Time, out *InviteOut) (Call, error) {
	c := u.newCall(callInviting)
	if c == nil {
		return 0, ErrBusy
	}
	c.ours = true
	if err := u.openDialog(&c.d, u.identity, out.URI, out.URI, "", true); err != nil {
		c.clear()
		return 0, err
	}
	c.d.localSeq = 1
	r := ownRequest{method: MInvite, d: &c.d, cseq: 1, headers: out.Headers, contact: true,
		expires: u.cfg.SessionExpires, contentType: out.ContentType, body: out.Body}
	t, err := u.launch(now, &r, forInvite)
	if err != nil {
		c.clear()
		return 0, err
	}
	t.call, c.txn = c.name(), t.handle()
	c.sdp.setIf(out.ContentType, out.Body)
	return t.call, nil
}

// setIf keeps a body that is a description.
func (s *stored) setIf(contentType string, body []byte) {
	if EqualFold(mediaType(contentType), "application/sdp") {
		s.set(body)
	}
}

// inviteResponse applies a response to our INVITE.
func (u *UA) inviteResponse(now time.Time, t *txn) {
	c := u.byName(t.call)
	switch status := u.msg.Status; {
	case status < 200:
		if c != nil && c.state == callInviting {
			u.inviteProvisional(now, t, c)
		}
	case status < 300:
		u.inviteAccepted(now, t, c)
	case c != nil && c.state == callInviting:
		u.emit(c, u.withMessage(Event{Kind: EvRejected, Reason: c.whyRejected()}))
		u.release(c)
	}
}

// whyRejected tells a 487 that we asked for from the peer's own.
func (c *call) whyRejected() EndReason {
	if c.cancelled {
		return ReasonCancelled
	}
	return ReasonNone
}

func (u *UA) inviteProvisional(now time.Time, t *txn, c *call) {
	if c.cancelled && !c.cancelOut {
		u.sendCancel(now, t, c)
	}
	c.learn(u.methods())
	if u.msg.Status == 100 {
		return
	}
	if u.msg.ToTag.Len > 0 && c.earlyAdd(u.tagHash(u.msg.ToTag.In(u.raw)), t.cseq) == nil {
		return // more forks than we follow
	}
	if u.prack(now, t, c) {
		u.emit(c, u.withMessage(Event{Kind: EvProvisional}))
	}
}

// learn notes the methods that the peer allows, if it says so.
func (c *call) learn(methods uint32) {
	if methods != 0 {
		c.peer = methods
	}
}

// inviteAccepted applies a 2xx to our INVITE: the first makes the dialog, the
// same again is ACKed again, and one of another fork is ACKed and ended.
//
// RFC 3261 §13.2.2.4: "The UAC core MUST generate an ACK request for each 2xx
// received from the transaction layer."
func (u *UA) inviteAccepted(now time.Time, t *txn, c *call) {
	tag := u.tagHash(u.msg.ToTag.In(u.raw))
	u.drop(t)
	if c != nil && c.state == callInviting {
		t.forks[0] = tag
		u.confirm(now, t, c)
		return
	}
	d := u.strangeDialog()
	if d == nil {
		return
	}
	u.sendACK(d, t.cseq)
	if t.forkKnown(tag) {
		return
	}
	t.forkAdd(tag)
	d.localSeq = max(d.localSeq, t.cseq)
	u.sendBye(now, d, "")
}

func (t *txn) forkKnown(tag hash) bool {
	for _, f := range t.forks {
		if f == tag {
			return true
		}
	}
	return false
}

func (t *txn) forkAdd(tag hash) {
	for i, f := range t.forks {
		if f == 0 {
			t.forks[i] = tag
			return
		}
	}
}

// confirm makes the 2xx at hand our dialog.
func (u *UA) confirm(now time.Time, t *txn, c *call) {
	if e := c.earlyOf(t.forks[0]); e != nil {
		c.d.localSeq = max(c.d.localSeq, e.seq)
	}
	if !u.meet(&c.d) { // more than a dialog holds: it cannot be kept
		u.emit(c, u.withMessage(Event{Kind: EvRejected, Reason: ReasonProtocol}))
		u.release(c)
		return
	}
	c.state = callConfirmed
	c.learn(u.methods())
	u.sendACK(&c.d, t.cseq)
	if c.cancelled {
		// RFC 3261 §15.1.1: the 2xx crossed our CANCEL, which had no effect.
		u.sendBye(now, &c.d, c.reason)
		e := u.withMessage(Event{Kind: EvRejected, Reason: ReasonCancelled})
		e.Status = 487
		u.emit(c, e)
		u.release(c)
		return
	}
	c.timer.minSE = 0 // RFC 4028 §7.4: "effectively 'cleared' once the dialog is established"
	u.timerAsClient(now, c)
	u.emit(c, u.withMessage(Event{Kind: EvAccepted}))
}

// sendACK sends the ACK to a 2xx: to the Contact through the route set, with
// the INVITE's number. It has no transaction; the same 2xx again gets the same
// ACK again.
func (u *UA) sendACK(d *dialog, cseq uint32) {
	h := u.secret
	h.add(d.get(dCallID))
	h.add(d.get(dRemoteTag))
	h.addUint(uint64(cseq))
	r := ownRequest{method: MAck, d: d, cseq: cseq}
	putBranch(&r.branch, uint64(h))
	w := u.write()
	viaAt := u.writeRequest(w, &r, u.cfg.Transport)
	if w.full {
		return
	}
	to := Target{Transport: u.cfg.Transport, Addr: u.nextHop(d)}
	u.bySize(w.b, viaAt, &to)
	u.cfg.Wire.Send(to, w.b)
}

// sendBye sends BYE in a dialog that nobody keeps any longer.
func (u *UA) sendBye(now time.Time, d *dialog, reason string) {
	d.localSeq++
	_, _ = u.launch(now, &ownRequest{method: MBye, d: d, cseq: d.localSeq, reason: reason}, forBye)
}

// Cancel takes back an INVITE of ours, RFC 3261 §9.1. reason is the value of a
// Reason header or empty. EvRejected follows, with ReasonCancelled also when a
// 2xx crossed the CANCEL (the call is ended by BYE then).
func (u *UA) Cancel(now time.Time, h Call, reason string) error {
	c, err := u.open(h)
	switch {
	case err != nil:
		return err
	case c.state != callInviting || c.cancelled:
		return ErrState
	case !c.setWhy(reason):
		return ErrTooLong
	}
	c.cancelled = true
	t := u.byHandle(c.txn)
	// "If no provisional response has been received, the CANCEL request MUST
	// NOT be sent; rather, the client MUST wait for the arrival of a
	// provisional response before sending the request."
	if t != nil && t.state == sProceeding {
		u.sendCancel(now, t, c)
	}
	return nil
}

// setWhy keeps the Reason of a CANCEL or BYE that has to wait.
func (c *call) setWhy(reason string) bool {
	if !oneLine(reason) {
		return false
	}
	c.reason = reason
	return true
}
