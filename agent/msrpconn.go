package agent

import (
	"net/netip"
	"time"

	"imsagent/agent/internal/bufpool"
	"imsagent/msrp"
	"imsagent/sipmin"
)

const (
	// maxUnbound is how many accepted MSRP connections may stand without a session (L15).
	maxUnbound = 8
	// bindTime is how long an accepted connection may take to name its session (L16).
	bindTime = 10 * time.Second
	// maxConnCredit is how many Bufs may be on their way to one connection's writer; then the
	// session waits, so that responses are never queued behind more than that.
	maxConnCredit = 4
	// maxConnQueue is how many may be at most, for responses without which the peer's next
	// request cannot be read (L18).
	maxConnQueue = 48
)

// An msrpConn is one MSRP connection. It is bound to a session when we dialled it, or when
// the first request on it names the session's URI.
type msrpConn struct {
	flow    FlowID // 0: free
	addr    netip.AddrPort
	reader  msrp.Reader
	sess    *session // nil: not bound yet
	refuse  bool     // the request being read belongs to no session: skip its body
	guesses int      // requests that named no session of ours
	unsent  int      // Bufs given to the writer and not yet written
	open    bool
	due     time.Time        // unbound: closed then
	part    int              // trace: parts already shown of the message being read
	held    [maxHeld]heldBuf // what waits until the session has a slot again, oldest first
	holding int              // of them
}

// maxHeld is how many buffers a connection keeps while its session is full. Its flow is
// paused then, so only what the reader had already taken comes on top.
const maxHeld = 8

// A heldBuf is a buffer whose octets from at on are not yet read.
type heldBuf struct {
	buf *bufpool.Buf
	at  int
}

func (c *Core) conn(id FlowID) *msrpConn {
	for i := range c.conns {
		if k := &c.conns[i]; k.flow == id {
			return k
		}
	}
	return nil
}

// stepMSRPFlow follows one MSRP connection.
func (c *Core) stepMSRPFlow(ev *Event) {
	if ev.Kind == EvAccepted {
		c.acceptMSRP(ev)
		return
	}
	k := c.conn(ev.Flow)
	if k == nil {
		if ev.Buf != nil {
			ev.Buf.Release()
		}
		return
	}
	switch ev.Kind {
	case EvOpened:
		k.open = true
		c.connected(k)
	case EvData:
		c.readMSRP(k, ev.Buf)
	case EvWritten:
		k.unsent--
	case EvClosed:
		c.connGone(k)
	}
}

// acceptMSRP takes a connection whose session is not known yet, as long as there are few.
func (c *Core) acceptMSRP(ev *Event) {
	k := c.conn(0)
	unbound := 0
	for i := range c.conns {
		if c.conns[i].flow != 0 && c.conns[i].sess == nil {
			unbound++
		}
	}
	if k == nil || unbound >= maxUnbound {
		c.counters.foreign++
		c.do(Action{Kind: ActClose, Flow: ev.Flow})
		return
	}
	k.take(ev.Flow, ev.Addr)
	k.open, k.due = true, c.now.Add(bindTime)
}

// take makes k the connection of a flow; its reader's buffer is kept.
func (k *msrpConn) take(id FlowID, addr netip.AddrPort) {
	k.reader.Reset()
	k.flow, k.addr, k.sess, k.refuse, k.open = id, addr, nil, false, false
	k.guesses, k.unsent, k.part, k.due = 0, 0, 0, time.Time{}
}

// dialMSRP opens the connection of a session on which we are the active side.
func (c *Core) dialMSRP(s *session, to netip.AddrPort) bool {
	k := c.conn(0)
	if k == nil {
		return false
	}
	k.take(c.newFlow(), to)
	k.sess, s.conn = s, k
	c.do(Action{Kind: ActDial, Flow: k.flow, Door: DoorMSRP, Addr: to})
	return true
}

// closeConn closes a connection at our own wish; what was queued is still written.
func (c *Core) closeConn(k *msrpConn) {
	c.do(Action{Kind: ActClose, Flow: k.flow})
	c.freeConn(k)
}

func (c *Core) freeConn(k *msrpConn) {
	if s := k.sess; s != nil {
		s.conn = nil
	}
	for i := range k.held[:k.holding] {
		k.held[i].buf.Release()
		k.held[i] = heldBuf{}
	}
	k.holding = 0
	k.take(0, netip.AddrPort{})
}

// connGone ends the session of a connection that broke: "the endpoint MUST treat it as a
// failure of the session" is the consequence of RFC 4975 §5.4.
func (c *Core) connGone(k *msrpConn) {
	s := k.sess
	c.freeConn(k)
	if s != nil {
		c.sessionLost(s, connectionLost)
	}
}

// readMSRP feeds what came to the session, behind what waits already.
func (c *Core) readMSRP(k *msrpConn, buf *bufpool.Buf) {
	if k.holding > 0 {
		c.hold(k, buf, 0)
		return
	}
	c.feed(k, buf, 0)
}

// hold keeps the rest of a buffer until the session can take another message.
func (c *Core) hold(k *msrpConn, buf *bufpool.Buf, at int) {
	if k.holding == maxHeld || k.holding > 0 && c.pool.Free() < c.pool.Total()/4 {
		buf.Release()
		c.counters.shed++
		c.breakConn(k)
		return
	}
	if k.holding == 0 {
		c.do(Action{Kind: ActPause, Flow: k.flow})
	}
	k.held[k.holding] = heldBuf{buf, at}
	k.holding++
}

// waits reports whether the session must not be given more now: it has no slot for another
// message, or no room for another response because the peer does not read.
func (k *msrpConn) waits() bool { return k.sess != nil && (k.sess.m.Full() || k.sess.m.Blocked()) }

// resume reads on where a session could take no more, once it can.
func (c *Core) resume(k *msrpConn) {
	for k.holding > 0 && !k.waits() {
		next := k.held[0]
		copy(k.held[:], k.held[1:k.holding])
		k.holding--
		k.held[k.holding] = heldBuf{}
		rest, flow := k.holding, k.flow
		if rest == 0 {
			c.do(Action{Kind: ActResume, Flow: k.flow})
		}
		c.feed(k, next.buf, next.at)
		if k.flow != flow || k.holding > rest {
			return
		}
	}
}

// feed reads a buffer from at on: the reader divides it, the session gets each part. When
// the session can take no more the rest is held.
func (c *Core) feed(k *msrpConn, buf *bufpool.Buf, at int) {
	all := buf.Bytes()
	shown := at
	for {
		if k.waits() && at < len(all) {
			c.traceMSRP(k, all[shown:at], false)
			c.holdFirst(k, buf, at)
			return
		}
		n, it, err := k.reader.Next(all[at:])
		at += n
		if err != nil {
			c.counters.malformed++
			c.traceMSRP(k, all[shown:at], true)
			buf.Release()
			c.breakConn(k)
			return
		}
		if it.Kind == msrp.ItemEnd {
			c.traceMSRP(k, all[shown:at], true)
			shown = at
		}
		flow := k.flow
		c.takeItem(k, &it)
		if k.flow != flow { // the item ended the connection
			buf.Release()
			return
		}
		if it.Kind == msrp.ItemNone {
			break
		}
	}
	c.traceMSRP(k, all[shown:], false)
	buf.Release()
}

// holdFirst is hold for a buffer that comes before those that are held.
func (c *Core) holdFirst(k *msrpConn, buf *bufpool.Buf, at int) {
	if k.holding == 0 || k.holding == maxHeld {
		c.hold(k, buf, at)
		return
	}
	copy(k.held[1:], k.held[:k.holding])
	k.held[0] = heldBuf{buf, at}
	k.holding++
}

// breakConn closes a connection on which no more can be understood.
func (c *Core) breakConn(k *msrpConn) {
	s := k.sess
	c.closeConn(k)
	if s != nil {
		c.sessionLost(s, connectionLost)
	}
}

// takeItem hands one part of the stream to the session that it belongs to.
func (c *Core) takeItem(k *msrpConn, it *msrp.Item) {
	if it.Kind == msrp.ItemHead && (k.sess == nil || k.refuse) {
		c.bind(k, it.Buf, it.Head)
	}
	if k.flow == 0 {
		return
	}
	if k.refuse {
		k.refuse = it.Kind != msrp.ItemEnd
		return
	}
	s := k.sess
	if s == nil {
		return
	}
	switch it.Kind {
	case msrp.ItemHead:
		s.m.Head(c.now, it.Buf, it.Head)
	case msrp.ItemBody:
		s.m.Body(c.now, it.Data)
	case msrp.ItemEnd:
		s.m.End(c.now, it.Flag)
	default:
		return
	}
	s.lastUsed = c.now
	c.drainMSRP(s)
	if s.conn == k && s.m.Blocked() {
		c.unblock(s, k)
	}
}

// connCredit is how many Bufs may be on their way to one connection's writer. The fewer are
// free, the fewer it is: peers that do not read, however many, never keep a buffer from
// the others.
func (c *Core) connCredit() int { return max(1, min(maxConnCredit, c.pool.Free()/8)) }

// unblock writes responses beyond the usual credit. A peer that does not read them is not
// read any further, until the writer's time is over (L18).
func (c *Core) unblock(s *session, k *msrpConn) {
	most := max(c.connCredit(), min(maxConnQueue, c.pool.Free()/4))
	for s.m.Blocked() && k.unsent < most && c.writePending(s, k) {
	}
}

// bind finds the session that the first request of a connection names. "If no match is
// found ... the receiving device MUST return a 481" and, for a session that has its
// connection already, 506 (RFC 4975 §7.3).
func (c *Core) bind(k *msrpConn, buf []byte, h *msrp.Head) {
	code := uint16(481)
	for i := range c.sessions {
		s := &c.sessions[i]
		if !s.ready || s.m.Matches(buf, h) != 0 {
			continue
		}
		if s.conn != nil {
			code = 506
			break
		}
		k.sess, s.conn, k.due = s, k, time.Time{}
		c.connected(k)
		return
	}
	k.refuse = true
	k.guesses++
	c.refuse(k, buf, h, code)
	if k.guesses >= msrp.MaxGuesses {
		c.counters.foreign++
		c.closeConn(k)
	}
}

// refuse answers a request that belongs to no session.
func (c *Core) refuse(k *msrpConn, buf []byte, h *msrp.Head, code uint16) {
	out := c.pool.Get()
	if out == nil {
		c.counters.shed++
		return
	}
	b, err := msrp.AppendRefusal(out.Space()[:0], buf, h, code)
	if err != nil || len(b) == 0 {
		out.Release()
		return
	}
	out.SetLen(len(b))
	c.sendMSRP(k, out)
}

// sendMSRP gives a buffer to the connection's writer. What one step sends goes out together
// where it fits: a 200 and the notification that follows it are one segment.
func (c *Core) sendMSRP(k *msrpConn, out *bufpool.Buf) {
	last := c.justSent(k.flow)
	c.trace(traceOut, protoMSRP, sipmin.TCP, k.addr, out.Bytes())
	if last != nil && last.Append(out.Bytes()) {
		out.Release()
		return
	}
	k.unsent++
	c.do(Action{Kind: ActSend, Flow: k.flow, Buf: out})
}

// justSent is the buffer that this step has given to a flow, if nothing but other sends came
// after it.
func (c *Core) justSent(id FlowID) *bufpool.Buf {
	for i := len(c.acts) - 1; i >= 0 && c.acts[i].Kind == ActSend; i-- {
		if c.acts[i].Flow == id {
			return c.acts[i].Buf
		}
	}
	return nil
}

// writePending writes the responses, reports and the opening SEND that wait, as one buffer.
// It reports whether anything was written.
func (c *Core) writePending(s *session, k *msrpConn) bool {
	out := c.pool.Get()
	if out == nil {
		return false
	}
	b, _ := s.m.AppendPending(c.now, out.Space()[:0])
	if len(b) == 0 {
		out.Release()
		return false
	}
	out.SetLen(len(b))
	c.sendMSRP(k, out)
	return true
}

// expireConns closes connections that have not named their session in time.
func (c *Core) expireConns() {
	for i := range c.conns {
		if k := &c.conns[i]; k.flow != 0 && !k.due.IsZero() && !k.due.After(c.now) {
			c.counters.foreign++
			c.closeConn(k)
		}
	}
}

func (c *Core) connDeadline() (d time.Time) {
	for i := range c.conns {
		if c.conns[i].flow != 0 {
			d = earliest(d, c.conns[i].due)
		}
	}
	return d
}
