package sipmin

import (
	"net/netip"
	"testing"
	"time"
)

// slab is a Memory that allocates nothing after its start.
type slab struct{ free [][]byte }

func newSlab(n, size int) *slab {
	s := &slab{}
	for range n {
		s.free = append(s.free, make([]byte, size))
	}
	return s
}

func (s *slab) Get(size int) []byte {
	if len(s.free) == 0 || size > len(s.free[0]) {
		return nil
	}
	b := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return b
}

func (s *slab) Release(b []byte) { s.free = append(s.free, b) }

// well is a wire that keeps only the last message, in memory of its own.
type well struct {
	last []byte
	n    int
}

func (w *well) Send(_ Target, b []byte) bool {
	w.last = append(w.last[:0], b...)
	w.n++
	return true
}

// steadyUA is a UA with one confirmed session of the peer's, whose next CSeq
// is 2; tag is our own.
func steadyUA(t testing.TB) (u *UA, wire *well, tag string) {
	t.Helper()
	wire = &well{last: make([]byte, 0, 4096)}
	u, err := New(Config{
		Local: netip.MustParseAddrPort("192.0.2.2:5060"), Proxy: netip.MustParseAddrPort("192.0.2.1:5060"), ProxyURI: "<sip:192.0.2.1;lr>",
		Identity: "sip:alice@example.net", Compact: true, Allow: "INVITE,ACK,OPTIONS,CANCEL,BYE,UPDATE,PRACK,MESSAGE", Supported: "timer",
		Entropy: counter(), Wire: wire, Memory: newSlab(64, 4096),
	})
	if err != nil {
		t.Fatal(err)
	}
	u.Receive(epoch, peerUDP, []byte(peerRequest("INVITE", "1", "<sip:alice@example.net>", "Contact: <sip:bob@192.0.2.7>\r\n")))
	e, _ := u.Next()
	if e.Kind != EvIncoming {
		t.Fatalf("event %v, want incoming", e.Kind)
	}
	if err := u.Answer(epoch, e.Call, &AnswerOut{ContentType: "application/sdp", Body: []byte("v=0\r\n")}); err != nil {
		t.Fatal(err)
	}
	tag = field(string(wire.last), "t")
	u.Receive(epoch, peerUDP, []byte(peerRequest("ACK", "1", tag, "")))
	if e, _ := u.Next(); e.Kind != EvConfirmed {
		t.Fatalf("event %v, want confirmed", e.Kind)
	}
	return u, wire, tag
}

var (
	epoch   = time.Unix(1000, 0)
	peerUDP = Source{Transport: UDP, Addr: netip.MustParseAddrPort("192.0.2.1:5060")}
)

func peerRequest(method, cseq, to, more string) string {
	return method + " sip:alice@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKp" + cseq + method + "\r\nMax-Forwards: 70\r\n" +
		"From: <sip:bob@example.net>;tag=bt\r\nTo: " + to + "\r\nCall-ID: steady\r\nCSeq: " + cseq + " " + method + "\r\n" + more + "Content-Length: 0\r\n\r\n"
}

func TestUASteadyStateAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	u, wire, to := steadyUA(t)
	now := epoch
	drain := func() {
		for _, ok := u.Next(); ok; _, ok = u.Next() {
		}
	}
	for name, text := range map[string]string{
		"UPDATE":            peerRequest("UPDATE", "2", to, "Contact: <sip:bob@192.0.2.7>\r\nSupported: timer\r\nSession-Expires: 1800\r\n"),
		"OPTIONS":           peerRequest("OPTIONS", "2", to, ""),
		"OPTIONS outside":   peerRequest("OPTIONS", "2", "<sip:alice@example.net>", ""),
		"MESSAGE":           peerRequest("MESSAGE", "2", to, ""),
		"INVITE refused":    peerRequest("INVITE", "9", "<sip:alice@example.net>", "Require: foo\r\n"),
		"INVITE again":      peerRequest("INVITE", "1", "<sip:alice@example.net>", "Contact: <sip:bob@192.0.2.7>\r\n"),
		"unknown dialog":    peerRequest("BYE", "9", "<sip:alice@example.net>;tag=x", ""),
		"malformed":         "INVITE sip:a SIP/2.0\r\nVia: x\r\n\r\n",
		"malformed to 400":  peerRequest("OPTIONS", "77", "<sip:alice@example.net>", "Content-Length: 5\r\n"),
		"unrelated 200":     "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 BYE\r\n\r\n",
		"CANCEL of nothing": peerRequest("CANCEL", "50", "<sip:alice@example.net>", ""),
	} {
		b := []byte(text)
		n := testing.AllocsPerRun(50, func() {
			now = now.Add(time.Second)
			u.Receive(now, peerUDP, b)
			drain()
			if at := u.Deadline(); !at.IsZero() && !at.After(now) {
				u.Expire(now)
				drain()
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
	if wire.n == 0 {
		t.Error("nothing was sent")
	}
}

func TestUAWholeCallAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	u, wire, _ := steadyUA(t)
	out := &InviteOut{URI: "sip:bob@example.net", ContentType: "application/sdp", Body: []byte("v=0\r\n")}
	now := epoch
	msg := make([]byte, 0, 4096)
	n := testing.AllocsPerRun(20, func() {
		c, err := u.Invite(now, out)
		if err != nil {
			t.Fatal(err)
		}
		msg = answerTo(msg[:0], wire.last, "SIP/2.0 200 OK\r\nContact: <sip:bob@192.0.2.7>\r\nTo: <sip:bob@example.net>;tag=b\r\n")
		now = now.Add(600 * time.Millisecond)
		u.Expire(now) // one retransmission
		u.Next()
		u.Receive(now, peerUDP, msg)
		if e, _ := u.Next(); e.Kind != EvAccepted {
			t.Fatalf("event %v, want accepted", e.Kind)
		}
		if err := u.Bye(now, c, ""); err != nil {
			t.Fatal(err)
		}
		msg = answerTo(msg[:0], wire.last, "SIP/2.0 200 OK\r\nTo: <sip:bob@example.net>;tag=b\r\n")
		u.Receive(now, peerUDP, msg)
		now = now.Add(time.Minute)
		u.Expire(now)
	})
	if n != 0 {
		t.Errorf("%v allocations a call, want 0", n)
	}
}

// answerTo appends a response to a request of ours: head, then what a
// response copies but To.
func answerTo(dst, request []byte, head string) []byte {
	dst = append(dst, head...)
	for at := 0; at < len(request); {
		end := at
		for end < len(request) && request[end] != '\n' {
			end++
		}
		line := request[at:min(end+1, len(request))]
		at = end + 1
		if len(line) > 2 && line[1] == ':' && (line[0] == 'f' || line[0] == 'i' || line[0] == 'v') || len(line) > 4 && string(line[:4]) == "CSeq" {
			dst = append(dst, line...)
		}
	}
	return append(dst, "\r\n"...)
}

func BenchmarkUAUpdate(b *testing.B) {
	u, _, to := steadyUA(b)
	msg := []byte(peerRequest("UPDATE", "2", to, "Contact: <sip:bob@192.0.2.7>\r\nSupported: timer\r\nSession-Expires: 1800\r\n"))
	b.ReportAllocs()
	for b.Loop() {
		u.Receive(epoch, peerUDP, msg)
		u.Next()
	}
}

func BenchmarkUAOptions(b *testing.B) {
	u, _, _ := steadyUA(b)
	msg := []byte(peerRequest("OPTIONS", "2", "<sip:alice@example.net>", ""))
	b.ReportAllocs()
	for b.Loop() {
		u.Receive(epoch, peerUDP, msg)
	}
}
