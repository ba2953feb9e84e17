package agent

import (
	"imsagent/agent/internal/bufpool"
	"imsagent/agent/spool"
	"imsagent/msrp"
	"imsagent/msrp/sdp"
)

// maxTransfers is how many messages of ours a session has in hand at once, answered or
// not; two places are kept for notifications.
const (
	maxTransfers  = 8
	spareTransfer = 2
)

// A transferUse says what a transfer carries.
type transferUse uint8

// What a session sends.
const (
	xferFree transferUse = iota
	xferMessage
	xferDelivery // a delivery notification for an incoming message
	xferDisplay  // a display notification
	xferTyping   // an isComposing document
)

// A transfer is one MSRP message of ours on its way.
type transfer struct {
	use    transferUse
	queued bool         // the MSRP session has it
	await  bool         // a Load for it is under way
	place  int32        // in the box; -1 for typing
	tag    uint32       // its name in the MSRP session
	id     uint64       // message id, to be sure that place is still the same message
	buf    *bufpool.Buf // its first octets: the CPIM head, and the body if it fits
	head   int          // octets of the CPIM head
	size   int64        // octets of the whole
}

// pump lets a session send: first what answers the peer, then notifications, then messages,
// as far as its connection takes it.
func (c *Core) pump(s *session) {
	k := s.conn
	if !s.ready || k == nil || !k.open {
		return
	}
	if s.state == sessionOpen {
		c.queueReceipts(s)
		if !s.deferred { // what we say to the network's store reaches nobody
			c.queueMessages(s)
		}
	}
	for s.conn == k && k.unsent < c.connCredit() && (c.writePending(s, k) || c.writeChunk(s, k)) {
		s.lastUsed = c.now
	}
	if s.state == sessionOpen {
		c.drainMSRP(s) // Failure-Report no: writing was all
	}
}

// freeTransfer returns a free place, leaving spare ones.
func (s *session) freeTransfer(spare int) *transfer {
	var found *transfer
	free := 0
	for i := range s.xfers {
		if s.xfers[i].use == xferFree {
			free++
			found = &s.xfers[i]
		}
	}
	if free <= spare {
		return nil
	}
	return found
}

// transferOf finds the transfer that the MSRP session names by tag.
func (s *session) transferOf(tag uint32) *transfer {
	for i := range s.xfers {
		if x := &s.xfers[i]; x.use != xferFree && x.queued && x.tag == tag {
			return x
		}
	}
	return nil
}

// carries reports whether one of the session's transfers is of this use and message.
func (s *session) carries(use transferUse, place int32) bool {
	for i := range s.xfers {
		if x := &s.xfers[i]; x.use == use && x.place == place {
			return true
		}
	}
	return false
}

// inFlight reports whether an outgoing message is in a session's hands.
func (c *Core) inFlight(place int32) bool {
	s := c.box.table[place].peer.session
	return s != nil && s.carries(xferMessage, place)
}

// dropTransfer frees a transfer, whatever it carried.
func (c *Core) dropTransfer(x *transfer) {
	if x.buf != nil {
		x.buf.Release()
	}
	*x = transfer{}
}

// letGo is dropTransfer for what did not reach its end: a message that the host has withdrawn
// meanwhile is not taken in hand again.
func (c *Core) letGo(x *transfer) {
	use, place, id := x.use, x.place, x.id
	c.dropTransfer(x)
	if use != xferMessage {
		return
	}
	if m := &c.box.table[place]; m.id == id && m.withdrawn && m.state == StateQueued {
		c.mark(place, StateCancelled, m.reason, m.code)
	}
}

// queueMessages takes messages of the peer's queue in hand, oldest first.
func (c *Core) queueMessages(s *session) {
	for i := s.peer.head; i >= 0 && c.mayLoad(); i = c.box.table[i].next {
		if s.carries(xferMessage, i) {
			continue
		}
		x := s.freeTransfer(spareTransfer)
		if x == nil {
			return
		}
		m := &c.box.table[i]
		token, ok := c.await(pending{use: pendTransfer, session: s.number, place: i, id: m.id})
		if !ok {
			return
		}
		*x = transfer{use: xferMessage, await: true, place: i, id: m.id}
		c.do(Action{Kind: ActLoad, ID: m.id, Token: token})
	}
}

// transferLoaded builds the envelope of a message that has been read from the spool. Loads
// come back in the order in which they were asked for, so messages keep theirs.
func (c *Core) transferLoaded(p *pending, ev *Event) {
	s := c.sessionByNumber(p.session)
	x := (*transfer)(nil)
	if s != nil {
		x = s.loading(p.id)
	}
	if x == nil {
		return
	}
	x.await = false
	m := &c.box.table[x.place]
	if ev.Fault == FaultFull || m.id == x.id && c.again(m, ev.Fault) {
		c.dropLoading(s, x)
		return
	}
	m.reads = 0
	var e spool.Entry
	if ev.Fault != FaultNone || spool.ParseEntry(ev.Buf.Bytes(), &e) != nil {
		c.unreadable(s, x)
		return
	}
	if !c.inOrder(s, x.place) {
		c.letGo(x) // one before it found no buffer: the next flush takes both in hand again
		return
	}
	c.queueMessage(s, x, &e)
}

// inOrder reports whether every message that waits before this one is with the MSRP session.
func (c *Core) inOrder(s *session, place int32) bool {
	for i := s.peer.head; i >= 0 && i != place; i = c.box.table[i].next {
		if !s.queued(i) {
			return false
		}
	}
	return true
}

// queued reports whether the MSRP session has a message.
func (s *session) queued(place int32) bool {
	for i := range s.xfers {
		if x := &s.xfers[i]; x.use == xferMessage && x.place == place {
			return x.queued
		}
	}
	return false
}

// dropLoading lets go of a transfer for which there was no buffer, and of those behind it
// that are still being read, so that none overtakes it: a later flush takes all in hand again.
func (c *Core) dropLoading(s *session, x *transfer) {
	c.pauseLoads(loadPause)
	c.letGo(x)
	for i := range s.xfers {
		if y := &s.xfers[i]; y.use == xferMessage && y.await && !y.queued {
			c.letGo(y)
		}
	}
}

// loading finds the transfer that waits for message id to be read.
func (s *session) loading(id uint64) *transfer {
	for i := range s.xfers {
		if x := &s.xfers[i]; x.use == xferMessage && x.await && x.id == id {
			return x
		}
	}
	return nil
}

// queueMessage gives a message to the MSRP session, or fails it where the peer does not
// take its type or size.
func (c *Core) queueMessage(s *session, x *transfer, e *spool.Entry) {
	if m := &c.box.table[x.place]; m.id != x.id || m.withdrawn { // forgotten meanwhile, or not wanted
		c.letGo(x)
		return
	}
	buf := c.pool.Get()
	if buf == nil {
		c.counters.shed++
		c.dropLoading(s, x)
		return
	}
	x.buf = buf
	m := &c.box.table[x.place]
	head, err := c.appendEnvelope(buf.Space()[:0], m, e)
	x.head, x.size = len(head), int64(len(head))+m.size
	code := c.refusal(s, e, x.size)
	if err != nil {
		code = 400
	}
	if code != 0 {
		place := x.place
		c.dropTransfer(x)
		why := ReasonRefused
		if code == 413 {
			why = ReasonTooLarge
		}
		c.mark(place, StateFailed, why, code)
		return
	}
	buf.SetLen(len(head))
	if int64(len(e.Body)) == m.size {
		buf.Append(e.Body) // if it does not fit it is read again, chunk by chunk
	}
	if c.queueTransfer(s, x, "message/cpim", m.imdn(), false) {
		s.peer.typing.sender.Sent() // the peer takes it for the end of typing (RFC 3994 §3.2)
	}
}

// refusal is the status with which the peer would refuse the message, or 0.
func (c *Core) refusal(s *session, e *spool.Entry, size int64) uint16 {
	if r := s.remote; r != nil {
		if r.MaxSize > 0 && size > r.MaxSize {
			return 413
		}
		if len(r.Wrapped) > 0 && !sdp.AllowsType(r.Wrapped, string(e.ContentType)) {
			return 415
		}
	}
	return 0
}

// queueTransfer names a transfer and gives it to the MSRP session.
func (c *Core) queueTransfer(s *session, x *transfer, contentType string, id []byte, overtake bool) bool {
	c.lastTag++
	x.tag = c.lastTag
	out := msrp.Outgoing{Tag: x.tag, ContentType: contentType, Size: x.size, Overtake: overtake, Envelope: x.use != xferTyping}
	if out.MessageID = id; len(id) == 0 {
		c.fillID(c.messageID[:])
		out.MessageID = c.messageID[:]
	}
	if s.m.Queue(c.now, &out) != nil {
		c.dropTransfer(x)
		return false
	}
	x.queued = true
	return true
}

// writeChunk writes the next chunk of what is queued, if its octets are at hand; otherwise
// it asks the spool for them.
func (c *Core) writeChunk(s *session, k *msrpConn) bool {
	tag, off, n, ok := s.m.Want()
	if !ok {
		return false
	}
	x := s.transferOf(tag)
	if x == nil {
		s.m.Abort(tag)
		return true
	}
	if x.await {
		return false
	}
	if have := x.buf.Bytes(); off+int64(n) <= int64(len(have)) {
		return c.sendChunk(s, k, x, off, have[off:off+int64(n)])
	}
	if !c.mayLoad() {
		return false
	}
	from := max(off-int64(x.head), 0)
	token, ok := c.await(pending{use: pendChunk, session: s.number, place: x.place, id: x.id, tag: tag})
	if !ok {
		return false
	}
	x.await = true
	want := off + int64(n) - int64(x.head) - from
	c.do(Action{Kind: ActLoad, ID: x.id, Token: token, Off: from, N: int(want)})
	return false
}

// chunkLoaded writes the chunk whose octets have been read from the spool.
func (c *Core) chunkLoaded(p *pending, ev *Event) {
	s := c.sessionByNumber(p.session)
	if s == nil {
		return
	}
	x := s.transferOf(p.tag)
	if x == nil {
		return
	}
	x.await = false
	m := &c.box.table[x.place]
	if ev.Fault == FaultFull || m.id == x.id && c.again(m, ev.Fault) {
		return // no buffer was free, or the flash failed: a later flush asks again
	}
	m.reads = 0
	if ev.Fault != FaultNone {
		c.unreadable(s, x)
		return
	}
	tag, off, n, ok := s.m.Want()
	if !ok || tag != p.tag || s.conn == nil {
		return
	}
	var room [2 * msrp.ChunkSize]byte
	data := room[:0]
	if off < int64(x.head) {
		data = append(data, x.buf.Bytes()[off:x.head]...)
	}
	data = append(data, ev.Buf.Bytes()...)
	if len(data) < n {
		c.unreadable(s, x)
	} else if !c.sendChunk(s, s.conn, x, off, data[:n]) {
		c.pauseLoads(loadPause)
	}
}

// unreadable gives up a message of which the spool no longer has what it took.
func (c *Core) unreadable(s *session, x *transfer) {
	place, id := x.place, x.id
	if x.queued {
		s.m.Abort(x.tag)
	}
	c.dropTransfer(x)
	if c.box.table[place].id == id { // else the host has forgotten it meanwhile
		c.mark(place, StateFailed, ReasonStorage, 0)
	}
}

// sendChunk builds one SEND and writes it.
func (c *Core) sendChunk(s *session, k *msrpConn, x *transfer, off int64, data []byte) bool {
	out := c.pool.Get()
	if out == nil {
		c.counters.shed++
		return false
	}
	b, err := s.m.AppendChunk(c.now, out.Space()[:0], x.tag, off, data)
	if err != nil || len(b) == 0 {
		out.Release()
		return false
	}
	out.SetLen(len(b))
	c.sendMSRP(k, out)
	return true
}

// transferSent notes that the next hop has taken a transfer.
func (c *Core) transferSent(s *session, x *transfer) {
	use, place, id := x.use, x.place, x.id
	c.dropTransfer(x)
	if use == xferTyping || c.box.table[place].id != id {
		return
	}
	switch use {
	case xferMessage:
		c.counters.sent++
		s.peer.tries = 0
		m := &c.box.table[place]
		if m.state == StateQueued && m.notify&notifyDelivery != 0 && c.cfg.Chat.ReceiptTimeout > 0 {
			m.receipt = c.now.Add(c.cfg.Chat.ReceiptTimeout)
			c.outboxDue = earliest(c.outboxDue, m.receipt)
		}
		c.mark(place, StateSent, ReasonNone, 0)
	case xferDelivery:
		c.receipted(place, InReceipted)
	case xferDisplay:
		c.receipted(place, InDisplayed)
	}
}

// transferFailed applies what RFC 4975 §10 says about a status: final for this message, or
// for the session.
func (c *Core) transferFailed(s *session, x *transfer, code uint16, local bool) {
	use, place, id := x.use, x.place, x.id
	c.letGo(x)
	if use == xferTyping {
		s.peer.noTyping = s.peer.noTyping || code == 415
		return
	}
	if m := &c.box.table[place]; m.id != id || use == xferMessage && m.state != StateQueued {
		return // its own receiver has said that it is there, or the host has withdrawn it
	}
	switch {
	case use != xferMessage:
		if !local && code == 415 {
			c.wantsNone(s.peer)
		} else if !local && finalStatus(code) {
			c.receipted(place, markOf(use)) // it will not be taken another time either
		} else {
			s.mute = true // not again and again: it goes by MESSAGE, or on the next session
		}
	case code == 408: // "in the same manner as ... a local timeout" (RFC 4975 §10.4)
		c.note(place, ReasonUnconfirmed, 408)
		s.unconfirmed = code
	case code == 481 || code == 506:
		// the session ends (EvBroken); the message goes again in a new one
	case code == 413:
		c.mark(place, StateFailed, ReasonTooLarge, code)
	case finalStatus(code):
		c.mark(place, StateFailed, ReasonRefused, code)
	default:
		c.note(place, ReasonRetry, code)
		s.unconfirmed = code
	}
}
