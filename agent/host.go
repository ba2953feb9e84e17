package agent

import (
	"time"

	"imsagent/agent/internal/bufpool"
	"imsagent/agent/ipc"
)

const (
	maxHosts      = 4  // host connections at once (L15)
	maxHostCredit = 48 // Bufs on their way to one host; beyond, notifications are dropped or wait (L18)
)

// A host is one connection of a host application.
type host struct {
	flow    FlowID // 0: free
	framer  ipc.Framer
	part    *bufpool.Buf // octets not yet framed
	due     time.Time    // closed then: a frame that was begun does not go on
	topics  ipc.Topics
	paused  bool // whole frames wait in part until the host has read some answers
	unsent  int  // Bufs given to the writer and not yet written
	dropped [8]int64
	cursor  uint64 // every message up to this id that it must have was sent to it
	caught  bool   // nothing beyond cursor waits
	asking  bool   // a Load for its replay is under way
	list    listing
	large   largeBody
}

func (c *Core) host(id FlowID) *host {
	for i := range c.hosts {
		if h := &c.hosts[i]; h.flow == id {
			return h
		}
	}
	return nil
}

// stepHostFlow follows one host connection.
func (c *Core) stepHostFlow(ev *Event) {
	if ev.Kind == EvAccepted {
		if h := c.host(0); h != nil {
			*h = host{flow: ev.Flow}
		} else {
			c.do(Action{Kind: ActClose, Flow: ev.Flow})
		}
		return
	}
	h := c.host(ev.Flow)
	if h == nil || ev.Flow == 0 {
		if ev.Buf != nil {
			ev.Buf.Release()
		}
		return
	}
	switch ev.Kind {
	case EvData:
		c.readHost(h, ev.Buf)
	case EvWritten:
		h.unsent--
		c.continueHost(h)
	case EvClosed:
		c.hostGone(h)
	}
}

// hostGone forgets a host. What it had not finished to send is discarded.
func (c *Core) hostGone(h *host) {
	if h.part != nil {
		h.part.Release()
	}
	c.dropLarge(h)
	h.list.drop()
	*h = host{}
}

// closeHost closes a host that broke the contract, after what was queued for it.
func (c *Core) closeHost(h *host) {
	c.do(Action{Kind: ActClose, Flow: h.flow})
	c.hostGone(h)
}

// readHost adds octets to what is there.
func (c *Core) readHost(h *host, buf *bufpool.Buf) {
	buf = c.gather(h.part, buf)
	h.part = nil
	if buf == nil {
		c.counters.shed++
		c.closeHost(h)
		return
	}
	if h.paused {
		h.part = buf
		return
	}
	c.takeFrames(h, buf)
}

// takeFrames takes every whole frame out, as far as the host reads the answers.
func (c *Core) takeFrames(h *host, buf *bufpool.Buf) {
	id := h.flow
	for b := buf.Bytes(); ; {
		if len(b) > 0 && (h.unsent >= c.hostCredit() || c.busyFlash()) {
			c.waitForHost(h, buf, len(b))
			return
		}
		n, err := h.framer.Frame(b)
		if err == ipc.ErrShort {
			if h.part, h.due = c.keep(buf, len(b)), (time.Time{}); h.part != nil {
				h.due = c.now.Add(stallTime)
			}
			return
		}
		if err != nil {
			c.badFrame(h, b, err)
			buf.Release()
			return
		}
		c.request(h, b[:n])
		b = b[n:]
		if h.flow != id {
			buf.Release()
			return
		}
	}
}

// badFrame answers what cannot be a frame, where a msgid can be read, and closes the host.
func (c *Core) badFrame(h *host, b []byte, err error) {
	if id, ok := ipc.RequestID(b); ok {
		r := ipc.Request{ID: id}
		c.reply(h, c.encode(func(dst []byte) ([]byte, error) { return ipc.AppendFault(dst, &r, err) }))
	}
	c.closeHost(h)
}

// request answers one frame.
func (c *Core) request(h *host, b []byte) {
	var r ipc.Request
	if err := ipc.ParseRequest(b, &r); err != nil {
		e, _ := err.(ipc.Error)
		if e.Closes() {
			c.badFrame(h, b, err)
			return
		}
		c.reply(h, c.encode(func(dst []byte) ([]byte, error) { return ipc.AppendFault(dst, &r, err) }))
		return
	}
	c.serve(h, &r, b)
}

// reply sends one frame to a host; nil, a frame that could not be made, is an internal
// error that the client sees as a closed connection.
func (c *Core) reply(h *host, frame []byte) {
	if frame == nil || !c.give(h, frame) {
		c.counters.shed++
		c.closeHost(h)
	}
}

// refuse answers a request with an error.
func (c *Core) deny(h *host, r *ipc.Request, code ipc.Code, text string) {
	c.denyID(h, r.ID, code, text, 0)
}

func (c *Core) denyID(h *host, id uint32, code ipc.Code, text string, sip int) {
	c.reply(h, c.encode(func(dst []byte) ([]byte, error) { return ipc.AppendError(dst, id, code, text, sip) }))
}

// done answers a request that has no result.
func (c *Core) done(h *host, r *ipc.Request) {
	c.reply(h, c.encode(func(dst []byte) ([]byte, error) { return ipc.AppendDone(dst, r.ID) }))
}

// protocolVersion is the version of the host contract.
const protocolVersion = 1

// serve carries out one request.
func (c *Core) serve(h *host, r *ipc.Request, b []byte) {
	switch r.Method {
	case ipc.MethodHello:
		c.reply(h, c.encode(func(dst []byte) ([]byte, error) {
			return ipc.AppendHello(dst, r.ID, protocolVersion, c.version, c.cfg.Board)
		}))
	case ipc.MethodStatus:
		c.serveStatus(h, r)
	case ipc.MethodSend:
		c.serveSend(h, r, b)
	case ipc.MethodAppend:
		c.serveAppend(h, r, b)
	case ipc.MethodCancel:
		c.serveCancel(h, r)
	case ipc.MethodFetch:
		c.serveFetch(h, r)
	case ipc.MethodDisplayed:
		c.serveDisplayed(h, r)
	case ipc.MethodAck:
		c.serveAck(h, r)
	case ipc.MethodComposing:
		c.serveComposing(h, r, b)
	case ipc.MethodOpen:
		c.serveOpen(h, r, b)
	case ipc.MethodAccept, ipc.MethodReject, ipc.MethodClose:
		c.serveSession(h, r)
	case ipc.MethodNetwork:
		c.serveNetwork(h, r, b)
	case ipc.MethodMessages:
		c.serveMessages(h, r)
	case ipc.MethodSubscribe:
		c.serveSubscribe(h, r)
	case ipc.MethodUnsubscribe:
		h.topics &^= r.Topics
		c.done(h, r)
	default: // register, deregister, capabilities
		c.deny(h, r, ipc.CodeUnsupported, r.Method.String()+" is not yet there")
	}
}

// serveSubscribe adds topics; messages that nobody has acknowledged are sent (again).
func (c *Core) serveSubscribe(h *host, r *ipc.Request) {
	fresh := r.Topics &^ h.topics
	h.topics |= r.Topics
	c.done(h, r)
	if h.flow == 0 {
		return
	}
	if fresh&ipc.TopicMessage != 0 {
		h.cursor, h.caught = 0, false
		h.drop(ipc.TopicMessage, c.untold)
		c.untold = 0
	}
	if fresh&ipc.TopicAccessNetwork != 0 && c.pani != "" {
		c.noteAccessNetwork()
	}
}

// serveAck settles a message that the host has stored (incoming) or whose final state it
// has noted (outgoing).
func (c *Core) serveAck(h *host, r *ipc.Request) {
	i := c.box.Find(r.MessageID)
	if i < 0 {
		c.deny(h, r, ipc.CodeNotFound, "no such message")
		return
	}
	m := &c.box.table[i]
	if !m.incoming && !m.state.final() {
		c.deny(h, r, ipc.CodeWrongState, "the message is "+m.state.String())
		return
	}
	if !m.incoming {
		c.forget(i)
	} else if m.state&InAcked == 0 {
		c.markIncoming(i, InAcked)
		c.forgetIfSettled(i)
	}
	c.done(h, r)
}

// serveDisplayed notes that the user saw a message, and owes its sender the notification.
func (c *Core) serveDisplayed(h *host, r *ipc.Request) {
	i := c.box.Find(r.MessageID)
	if i < 0 || !c.box.table[i].incoming {
		c.deny(h, r, ipc.CodeNotFound, "no such incoming message")
		return
	}
	c.markIncoming(i, InSeen)
	c.oweReceipts(i)
	c.forgetIfSettled(i)
	c.done(h, r)
}

// markIncoming adds marks to an incoming message, in memory and on flash.
func (c *Core) markIncoming(i int32, marks State) {
	m := &c.box.table[i]
	if m.state|marks == m.state {
		return
	}
	m.state |= marks
	c.do(Action{Kind: ActMark, ID: m.id, State: m.state, Millis: c.wall.UnixMilli()})
}

// forget drops a message from the table and the spool.
func (c *Core) forget(i int32) {
	c.do(Action{Kind: ActForget, ID: c.box.table[i].id})
	c.dequeue(i)
	c.box.Remove(i)
}

// forgetIfSettled drops an incoming message that the host has and that owes nothing. One
// whose display was asked for stays until the user has seen it, or its place is needed.
func (c *Core) forgetIfSettled(i int32) {
	if !c.settled(i) {
		return
	}
	c.unlinkReceipt(i)
	if !c.box.table[i].ghost {
		c.do(Action{Kind: ActForget, ID: c.box.table[i].id})
	}
	c.box.Remove(i)
}

// settled reports whether an incoming message has nothing more to wait for.
func (c *Core) settled(i int32) bool {
	m := &c.box.table[i]
	if !m.incoming || m.state&InAcked == 0 || c.owed(i) != 0 {
		return false
	}
	return m.notify&notifyDisplay == 0 || !c.cfg.Chat.DisplayNotifications || m.state&InSeen != 0
}

// makeRoom forgets the oldest message that is kept only because it was not yet seen.
func (c *Core) makeRoom() bool {
	oldest := int32(-1)
	for i := range c.box.table {
		m := &c.box.table[i]
		if m.id != 0 && m.incoming && m.state&InAcked != 0 && c.owed(int32(i)) == 0 &&
			(oldest < 0 || m.id < c.box.table[oldest].id) {
			oldest = int32(i)
		}
	}
	if oldest < 0 {
		return false
	}
	c.unlinkReceipt(oldest)
	c.do(Action{Kind: ActForget, ID: c.box.table[oldest].id})
	c.box.Remove(oldest)
	return true
}

// serveCancel withdraws a message that has not left.
func (c *Core) serveCancel(h *host, r *ipc.Request) {
	i := c.box.Find(r.MessageID)
	if i < 0 || c.box.table[i].incoming {
		c.deny(h, r, ipc.CodeNotFound, "no such outgoing message")
		return
	}
	m := &c.box.table[i]
	switch {
	case m.id == h.large.id: // its body is still coming
		c.dropLarge(h)
		c.replyState(h, r.ID, StateCancelled)
		return
	case m.state != StateQueued:
	case c.inFlight(i):
		m.withdrawn = true // should the peer not take it, it is not tried again
	default:
		c.withdraw(h, r, i)
		return
	}
	c.replyState(h, r.ID, m.state)
}

func (c *Core) replyState(h *host, request uint32, s State) {
	c.reply(h, c.encode(func(dst []byte) ([]byte, error) { return ipc.AppendState(dst, request, s.String()) }))
}

// withdraw cancels a message. The reply waits for the flash: what a host was told is
// withdrawn is not sent after a power cut.
func (c *Core) withdraw(h *host, r *ipc.Request, i int32) {
	m := &c.box.table[i]
	token, ok := c.await(pending{use: pendCancel, host: h.flow, request: r.ID, place: i, of: m.id})
	if !ok {
		c.deny(h, r, ipc.CodeBusy, "the spool is busy")
		return
	}
	p := m.peer
	c.advance(i, StateCancelled, ReasonNone, 0)
	c.do(Action{Kind: ActMark, ID: m.id, State: StateCancelled, Millis: c.wall.UnixMilli(), Token: token})
	c.nothingLeft(p)
}

// withdrawn replies to a cancel that is on flash.
func (c *Core) withdrawn(p *pending, ev *Event) {
	m, h := &c.box.table[p.place], c.host(p.host)
	if m.id == p.of {
		c.noteStatus(m, c.wall.UnixMilli())
	}
	switch {
	case h == nil || p.host == 0:
	case ev.Fault != FaultNone && ev.Fault != FaultNotFound:
		c.denyID(h, p.request, ipc.CodeStorage, ev.Fault.String(), 0)
	default:
		c.replyState(h, p.request, StateCancelled)
	}
}

// nothingLeft ends the session that we were about to open for messages which are withdrawn
// or expired by now.
func (c *Core) nothingLeft(p *peer) {
	s := p.session
	if s == nil || !s.outgoing || s.wanted || p.head >= 0 || p.receipts >= 0 {
		return
	}
	if s.state == sessionInviting || s.state == sessionJoining {
		c.endSession(s, "", 0)
	}
}

// serveOpen opens a session without sending, or returns the one that there is.
func (c *Core) serveOpen(h *host, r *ipc.Request, b []byte) {
	p := c.hostPeer(h, r, b)
	if p == nil {
		return
	}
	switch {
	case c.stopping:
		c.deny(h, r, ipc.CodeWrongState, "the daemon is stopping")
		return
	case p.session == nil && c.proxies.n == 0:
		c.deny(h, r, ipc.CodeWrongState, "no P-CSCF is known yet")
		return
	case p.session == nil && len(c.own) == 0:
		c.deny(h, r, ipc.CodeWrongState, "the card has not said who we are yet")
		return
	case p.session == nil && c.held():
		c.deny(h, r, ipc.CodeWrongState, "the modem's own IMS client is on")
		return
	case p.session == nil:
		c.invite(p)
	case p.session.state == sessionIncoming:
		c.accept(p.session)
	}
	if p.session == nil {
		c.deny(h, r, ipc.CodeBusy, "every session has unfinished work")
		return
	}
	p.session.wanted = true
	n := p.session.number
	c.reply(h, c.encode(func(dst []byte) ([]byte, error) { return ipc.AppendSession(dst, r.ID, n) }))
}

// hostPeer is the peer that a request names, or nil after an error reply.
func (c *Core) hostPeer(h *host, r *ipc.Request, b []byte) *peer {
	key, uri, ok := c.address(r.To.In(b))
	if !ok {
		c.deny(h, r, ipc.CodeBadArgument, "to is no address")
		return nil
	}
	p := c.peerOf([]byte(key))
	if p == nil {
		c.deny(h, r, ipc.CodeBusy, "too many peers have messages waiting")
		return nil
	}
	if p.uri == "" {
		p.uri = uri
	}
	return p
}

// closeByHost ends a session. What still waits for the peer does not open the next at once.
func (c *Core) closeByHost(s *session) {
	p := s.peer
	c.endSession(s, "", 0)
	if p.head >= 0 {
		c.postpone(p, ReasonRetry, 0, 0)
	}
}

// serveSession accepts, rejects or closes the session that the host names.
func (c *Core) serveSession(h *host, r *ipc.Request) {
	s := c.sessionByNumber(r.Session)
	switch {
	case s == nil:
		c.deny(h, r, ipc.CodeNotFound, "no such session")
		return
	case r.Method == ipc.MethodClose:
		c.closeByHost(s)
	case s.state != sessionIncoming:
		c.deny(h, r, ipc.CodeWrongState, "the session is not waiting for an answer")
		return
	case r.Method == ipc.MethodAccept:
		c.accept(s)
	case r.Everywhere:
		c.endSession(s, "", 603)
	default:
		c.endSession(s, "", 486)
	}
	c.done(h, r)
}
