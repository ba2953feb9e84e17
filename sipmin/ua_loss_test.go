package sipmin

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// packet is on its way between two UAs.
type packet struct {
	to int
	b  []byte
}

// pair is two UAs with a network between them that loses chosen packets.
type pair struct {
	now   time.Time
	ua    [2]*UA
	queue []packet
	count int
	lose  func(n int) bool
	twice bool   // every packet arrives twice
	log   string // the events of both, in order
	calls [2]Call
}

type pairWire struct {
	p  *pair
	me int
}

func (w pairWire) Send(_ Target, b []byte) bool {
	w.p.count++
	if !w.p.lose(w.p.count) {
		w.p.queue = append(w.p.queue, packet{1 - w.me, append([]byte(nil), b...)})
		if w.p.twice {
			w.p.queue = append(w.p.queue, w.p.queue[len(w.p.queue)-1])
		}
	}
	return true
}

var pairAddr = [2]netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("192.0.2.2:5060")}

func newPair(t *testing.T, lose func(int) bool, buffers [2]int) *pair {
	p := &pair{now: epoch, lose: lose}
	for i := range p.ua {
		u, err := New(Config{
			Local: pairAddr[i], Proxy: pairAddr[1-i], Identity: fmt.Sprintf("sip:ua%d@example.net", i),
			Allow: "INVITE,ACK,OPTIONS,CANCEL,BYE,UPDATE,PRACK", Supported: "timer", SessionExpires: 90 * time.Second,
			Entropy: counter(), Wire: pairWire{p, i}, Memory: newSlab(buffers[i], 4096),
		})
		if err != nil {
			t.Fatal(err)
		}
		p.ua[i] = u
	}
	return p
}

// settle delivers what is on its way and takes the events.
func (p *pair) settle() {
	for len(p.queue) > 0 {
		x := p.queue[0]
		p.queue = p.queue[1:]
		p.ua[x.to].Receive(p.now, Source{Transport: UDP, Addr: pairAddr[1-x.to]}, x.b)
		p.events(x.to)
	}
}

func (p *pair) events(i int) {
	for e, ok := p.ua[i].Next(); ok; e, ok = p.ua[i].Next() {
		switch e.Kind {
		case EvIncoming:
			p.calls[i] = e.Call
			_ = p.ua[i].Progress(p.now, e.Call, 180)
			if p.ua[i].Answer(p.now, e.Call, &AnswerOut{ContentType: "application/sdp", Body: []byte("v=1\r\n")}) != nil {
				_ = p.ua[i].Reject(p.now, e.Call, 480)
			}
		case EvProvisional:
			continue // may be lost
		}
		p.log += fmt.Sprintf("%d:%s", i, kinds[e.Kind])
		if e.Reason != 0 {
			p.log += "(" + e.Reason.String() + ")"
		}
		p.log += " "
	}
}

// run lets time pass for both.
func (p *pair) run(d time.Duration) {
	p.settle()
	for end := p.now.Add(d); ; {
		at := earlier(p.ua[0].Deadline(), p.ua[1].Deadline())
		if at.IsZero() || at.After(end) {
			p.now = end
			return
		}
		if at.After(p.now) {
			p.now = at
		}
		for i := range p.ua {
			p.ua[i].Expire(p.now)
			p.events(i)
		}
		p.settle()
	}
}

// talk is the scenario: a call of ten minutes with refreshes.
func (p *pair) talk(t *testing.T) {
	c, err := p.ua[0].Invite(p.now, &InviteOut{URI: "sip:ua1@example.net", ContentType: "application/sdp", Body: []byte("v=0\r\n")})
	if err != nil {
		p.log += "busy "
		return
	}
	p.run(10 * time.Minute)
	if err := p.ua[0].Bye(p.now, c, ""); err != nil {
		p.log += "gone "
	}
	p.run(2 * time.Minute)
}

// empty tells whether both have forgotten everything.
func (p *pair) empty(t *testing.T, buffers [2]int) {
	t.Helper()
	for i, u := range p.ua {
		for j := range u.calls {
			if u.calls[j].state != callFree {
				t.Errorf("UA %d: a call is left", i)
			}
		}
		for j := range u.txns {
			if u.txns[j].live() {
				t.Errorf("UA %d: a transaction is left", i)
			}
		}
		if n := len(u.cfg.Memory.(*slab).free); n != buffers[i] {
			t.Errorf("UA %d: %d buffers are back, want %d", i, n, buffers[i])
		}
	}
}

const talked = "1:incoming 0:accepted 1:confirmed 1:ended(bye) "

// TestUALossOfAnyPacket loses the nth packet, then the nth and the one after,
// for every n: the outcome is the same.
func TestUALossOfAnyPacket(t *testing.T) {
	buffers := [2]int{32, 32}
	for n := 0; n < 60; n++ {
		for _, burst := range []int{1, 2} {
			p := newPair(t, func(i int) bool { return i >= n && i < n+burst && n > 0 }, buffers)
			p.talk(t)
			if p.log != talked {
				t.Errorf("packets %d to %d lost: %s", n, n+burst-1, p.log)
			}
			p.empty(t, buffers)
		}
	}
}

// TestUALossOfEverything: from the nth packet on nothing arrives any more.
// Both sides end by themselves.
func TestUALossOfEverything(t *testing.T) {
	buffers := [2]int{32, 32}
	for n := 1; n < 30; n++ {
		p := newPair(t, func(i int) bool { return i >= n }, buffers)
		p.talk(t)
		p.run(10 * time.Minute)
		p.empty(t, buffers)
	}
}

// TestUAEveryPacketTwice: repetitions change nothing.
func TestUAEveryPacketTwice(t *testing.T) {
	buffers := [2]int{32, 32}
	p := newPair(t, func(int) bool { return false }, buffers)
	p.twice = true
	p.talk(t)
	if p.log != talked {
		t.Error(p.log)
	}
	p.empty(t, buffers)
}

// TestUAStarvation runs the scenario with 0, 1, 2 … buffers on either side
// until it passes; until then only refusals show.
func TestUAStarvation(t *testing.T) {
	for side := range 2 {
		for n := 0; ; n++ {
			if n == 10 {
				t.Fatalf("UA %d needs more than 10 buffers for one call", side)
			}
			buffers := [2]int{32, 32}
			buffers[side] = n
			p := newPair(t, func(int) bool { return false }, buffers)
			p.talk(t)
			p.run(10 * time.Minute)
			p.empty(t, buffers)
			if p.log == talked {
				t.Logf("UA %d needs %d buffers", side, n)
				break
			}
		}
	}
}
