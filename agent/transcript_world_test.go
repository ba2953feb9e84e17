package agent

import (
	"bytes"
	"fmt"
	"net/netip"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"imsagent/agent/internal/bufpool"
)

// A world is one Core with everything around it played: time, the spool, the network and
// the host.
type world struct {
	t             testing.TB
	cfg           Config
	core          *Core
	pool          *bufpool.Pool
	now           time.Time
	wall          time.Time
	queue         []Event
	out           []string
	flash         worldFlash
	flows         map[FlowID]netip.AddrPort
	up            map[FlowID]bool      // flows whose dial was answered
	dial          string               // what becomes of a dial: "works", "refused", "hangs"
	hung          []Action             // dials that hang
	conns         map[FlowID]*peerConn // MSRP connections
	conn          FlowID               // the one of now
	sendsOf       map[FlowID]int       // Bufs sent, if they are counted
	net           network
	serial        int
	dials         int // MSRP connections so far
	line          string
	ended         bool // the transcript says what it leaves open
	measuring     bool
	allocs, steps uint64
	seed          uint64
	carried       map[string]string // Message-IDs of the agent, and the connection on which each was last
	last          map[string]string // what the peer knows of the agent's messages
	readers       *bufpool.Pool     // where what arrives is put, while the core's buffers are scarce; nil: pool
	taken         []*bufpool.Buf
	loose         bool    // FuzzCore: peers contradict themselves, and what is said to them is no wonder
	ledger        *ledger // of a run with few buffers; nil: none
	kind          bool    // the network and the peer answer everything as they should
	answers       []func()
}

var (
	ueAddr   = netip.MustParseAddrPort("[2001::1:4c16:9c0f:4986:9e6d]:5060")
	pcscf    = netip.MustParseAddrPort("[2001:0:0:1::2]:5060")
	peerMSRP = netip.MustParseAddrPort("[2001:0:0:1::2]:16000")
)

func newWorld(t testing.TB) *world {
	cfg := DefaultConfig()
	cfg.IMS.Local, _ = ParseEndpoint("[2001::1:4c16:9c0f:4986:9e6d]:5060")
	p, _ := ParseEndpoint("[2001:0:0:1::2]:5060")
	cfg.IMS.PCSCF = []Endpoint{p}
	cfg.IMS.IMPU = "sip:310410123456789@sharetechnote.com"
	cfg.IMS.Register = false
	cfg.IMS.Access = "fixed"
	cfg.Modem.Protocol = "none"
	cfg.Modem.AccessNetwork = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000"
	cfg.MSRP.Setup = "active"
	cfg.Spool.MaxMessages = 100
	cfg.Memory.Sessions = 4
	w := &world{t: t, cfg: cfg, pool: bufpool.New(64, largeBuffers), now: bootEpoch.Add(1000 * time.Second), dial: "works",
		wall: time.Date(2015, 2, 24, 6, 48, 9, 0, time.UTC), flows: map[FlowID]netip.AddrPort{}, up: map[FlowID]bool{}, conns: map[FlowID]*peerConn{},
		net: newNetwork(), last: map[string]string{}, carried: map[string]string{}}
	return w
}

// start makes the core, after the configuration commands.
func (w *world) start() {
	if w.core != nil {
		return
	}
	w.openFlash()
	core, err := NewCore(&w.cfg, Setup{Version: "test", Pool: w.pool, MSRPPort: 8880, Spool: w.flash.sp, Entropy: w.entropy, Now: w.now})
	if err != nil {
		w.t.Fatal(err)
	}
	w.core = core
}

// entropy is a generator with a seed: every run has the same ids.
func (w *world) entropy(dst []byte) {
	for i := range dst {
		w.seed = w.seed*6364136223846793005 + 1442695040888963407
		dst[i] = byte(w.seed >> 33)
	}
}

// say adds a line to what happened.
func (w *world) say(format string, a ...any) { w.out = append(w.out, fmt.Sprintf(format, a...)) }

// wait lets time pass, with a timer event at each deadline.
func (w *world) wait(d time.Duration) {
	start, end := w.now, w.now.Add(d)
	for n := 0; ; n++ {
		at := w.core.Deadline()
		if at.IsZero() || at.After(end) {
			break
		}
		if n > 10000 && w.readers == nil || n > 200000 {
			w.t.Fatalf("deadlines never end: %v is due at %v", at, w.now)
		}
		if at.Before(w.now) {
			at = w.now
		}
		w.wall = w.wall.Add(at.Sub(w.now))
		w.now = at
		before := len(w.out)
		w.step(Event{})
		if len(w.out) > before {
			w.out = append(w.out[:before], append([]string{"after " + w.now.Sub(start).String()}, w.out[before:]...)...)
		}
		if !w.core.Deadline().After(w.now) && w.core.Deadline().Equal(at) && len(w.out) == before {
			w.now = w.now.Add(time.Millisecond)
			w.wall = w.wall.Add(time.Millisecond)
		}
	}
	w.wall = w.wall.Add(end.Sub(w.now))
	w.now = end
}

// step gives the core one event, and everything that follows from it.
func (w *world) step(ev Event) {
	w.queue = append(w.queue, ev)
	w.drain()
}

// drain gives the core what waits, and everything that follows from it.
func (w *world) drain() {
	for n := 0; len(w.queue) > 0 || w.read(); n++ {
		if n > 100000 {
			w.t.Fatal("events never end")
		}
		ev := w.queue[0]
		w.queue = w.queue[1:]
		if ev.Kind == EvClosed {
			delete(w.flows, ev.Flow)
			delete(w.conns, ev.Flow)
		}
		acts := w.doStep(ev)
		for _, a := range append([]Action(nil), acts...) {
			w.act(a)
		}
	}
}

// doStep is Core.Step; while measuring it counts what it allocates.
func (w *world) doStep(ev Event) []Action {
	w.ledger.event(&ev)
	if !w.measuring {
		return w.core.Step(w.now, w.wall, ev)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	acts := w.core.Step(w.now, w.wall, ev)
	runtime.ReadMemStats(&after)
	w.allocs += after.Mallocs - before.Mallocs
	w.steps++
	return acts
}

// measure plays commands often enough for every table to have reached its size, and counts
// the allocations of the steps of the last round. %ID becomes a new id each time.
func (w *world) measure(script []string) {
	const rounds = 30
	gc := debug.SetGCPercent(-1)
	defer debug.SetGCPercent(gc)
	for i := range rounds {
		w.measuring = i == rounds-1
		for _, line := range script {
			w.command(words(strings.ReplaceAll(line, "%ID", fmt.Sprintf("id%06d", i))))
		}
	}
	w.measuring = false
}

// buf is a buffer with octets in it, as a reader would give them.
func (w *world) buf(b []byte) *bufpool.Buf {
	pool := w.pool
	if w.readers != nil {
		pool = w.readers
	}
	buf := pool.Get()
	if buf == nil || !buf.Append(b) {
		w.t.Fatalf("no buffer for %d octets", len(b))
	}
	return buf
}

// act carries out one action and shows it.
func (w *world) act(a Action) {
	w.ledger.action(&a)
	switch a.Kind {
	case ActSend:
		if w.sendsOf != nil {
			w.sendsOf[a.Flow]++
		}
		w.sent(a)
	case ActDial:
		w.dialled(a)
	case ActClose:
		w.say("close %v", w.flowName(a.Flow))
		delete(w.flows, a.Flow)
		delete(w.conns, a.Flow)
	case ActPause, ActResume:
		w.say("%s %v", map[ActionKind]string{ActPause: "pause", ActResume: "resume"}[a.Kind], w.flowName(a.Flow))
		if k := w.conns[a.Flow]; k != nil {
			k.paused = a.Kind == ActPause
		}
	default:
		w.toFlash(a)
	}
}

// dialled connects the agent, or does not.
func (w *world) dialled(a Action) {
	w.say("dial %v %v", doorName(a.Door), a.Addr)
	if a.Door == DoorMSRP {
		w.connected(a.Flow)
	}
	w.flows[a.Flow] = a.Addr
	switch w.dial {
	case "refused":
		w.queue = append(w.queue, Event{Kind: EvClosed, Flow: a.Flow, Door: a.Door, Addr: a.Addr, Fault: FaultRefused})
	case "hangs":
		w.hung = append(w.hung, a)
	default:
		w.opened(a)
	}
}

// opened tells the agent that its dial was answered.
func (w *world) opened(a Action) {
	if k := w.conns[a.Flow]; k != nil {
		k.open = true
	}
	w.up[a.Flow] = true
	w.queue = append(w.queue, Event{Kind: EvOpened, Flow: a.Flow, Door: a.Door, Addr: a.Addr, Local: ueAddr})
}

// dialCommand says what becomes of dials from now on, and of those that hang.
func (w *world) dialCommand(word string) {
	w.dial = word
	hung := w.hung
	w.hung = nil
	for _, a := range hung {
		if _, there := w.flows[a.Flow]; !there { // given up meanwhile
			continue
		}
		if word == "refused" {
			w.queue = append(w.queue, Event{Kind: EvClosed, Flow: a.Flow, Door: a.Door, Addr: a.Addr, Fault: FaultTimeout})
		} else {
			w.opened(a)
		}
	}
	w.drain()
}

// marks names the state of a message, and the marks of an incoming one.
func marks(s State) string {
	if s&InStored == 0 {
		return s.String()
	}
	text := "stored"
	for _, m := range []struct {
		mark State
		word string
	}{{InReceipted, "receipted"}, {InAcked, "acked"}, {InSeen, "seen"}, {InDisplayed, "displayed"}} {
		if s&m.mark != 0 {
			text += " " + m.word
		}
	}
	return text
}

func doorName(d Door) string { return [...]string{"sip", "msrp", "host"}[d] }

// flowName names a flow: the MSRP connections after the first by their number.
func (w *world) flowName(id FlowID) string {
	switch {
	case id == udpFlow:
		return "udp"
	case id >= hostFlow && id%2 == 0 && id < hostFlow+20:
		return "host" + strconv.Itoa(int(id-hostFlow)/2)
	case w.conns[id] != nil:
		return w.conns[id].name
	case w.flows[id].Port() == 5060:
		return "tcp"
	}
	return "nobody"
}

// sent shows what the agent sends and keeps what the network must know to answer.
func (w *world) sent(a Action) {
	b := bytes.Clone(a.Buf.Bytes())
	a.Buf.Release()
	name := w.flowName(a.Flow)
	ev := Event{Kind: EvWritten, Flow: a.Flow}
	k := w.conns[a.Flow]
	w.answerKindly(a.Flow, b)
	switch {
	case strings.HasPrefix(name, "host") && w.readers != nil: // it may be a part of a frame
		w.say("%s> %d octets", name, len(b))
		ev.Door = DoorHost
	case strings.HasPrefix(name, "host"):
		w.say("%s> %s", name, frameText(w.t, b))
		ev.Door = DoorHost
	case k != nil:
		w.sentMSRP(k, b)
		ev.Door = DoorMSRP
		if k.stuck {
			k.unwritten++
			return
		}
	case name == "tcp" && !w.up[a.Flow]:
		return // lost with the connection, which the agent will hear of
	case name == "nobody":
		w.complain("%q goes to flow %d, which is not connected", brief(b), a.Flow)
		return
	default:
		w.sentSIP(name, b)
	}
	if a.Flow != udpFlow {
		w.queue = append(w.queue, ev)
	}
}

// complain fails the test, and shows what is wrong where it happened.
func (w *world) complain(format string, a ...any) {
	w.t.Helper()
	text := fmt.Sprintf(format, a...)
	w.say("WRONG %s", text)
	if w.loose || w.ledger != nil { // in poverty what the script says next may not fit
		return
	}
	w.t.Errorf("%s: %s", w.line, text)
}

// frameText is a MessagePack frame as JSON, shortened.
func frameText(t testing.TB, b []byte) string {
	var j bytes.Buffer
	if _, err := msgp.UnmarshalAsJSON(&j, b); err != nil {
		t.Fatalf("frame: %v", err)
	}
	return j.String()
}
