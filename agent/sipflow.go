package agent

import (
	"net/netip"
	"time"

	"imsagent/agent/internal/bufpool"
	"imsagent/sipmin"
)

const (
	maxAccepted = 8               // SIP connections that are accepted at once (L15)
	maxSIPFlows = maxAccepted + 2 // with ours to the P-CSCF, which those cannot keep out
)

// A sipFlow is one SIP connection and the message that is not yet whole on it.
type sipFlow struct {
	id     FlowID // 0: free
	addr   netip.AddrPort
	local  netip.AddrPort
	dialed bool
	open   bool
	framer sipmin.Framer
	part   *bufpool.Buf // octets not yet framed; nil for none
	due    time.Time    // accepted: closed then
	inHead bool         // due is that of the head being read
}

func (c *Core) sipFlow(id FlowID) *sipFlow {
	for i := range c.sipFlows {
		if f := &c.sipFlows[i]; f.id == id {
			return f
		}
	}
	return nil
}

// stepSIPFlow follows one SIP connection.
func (c *Core) stepSIPFlow(ev *Event) {
	if ev.Kind == EvAccepted {
		c.acceptSIP(ev)
		return
	}
	f := c.sipFlow(ev.Flow)
	if f == nil {
		if ev.Buf != nil {
			ev.Buf.Release()
		}
		return
	}
	switch ev.Kind {
	case EvOpened:
		f.open, f.local = true, ev.Local
	case EvData:
		c.readSIP(f, ev.Buf)
	case EvClosed:
		c.sipFlowGone(f)
	}
}

// acceptSIP takes a connection from the P-CSCF, and no other.
func (c *Core) acceptSIP(ev *Event) {
	f, accepted := c.sipFlow(0), 0
	for i := range c.sipFlows {
		if g := &c.sipFlows[i]; g.id != 0 && !g.dialed {
			accepted++
		}
	}
	if f == nil || accepted >= maxAccepted || !c.fromProxy(ev.Addr.Addr()) {
		c.counters.foreign++
		c.do(Action{Kind: ActClose, Flow: ev.Flow})
		return
	}
	*f = sipFlow{id: ev.Flow, addr: ev.Addr, local: ev.Local, open: true, due: c.now.Add(firstOctetTime)}
}

// sipFlowGone tells the user agent that what it sent here may be lost.
func (c *Core) sipFlowGone(f *sipFlow) {
	gone := *f
	*f = sipFlow{}
	if gone.part != nil {
		gone.part.Release()
	}
	if gone.open {
		c.ua.Closed(c.now, sipmin.Flow(gone.id))
	} else {
		c.ua.SendFailed(c.now, sipmin.Target{Transport: sipmin.TCP, Flow: sipmin.Flow(gone.id), Addr: gone.addr})
	}
	c.drainUA()
}

// closeSIP closes a connection that cannot be read any further.
func (c *Core) closeSIP(f *sipFlow) {
	c.counters.malformed++
	c.do(Action{Kind: ActClose, Flow: f.id})
	c.sipFlowGone(f)
}

// readSIP adds octets to the flow and takes every whole message out.
func (c *Core) readSIP(f *sipFlow, buf *bufpool.Buf) {
	buf = c.gather(f.part, buf)
	f.part = nil
	if buf == nil {
		c.counters.shed++
		c.closeSIP(f)
		return
	}
	id := f.id
	for b := buf.Bytes(); ; {
		n, err := f.framer.Frame(b)
		if err == sipmin.ErrShort {
			if f.part = c.keep(buf, len(b)); len(b) > 0 && f.part == nil {
				c.counters.shed++
				c.closeSIP(f)
				return
			}
			c.awaitSIP(f)
			return
		}
		if n > 0 {
			f.inHead = false
			c.takeSIP(f, b[:n])
			b = b[n:]
		}
		if f.id != id { // the message ended the flow
			buf.Release()
			return
		}
		if err != nil || n <= 0 {
			buf.Release()
			c.closeSIP(f)
			return
		}
	}
}

// takeSIP takes one message or keep-alive of a stream. A double CRLF is answered by one
// (RFC 5626 §4.4.1).
func (c *Core) takeSIP(f *sipFlow, b []byte) {
	if b[0] != '\r' && b[0] != '\n' {
		c.receiveSIP(sipmin.Source{Transport: sipmin.TCP, Flow: sipmin.Flow(f.id), Addr: f.addr}, b)
		return
	}
	if !f.framer.Ping() {
		return
	}
	if pong := c.copied([]byte("\r\n")); pong != nil {
		c.do(Action{Kind: ActSend, Flow: f.id, Buf: pong})
	}
}

// gather appends what came to what was there, in a larger buffer if need be. It takes over
// both and returns nil when no buffer is large enough or free.
func (c *Core) gather(part, came *bufpool.Buf) *bufpool.Buf {
	if part == nil {
		return came
	}
	if part.Append(came.Bytes()) {
		came.Release()
		return part
	}
	large := c.pool.GetLarge()
	if large != nil && (!large.Append(part.Bytes()) || !large.Append(came.Bytes())) {
		large.Release()
		large = nil
	}
	part.Release()
	came.Release()
	return large
}

// keep returns buf with only its last n octets, or nil (released) for none.
func (c *Core) keep(buf *bufpool.Buf, n int) *bufpool.Buf {
	if n == 0 {
		buf.Release()
		return nil
	}
	b := buf.Bytes()
	if n < len(b) {
		copy(b, b[len(b)-n:])
		buf.SetLen(n)
	}
	return buf
}

// receiveSIP hands one whole message from the P-CSCF to the user agent.
func (c *Core) receiveSIP(src sipmin.Source, b []byte) {
	if !c.fromProxy(src.Addr.Addr()) {
		c.counters.foreign++
		return
	}
	c.trace(traceIn, protoSIP, src.Transport, src.Addr, b)
	c.ua.Receive(c.now, src, b)
	c.drainUA()
}

// wire is the core as the user agent sees it: the way out.
type wire Core

// Send copies b into a buffer and gives it to the flow that the target names. A TCP target
// without a flow takes a connection that we have to it, or dials one.
func (w *wire) Send(to sipmin.Target, b []byte) bool {
	c := (*Core)(w)
	buf := c.copied(b)
	if buf == nil {
		c.counters.shed++
		return false
	}
	c.trace(traceOut, protoSIP, to.Transport, to.Addr, b)
	if to.Transport == sipmin.UDP {
		c.do(Action{Kind: ActSend, Flow: udpFlow, Addr: to.Addr, Buf: buf})
		return true
	}
	id := FlowID(to.Flow)
	if id == 0 {
		id = c.sipFlowTo(to.Addr)
	}
	if id == 0 || c.sipFlow(id) == nil {
		buf.Release()
		return false
	}
	c.do(Action{Kind: ActSend, Flow: id, Buf: buf})
	return true
}

// copied returns a buffer with b in it, or nil when none is free.
func (c *Core) copied(b []byte) *bufpool.Buf {
	buf := c.pool.Get()
	if buf != nil && buf.Append(b) {
		return buf
	}
	if buf != nil {
		buf.Release()
		buf = c.pool.GetLarge()
	}
	if buf != nil && !buf.Append(b) {
		buf.Release()
		buf = nil
	}
	return buf
}

// sipFlowTo returns our connection to addr, dialling it if need be; 0 when there are too
// many. A connection that the P-CSCF opened to us is used only for what came by it.
func (c *Core) sipFlowTo(addr netip.AddrPort) FlowID {
	for i := range c.sipFlows {
		if f := &c.sipFlows[i]; f.id != 0 && f.dialed && f.addr == addr {
			return f.id
		}
	}
	f := c.sipFlow(0)
	if f == nil {
		return 0
	}
	*f = sipFlow{id: c.newFlow(), addr: addr, dialed: true}
	c.do(Action{Kind: ActDial, Flow: f.id, Door: DoorSIP, Addr: addr})
	return f.id
}

// newFlow numbers a flow that we dial: odd, and never that of the datagram socket.
func (c *Core) newFlow() FlowID {
	c.nextFlow += 2
	if c.nextFlow == udpFlow { // after 2³¹ flows
		c.nextFlow += 2
	}
	return c.nextFlow
}

// lending lends pool buffers to the user agent for what it may have to send again.
type lending struct {
	pool *bufpool.Pool
	out  [maxLent]*bufpool.Buf
}

// maxLent bounds the retransmission copies: two for each of the transactions of 16 sessions.
const maxLent = 128

// lentShare: the last n-th part of the buffers is not lent, so that a flood of requests, each
// of which is kept for its repetitions, leaves the chats and the hosts theirs.
const lentShare = 4

// Get returns a slice of at least size octets, or nil.
func (l *lending) Get(size int) []byte {
	if l.pool.Free() <= l.pool.Total()/lentShare {
		return nil
	}
	for i, b := range l.out {
		if b != nil {
			continue
		}
		buf := l.pool.Get()
		if buf != nil && len(buf.Space()) < size {
			buf.Release()
			buf = l.pool.GetLarge()
		}
		if buf == nil {
			return nil
		}
		l.out[i] = buf
		return buf.Space()
	}
	return nil
}

// Release takes a slice back.
func (l *lending) Release(b []byte) {
	for i, buf := range l.out {
		if buf != nil && &buf.Space()[0] == &b[0] {
			l.out[i] = nil
			buf.Release()
			return
		}
	}
}
