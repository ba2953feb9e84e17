package agent

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"net/netip"
	"strings"
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
	at := s.now.Add(latency)
	if at.Before(e.peer.arrives) {
		at = e.peer.arrives
	}
	e.peer.arrives = at
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
	e.conn.dead = e.peer.closed
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
	refused := n.outage || s.faults && s.chance(20) || a.Door == DoorMSRP && (other.core == nil || other.outage || a.Addr.Addr() != other.addr.Addr())
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
	n.later(lat, func() {
		if !e.closed {
			n.step(Event{Kind: EvOpened, Flow: a.Flow, Door: a.Door, Addr: a.Addr, Local: n.addr})
		}
	})
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
	s.after(s.latency(), f)
	if s.faults && s.chance(30) {
		s.after(s.latency(), f)
	}
}

// relayEnd is the relay's end of a stream with n.
func (s *sim) relayEnd(n *simNode, dialled bool) *simEnd {
	e := &simEnd{addr: relayAddr, gone: func() {}}
	part := []byte(nil)
	e.take = func(b []byte) {
		for part = append(part, b...); ; {
			size := sipSize(part)
			if size <= 0 {
				return
			}
			s.relay(n, part[:size:size])
			part = bytes.Clone(part[size:])
		}
	}
	return e
}

// sipSize is the length of the first whole message of b, or 0.
func sipSize(b []byte) int {
	i := bytes.Index(b, []byte("\r\n\r\n"))
	if i < 0 {
		return 0
	}
	size := 0
	fmt.Sscanf(field(b[:i], "Content-Length"), "%d", &size)
	if len(b) < i+4+size {
		return 0
	}
	return i + 4 + size
}

// relay forwards one message of n as a stateless proxy (RFC 3261 §16.11).
func (s *sim) relay(n *simNode, b []byte) {
	to := s.nodes[0]
	if to == n {
		to = s.nodes[1]
	}
	head, body, _ := strings.Cut(string(b), "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	s.note("%s sip> %s (%s)", n.name, lines[0], field([]byte(head), "CSeq"))
	if strings.HasPrefix(lines[0], "SIP/2.0 ") {
		s.relayResponse(to, lines, body)
		return
	}
	if s.refuse(n, lines) {
		return
	}
	method, _, _ := strings.Cut(lines[0], " ")
	tcp := len(b) > 1000 || s.plan.transport == "tcp"
	h := fnv.New64a()
	h.Write([]byte(branchOf(lines)))
	out := []string{lines[0], fmt.Sprintf("Via: SIP/2.0/%s [2001:db9::1]:5060;branch=z9hG4bKr%x", transportName(tcp), h.Sum64())}
	for _, l := range lines[1:] {
		if !strings.HasPrefix(l, "Route:") && !strings.HasPrefix(l, "P-Preferred-Identity:") {
			out = append(out, l)
		}
	}
	if method == "INVITE" {
		out = append(out, "Record-Route: <sip:[2001:db9::1]:5060;lr>")
	}
	if method != "ACK" {
		out = append(out, "P-Asserted-Identity: <sip:"+n.host.number+"@sim.test;user=phone>")
	}
	s.deliver(to, []byte(strings.Join(out, "\r\n")+"\r\n\r\n"+body), tcp, false)
}

func transportName(tcp bool) string {
	if tcp {
		return "TCP"
	}
	return "UDP"
}

// branchOf is the branch of the top Via.
func branchOf(lines []string) string {
	for _, l := range lines {
		if k, v, _ := strings.Cut(l, ":"); k == "v" || k == "Via" {
			_, br, _ := strings.Cut(v, "branch=")
			br, _, _ = strings.Cut(br, ";")
			return br
		}
	}
	return ""
}

// refuse answers some requests in the place of the network.
func (s *sim) refuse(n *simNode, lines []string) bool {
	if !s.faults || !s.chance(25) || strings.HasPrefix(lines[0], "ACK ") || strings.HasPrefix(lines[0], "CANCEL ") {
		return false
	}
	status := [...]string{"480 Temporarily Unavailable", "503 Service Unavailable\r\nRetry-After: 7", "500 Server Internal Error", "408 Request Timeout", "486 Busy Here"}[s.rng.IntN(5)]
	out := []string{"SIP/2.0 " + status}
	tcp := false
	for _, l := range lines[1:] {
		k, v, _ := strings.Cut(l, ":")
		switch k {
		case "v", "Via":
			tcp = strings.Contains(v, "/TCP")
			out = append(out, l)
		case "t", "To":
			if !strings.Contains(v, "tag=") {
				l += ";tag=relay"
			}
			out = append(out, l)
		case "f", "From", "i", "Call-ID", "CSeq":
			out = append(out, l)
		}
	}
	s.note("relay answers %s", status)
	s.deliver(n, []byte(strings.Join(append(out, "Content-Length: 0"), "\r\n")+"\r\n\r\n"), tcp, true)
	return true
}

// relayResponse takes the relay's Via off and sends the response on.
func (s *sim) relayResponse(to *simNode, lines []string, body string) {
	first, tcp := true, false
	out := lines[:0:0]
	for _, l := range lines {
		if k, v, _ := strings.Cut(l, ":"); k == "v" || k == "Via" {
			if first {
				first = false
				if _, rest, ok := strings.Cut(v, ","); ok {
					tcp = strings.Contains(rest, "/TCP")
					out = append(out, k+":"+rest)
				}
				continue
			}
			tcp = tcp || strings.Contains(v, "/TCP")
		}
		out = append(out, l)
	}
	s.deliver(to, []byte(strings.Join(out, "\r\n")+"\r\n\r\n"+body), tcp, true)
}

// deliver sends a message to a machine: a response by TCP goes by the connection that the
// machine has dialled, if it stands (RFC 3261 §18.2.2).
func (s *sim) deliver(to *simNode, b []byte, tcp, response bool) {
	if !tcp {
		s.datagram(to, b, func() { to.receiveDatagram(b) })
		return
	}
	var dialled, own *simEnd
	for _, c := range s.conns {
		for _, e := range c.ends {
			if e.node != to || e.door != DoorSIP || e.closed || c.dead || e.boot != to.boot {
				continue
			}
			if e.flow%2 == 1 {
				dialled = e
			} else {
				own = e
			}
		}
	}
	if response && dialled != nil {
		own = dialled
	}
	if own == nil {
		if to.core == nil || to.outage {
			return
		}
		own = to.accept(s.relayEnd(to, false), DoorSIP, netip.AddrPortFrom(relayAddr.Addr(), 41000))
	}
	own.peer.send(b, s.latency()+2*time.Millisecond)
}

func (n *simNode) receiveDatagram(b []byte) {
	n.later(0, func() {
		buf := n.pool.Get()
		if buf == nil {
			return
		}
		if !buf.Append(b) {
			buf.Release()
			return
		}
		n.step(Event{Kind: EvDatagram, Door: DoorSIP, Flow: udpFlow, Addr: relayAddr, Buf: buf})
	})
}
