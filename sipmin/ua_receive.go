package sipmin

import "time"

// Receive takes one whole message: a datagram, or what Framer cut from a
// stream. b is not changed, and must stay as it is until the events are taken.
// The caller decides beforehand from whom it takes anything at all.
func (u *UA) Receive(now time.Time, src Source, b []byte) {
	u.src, u.raw = src, b
	if _, err := Parse(b, &u.msg, src.Transport == TCP); err != nil {
		u.malformed(err)
		return
	}
	switch {
	case !u.msg.Request:
		u.response(now)
	case u.msg.Method == MAck:
		u.ackCame(now)
	default:
		u.request(now)
	}
}

// malformed answers what can be answered, and drops the rest.
func (u *UA) malformed(err error) {
	e, ok := err.(Error)
	if ok && u.msg.Answerable() && e.Status() != 0 {
		u.replyNow(&ownResponse{status: e.Status()})
	}
}

// response gives a response to its transaction.
func (u *UA) response(now time.Time) {
	// RFC 3261 §8.1.3.3: "If more than one Via header field value is present in
	// a response, the UAC SHOULD discard the message."
	if u.msg.Vias != 1 {
		return
	}
	t := u.clientTxn(u.msg.Via.Branch.In(u.raw), u.msg.CSeqMethod, u.msg.CSeq)
	if t == nil {
		return
	}
	c := u.byName(t.call)
	if u.msg.Status == 422 && t.purpose == forInvite && t.state <= sProceeding && c != nil && !c.cancelled && u.longer(now, t, c) {
		t.call = 0
		t.step(now, eFailure, &u.cfg.Timers)
		return
	}
	do := u.stepTxn(now, t, statusEvent(u.msg.Status))
	if t.call == 0 {
		u.bound(now, t)
	}
	if do&aACK != 0 {
		u.ackFailure(now, t)
	}
	if t.kind == txnClient && t.state == sCompleted {
		u.drop(t)
	}
	if do&aPass != 0 {
		u.pass(now, t)
	}
}

// pass gives a response to whom the transaction runs for.
func (u *UA) pass(now time.Time, t *txn) {
	switch t.purpose {
	case forInvite:
		u.inviteResponse(now, t)
	case forReinvite, forUpdate:
		u.refreshResponse(now, t)
	case forRequest:
		if u.msg.Status >= 200 {
			u.events.push(u.withMessage(Event{Kind: EvResponse, Tag: t.tag}))
		}
	}
}

// failTxn tells whom a transaction runs for that there is no answer, or that
// it could not be sent.
func (u *UA) failTxn(now time.Time, t *txn, why EndReason) {
	status := uint16(408)
	if why == ReasonTransport {
		status = 503
	}
	c := u.byName(t.call)
	switch t.purpose {
	case forRequest:
		if t.client() {
			u.events.push(Event{Kind: EvResponse, Tag: t.tag, Status: status, Reason: why, Method: t.method})
		}
	case forInvite:
		if c == nil || c.state != callInviting {
			return
		}
		if c.cancelled {
			status, why = 487, ReasonCancelled
		}
		u.emit(c, Event{Kind: EvRejected, Status: status, Reason: why, Method: MInvite})
		u.release(c)
	case forReinvite, forUpdate:
		if c != nil && c.mine == t.handle() {
			u.refreshFailed(now, c, status, why)
		}
	}
}

// request sorts a request that is no ACK.
func (u *UA) request(now time.Time) {
	key := u.requestKey()
	if t := u.serverTxn(key, u.msg.Method); t != nil {
		u.stepTxn(now, t, eRequest)
		return
	}
	if u.msg.Method == MCancel {
		u.cancelCame(now, key)
		return
	}
	if r, bad := u.refuse(); bad {
		u.replyNow(&r)
		return
	}
	if u.msg.ToTag.Len > 0 {
		u.inDialog(now, key)
		return
	}
	// RFC 3261 §8.2.2.2: "the UAS core checks this request against ongoing
	// transactions. If the From tag, Call-ID, and CSeq exactly match those
	// associated with an ongoing transaction, but the request does not match
	// that transaction … the UAS core SHOULD generate a 482".
	if u.merged() {
		u.replyNow(&ownResponse{status: 482})
		return
	}
	switch u.msg.Method {
	case MInvite:
		u.incoming(now, key)
	case MOptions:
		if !u.paced(now) {
			return
		}
		u.replyNow(&ownResponse{status: 200, allow: true, accept: true, supported: true})
	case MBye, MPrack, MUpdate:
		u.replyNow(&ownResponse{status: 481})
	default:
		u.passRequest(now, key, 0)
	}
}

// maxOptions is how many OPTIONS a second are answered by datagram. Whoever asks more often
// is not heard: nothing depends on the answers, and by TCP the peer waits for us.
const maxOptions = 250

// paced counts an OPTIONS, and reports whether it is to be answered.
func (u *UA) paced(now time.Time) bool {
	if u.src.Transport == TCP {
		return true
	}
	if now.Sub(u.second) >= time.Second || now.Before(u.second) {
		u.second, u.options = now, 0
	}
	u.options++
	return u.options <= maxOptions
}

// requestKey hashes what RFC 3261 §17.2.3 matches a request to its transaction
// by: branch and sent-by; for an RFC 2543 peer Request-URI, From tag, Call-ID,
// CSeq number and top Via.
func (u *UA) requestKey() hash {
	h := u.secret
	branch := u.msg.Via.Branch.In(u.raw)
	h.add(u.msg.Via.Host.In(u.raw))
	h.addUint(uint64(u.msg.Via.Port))
	h.add(branch)
	if len(branch) <= len(cookie) || string(branch[:len(cookie)]) != cookie {
		h.add(u.msg.URI.In(u.raw))
		h.add(u.msg.FromTag.In(u.raw))
		h.add(u.header(HCallID))
		h.addUint(uint64(u.msg.CSeq))
	}
	return h
}

func (u *UA) mergeKey() hash {
	h := u.secret
	h.add(u.msg.FromTag.In(u.raw))
	h.add(u.header(HCallID))
	h.addUint(uint64(u.msg.CSeq))
	h.addUint(uint64(u.msg.Method))
	return h
}

func (u *UA) merged() bool {
	key := u.mergeKey()
	for i := range u.txns {
		if t := &u.txns[i]; t.live() && !t.client() && t.merge == key {
			return true
		}
	}
	return false
}

// openServer opens the transaction of the request at hand and keeps what its
// responses copy, with tag for To. nil: there is no room, and 503 is sent.
func (u *UA) openServer(now time.Time, key hash, tag []byte) *txn {
	kind := txnServer
	if u.msg.Method == MInvite {
		kind = txnInviteServer
	}
	t := u.newTxn(now, kind, u.responseTarget())
	if t != nil {
		t.method, t.cseq, t.key, t.merge = u.msg.Method, u.msg.CSeq, key, u.mergeKey()
		t.viaPort = u.viaPort()
		w := u.write()
		u.writeCopied(w, tag)
		if !w.full && u.keep(t, w.b) {
			t.draft = true
			return t
		}
		u.endTxn(t)
	}
	u.replyNow(&ownResponse{status: 503, retryAfter: retrySoon})
	return nil
}

// retrySoon is what we ask for when a table or the memory is full.
const retrySoon = 5 * time.Second

// respondTxn sends a response in a transaction. A final one takes the draft's
// place in the memory; without memory for it ErrBusy, and nothing is sent.
func (u *UA) respondTxn(now time.Time, t *txn, r *ownResponse) error {
	if !t.draft {
		return ErrState
	}
	w := u.write()
	u.writeReply(w, r, t.memo[:t.n], nil)
	if w.full {
		return ErrTooLong
	}
	t.status = r.status
	if r.status >= 200 && !u.keep(t, w.b) {
		return ErrBusy
	}
	t.step(now, statusEvent(r.status), &u.cfg.Timers)
	u.sendTxn(now, t, w.b)
	return nil
}

// passRequest gives a request to the owner.
func (u *UA) passRequest(now time.Time, key hash, h Call) {
	var tag [maxTag]byte
	u.stableTag(&tag)
	t := u.openServer(now, key, tag[:])
	if t == nil {
		return
	}
	t.purpose, t.call = forRequest, h
	u.events.push(u.withMessage(Event{Kind: EvRequest, Txn: t.handle(), Call: h}))
}

// Respond answers EvRequest. A provisional response may precede the final one.
func (u *UA) Respond(now time.Time, h Txn, status uint16, headers []ExtraHeader, contentType string, body []byte) error {
	t := u.byHandle(h)
	if t == nil || t.kind != txnServer {
		return ErrNoCall
	}
	return u.respondTxn(now, t, &ownResponse{status: status, headers: headers, contentType: contentType, body: body})
}

// Request sends a request outside a dialog. EvResponse follows, with a local
// 408 or 503 if there is no answer.
func (u *UA) Request(now time.Time, out *RequestOut) error {
	from, to, cseq := out.From, out.To, out.CSeq
	if from == "" {
		from = u.identity
	}
	if to == "" {
		to = out.URI
	}
	if cseq == 0 {
		cseq = 1
	}
	d := &u.fork
	if err := u.openDialog(d, from, to, out.URI, out.CallID, !out.NoRoute); err != nil {
		return err
	}
	r := ownRequest{method: out.Method, d: d, cseq: cseq, headers: out.Headers,
		contact: out.Contact != "", params: out.Contact, contentType: out.ContentType, body: out.Body}
	t, err := u.launch(now, &r, forRequest)
	if err != nil {
		return err
	}
	t.tag = out.Tag
	return nil
}
