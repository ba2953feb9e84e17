package sipmin

import "time"

// ACK to a failure, CANCEL, and the INVITE once more with a longer interval
// are all made of the INVITE as it was sent.

// derive writes a request with the headers of t's kept INVITE.
//
// RFC 3261 §9.1: "The Request-URI, Call-ID, To, the numeric part of CSeq, and
// From header fields in the CANCEL request MUST be identical to those in the
// request being cancelled, including tags. A CANCEL constructed by a client
// MUST have only a single Via header field value matching the top Via value in
// the request being cancelled." §17.1.1.3 says the same of ACK but for To,
// "the To header field in the ACK MUST equal the To header field in the
// response being acknowledged", and of Route.
func (u *UA) derive(invite []byte, method Method, to []byte, reason string) (*text, bool) {
	if _, err := Parse(invite, &u.own, false); err != nil {
		return nil, false
	}
	m := &u.own
	w := u.write()
	w.str(method.String())
	w.str(" ")
	w.raw(m.URI.In(invite))
	w.str(" SIP/2.0\r\n")
	for _, h := range m.Headers() {
		switch h.ID {
		case HCSeq:
			w.name(HCSeq)
			w.uint(uint64(m.CSeq))
			w.str(" ")
			w.str(method.String())
			w.str("\r\n")
			w.line(HReason, reason)
		case HTo:
			w.name(HTo)
			if to == nil {
				to = h.Value.In(invite)
			}
			w.unfold(to)
			w.str("\r\n")
		case HContentLength:
			w.length(0)
		case HMaxForwards, HRoute, HFrom, HCallID, HVia:
			w.name(h.ID)
			w.raw(h.Value.In(invite))
			w.str("\r\n")
		}
	}
	w.str("\r\n")
	return w, !w.full
}

// ackFailure acknowledges a 300-699 to our INVITE, RFC 3261 §17.1.1.3; the
// ACK takes the INVITE's place in the memory.
func (u *UA) ackFailure(now time.Time, t *txn) {
	if t.acked {
		u.sendMemo(now, t)
		return
	}
	t.acked = true
	if t.memo == nil {
		return
	}
	w, ok := u.derive(t.memo[:t.n], MAck, u.header(HTo), "")
	if !ok {
		u.drop(t)
		return
	}
	u.keep(t, w.b)
	u.sendTxn(now, t, w.b)
}

// sendCancel sends CANCEL for the INVITE of a transaction.
func (u *UA) sendCancel(now time.Time, t *txn, c *call) {
	c.cancelOut = true
	// §9.1: "If there is no final response for the original request in 64*T1
	// seconds … the client SHOULD then consider the original transaction
	// cancelled and SHOULD destroy the client transaction".
	t.until = now.Add(64 * u.cfg.Timers.T1)
	if t.memo == nil {
		return
	}
	w, ok := u.derive(t.memo[:t.n], MCancel, nil, c.reason)
	if !ok {
		return
	}
	x := u.newTxn(now, txnClient, t.to)
	if x == nil {
		u.cfg.Wire.Send(t.to, w.b)
		return
	}
	x.purpose, x.method, x.cseq, x.branch = forCancel, MCancel, t.cseq, t.branch
	u.keep(x, w.b)
	u.sendTxn(now, x, w.b)
}

// longer sends the INVITE again after a 422, RFC 4028 §7.4: with the interval
// that the peer wants, and a number one higher. It tells whether it did.
func (u *UA) longer(now time.Time, t *txn, c *call) bool {
	minSE := u.minSE()
	if t.memo == nil || minSE <= c.timer.minSE || u.cfg.SessionExpires == 0 {
		return false
	}
	c.timer.minSE = minSE
	// The INVITE stays with us while the ACK takes its place.
	invite := t.memo
	n := t.n
	t.memo, t.n = nil, 0
	if w, ok := u.derive(invite[:n], MAck, u.header(HTo), ""); ok {
		t.acked = true
		u.keep(t, w.b)
		u.sendTxn(now, t, w.b)
	}
	done := u.inviteLonger(now, invite[:n], t.to, t.sized, c)
	u.cfg.Memory.Release(invite)
	return done
}

func (u *UA) inviteLonger(now time.Time, invite []byte, to Target, sized bool, c *call) bool {
	if _, err := Parse(invite, &u.own, false); err != nil {
		return false
	}
	var branch [maxBranch]byte
	u.newBranch(&branch)
	c.d.localSeq++
	w := u.write()
	u.writeLonger(w, invite, branch[:], c)
	t := u.newTxn(now, txnInviteClient, to)
	if w.full || t == nil {
		return false
	}
	t.purpose, t.method, t.cseq, t.branch, t.sized = forInvite, MInvite, c.d.localSeq, branch, sized
	if !u.keep(t, w.b) {
		u.endTxn(t)
		return false
	}
	t.call, c.txn = c.name(), t.handle()
	u.sendTxn(now, t, w.b)
	return true
}

// writeLonger writes the INVITE in u.own with new Via, CSeq and interval.
func (u *UA) writeLonger(w *text, invite, branch []byte, c *call) {
	w.str("INVITE ")
	w.raw(u.own.URI.In(invite))
	w.str(" SIP/2.0\r\n")
	for _, h := range u.own.Headers() {
		switch h.ID {
		case HCSeq:
			w.name(HCSeq)
			w.uint(uint64(c.d.localSeq))
			w.str(" INVITE\r\n")
		case HMinSE:
		case HSessionExpires:
			writeInterval(w, max(u.cfg.SessionExpires, c.timer.minSE), RefresherNone)
			writeMinSE(w, c.timer.minSE)
		case HVia:
			v := h.Value.In(invite)
			w.name(HVia)
			w.raw(v[:len(v)-maxBranch])
			w.raw(branch)
			w.str("\r\n")
		default:
			w.raw(h.Name.In(invite))
			w.str(": ")
			w.raw(h.Value.In(invite))
			w.str("\r\n")
		}
	}
	w.str("\r\n")
	w.raw(u.own.Body.In(invite))
}
