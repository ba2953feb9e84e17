package agent

import (
	"bytes"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tinylib/msgp/msgp"

	"imsagent/agent/internal/bufpool"
	"imsagent/cpim"
	"imsagent/modem"
)

var update = flag.Bool("update", false, "rewrite the transcripts with what happened: read the difference before committing it")

// TestTranscripts plays every file of testdata/*.txt. A line "$ command" is what happens to
// the agent; the indented lines below are all that it did about it, in order. The commands
// are the methods of world below.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t)
			got := w.play(string(b))
			if *update {
				if err := os.WriteFile(f, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if got != string(b) {
				t.Errorf("%s differs from what happened:\n%s", f, difference(string(b), got))
			}
			w.checkLeaks()
		})
	}
}

// difference shows the first line that differs, with what stands around it.
func difference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := 0; i < len(a) || i < len(b); i++ {
		x, y := "", ""
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return fmt.Sprintf("line %d\nwant %s\ngot  %s", i+1, x, strings.Join(b[i:min(i+6, len(b))], "\n     "))
		}
	}
	return ""
}

// A world is one Core with everything around it played: time, the spool, the network and
// the host.
type world struct {
	t             *testing.T
	cfg           Config
	core          *Core
	pool          *bufpool.Pool
	now           time.Time
	wall          time.Time
	queue         []Event
	out           []string
	spool         map[uint64][]byte
	files         map[uint64][]byte
	seen          map[string]bool
	flows         map[FlowID]netip.AddrPort
	refuse        bool              // dials are refused
	hold          bool              // the flash does not answer
	requests      map[string][]byte // last request of the agent, by method
	invite        string            // the peer's last INVITE
	response      []byte            // last response of the agent
	sends         []string          // MSRP requests of the agent not yet answered: tid
	conn          FlowID            // MSRP connection of now
	path          string            // our MSRP path
	last          map[string]string // what the network knows of the agent's messages
	serial        int
	line          string
	measuring     bool
	allocs, steps uint64
	seed          uint64
	ours          bool              // the dialog of now is that of our INVITE
	cseq          int               // of the peer's last request in it
	inviteSeq     int               // of the peer's last re-INVITE
	contributions map[string]int    // Contribution-IDs of the agent's INVITEs, numbered
	carried       map[string]FlowID // Message-IDs of the agent, and the connection on which each was last
	peerSession   string            // of the peer's MSRP URI
	heldEvents    []Event
	readers       *bufpool.Pool // where what arrives is put, while the core's buffers are scarce; nil: pool
	taken         []*bufpool.Buf
}

var (
	ueAddr   = netip.MustParseAddrPort("[2001::1:4c16:9c0f:4986:9e6d]:5060")
	pcscf    = netip.MustParseAddrPort("[2001:0:0:1::2]:5060")
	peerMSRP = netip.MustParseAddrPort("[2001:0:0:1::2]:16000")
)

func newWorld(t *testing.T) *world {
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
	w := &world{t: t, cfg: cfg, pool: bufpool.New(64, largeBuffers), now: bootEpoch.Add(1000 * time.Second),
		wall: time.Date(2015, 2, 24, 6, 48, 9, 0, time.UTC), spool: map[uint64][]byte{}, files: map[uint64][]byte{},
		seen: map[string]bool{}, flows: map[FlowID]netip.AddrPort{}, requests: map[string][]byte{}, last: map[string]string{}, peerSession: peerSession,
		contributions: map[string]int{}, carried: map[string]FlowID{}}
	return w
}

// start makes the core, after the configuration commands.
func (w *world) start() {
	if w.core != nil {
		return
	}
	core, err := NewCore(&w.cfg, Setup{Version: "test", Pool: w.pool, MSRPPort: 8880, Entropy: w.entropy, Now: w.now})
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

// play runs a transcript and returns it with what happened.
func (w *world) play(script string) string {
	var got strings.Builder
	for _, line := range strings.Split(strings.TrimSuffix(script, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "  "):
			continue // what was seen when it was recorded
		case strings.HasPrefix(line, "$ "):
			got.WriteString(line + "\n")
			w.out = w.out[:0]
			w.line = line
			w.command(words(line[2:]))
			if testing.Verbose() {
				w.t.Logf("%s\n  %s", line, strings.Join(w.out, "\n  "))
			}
			for _, o := range w.out {
				got.WriteString("  " + o + "\n")
			}
		default:
			got.WriteString(line + "\n")
		}
	}
	return got.String()
}

// words splits a command; "quoted words" are one.
func words(line string) (list []string) {
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		if line[0] == '"' {
			end := strings.IndexByte(line[1:], '"') + 1
			list, line = append(list, line[1:end]), line[end+1:]
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		list, line = append(list, word), rest
	}
	return list
}

// command carries out one line.
func (w *world) command(a []string) {
	if a[0] == "config" {
		w.config(a[1:])
		return
	}
	w.start()
	switch a[0] {
	case "wait":
		d, err := time.ParseDuration(a[1])
		if err != nil {
			w.t.Fatal(err)
		}
		w.wait(d)
	case "host":
		w.host(a[1:])
	case "sip":
		w.sip(a[1:])
	case "msrp":
		w.msrp(a[1:])
	case "clock": // the time of day is set
		d, _ := time.ParseDuration(a[1])
		w.wall = w.wall.Add(d)
		w.step(Event{})
	case "jump": // the device slept: no timer in between
		w.jump(a[1])
	case "modem":
		w.modem(a[1], strings.Join(a[2:], " "))
	case "dial":
		w.refuse = a[1] == "refused"
	case "flash":
		w.flash(a[1])
	case "stop":
		w.step(Event{Kind: EvStop})
		w.say("stopped %v", w.core.Stopped())
	default:
		w.t.Fatalf("unknown command %v", a)
	}
}

// jump lets time pass at once, as when the device has slept.
func (w *world) jump(by string) {
	d, err := time.ParseDuration(by)
	if err != nil {
		w.t.Fatal(err)
	}
	w.now, w.wall = w.now.Add(d), w.wall.Add(d)
	w.step(Event{})
	w.wait(0)
}

// modem is what the modem says: gone, back or the access network of now.
func (w *world) modem(word, text string) {
	ev := modem.Event{Kind: modem.Access, PANI: word}
	switch word {
	case "gone":
		ev = modem.Event{Kind: modem.Gone, Text: text}
	case "back":
		ev = modem.Event{Kind: modem.Back, Text: text}
	case "coverage": // lost
		ev.PANI = ""
	}
	w.step(Event{Kind: EvModem, Modem: ev})
}

func (w *world) config(a []string) {
	for _, kv := range a {
		k, v, _ := strings.Cut(kv, "=")
		switch k {
		case "accept":
			w.cfg.Chat.Accept = v
		case "access_network":
			w.cfg.Modem.AccessNetwork = v
		case "idle":
			w.cfg.Chat.Idle, _ = time.ParseDuration(v)
		case "expires":
			w.cfg.Chat.Expires, _ = time.ParseDuration(v)
		case "sessions":
			w.cfg.Memory.Sessions, _ = strconv.Atoi(v)
		case "setup":
			w.cfg.MSRP.Setup = v
		case "transport":
			w.cfg.IMS.Transport = v
		case "max_size":
			w.cfg.MSRP.MaxSize, _ = strconv.ParseInt(v, 10, 64)
		case "max_messages":
			w.cfg.Spool.MaxMessages, _ = strconv.Atoi(v)
		case "cpim_pani":
			w.cfg.Chat.CPIMPANI = v
			w.cfg.Chat.Namespaces = append(w.cfg.Chat.Namespaces, cpim.Namespace{Prefix: v, URI: "mailto:RCSFeatures@test.com"})
		default:
			w.t.Fatalf("unknown configuration %q", k)
		}
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
		if n > 10000 && w.readers == nil || n > 100000 {
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
	for n := 0; len(w.queue) > 0; n++ {
		if n > 100000 {
			w.t.Fatal("events never end")
		}
		ev := w.queue[0]
		w.queue = w.queue[1:]
		acts := w.doStep(ev)
		for _, a := range append([]Action(nil), acts...) {
			w.act(a)
		}
	}
}

// doStep is Core.Step; while measuring it counts what it allocates.
func (w *world) doStep(ev Event) []Action {
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
	switch a.Kind {
	case ActSend:
		w.sent(a)
	case ActDial:
		w.say("dial %v %v", doorName(a.Door), a.Addr)
		if w.refuse {
			w.queue = append(w.queue, Event{Kind: EvClosed, Flow: a.Flow, Door: a.Door, Addr: a.Addr, Fault: FaultRefused})
			return
		}
		w.flows[a.Flow] = a.Addr
		if a.Door == DoorMSRP {
			w.conn, w.sends = a.Flow, nil
		}
		w.queue = append(w.queue, Event{Kind: EvOpened, Flow: a.Flow, Door: a.Door, Addr: a.Addr, Local: ueAddr})
	case ActClose:
		w.say("close %v", w.flowName(a.Flow))
		delete(w.flows, a.Flow)
	case ActStore, ActFinish:
		w.store(a)
	case ActLoad:
		w.load(a)
	case ActMark:
		w.say("flash mark %d %v", a.ID, marks(a.State))
	case ActForget:
		w.say("flash forget %d", a.ID)
		delete(w.spool, a.ID)
		delete(w.files, a.ID)
	case ActPeer:
		w.say("flash conversation %s %s", a.Key, a.Text)
	case ActBegin:
		w.files[a.ID] = []byte{}
		if a.Token != 0 {
			w.queue = append(w.queue, Event{Kind: EvStored, Token: a.Token})
		}
	case ActWrite:
		b := w.files[a.ID]
		if n := int(a.Off) + a.Buf.Len(); n > len(b) {
			b = append(b, make([]byte, n-len(b))...)
		}
		copy(b[a.Off:], a.Buf.Bytes())
		w.files[a.ID] = b
		a.Buf.Release()
	case ActTrim:
		w.files[a.ID] = w.files[a.ID][a.Off:]
	case ActDrop:
		w.say("flash drop %d", a.ID)
		delete(w.files, a.ID)
	}
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

func (w *world) flowName(id FlowID) string {
	switch {
	case id == udpFlow:
		return "udp"
	case id >= hostFlow && id%2 == 0 && id < hostFlow+20:
		return "host" + strconv.Itoa(int(id-hostFlow)/2)
	case w.flows[id].Port() == 5060:
		return "tcp"
	}
	return "msrp"
}

// sent shows what the agent sends and keeps what the network must know to answer.
func (w *world) sent(a Action) {
	b := bytes.Clone(a.Buf.Bytes())
	a.Buf.Release()
	name := w.flowName(a.Flow)
	if _, known := w.flows[a.Flow]; !known && name == "msrp" {
		return // it was never connected
	}
	switch {
	case strings.HasPrefix(name, "host"):
		w.say("%s> %s", name, frameText(w.t, b))
	case name == "msrp":
		w.sentMSRP(b)
	default:
		w.sentSIP(name, b)
	}
	if a.Flow != udpFlow {
		door := DoorMSRP
		if strings.HasPrefix(name, "host") {
			door = DoorHost
		} else if name == "tcp" {
			door = DoorSIP
		}
		w.queue = append(w.queue, Event{Kind: EvWritten, Flow: a.Flow, Door: door})
	}
}

// frameText is a MessagePack frame as JSON, shortened.
func frameText(t *testing.T, b []byte) string {
	var j bytes.Buffer
	if _, err := msgp.UnmarshalAsJSON(&j, b); err != nil {
		t.Fatalf("frame: %v", err)
	}
	return j.String()
}

// checkLeaks fails when a buffer is held by nobody that could release it.
func (w *world) checkLeaks() {
	w.t.Helper()
	if w.core == nil {
		return
	}
	for i := range w.core.sessions {
		if s := &w.core.sessions[i]; s.state != sessionFree {
			w.core.now = w.now
			w.core.acts = w.core.acts[:0]
			w.core.endSession(s, "", 0)
			for _, a := range append([]Action(nil), w.core.acts...) {
				w.act(a)
			}
		}
	}
	// What is left is what SIP may have to send again; it ends with its timers.
	w.out = w.out[:0]
	w.wait(10 * time.Minute)
	if w.pool.Free() != w.pool.Total() || w.pool.FreeLarge() != largeBuffers {
		var held []string
		for i, b := range w.core.lent.out {
			if b != nil {
				held = append(held, "lent "+strconv.Itoa(i))
			}
		}
		sort.Strings(held)
		w.t.Errorf("%d of %d buffers leaked %v", w.pool.Total()-w.pool.Free(), w.pool.Total(), held)
	}
}
