package agent

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The floods of one peer, or of everybody, in virtual time: how fast the machine is plays no
// part. Beside each a chat goes on, the buffers stay where they are needed, and the heap does
// not grow with the length of the flood.

// flooded is a world with an open chat.
func flooded(t *testing.T) *world {
	w := newWorld(t)
	w.cfg.Memory.Sessions = 16
	w.command(words("host 0 connect"))
	w.command(words("host 0 subscribe message composing"))
	w.open("+14448880000")
	w.ended = true // the chat stays
	return w
}

// chats has the chat's peer send a text, and us one: both must get through at once.
func (w *world) chats(n int) {
	w.t.Helper()
	w.out = w.out[:0]
	w.command(words(fmt.Sprintf("msrp text chat%d Hello%d plain", n, n)))
	w.command(words(fmt.Sprintf("host 0 send +14448880000 Back%d", n)))
	w.command(words("msrp ok"))
	all := strings.Join(w.out, "\n")
	for _, want := range []string{fmt.Sprintf("from +14448880000 \"Hello%d\"", n), "msrp> 200 OK", fmt.Sprintf("\"Back%d\"", n), "flash mark"} {
		if !strings.Contains(all, want) {
			w.t.Fatalf("chat %d: no %s in\n%s", n, want, all)
		}
	}
	for id := w.core.nextID - 2; id < w.core.nextID; id++ {
		w.command(words(fmt.Sprintf("host 0 ack %016x", id)))
	}
}

// calm runs a flood of n, with a chat after each tenth of it, once to fill what has a size and
// once more measured: the second leaves no more behind than the first.
func (w *world) calm(n int, flood func(i int)) {
	w.t.Helper()
	const slack = 256 << 10 // of maps that grow by steps; n messages kept would be far more
	heap := uint64(0)
	for round := range 2 {
		for i := range n {
			flood(round*n + i)
			for id := range w.net.calls { // what the network would remember is not the agent's
				if strings.HasPrefix(id, "flood") {
					delete(w.net.calls, id)
				}
			}
			clear(w.net.paths)
			if w.wait(time.Second / time.Duration(n)); i%(n/10) == 0 {
				w.chats(round*n + i)
			}
		}
		w.out = nil
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		if round > 0 && m.HeapAlloc > heap+slack {
			w.t.Errorf("the heap grew by %d octets in %d more", m.HeapAlloc-heap, n)
		}
		heap = m.HeapAlloc
	}
	if free := w.pool.Free(); free < w.pool.Total()/lentShare {
		w.t.Errorf("%d of %d buffers are free", free, w.pool.Total())
	}
}

// datagram is a request of its own dialog from somebody.
func (w *world) datagram(method string, i int, more, body string) {
	w.out = w.out[:0]
	w.step(Event{Kind: EvDatagram, Door: DoorSIP, Flow: udpFlow, Addr: pcscf, Buf: w.buf(fmt.Appendf(nil,
		"%s sip:310410123456789@[2001::1:4c16:9c0f:4986:9e6d]:5060 SIP/2.0\r\nVia: SIP/2.0/UDP [2001:0:0:1::2]:5060;branch=z9hG4bK%s%d\r\n"+
			"From: <sip:+1777%07d@sharetechnote.com;user=phone>;tag=f%d\r\nTo: <sip:310410123456789@sharetechnote.com>\r\nCall-ID: flood%s%d\r\n"+
			"CSeq: 1 %s\r\nMax-Forwards: 69\r\nContact: <sip:x@[2001:0:0:1::2]:49466>\r\n%sContent-Length: %d\r\n\r\n%s", method, method, i, i%200, i, method, i, method, more, len(body), body))})
}

// TestFloodOfInvites: 200 a second of strangers who never go on.
func TestFloodOfInvites(t *testing.T) {
	w := flooded(t)
	open := w.core.sessions[0].number
	w.calm(200, func(i int) {
		w.datagram("INVITE", i, "Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session\"\r\nContent-Type: application/sdp\r\n", peerOffer)
	})
	if s := w.core.sessionByNumber(open); s == nil || s.state != sessionOpen {
		t.Error("the chat was closed for a stranger")
	}
	w.wait(10 * time.Minute)
	w.checkLeaks()
}

// TestFloodOfOptions: 1000 a second, by datagrams; each answer costs nothing that stays, and
// there are no more than a hundred or so in a second.
func TestFloodOfOptions(t *testing.T) {
	w := flooded(t)
	answers := 0
	w.calm(1000, func(i int) {
		w.datagram("OPTIONS", i, "", "")
		answers += strings.Count(strings.Join(w.out, "\n"), "200 OK")
	})
	if answers < 100 || answers > 500 {
		t.Errorf("%d answers to 2000 OPTIONS in two seconds", answers)
	}
	w.checkLeaks()
}

// TestFloodOfTyping: 1000 isComposing in a second are one event to the host, or two.
func TestFloodOfTyping(t *testing.T) {
	w := flooded(t)
	told := 0
	start := w.now
	w.calm(1000, func(i int) {
		w.out = w.out[:0]
		w.command(words("msrp typing " + []string{"active", "idle"}[i%2]))
		told += strings.Count(strings.Join(w.out, "\n"), `"composing"`)
	})
	if most := 2 + int(w.now.Sub(start)/time.Second) + 20; told > most { // each text of the chat ends its peer's typing
		t.Errorf("the host was told %d times in %v, at most %d", told, w.now.Sub(start), most)
	}
	w.checkLeaks()
}

// TestFloodOfReports: 3000 REPORTs in one write, about a message of ours and about none.
func TestFloodOfReports(t *testing.T) {
	w := flooded(t)
	w.chats(1)
	report := func(id string) string {
		return "MSRP peertidr REPORT\r\nTo-Path: " + w.connNow().ours + "\r\nFrom-Path: " + w.peerPath() + "\r\nMessage-ID: " + id +
			"\r\nByte-Range: 1-*/*\r\nStatus: 000 200 OK\r\n-------peertidr$\r\n"
	}
	w.out = w.out[:0]
	w.receiveMSRP(strings.Repeat(report(w.last["message-id"])+report("nobodys"), 1500))
	for _, o := range w.out {
		if strings.HasPrefix(o, "msrp> ") {
			t.Fatalf("a REPORT was answered: %q", o) // RFC 4975 §7.1.2
		}
	}
	w.chats(2)
	w.checkLeaks()
}
