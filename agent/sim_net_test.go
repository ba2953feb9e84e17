package agent

import (
	"bytes"
	"net/netip"
	"time"
)

var relayAddr = netip.MustParseAddrPort("[2001:db9::1]:5060")

// A simConn is one stream between two ends.
type simConn struct {
	s     *sim
	ends  [2]*simEnd
	black bool // what is sent into it vanishes
	dead  bool
}

// A simEnd is one end of a stream: a flow of a machine, or something played.
type simEnd struct {
	conn    *simConn
	peer    *simEnd
	node    *simNode // nil: played by take and gone
	boot    int
	flow    FlowID
	door    Door
	addr    netip.AddrPort
	take    func(b []byte)
	gone    func()
	rx      [][]byte
	arrives time.Time
	paused  bool
	reading bool
	closed  bool
}

func (s *sim) connect(a, b *simEnd) *simConn {
	c := &simConn{s: s, ends: [2]*simEnd{a, b}}
	a.conn, b.conn, a.peer, b.peer = c, c, b, a
	live := s.conns[:0]
	for _, k := range s.conns {
		if !k.dead {
			live = append(live, k)
		}
	}
	s.conns = append(live, c)
	return c
}

// latency is how long one packet takes.
func (s *sim) latency() time.Duration {
	d := s.between(5*time.Millisecond, 60*time.Millisecond)
	if s.faults && s.chance(50) {
		d += s.between(time.Second, 40*time.Second)
	}
	return d
}

// send puts octets on the stream.
func (e *simEnd) send(b []byte, latency time.Duration) {
	s := e.conn.s
	if e.closed || e.conn.dead || e.peer.closed {
		return
	}
	if e.conn.black {
		return
	}
	breaks := false
	if e.door != DoorHost && e.peer.door != DoorHost {
		switch s.meet() {
		case fateLost:
			e.conn.reset()
			return
		case fateTwice: // a stream has nothing twice; it breaks behind what has arrived
			breaks = true
		case fateLate:
			latency += 3 * time.Second
		case fateVeryLate:
			latency += 40 * time.Second
		}
	}
	at := s.now.Add(latency)
	if at.Before(e.peer.arrives) {
		at = e.peer.arrives
	}
	e.peer.arrives = at
	if breaks {
		s.after(at.Sub(s.now)+time.Millisecond, e.conn.reset)
	}
	s.after(at.Sub(s.now), func() {
		if !e.peer.closed && !e.conn.dead && !e.conn.black {
			e.peer.rx = append(e.peer.rx, b)
			e.peer.readSoon(0)
		}
	})
}

func (e *simEnd) readSoon(d time.Duration) {
	if e.reading || e.closed {
		return
	}
	e.reading = true
	if e.node == nil {
		e.conn.s.after(d, e.read)
	} else {
		e.node.later(d, e.read)
	}
}

// read hands on what has arrived; a machine without a free buffer does not read.
func (e *simEnd) read() {
	e.reading = false
	if e.closed || e.paused || len(e.rx) == 0 {
		return
	}
	b := e.rx[0]
	if e.node == nil {
		e.rx = e.rx[1:]
		e.take(b)
		e.readSoon(0)
		return
	}
	buf := e.node.pool.Get()
	if buf == nil {
		e.readSoon(20 * time.Millisecond)
		return
	}
	n := min(len(b), buf.Cap())
	if e.conn.s.faults && e.conn.s.chance(8) {
		n = min(n, 1+e.conn.s.rng.IntN(400))
	}
	buf.Append(b[:n])
	if e.rx[0] = b[n:]; n == len(b) {
		e.rx = e.rx[1:]
	}
	e.readSoon(0)
	e.node.step(Event{Kind: EvData, Door: e.door, Flow: e.flow, Buf: buf})
}

// written tells the machine that a buffer has left, once the other end keeps up.
func (e *simEnd) written(tries int) {
	e.node.later(time.Millisecond+time.Duration(min(tries, 1))*20*time.Millisecond, func() {
		switch {
		case e.closed:
		case len(e.peer.rx) < 64:
			e.node.step(Event{Kind: EvWritten, Flow: e.flow, Door: e.door})
		case tries > 1500:
			e.conn.reset()
		default:
			e.written(tries + 1)
		}
	})
}

// close ends the stream at the wish of this end, after what was sent.
func (e *simEnd) close() {
	if e.closed {
		return
	}
	e.closed = true
	s := e.conn.s
	if e.node != nil {
		delete(e.node.ends, e.flow)
		e.node.later(2*time.Millisecond, func() {
			e.node.step(Event{Kind: EvClosed, Flow: e.flow, Door: e.door, Fault: FaultLocalClosed})
		})
	}
	at := s.now.Add(30 * time.Millisecond)
	if at.Before(e.peer.arrives) {
		at = e.peer.arrives
	}
	s.after(at.Sub(s.now)+time.Millisecond, func() { e.peer.finish(FaultEOF) })
}

// finish tells this end that the stream is over, after what has arrived was read.
func (e *simEnd) finish(why Fault) {
	if e.closed {
		return
	}
	if len(e.rx) > 0 && why == FaultEOF && (e.node == nil || e.node.core != nil && e.node.boot == e.boot) {
		wait := 10 * time.Millisecond
		if e.node != nil && e.node.asleep {
			wait = time.Minute
		}
		e.conn.s.after(wait, func() { e.finish(why) })
		return
	}
	e.closed, e.rx = true, nil
	e.conn.dead = e.conn.dead || e.peer.closed
	if e.node == nil {
		e.gone()
		return
	}
	if e.node.boot == e.boot && e.node.ends != nil {
		delete(e.node.ends, e.flow)
		e.node.later(0, func() { e.node.step(Event{Kind: EvClosed, Flow: e.flow, Door: e.door, Fault: why}) })
	}
}

// reset breaks a stream: what was on its way is lost.
func (c *simConn) reset() {
	if c.dead {
		return
	}
	c.dead = true
	for _, e := range c.ends {
		e.rx = nil
		c.s.after(c.s.between(0, 50*time.Millisecond), func() { e.finish(FaultIO) })
	}
}

// blackhole makes a stream swallow everything, until the kernel gives up.
func (c *simConn) blackhole() {
	c.black = true
	c.s.after(15*time.Minute, c.reset)
}

// end makes a flow of a machine.
func (n *simNode) end(id FlowID, door Door) *simEnd {
	e := &simEnd{node: n, boot: n.boot, flow: id, door: door, addr: n.addr}
	n.ends[id] = e
	return e
}

// dial connects a flow: to the relay, or to the other machine.
func (n *simNode) dial(a Action) {
	s := n.s
	other := s.nodes[0]
	if other == n {
		other = s.nodes[1]
	}
	lat := s.latency()
	fate := s.meet()
	refused := fate == fateLost || fate == fateTwice || n.outage || s.faults && s.chance(20) || a.Door == DoorMSRP && (other.core == nil || other.outage || a.Addr.Addr() != other.addr.Addr())
	if refused {
		n.later(lat, func() {
			n.step(Event{Kind: EvClosed, Flow: a.Flow, Door: a.Door, Addr: a.Addr, Fault: FaultRefused})
		})
		return
	}
	e := n.end(a.Flow, a.Door)
	if a.Door == DoorSIP {
		s.connect(e, s.relayEnd(n, true))
	} else {
		other.accept(e, DoorMSRP, netip.AddrPortFrom(n.addr.Addr(), 40000))
	}
	switch fate {
	case fateLate:
		lat += 3 * time.Second
	case fateVeryLate:
		lat += 40 * time.Second
	}
	n.later(lat, func() {
		if !e.closed {
			n.step(Event{Kind: EvOpened, Flow: a.Flow, Door: a.Door, Addr: a.Addr, Local: n.addr})
		}
	})
}

// A simFate is what happens to one packet of a scene.
type simFate int

const (
	fateNone simFate = iota
	fateLost
	fateTwice
	fateLate
	fateVeryLate // later than any answer is waited for
)

var fateText = [...]string{"none", "lost", "doubled", "delayed", "delayed for long"}

// meet is the fate of the packet that is sent now.
func (s *sim) meet() simFate {
	if s.packets++; s.packets != s.nth {
		return fateNone
	}
	s.note("packet %d is %s", s.nth, fateText[s.fate])
	return s.fate
}

// accept takes a connection in.
func (n *simNode) accept(from *simEnd, door Door, addr netip.AddrPort) *simEnd {
	id := n.nextFlow
	n.nextFlow += 2
	e := n.end(id, door)
	n.s.connect(from, e)
	n.later(time.Millisecond, func() {
		if !e.closed {
			n.step(Event{Kind: EvAccepted, Door: door, Flow: id, Addr: addr, Local: n.addr})
		}
	})
	return e
}

// send carries a buffer away.
func (n *simNode) send(a Action) {
	b := bytes.Clone(a.Buf.Bytes())
	a.Buf.Release()
	if a.Flow == udpFlow {
		n.s.datagram(n, b, func() { n.s.relay(n, b) })
		return
	}
	e := n.ends[a.Flow]
	if e == nil {
		return
	}
	if e.door == DoorMSRP && *simTrace {
		n.s.note("%s msrp %q", n.name, b)
	}
	lat := time.Duration(0)
	if e.door != DoorHost {
		lat = n.s.latency()
	}
	e.send(b, lat)
	e.written(0)
}

// datagram delivers one, none or two times.
func (s *sim) datagram(n *simNode, b []byte, f func()) {
	if n.outage || s.faults && s.plan.loss > 0 && s.chance(s.plan.loss) {
		return
	}
	switch s.meet() {
	case fateLost:
		return
	case fateTwice:
		s.after(time.Second, f)
	case fateLate:
		s.after(3*time.Second, f)
		return
	case fateVeryLate:
		s.after(40*time.Second, f)
		return
	}
	s.after(s.latency(), f)
	if s.faults && s.chance(30) {
		s.after(s.latency(), f)
	}
}
