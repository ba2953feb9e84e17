package agent

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"net/netip"
	"strings"
	"time"
)

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
		if to := field([]byte(head), "To"); !strings.Contains(to, ";tag=") {
			n.invites[field([]byte(head), "Call-ID")] = true
		}
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
