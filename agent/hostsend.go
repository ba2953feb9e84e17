package agent

import (
	"time"

	"imsagent/agent/internal/bufpool"
	"imsagent/agent/ipc"
	"imsagent/agent/spool"
)

// defaultType is the content type of a message for which the host names none.
var defaultType = []byte("text/plain;charset=UTF-8")

// A largeBody is a message that a host sends in pieces: `send` with more, then `append`.
type largeBody struct {
	id    uint64 // 0: none
	place int32
	size  int64
	text  bool
	check ipc.TextCheck
	entry *bufpool.Buf // the entry, without its body
}

// serveSend puts a message on flash; the reply waits for it.
func (c *Core) serveSend(h *host, r *ipc.Request, b []byte) {
	client := clientKey(r.ClientID.In(b))
	if i := c.box.byKey.First(client); client != 0 && i >= 0 {
		c.sameSend(h, r, b, &c.box.table[i])
		return
	}
	if code, text := c.refuseSend(h, r, b); code != 0 {
		c.deny(h, r, code, text)
		return
	}
	p := c.hostPeer(h, r, b)
	if p == nil {
		return
	}
	m := c.outgoing(p, r, client)
	m.content = contentKey(p.key, r.Body.In(b))
	i := c.box.Add(m)
	if i < 0 {
		c.deny(h, r, ipc.CodeStorage, "the spool is full")
		return
	}
	var e spool.Entry
	c.outgoingEntry(&e, &c.box.table[i], r, b)
	if r.More {
		c.beginLarge(h, r, i, &e, r.Body.In(b))
		return
	}
	e.Body = r.Body.In(b)
	if !c.storeOutgoing(h, r.ID, i, &e, ActStore) {
		c.box.Remove(i)
		c.deny(h, r, ipc.CodeBusy, "no buffer is free")
	}
}

// clientKey is the hash by which a host's client_id is known; 0: there is none.
func clientKey(id []byte) uint64 {
	if len(id) == 0 {
		return 0
	}
	return hashBytes(id) | 1
}

// contentKey is a hash of whom a message is for and of its body.
func contentKey(to string, body []byte) uint64 { return hashBytes(to)*31 + hashBytes(body) | 1 }

// sameSend answers a `send` whose client_id is that of m: it is m again, or an error of the host.
func (c *Core) sameSend(h *host, r *ipc.Request, b []byte, m *message) {
	to, _, _ := c.address(r.To.In(b))
	switch {
	case !r.More && !m.large && contentKey(to, r.Body.In(b)) != m.content:
		c.deny(h, r, ipc.CodeBadArgument, "client_id is that of another message")
	case m.state == StateWriting: // not accepted yet
		c.deny(h, r, ipc.CodeBusy, "a message of this client_id is being stored")
	default:
		c.reply(h, c.encode(func(dst []byte) ([]byte, error) { return ipc.AppendSent(dst, r.ID, m.id) }))
	}
}

// refuseSend is the error with which a send is refused before anything is kept.
func (c *Core) refuseSend(h *host, r *ipc.Request, b []byte) (ipc.Code, string) {
	mode := string(r.Mode.In(b))
	switch {
	case c.stopping:
		return ipc.CodeWrongState, "the daemon is stopping"
	case mode != "" && mode != "session":
		return ipc.CodeUnsupported, "mode " + mode + " is not yet there"
	case r.More && h.large.id != 0:
		return ipc.CodeBusy, "another body of this client is not complete"
	case !c.knownHeaders(r.Headers.In(b)):
		return ipc.CodeBadArgument, "headers names a namespace that is not configured"
	case c.full() && !c.makeRoom():
		return ipc.CodeStorage, "the spool is full"
	}
	return 0, ""
}

// outgoing is the table's entry of a new message.
func (c *Core) outgoing(p *peer, r *ipc.Request, client uint64) message {
	m := message{id: c.newID(), state: StateWriting, peer: p, client: client, created: c.wall.UnixMilli(),
		notify: uint8(r.Notify), size: int64(r.Body.Len), imdnLen: idLen, large: r.More}
	c.fillID(m.imdnID[:idLen])
	life := c.cfg.Chat.Expires.Milliseconds()
	if r.Has(ipc.KeyExpires) {
		life = r.Expires * 1000
	}
	if life > 0 {
		m.expires = m.created + life
		m.until = c.now.Add(time.Duration(life) * time.Millisecond)
	}
	return m
}

// outgoingEntry is what the spool keeps of a new message, but for its body.
func (c *Core) outgoingEntry(e *spool.Entry, m *message, r *ipc.Request, b []byte) {
	*e = spool.Entry{ID: m.id, Dir: spool.Out, State: uint8(StateQueued), Time: m.created, Expires: m.expires, Notify: m.notify,
		Peer: m.peer.keyOctets, Name: []byte(m.peer.uri), ClientID: r.ClientID.In(b), IMDNID: m.imdn(),
		ContentType: r.ContentType.In(b), Headers: r.Headers.In(b), Size: m.size, Large: m.large}
	if len(e.ContentType) == 0 {
		e.ContentType = defaultType
	}
}

// storeOutgoing sends an entry to flash.
func (c *Core) storeOutgoing(h *host, request uint32, i int32, e *spool.Entry, kind ActionKind) bool {
	buf := c.entryBuf(e)
	if buf == nil {
		return false
	}
	appended := int64(0) // of a body that came in pieces
	if kind == ActFinish {
		appended = h.large.size
	}
	token, ok := c.await(pending{use: pendSend, host: h.flow, request: request, place: i, id: e.ID, off: appended})
	if !ok {
		buf.Release()
		return false
	}
	c.do(Action{Kind: kind, ID: e.ID, Token: token, Buf: buf})
	return true
}

// entryBuf is a buffer with the encoded entry, or nil when none is free.
func (c *Core) entryBuf(e *spool.Entry) *bufpool.Buf {
	buf := c.pool.Get()
	if buf == nil {
		c.counters.shed++
		return nil
	}
	payload, err := spool.AppendEntry(buf.Space()[:0], e)
	if err != nil {
		buf.Release()
		if buf = c.pool.GetLarge(); buf == nil {
			c.counters.shed++
			return nil
		}
		if payload, err = spool.AppendEntry(buf.Space()[:0], e); err != nil {
			buf.Release()
			return nil
		}
	}
	buf.SetLen(len(payload))
	return buf
}

// sendStored replies to the host and queues the message: only now is it accepted.
func (c *Core) sendStored(p *pending, ev *Event) {
	m := &c.box.table[p.place]
	h := c.host(p.host)
	if m.id != p.id {
		return
	}
	if ev.Fault != FaultNone {
		c.box.Remove(p.place)
		if h != nil && p.host != 0 {
			c.denyID(h, p.request, ipc.CodeStorage, ev.Fault.String(), 0)
		}
		return
	}
	if ev.Dup {
		c.repeated(p, ev.ID)
		return
	}
	m.state = StateQueued
	c.enqueue(p.place)
	c.outboxDue = earliest(c.outboxDue, c.now)
	if s := m.peer.session; s != nil && s.state == sessionIncoming {
		c.accept(s) // [chat] accept: sending answers, in every policy
	}
	if h != nil && p.host != 0 && p.off > 0 {
		c.reply(h, c.encode(func(dst []byte) ([]byte, error) { return ipc.AppendSize(dst, p.request, p.off) }))
	} else if h != nil && p.host != 0 {
		id := m.id
		c.reply(h, c.encode(func(dst []byte) ([]byte, error) { return ipc.AppendSent(dst, p.request, id) }))
	}
	c.noteStatus(&c.box.table[p.place], c.wall.UnixMilli())
}

// repeated answers a `send` whose client_id was used for a message that is forgotten by now:
// it is not sent once more.
func (c *Core) repeated(p *pending, of uint64) {
	c.box.Remove(p.place)
	h := c.host(p.host)
	if h == nil || p.host == 0 {
		return
	}
	if p.off > 0 { // the last piece of a body that was given an id of its own
		c.denyID(h, p.request, ipc.CodeWrongState, "a message of this client_id was sent before", 0)
		return
	}
	c.reply(h, c.encode(func(dst []byte) ([]byte, error) { return ipc.AppendSent(dst, p.request, of) }))
}

// beginLarge opens a body that comes in pieces. Its reply waits until the id is on flash, so
// that it is never given out again; that of the last `append` waits for the whole.
func (c *Core) beginLarge(h *host, r *ipc.Request, i int32, e *spool.Entry, piece []byte) {
	entry := c.entryBuf(e)
	if entry == nil {
		c.box.Remove(i)
		c.deny(h, r, ipc.CodeBusy, "no buffer is free")
		return
	}
	h.large = largeBody{id: e.ID, place: i, entry: entry, text: ipc.IsText(e.ContentType)}
	token, ok := c.await(pending{use: pendBegin, host: h.flow, request: r.ID, place: i, id: e.ID})
	if !ok {
		entry.Release()
		h.large = largeBody{}
		c.box.Remove(i)
		c.deny(h, r, ipc.CodeBusy, "the spool is busy")
		return
	}
	c.do(Action{Kind: ActBegin, ID: e.ID, Token: token})
	if code, text := c.appendLarge(h, piece); code != 0 {
		c.dropLarge(h)
		c.deny(h, r, code, text)
	}
}

// largeBegun replies to the `send` of a body whose id is on flash.
func (c *Core) largeBegun(p *pending, ev *Event) {
	h := c.host(p.host)
	if h == nil || p.host == 0 || h.large.id != p.id {
		return
	}
	if ev.Fault != FaultNone {
		c.dropLarge(h)
		c.denyID(h, p.request, ipc.CodeStorage, ev.Fault.String(), 0)
		return
	}
	c.reply(h, c.encode(func(dst []byte) ([]byte, error) { return ipc.AppendSent(dst, p.request, p.id) }))
}

// appendLarge sends one piece of a body to its file.
func (c *Core) appendLarge(h *host, piece []byte) (ipc.Code, string) {
	l := &h.large
	if l.text && !l.check.Add(piece) {
		return ipc.CodeBadArgument, "body is not UTF-8"
	}
	if l.size+int64(len(piece)) > c.cfg.Spool.MaxBytes {
		return ipc.CodeTooLarge, "body exceeds the spool"
	}
	for len(piece) > 0 {
		out := c.pool.Get()
		if out == nil {
			return ipc.CodeBusy, "no buffer is free"
		}
		n := min(len(piece), out.Cap())
		out.Append(piece[:n])
		c.do(Action{Kind: ActWrite, ID: l.id, Off: l.size, Buf: out})
		l.size += int64(n)
		piece = piece[n:]
	}
	return 0, ""
}

// serveAppend adds a piece; the last one completes the message.
func (c *Core) serveAppend(h *host, r *ipc.Request, b []byte) {
	l := &h.large
	if l.id == 0 || l.id != r.MessageID {
		c.deny(h, r, ipc.CodeNotFound, "no unfinished message of this client")
		return
	}
	code, text := c.appendLarge(h, r.Body.In(b))
	if code == 0 && r.Last && l.text && !l.check.End() {
		code, text = ipc.CodeBadArgument, "body is not UTF-8"
	}
	if code != 0 {
		c.dropLarge(h)
		c.deny(h, r, code, text)
		return
	}
	size := l.size
	if r.Last && !c.finishLarge(h, r) {
		c.dropLarge(h)
		c.deny(h, r, ipc.CodeBusy, "no buffer is free")
		return
	}
	if !r.Last {
		c.reply(h, c.encode(func(dst []byte) ([]byte, error) { return ipc.AppendSize(dst, r.ID, size) }))
	}
}

// finishLarge writes the entry of a complete large body; the reply waits for flash.
func (c *Core) finishLarge(h *host, r *ipc.Request) bool {
	var e spool.Entry
	if spool.ParseEntry(h.large.entry.Bytes(), &e) != nil {
		return false
	}
	e.Size, e.Large = h.large.size, true
	m := &c.box.table[h.large.place]
	m.size = e.Size
	if !c.storeOutgoing(h, r.ID, h.large.place, &e, ActFinish) {
		return false
	}
	h.large.entry.Release()
	h.large = largeBody{}
	return true
}

// dropLarge discards an unfinished body.
func (c *Core) dropLarge(h *host) {
	l := &h.large
	if l.id == 0 {
		return
	}
	c.do(Action{Kind: ActDrop, ID: l.id})
	l.entry.Release()
	c.box.Remove(l.place)
	*l = largeBody{}
}
