package agent

import (
	"imsagent/agent/internal/bufpool"
	"imsagent/agent/spool"
	"imsagent/cpim"
	"imsagent/msrp"
)

// An incoming is one MSRP message of the peer while it arrives. Its first octets, and with
// them the CPIM head, stay in memory; a longer message goes to a file of the spool as well.
type incoming struct {
	used    bool
	file    bool // the spool has a file for it, under id
	broken  bool // it is not as we can keep it: it is refused when it is complete
	short   bool // no buffer was free for a piece: it is asked for another time
	waiting bool // it is on its way to flash, and its 200 with it
	id      uint64
	size    int64 // octets of it that have arrived, up to the highest
	buf     *bufpool.Buf
}

// drainMSRP takes every event of a session's MSRP side.
func (c *Core) drainMSRP(s *session) {
	for s.ready {
		ev, ok := s.m.Next()
		if !ok {
			break
		}
		switch ev.Kind {
		case msrp.EvOpen:
			s.linked = true
			c.checkOpen(s)
		case msrp.EvPiece:
			c.pieceArrived(s, &ev)
		case msrp.EvMessage:
			c.messageArrived(s, &ev)
		case msrp.EvAborted:
			c.dropSlot(s, ev.Slot)
		case msrp.EvSent:
			if x := s.transferOf(ev.Tag); x != nil {
				c.transferSent(s, x)
			}
		case msrp.EvFailed:
			if x := s.transferOf(ev.Tag); x != nil {
				c.transferFailed(s, x, ev.Code, ev.Local)
			}
		case msrp.EvReport:
			c.reported(s, &ev)
		case msrp.EvBroken:
			c.sessionLost(s, brokenReason(ev.Code))
			return
		}
	}
	c.retryUnconfirmed(s)
}

// brokenReason is the Reason of the BYE after an MSRP session that the peer does not know,
// has elsewhere, or does not answer on.
func brokenReason(code uint16) string {
	if code == 408 {
		return `SIP;cause=408;text="MSRP answer timeout"`
	}
	return `SIP;cause=503;text="MSRP session refused"`
}

// checkOpen opens the session once both SIP and MSRP are up.
func (c *Core) checkOpen(s *session) {
	if s.linked && s.state == sessionJoining {
		c.opened(s)
	}
}

// retryUnconfirmed starts anew after a SEND that nobody answered: a new SDP exchange, and
// the same ids (RFC 4975 §5.4).
func (c *Core) retryUnconfirmed(s *session) {
	if s.unconfirmed == 0 || s.state == sessionFree {
		return
	}
	p, code := s.peer, s.unconfirmed
	c.continues(s)
	c.noteWaiting(p, ReasonLost, 0) // those that had no answer yet
	c.endSession(s, brokenReason(code), 0)
	if code != 408 || p.tries > 0 { // refused for now, or not the first time: the host has been told why
		c.delay(p, 0)
		return
	}
	p.tries, p.nextTry = 1, c.now.Add(invitePace)
}

// reported takes the failure of a message that the next hop had already taken; one that is
// still in hand fails by itself.
func (c *Core) reported(s *session, ev *msrp.Event) {
	if ev.Code == 200 || s.transferOf(ev.Tag) != nil {
		return
	}
	i := c.box.FindIMDN(s.peer, ev.MessageID, false)
	switch {
	case i < 0 || c.box.table[i].state != StateSent:
	case ev.Code == 408: // "in the same manner as ... a local timeout" (RFC 4975 §10.4): nobody knows
		c.note(i, ReasonUnconfirmed, 408)
	default:
		c.mark(i, StateFailed, ReasonPeerFailed, ev.Code)
	}
}

// pieceArrived keeps octets of an incoming message.
func (c *Core) pieceArrived(s *session, ev *msrp.Event) {
	in := &s.slots[ev.Slot]
	if !in.used {
		*in = incoming{used: true, buf: c.pool.Get()}
		in.short = in.buf == nil
	}
	end := ev.Off + int64(len(ev.Data))
	in.size = max(in.size, end)
	if in.broken || in.short {
		return
	}
	in.keepHead(ev.Off, ev.Data)
	if end <= bufpool.Size && !in.file {
		return
	}
	if !in.file {
		c.openFile(in)
	}
	c.writeFile(in, ev.Off, ev.Data)
}

// keepHead copies what belongs to the first octets into memory.
func (in *incoming) keepHead(off int64, data []byte) {
	if off >= bufpool.Size {
		return
	}
	n := min(int(off)+len(data), bufpool.Size)
	if in.buf.Len() < n {
		in.buf.SetLen(n)
	}
	copy(in.buf.Bytes()[off:n], data)
}

// openFile begins a file for a message that outgrows its buffer, with what is there.
func (c *Core) openFile(in *incoming) {
	in.id, in.file = c.newID(), true
	c.do(Action{Kind: ActBegin, ID: in.id})
	c.writeFile(in, 0, in.buf.Bytes())
}

// writeFile sends octets of a message to its file, a buffer at a time. The envelope is among
// them until the message is complete and its length is known: chunks may come in any order.
func (c *Core) writeFile(in *incoming, off int64, data []byte) {
	for len(data) > 0 && !in.short {
		out := c.pool.Get()
		if out == nil {
			in.short = true
			c.counters.shed++
			return
		}
		n := min(len(data), out.Cap())
		out.Append(data[:n])
		c.do(Action{Kind: ActWrite, ID: in.id, Off: off, Buf: out})
		off, data = off+int64(n), data[n:]
	}
}

// dropSlot forgets an incoming message and frees what it holds.
func (c *Core) dropSlot(s *session, slot int) {
	in := &s.slots[slot]
	if in.buf != nil {
		in.buf.Release()
	}
	if in.file && !in.waiting {
		c.do(Action{Kind: ActDrop, ID: in.id})
	}
	*in = incoming{}
}

// refuseSlot answers the last chunk of a message with code, and forgets it.
func (c *Core) finishSlot(s *session, slot int, code uint16) {
	s.m.Accept(c.now, slot, code)
	c.dropSlot(s, slot)
}

// messageArrived decides about a complete message. Only what the user will see waits for
// flash; notifications and isComposing are answered at once.
func (c *Core) messageArrived(s *session, ev *msrp.Event) {
	in := &s.slots[ev.Slot]
	switch {
	case !in.used: // an empty message with a body of no octets
		s.m.Accept(c.now, ev.Slot, 200)
	case in.broken:
		c.finishSlot(s, ev.Slot, 413)
	case in.short:
		c.counters.shed++
		c.finishSlot(s, ev.Slot, noRoomNow)
	case cpim.IsType(ev.ContentType, "application/im-iscomposing+xml"):
		c.typingArrived(s.peer, in.buf.Bytes())
		c.finishSlot(s, ev.Slot, 200)
	case cpim.IsType(ev.ContentType, "message/cpim"):
		c.finishOrStore(s, ev, in)
	default:
		c.finishSlot(s, ev.Slot, 415)
	}
}

// finishOrStore reads the envelope of a complete message and either settles it at once or
// puts it on its way to flash.
func (c *Core) finishOrStore(s *session, ev *msrp.Event, in *incoming) {
	b, slot := in.buf.Bytes(), ev.Slot
	m := &c.cpim
	if _, err := cpim.ParseHead(b, m); err != nil {
		c.counters.malformed++
		c.finishSlot(s, slot, 400)
		return
	}
	if name, unmet := m.Unmet(b, nil); unmet && name.Len > 0 {
		c.finishSlot(s, slot, 415) // RFC 3862 §3.5: a required header that is not understood
		return
	}
	answer := pending{use: pendReceipt, session: s.number, slot: slot, id: c.notices + 1}
	switch code := c.takePayload(s.peer, m, b, in.size, answer); code {
	case 0:
	case onItsWay:
		c.notices++
		in.waiting, in.id = true, c.notices
		return
	default:
		c.finishSlot(s, slot, code)
		return
	}
	if code := c.store(s, ev, in, m); code != 0 {
		c.finishSlot(s, slot, code)
	}
}

// noRoomNow refuses what would be taken at another time: unlike 413 it does not make the
// sender give the message, or the notification, up.
const noRoomNow = 480

// takePayload settles what is no message for the user: notifications and isComposing in an
// envelope. It returns the status for it, 0 for a message to be stored, or onItsWay while the
// answer, which answer describes, waits for the flash.
func (c *Core) takePayload(p *peer, m *cpim.Message, b []byte, size int64, answer pending) uint16 {
	ct := m.ContentType(b)
	switch {
	case cpim.IsType(ct, "message/imdn+xml"):
		if size > int64(len(b)) {
			return 413
		}
		doc, err := m.AppendContent(c.document[:0], b)
		if err != nil {
			return 200
		}
		return c.receiptArrived(p, doc, answer)
	case cpim.IsType(ct, "application/im-iscomposing+xml"):
		if size <= int64(len(b)) {
			c.typingArrived(p, m.Content(b))
		}
		return 200
	case !c.takes(ct):
		return 415
	}
	return 0
}

// takes reports whether a wrapped type is one of [chat] content_types.
func (c *Core) takes(ct []byte) bool {
	if len(ct) == 0 {
		return true // text/plain
	}
	for _, t := range c.cfg.Chat.ContentTypes {
		if t == "*" || cpim.IsType(ct, t) {
			return true
		}
	}
	return false
}

// store builds the spool entry of an incoming message and sends it to flash. The 200 waits
// for EvStored. It returns the status to refuse the message with, or 0.
func (c *Core) store(s *session, ev *msrp.Event, in *incoming, m *cpim.Message) uint16 {
	c.tidy()
	out := c.pool.Get()
	if out == nil {
		c.counters.shed++
		return noRoomNow
	}
	var e spool.Entry
	c.describe(&e, s, in, m)
	if len(e.IMDNID) == 0 {
		e.MessageID = s.nameOf(c.nameOfMessage[:0], ev.MessageID)
	}
	payload, err := spool.AppendEntry(out.Space()[:0], &e)
	if err == spool.ErrNoRoom { // head and body together outgrow the buffer
		out.Release()
		if out = c.pool.GetLarge(); out == nil {
			c.counters.shed++
			return noRoomNow
		}
		payload, err = spool.AppendEntry(out.Space()[:0], &e)
	}
	if err != nil {
		out.Release()
		return 413
	}
	token, ok := c.await(pending{use: pendIncoming, session: s.number, slot: ev.Slot, id: e.ID, key: s.peer.key})
	if !ok {
		out.Release()
		return noRoomNow
	}
	out.SetLen(len(payload))
	in.waiting, in.id = true, e.ID
	kind := ActStore
	if in.file {
		kind = ActFinish
		c.do(Action{Kind: ActTrim, ID: e.ID, Off: int64(m.ContentOffset())})
	}
	c.do(Action{Kind: kind, ID: e.ID, Token: token, Buf: out})
	return 0
}

// nameOf appends the name by which a message without an imdn.Message-ID is known when it comes
// again: its Message-ID, which is unique in its session only, and the session's path.
func (s *session) nameOf(dst, id []byte) []byte {
	return append(append(append(dst, s.offer.Path...), ' '), id...)
}

// incomingStored answers a message that is on flash, shows it to the host unless it has
// been here before, and sends its delivery notification.
func (c *Core) incomingStored(p *pending, ev *Event) {
	s := c.sessionByNumber(p.session)
	code := storedCode(ev)
	if s != nil { // the slot may be another message's by now: a re-INVITE empties them all
		if in := &s.slots[p.slot]; in.used && in.waiting && in.id == p.id {
			c.finishSlot(s, p.slot, code)
		}
	}
	if code != 200 {
		c.refusedByFlash(ev.Fault)
		return
	}
	if ev.Dup {
		c.counters.duplicate++
		c.repeatReceipt(p, ev)
		return
	}
	c.addIncoming(p.key, ev.Buf.Bytes(), p.session)
}

// storedCode is the status of a SEND or MESSAGE by what became of it at the spool. A full one
// is no reason to give the message up: the host may make room at any time.
func storedCode(ev *Event) uint16 {
	if ev.Fault != FaultNone {
		return noRoomNow
	}
	return 200
}

// addIncoming takes a stored message into the inbox and tells the host.
func (c *Core) addIncoming(key string, payload []byte, number uint32) {
	var e spool.Entry
	if spool.ParseEntry(payload, &e) != nil {
		return
	}
	p := c.peerOf([]byte(key))
	if p == nil {
		return
	}
	m := inboxMessage(&e, p)
	m.session = number
	place := c.box.Add(m)
	if place < 0 {
		return
	}
	c.counters.received++
	c.contentArrived(p)
	c.oweReceipts(place)
	c.announce(place, &e)
}

// inboxMessage is what the table keeps of an incoming entry.
func inboxMessage(e *spool.Entry, p *peer) message {
	m := message{id: e.ID, state: State(e.State) | InStored, notify: e.Notify, large: e.Large, incoming: true,
		peer: p, size: e.Size, created: e.Time, unread: true}
	m.imdnLen = uint8(copy(m.imdnID[:], e.IMDNID))
	return m
}
