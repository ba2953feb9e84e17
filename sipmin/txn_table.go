package sipmin

import (
	"bytes"
	"time"
)

// purpose says for whom a client transaction runs.
type purpose uint8

const (
	forRequest  purpose = iota // Request
	forInvite                  // Invite
	forReinvite                // Reinvite, or a refresh by re-INVITE
	forUpdate                  // a refresh by UPDATE
	forPrack
	forBye
	forCancel
)

// maxForks is how many branches of a forked INVITE are remembered.
const maxForks = 4

// txn is one transaction of either side.
type txn struct {
	txnClock
	index   uint8 // of its place, from 1
	gen     uint32
	purpose purpose
	method  Method
	call    Call
	tag     uint32 // of RequestOut
	cseq    uint32
	key     hash // server: of what RFC 3261 §17.2.3 matches by
	merge   hash // server: of what §8.2.2.2 compares
	branch  [maxBranch]byte
	to      Target
	viaPort uint16 // server: where §18.2.2 sends when the flow is gone
	sized   bool   // TCP only because of the size, §18.1.1
	moved   bool   // client: sent again since its connection was closed
	acked   bool   // of an INVITE: memo holds the ACK
	draft   bool   // server: memo holds the headers that every response copies
	status  uint16 // server: last response
	memo    []byte // of Memory; nil: none
	n       int    // octets used of memo
	// Of an INVITE of ours: the To tags (hashed) that a 2xx came with; the
	// first is our dialog, the others got ACK and BYE.
	forks [maxForks]hash
}

func (t *txn) live() bool   { return t.kind != txnNone }
func (t *txn) client() bool { return t.kind == txnInviteClient || t.kind == txnClient }

// newTxn takes a place in the table: a free one, else that of the server
// transaction that only waits for repetitions and ends first.
func (u *UA) newTxn(now time.Time, kind txnKind, to Target) *txn {
	var free *txn
	for i := range u.txns {
		t := &u.txns[i]
		if !t.live() {
			free = t
			break
		}
		if t.idle() && (free == nil || t.until.Before(free.until)) {
			free = t
		}
	}
	if free == nil {
		return nil
	}
	u.endTxn(free)
	*free = txn{index: free.index, gen: free.gen + 1, to: to}
	free.begin(now, kind, to.Transport == TCP, &u.cfg.Timers)
	return free
}

// idle tells whether the transaction only absorbs repetitions.
func (t *txn) idle() bool {
	switch t.kind {
	case txnServer:
		return t.state == sCompleted
	case txnInviteServer:
		return t.state == sConfirmed
	case txnClient:
		return t.state == sCompleted
	}
	return false
}

// endTxn gives a place back.
func (u *UA) endTxn(t *txn) {
	u.drop(t)
	t.kind, t.call = txnNone, 0
	t.resend, t.until = time.Time{}, time.Time{}
}

// drop gives the kept message back.
func (u *UA) drop(t *txn) {
	if t.memo != nil {
		u.cfg.Memory.Release(t.memo)
	}
	t.memo, t.n, t.draft = nil, 0, false
}

// keep copies a message into the transaction's memory, in place where it
// fits. False: there is no memory, and what was kept stays.
func (u *UA) keep(t *txn, b []byte) bool {
	if len(t.memo) < len(b) {
		more := u.cfg.Memory.Get(len(b))
		for more == nil && u.giveUp(t) {
			more = u.cfg.Memory.Get(len(b))
		}
		if len(more) < len(b) {
			if more != nil {
				u.cfg.Memory.Release(more)
			}
			return false
		}
		u.drop(t)
		t.memo = more
	}
	t.n = copy(t.memo, b)
	t.draft = false
	return true
}

// giveUp ends the transaction that only waits for repetitions and ends first, for the memory
// that it holds; not t. False: there is none.
func (u *UA) giveUp(t *txn) bool {
	var first *txn
	for i := range u.txns {
		x := &u.txns[i]
		if x != t && x.live() && x.idle() && x.memo != nil && (first == nil || x.until.Before(first.until)) {
			first = x
		}
	}
	if first != nil {
		u.endTxn(first)
	}
	return first != nil
}

// handle returns the name of a transaction.
func (t *txn) handle() Txn { return Txn(t.gen<<8 | uint32(t.index)) }

// byHandle returns the server transaction that a handle names, or nil.
func (u *UA) byHandle(h Txn) *txn {
	i := int(h&0xff) - 1
	if i < 0 || i >= len(u.txns) || u.txns[i].gen<<8>>8 != uint32(h>>8) || !u.txns[i].live() {
		return nil
	}
	return &u.txns[i]
}

// clientTxn finds the transaction that a response belongs to.
//
// RFC 3261 §17.1.3: "If the response has the same value of the branch
// parameter in the top Via header field … and the method parameter in the CSeq
// header field matches the method of the request".
func (u *UA) clientTxn(branch []byte, method Method, cseq uint32) *txn {
	for i := range u.txns {
		t := &u.txns[i]
		if t.client() && t.method == method && t.cseq == cseq && bytes.Equal(t.branch[:], branch) {
			return t
		}
	}
	return nil
}

// serverTxn finds the transaction of a request by its key.
func (u *UA) serverTxn(key hash, method Method) *txn {
	for i := range u.txns {
		t := &u.txns[i]
		if (t.kind == txnInviteServer || t.kind == txnServer) && t.key == key && t.method == method {
			return t
		}
	}
	return nil
}

// deadline returns when expireTxn is due.
func (t *txn) deadline() time.Time { return t.txnClock.deadline() }

// expireTxn applies the timers of one transaction.
func (u *UA) expireTxn(now time.Time, t *txn) {
	e, fired := t.expire(now)
	if !fired {
		return
	}
	if e == eResend && t.reliable {
		t.resend = time.Time{} // sendTxn arms it again; there may be nothing left to send
		u.sendMemo(now, t)     // the wire had no room before
		return
	}
	u.stepTxn(now, t, e)
}

// stepTxn applies an event and does what is not for the core.
func (u *UA) stepTxn(now time.Time, t *txn, e txnEvent) txnAction {
	do := t.step(now, e, &u.cfg.Timers)
	if do&aSend != 0 {
		u.sendMemo(now, t)
	}
	switch {
	case do&aTimeout != 0:
		u.failTxn(now, t, ReasonTimeout)
	case do&aTransport != 0:
		u.failTxn(now, t, ReasonTransport)
	}
	if t.state == sTerminated {
		u.endTxn(t)
	}
	return do
}

// orphan bounds what the INVITEs of a call still wait for, before the call ends.
func (u *UA) orphan(now time.Time, c *call) {
	for i := range u.txns {
		if t := &u.txns[i]; t.call == c.name() {
			u.bound(now, t)
		}
	}
}

// bound ends an INVITE whose call is over: it has no Timer B once it has a provisional
// response, and the final one may be lost. RFC 3261 §9.1 gives a cancelled one 64*T1.
func (u *UA) bound(now time.Time, t *txn) {
	if t.kind == txnInviteClient && t.state == sProceeding && t.until.IsZero() {
		t.until = now.Add(64 * u.cfg.Timers.T1)
	}
}

// sendMemo sends the kept message.
func (u *UA) sendMemo(now time.Time, t *txn) {
	switch {
	case t.memo == nil:
	case t.draft:
		u.againProvisional(t)
	default:
		u.sendTxn(now, t, t.memo[:t.n])
	}
}

// againProvisional sends the last provisional response once more.
func (u *UA) againProvisional(t *txn) {
	if t.status == 0 {
		return
	}
	r := ownResponse{status: t.status, contact: t.status > 100}
	if c := u.byName(t.call); c != nil && c.rel.rseq != 0 && t.status > 100 {
		r.require, r.rseq = "100rel", c.rel.rseq
	}
	w := u.write()
	u.writeReply(w, &r, t.memo[:t.n], nil)
	if !w.full {
		u.cfg.Wire.Send(t.to, w.b)
	}
}

// sendTxn sends b for a transaction. Over a stream, what found no room is sent
// again after T1, and the transaction stays for it.
func (u *UA) sendTxn(now time.Time, t *txn, b []byte) {
	sent := u.cfg.Wire.Send(t.to, b)
	if !t.reliable {
		return
	}
	t.resend = time.Time{}
	lingers := t.state == sCompleted && t.kind != txnInviteServer // else nothing ends at once
	switch {
	case sent && lingers:
		t.until = now
	case !sent && t.memo != nil && !t.draft:
		t.resend = now.Add(u.cfg.Timers.T1)
		if lingers && !t.until.After(t.resend) {
			t.until = now.Add(64 * u.cfg.Timers.T1)
		}
	}
}
