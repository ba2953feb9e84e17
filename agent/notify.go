package agent

import (
	"math/bits"
	"time"

	"imsagent/agent/ipc"
	"imsagent/agent/spool"
)

// States of a session as the host sees them. The table of INTERFACES has the first six.
const (
	sessInviting  = "inviting"
	sessRinging   = "ringing"
	sessIncoming  = "incoming"
	sessOpen      = "open"
	sessClosed    = "closed"
	sessFailed    = "failed"
	sessElsewhere = "answered_elsewhere"
	sessRefused   = "refused"
)

// notify gives one notification to every host that has subscribed to its topic. One that
// does not read loses it, and is told how many when it reads again.
func (c *Core) notify(topic ipc.Topics, frame []byte) {
	for i := range c.hosts {
		h := &c.hosts[i]
		if h.flow == 0 || h.topics&topic == 0 {
			continue
		}
		if h.unsent >= c.hostCredit() || frame == nil || !c.give(h, frame) {
			h.dropped[bits.TrailingZeros8(uint8(topic))]++
		}
	}
}

// wanted reports whether anybody has subscribed to a topic.
func (c *Core) wanted(topic ipc.Topics) bool {
	for i := range c.hosts {
		if c.hosts[i].flow != 0 && c.hosts[i].topics&topic != 0 {
			return true
		}
	}
	return false
}

// tellDropped says how many notifications a host has lost, once it reads again.
func (c *Core) tellDropped(h *host) {
	for i := range h.dropped {
		if h.dropped[i] == 0 || h.unsent >= c.hostCredit()/2 {
			continue
		}
		n := h.dropped[i]
		frame := c.encode(func(dst []byte) ([]byte, error) { return ipc.AppendDroppedNote(dst, ipc.Topics(1)<<i, n) })
		if frame != nil && c.give(h, frame) {
			h.dropped[i] = 0
		}
	}
}

func (c *Core) noteStatus(m *message, at int64) {
	if !c.wanted(ipc.TopicMessageStatus) {
		return
	}
	n := ipc.MessageStatus{ID: m.id, State: m.state.String(), Code: int(m.code), Reason: m.reason.String(), Time: at}
	b, err := ipc.AppendStatusNote(c.scratch[:0], &n)
	if err == nil {
		c.notify(ipc.TopicMessageStatus, b)
	}
}

func (c *Core) noteSession(s *session, state string, code uint16) {
	b, err := ipc.AppendSessionNote(c.scratch[:0], s.number, s.peer.key, state, int(code))
	if err == nil {
		c.notify(ipc.TopicSession, b)
	}
}

// noteRefused tells the host of an INVITE that was refused because it is no 1-to-1 chat.
func (c *Core) noteRefused(key []byte, k kind) {
	b, err := ipc.AppendSessionNote(c.scratch[:0], 0, string(key), sessRefused+"_"+k.String(), 488)
	if err == nil {
		c.notify(ipc.TopicSession, b)
	}
}

func (c *Core) noteAccessNetwork() {
	b, err := ipc.AppendAccessNetworkNote(c.scratch[:0], c.accessNetwork())
	if err == nil {
		c.notify(ipc.TopicAccessNetwork, b)
	}
}

func (c *Core) noteModem(state, text string) {
	b, err := ipc.AppendModemNote(c.scratch[:0], state, text)
	if err == nil {
		c.notify(ipc.TopicModem, b)
	}
}

func (c *Core) noteComposing(p *peer, active bool, until time.Time) {
	ms := int64(0)
	if active {
		ms = c.wall.Add(until.Sub(c.now)).UnixMilli()
	}
	b, err := ipc.AppendComposingNote(c.scratch[:0], p.key, active, ms)
	if err == nil {
		c.notify(ipc.TopicComposing, b)
	}
}

// announce tells the hosts of a message that has just been stored. A host that is behind
// gets it by its replay.
func (c *Core) announce(place int32, e *spool.Entry) {
	frame := []byte(nil)
	for i := range c.hosts {
		h := &c.hosts[i]
		if h.flow == 0 || h.topics&ipc.TopicMessage == 0 {
			continue
		}
		if h.caught && h.unsent < c.hostCredit() {
			if frame == nil {
				frame = c.messageFrame(place, e)
			}
			if frame != nil && c.give(h, frame) {
				h.cursor = max(h.cursor, e.ID)
				continue
			}
		}
		h.caught = false
		h.cursor = min(h.cursor, e.ID-1)
	}
}

func (c *Core) messageFrame(place int32, e *spool.Entry) []byte {
	var n ipc.Message
	c.fillNote(&n, &c.box.table[place], e)
	n.Session = c.box.table[place].session
	b, err := ipc.AppendMessageNote(c.scratch[:0], &n)
	if err != nil {
		return nil
	}
	return b
}

// fillNote makes the host's view of an entry.
func (c *Core) fillNote(n *ipc.Message, m *message, e *spool.Entry) {
	*n = ipc.Message{ID: m.id, Outgoing: !m.incoming, State: m.state.String(), Reason: m.reason.String(), Code: int(m.code),
		IMDNID: e.IMDNID, ConversationID: e.ConversationID, DisplayName: e.Name, Time: e.Time,
		ContentType: e.ContentType, Size: e.Size, Body: e.Body, HasBody: !e.Large && int64(len(e.Body)) == e.Size,
		Notify: ipc.Notify(m.notify), Headers: e.Headers}
	if m.incoming {
		n.From, n.To, n.TimeReceived = e.Peer, c.own, e.Expires
	} else {
		n.From, n.To, n.DisplayName = c.own, e.Peer, nil
	}
}

// replay sends a host the messages that nobody has acknowledged, one at a time from the
// spool, as fast as it reads; and fills its `messages` reply.
func (c *Core) replay(h *host) {
	c.tellDropped(h)
	if c.pool.Free() <= c.pool.Total()/replayShare || !c.mayLoad() {
		return
	}
	if h.list.active && !h.list.asking {
		c.listNext(h)
	}
	if h.caught || h.asking || h.topics&ipc.TopicMessage == 0 || h.unsent >= c.hostCredit()/2 {
		return
	}
	i := c.nextMessage(h.cursor, func(m *message) bool { return m.incoming && m.state&InAcked == 0 })
	if i < 0 {
		h.caught = true
		return
	}
	id := c.box.table[i].id
	token, ok := c.await(pending{use: pendReplay, host: h.flow, place: i, id: id})
	if !ok {
		return
	}
	h.asking = true
	c.do(Action{Kind: ActLoad, ID: id, Token: token})
}

// replayShare: the last n-th part of the buffers is not for a host that catches up; the
// network needs them.
const replayShare = 8

// nextMessage is the place of the message with the least id above after that wanted takes,
// or -1.
func (c *Core) nextMessage(after uint64, wanted func(*message) bool) int32 {
	best := int32(-1)
	for i := range c.box.table {
		m := &c.box.table[i]
		if m.id > after && (best < 0 || m.id < c.box.table[best].id) && wanted(m) {
			best = int32(i)
		}
	}
	return best
}

// replayLoaded sends one message to the host that it was read for.
func (c *Core) replayLoaded(p *pending, ev *Event) {
	h := c.host(p.host)
	if h == nil || p.host == 0 {
		return
	}
	h.asking = false
	if ev.Fault == FaultFull {
		return // no buffer was free: a later flush asks again
	}
	var e spool.Entry
	b, m := loaded(ev), &c.box.table[p.place]
	if m.id != p.id || m.state&InAcked != 0 { // forgotten or acknowledged meanwhile
		h.cursor = max(h.cursor, p.id)
		return
	}
	if b == nil || spool.ParseEntry(b, &e) != nil {
		if !c.again(m, ev.Fault) {
			h.cursor = max(h.cursor, p.id)
			h.drop(ipc.TopicMessage, 1)
		}
		return
	}
	m.reads = 0
	if frame := c.messageFrame(p.place, &e); frame != nil && c.give(h, frame) {
		h.cursor = max(h.cursor, p.id)
	} else {
		c.loadAfter = c.now.Add(loadPause) // no large buffer is free for it
	}
}

// A listing is a `messages` request being answered.
type listing struct {
	active  bool
	asking  bool
	some    bool // it has an entry
	request uint32
	limit   int64
	after   uint64
	frame   ipc.MessagesWriter
	buf     releaser
}

// releaser is the buffer of a listing.
type releaser interface {
	Release()
	SetLen(int)
}

// drop gives up a listing.
func (l *listing) drop() {
	if l.buf != nil {
		l.buf.Release()
	}
	*l = listing{}
}

// serveMessages starts a listing: its entries are read from the spool one by one.
func (c *Core) serveMessages(h *host, r *ipc.Request) {
	if h.list.active {
		c.deny(h, r, ipc.CodeBusy, "another listing of this client is not complete")
		return
	}
	buf := c.pool.GetLarge()
	if buf == nil {
		c.deny(h, r, ipc.CodeBusy, "no buffer is free")
		return
	}
	limit := r.Limit
	if limit == 0 {
		limit = int64(c.cfg.Spool.MaxMessages)
	}
	h.list = listing{active: true, request: r.ID, limit: limit, after: r.After, buf: buf,
		frame: ipc.NewMessagesWriter(buf.Space()[:0], r.ID)}
}

// listNext asks for the next entry of a listing, or ends it.
func (c *Core) listNext(h *host) {
	l := &h.list
	i := c.nextMessage(l.after, func(m *message) bool { return m.state != StateWriting })
	if i < 0 || l.limit == 0 {
		c.endList(h, i >= 0)
		return
	}
	id := c.box.table[i].id
	token, ok := c.await(pending{use: pendList, host: h.flow, place: i, id: id})
	if !ok {
		return
	}
	l.asking = true
	c.do(Action{Kind: ActLoad, ID: id, Token: token})
}

// listLoaded adds one entry to a listing.
func (c *Core) listLoaded(p *pending, ev *Event) {
	h := c.host(p.host)
	if h == nil || p.host == 0 || !h.list.active {
		return
	}
	l := &h.list
	l.asking = false
	if ev.Fault == FaultFull {
		c.listShort(h)
		return
	}
	var e spool.Entry
	b := loaded(ev)
	if b == nil || spool.ParseEntry(b, &e) != nil || c.box.table[p.place].id != p.id {
		l.after = p.id
		return
	}
	var n ipc.Message
	c.fillNote(&n, &c.box.table[p.place], &e)
	if !l.frame.Add(&n) {
		c.endList(h, true)
		return
	}
	l.after = p.id
	l.limit--
	l.some = true
}

// listShort goes on with a listing for which no buffer was free: a later flush asks again. If
// it is the large ones that are gone it ends here, since it holds one itself, and two listings
// would wait for each other's.
func (c *Core) listShort(h *host) {
	l := &h.list
	switch {
	case c.pool.FreeLarge() > 0:
	case l.some:
		c.endList(h, true)
	default:
		request := l.request
		l.drop()
		c.denyID(h, request, ipc.CodeBusy, "no buffer is free", 0)
	}
}

// endList sends the reply of a listing.
func (c *Core) endList(h *host, more bool) {
	l := &h.list
	frame, err := l.frame.Bytes(more)
	if err != nil {
		frame = nil
	}
	sent := frame != nil && c.give(h, frame)
	l.drop()
	if !sent && h.flow != 0 {
		c.counters.shed++
		c.closeHost(h)
	}
}

// maxFetch is how many octets one `fetch` returns at most: they and their frame fit a buffer.
const maxFetch = 3800

// serveFetch reads octets of a body.
func (c *Core) serveFetch(h *host, r *ipc.Request) {
	i := c.box.Find(r.MessageID)
	if i < 0 || c.box.table[i].state == StateWriting {
		c.deny(h, r, ipc.CodeNotFound, "no such message")
		return
	}
	m := &c.box.table[i]
	n := min(max(m.size-r.Offset, 0), maxFetch)
	if r.Limit > 0 {
		n = min(n, r.Limit)
	}
	if n == 0 {
		c.reply(h, c.encode(func(dst []byte) ([]byte, error) { return ipc.AppendBody(dst, r.ID, nil, r.Offset >= m.size) }))
		return
	}
	token, ok := c.await(pending{use: pendFetch, host: h.flow, request: r.ID, place: i, id: m.id, off: r.Offset + n})
	if !ok {
		c.deny(h, r, ipc.CodeBusy, "the spool is busy")
		return
	}
	c.do(Action{Kind: ActLoad, ID: m.id, Token: token, Off: r.Offset, N: int(n)})
}

// fetchLoaded answers a `fetch`.
func (c *Core) fetchLoaded(p *pending, ev *Event) {
	h := c.host(p.host)
	if h == nil || p.host == 0 {
		return
	}
	b := loaded(ev)
	if ev.Fault == FaultFull {
		c.denyID(h, p.request, ipc.CodeBusy, "no buffer is free", 0)
		return
	}
	if b == nil {
		c.denyID(h, p.request, ipc.CodeStorage, ev.Fault.String(), 0)
		return
	}
	eof := c.box.table[p.place].id != p.id || p.off >= c.box.table[p.place].size
	c.reply(h, c.encode(func(dst []byte) ([]byte, error) { return ipc.AppendBody(dst, p.request, b, eof) }))
}

// serveStatus reports what there is.
func (c *Core) serveStatus(h *host, r *ipc.Request) {
	sessions := make([]ipc.SessionState, 0, len(c.sessions))
	for i := range c.sessions {
		if s := &c.sessions[i]; s.state != sessionFree {
			sessions = append(sessions, ipc.SessionState{Session: s.number, Peer: s.peer.key, State: s.state.String(),
				Age: int64(c.now.Sub(s.since) / time.Second)})
		}
	}
	st := ipc.Status{
		Registration:  ipc.Registration{State: "off"},
		AccessNetwork: *c.accessNetwork(),
		Modem:         c.modemState(),
		Identity:      c.identity(),
		Bearer:        c.bearerState(),
		Sessions:      sessions,
		Buffers:       ipc.Buffers{Total: c.pool.Total(), Free: c.pool.Free()},
		Spool: ipc.SpoolState{Bytes: c.spoolBytes, MaxBytes: c.cfg.Spool.MaxBytes, Messages: c.box.live,
			MaxMessages: c.cfg.Spool.MaxMessages},
		Counters: []ipc.Counter{{Name: "sent", Value: c.counters.sent}, {Name: "received", Value: c.counters.received},
			{Name: "duplicate", Value: c.counters.duplicate}, {Name: "damaged", Value: c.counters.damaged}, {Name: "malformed", Value: c.counters.malformed},
			{Name: "foreign", Value: c.counters.foreign}, {Name: "refused", Value: c.counters.refused},
			{Name: "shed", Value: c.counters.shed}},
	}
	c.reply(h, c.encode(func(dst []byte) ([]byte, error) { return ipc.AppendStatus(dst, r.ID, &st) }))
}
