package agent

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// accepted opens a connection of the P-CSCF or of a peer to us.
func (w *world) accepted(door Door, id FlowID) {
	w.start()
	from := netip.AddrPortFrom(pcscf.Addr(), 40000)
	w.flows[id], w.up[id] = pcscf, true
	if door == DoorMSRP {
		from, w.flows[id] = peerMSRP, peerMSRP
	}
	w.step(Event{Kind: EvAccepted, Door: door, Flow: id, Addr: from, Local: ueAddr})
}

// says gives octets on a connection, and lets time pass afterwards.
func (w *world) says(door Door, id FlowID, octets string, then time.Duration) {
	if octets != "" {
		w.step(Event{Kind: EvData, Door: door, Flow: id, Buf: w.buf([]byte(octets))})
	}
	w.wait(then)
}

// isOpen reports whether the agent has not closed a connection.
func (w *world) isOpen(id FlowID) bool { _, ok := w.flows[id]; return ok }

const optionsOfTCP = "OPTIONS sip:310410123456789@[2001::1:4c16:9c0f:4986:9e6d]:5060 SIP/2.0\r\nVia: SIP/2.0/TCP [2001:0:0:1::2]:5060;branch=z9hG4bKpatience\r\n" +
	"From: <sip:ping@sharetechnote.com>;tag=1\r\nTo: <sip:310410123456789@sharetechnote.com>\r\nCall-ID: patience\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 100\r\n\r\n"

// TestSIPConnectionsAreNotWaitedForForEver: L16 at the SIP port: the first octet in 10 s, a
// head in 32 s however slowly it drips, more of a body in 60 s, the next message in 300 s.
func TestSIPConnectionsAreNotWaitedForForEver(t *testing.T) {
	const flow = FlowID(500)
	w := newWorld(t)
	closesAfter := func(what string, wait time.Duration) {
		t.Helper()
		if w.wait(wait - time.Second); !w.isOpen(flow) {
			t.Fatalf("%s: closed before %v", what, wait)
		}
		if w.wait(time.Second); w.isOpen(flow) {
			t.Fatalf("%s: open after %v", what, wait)
		}
	}
	w.accepted(DoorSIP, flow)
	closesAfter("nothing", firstOctetTime)

	w.accepted(DoorSIP, flow)
	for i := range 31 { // an octet a second
		w.says(DoorSIP, flow, optionsOfTCP[i:i+1], time.Second)
	}
	closesAfter("a head octet by octet", time.Second)

	w.accepted(DoorSIP, flow)
	w.says(DoorSIP, flow, optionsOfTCP, 0)
	for range 20 {
		w.says(DoorSIP, flow, "x", 50*time.Second)
	}
	if !w.isOpen(flow) {
		t.Fatal("a body that goes on was not waited for")
	}
	closesAfter("a body that stops", 10*time.Second)

	w.accepted(DoorSIP, flow)
	w.says(DoorSIP, flow, optionsOfTCP+strings.Repeat("x", 100), 0)
	if all := strings.Join(w.out, "\n"); !strings.Contains(all, "200 OK") {
		t.Fatalf("no answer: %s", all)
	}
	closesAfter("after a message", idleTime)

	w.accepted(DoorSIP, flow) // half a head, its end, half of the next: each has its own time
	w.says(DoorSIP, flow, optionsOfTCP[:50], 30*time.Second)
	w.says(DoorSIP, flow, optionsOfTCP[50:]+strings.Repeat("x", 100)+optionsOfTCP[:10], 0)
	closesAfter("the next head", headTime)
	if w.pool.Free() < w.pool.Total()-8 {
		t.Errorf("%d of %d buffers are free", w.pool.Free(), w.pool.Total())
	}
	w.checkLeaks()
}

// TestPCSCFFlowIsNeverClosed: "never on the P-CSCF flow", the one that we dialled.
func TestPCSCFFlowIsNeverClosed(t *testing.T) {
	w := newWorld(t)
	w.command(words("host 0 connect"))
	w.command(words("host 0 send +14448880000 Hello"))
	flow := FlowID(0)
	for id, a := range w.flows {
		if a == pcscf {
			flow = id
		}
	}
	w.command(words("sip 486 Busy"))
	w.says(DoorSIP, flow, optionsOfTCP[:20], 2*time.Hour)
	if flow == 0 || !w.isOpen(flow) {
		t.Errorf("flow %d is closed", flow)
	}
	w.command(words("sip closed"))
	w.checkLeaks()
}

// TestHostThatStopsInAFrame: half a frame that does not go on ends its client after 60 s and
// no other; one that goes on is waited for, and a client that is only silent too.
func TestHostThatStopsInAFrame(t *testing.T) {
	w := newWorld(t)
	for n := range 3 {
		w.command(words(fmt.Sprintf("host %d connect", n)))
		w.flows[hostFlow+FlowID(2*n)] = netip.AddrPort{}
	}
	const slow, stops, silent = hostFlow, hostFlow + 2, hostFlow + 4
	status := "\x94\x00\x01\xa6status\x90"
	w.says(DoorHost, stops, status[:5], 0)
	for i := range len(status) - 1 {
		w.says(DoorHost, slow, status[i:i+1], 50*time.Second)
		if open := w.isOpen(stops); open != (i == 0) {
			t.Fatalf("after %d × 50 s the client that stopped is open: %v", i+1, open)
		}
	}
	w.out = w.out[:0]
	w.says(DoorHost, slow, status[len(status)-1:], time.Hour)
	if all := strings.Join(w.out, "\n"); !strings.Contains(all, "host0>") || !w.isOpen(slow) || !w.isOpen(silent) {
		t.Errorf("slow open %v, silent open %v: %s", w.isOpen(slow), w.isOpen(silent), all)
	}
	w.checkLeaks()
}

// TestUnboundMSRPConnections: a connection to the MSRP port that names no session, or sends
// half a head for ever, is closed after 10 s, whatever drips in meanwhile.
func TestUnboundMSRPConnections(t *testing.T) {
	for name, text := range map[string]string{"silent": "", "half a head": "MSRP abcd SEND\r\nTo-Path: msrp://x", "line ends": "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n"} {
		t.Run(name, func(t *testing.T) {
			const flow = FlowID(700)
			w := newWorld(t)
			w.accepted(DoorMSRP, flow)
			for i := range 9 {
				w.says(DoorMSRP, flow, text[min(i, len(text)):min(i+1, len(text))], time.Second)
			}
			w.says(DoorMSRP, flow, "", 2*time.Second)
			if w.isOpen(flow) {
				t.Errorf("open after %v", bindTime)
			}
			w.checkLeaks()
		})
	}
}

// TestSlowBody: a SEND whose head comes at once and whose body drips an octet a second is
// refused (RFC 4975 §10.4 forbids 408 here: 413 or silence) and holds no slot, while the
// session goes on.
func TestSlowBody(t *testing.T) {
	w := newWorld(t)
	w.open("+14448880000")
	w.ended = true
	w.raw("MSRP slow1 SEND\r\nTo-Path: PATH\r\nFrom-Path: " + w.peerPath() +
		"\r\nMessage-ID: slow\r\nByte-Range: 1-9999/9999\r\nContent-Type: message/cpim\r\n\r\n")
	w.out = w.out[:0]
	for range 3600 {
		w.receiveMSRP("x")
		w.wait(time.Second)
	}
	for _, o := range w.out {
		if strings.HasPrefix(o, "msrp> 200") || strings.HasPrefix(o, "flash store") {
			t.Fatalf("taken: %q", o)
		}
	}
	for i := range w.core.sessions[0].slots {
		if w.core.sessions[0].slots[i].used {
			t.Errorf("slot %d is still used", i)
		}
	}
	w.out = w.out[:0]
	w.receiveMSRP("\r\n-------slow1$\r\n")
	w.command(words("msrp text after Hello"))
	if all := strings.Join(w.out, "\n"); !strings.Contains(all, `flash store 1 from +14448880000 "Hello"`) {
		t.Errorf("the session does not go on: %s", all)
	}
	w.checkLeaks()
}

// open is a session with a peer that has invited and connected.
func (w *world) open(number string) {
	w.command(words("sip INVITE sip:" + number + "@sharetechnote.com;user=phone"))
	w.command(words("sip ACK"))
	w.command(words("msrp connect"))
	w.command(words("msrp open"))
	if s := &w.core.sessions[0]; s.state != sessionOpen {
		w.t.Fatalf("the session is not open: %v", w.out)
	}
	w.out = w.out[:0]
}
