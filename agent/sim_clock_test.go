package agent

import (
	"container/heap"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"imsagent/agent/internal/bufpool"
	"imsagent/agent/spool"
)

// A sim is two agents, their hosts, and the network between them, in fake time.
type sim struct {
	t      testing.TB
	seed   uint64
	rng    *rand.Rand
	now    time.Time
	queue  simQueue
	serial uint64
	nodes  [2]*simNode
	conns  []*simConn
	faults bool // the network and the machines misbehave
	plan   simPlan
	log    []string // the last things that happened
	failed bool

	packets int     // datagrams, writes to streams and connections so far
	nth     int     // this one …
	fate    simFate // … has this fate
}

// A simEvent is something that happens at its time; those of one time in their order.
type simEvent struct {
	at time.Time
	n  uint64
	f  func()
}

type simQueue []simEvent

func (q simQueue) Len() int      { return len(q) }
func (q simQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q simQueue) Less(i, j int) bool {
	return q[i].at.Before(q[j].at) || q[i].at.Equal(q[j].at) && q[i].n < q[j].n
}
func (q *simQueue) Push(x any) { *q = append(*q, x.(simEvent)) }
func (q *simQueue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

func (s *sim) after(d time.Duration, f func()) {
	s.serial++
	heap.Push(&s.queue, simEvent{s.now.Add(d), s.serial, f})
}

// run lets d pass.
func (s *sim) run(d time.Duration) {
	end := s.now.Add(d)
	for len(s.queue) > 0 && !s.queue[0].at.After(end) && !s.failed {
		ev := heap.Pop(&s.queue).(simEvent)
		s.now = ev.at
		ev.f()
	}
	s.now = end
}

// between is a random duration.
func (s *sim) between(a, b time.Duration) time.Duration {
	return a + time.Duration(s.rng.Int64N(int64(b-a)+1))
}

// chance reports true once in n times.
func (s *sim) chance(n int) bool { return s.rng.IntN(n) == 0 }

func (s *sim) note(format string, a ...any) {
	line := s.now.Sub(bootEpoch).String() + " " + fmt.Sprintf(format, a...)
	if testing.Verbose() && *simTrace {
		fmt.Println(line)
	}
	if s.log = append(s.log, line); len(s.log) > 120 {
		s.log = append(s.log[:0], s.log[60:]...)
	}
}

func (s *sim) fail(format string, a ...any) {
	if !s.failed {
		s.t.Errorf("%s (-seed %d -simplan %s, after %v)\nlast:\n  %s", fmt.Sprintf(format, a...), s.seed, s.plan.name, s.now.Sub(bootEpoch),
			strings.Join(s.log[max(0, len(s.log)-40):], "\n  "))
	}
	s.failed = true
}

// A simNode is one machine: a core, its buffers, its flash and its host.
type simNode struct {
	s          *sim
	name       string
	cfg        Config
	addr       netip.AddrPort
	core       *Core // nil: down
	boot       int   // counts starts
	pool       *bufpool.Pool
	edge       *edge
	flash      *simFlash
	sp         *spool.Spool
	spoolq     []Action
	flushing   bool
	slow       time.Duration // of the flash
	ends       map[FlowID]*simEnd
	nextFlow   FlowID
	wallOff    time.Duration
	asleep     bool
	backlog    []func()
	timer      int // generation
	timerAt    time.Time
	held       []*bufpool.Buf // taken away from it
	host       *simHost
	second     *simHost        // another host beside it, or nil
	synced     map[int]int     // how often the flash had been synced when a boot ended in a crash
	invites    map[string]bool // Call-IDs of its INVITEs of this hour
	outage     bool            // no packet passes
	steps      int             // in this hour
	timers     int
	kinds      [EvStop + 1]int
	hour       int64
	maxSteps   int
	maxInvites int
	total      int
	crashes    int
}

func (s *sim) newNode(name, number string, addr string) *simNode {
	n := &simNode{s: s, name: name, addr: netip.MustParseAddrPort(addr), flash: newSimFlash(), nextFlow: 2}
	n.cfg = DefaultConfig()
	n.cfg.IMS.Local, _ = ParseEndpoint(addr)
	p, _ := ParseEndpoint(relayAddr.String())
	n.cfg.IMS.PCSCF = []Endpoint{p}
	n.cfg.IMS.IMPU = "sip:" + number + "@sim.test;user=phone"
	n.cfg.IMS.Register = false
	n.cfg.IMS.Access = s.plan.access
	n.cfg.IMS.Transport = s.plan.transport
	n.cfg.Modem.Protocol = "none"
	n.cfg.Modem.AccessNetwork = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000"
	n.cfg.Spool.MaxMessages = s.plan.maxMessages
	n.cfg.Memory.Sessions = 4
	n.synced, n.invites = map[int]int{}, map[string]bool{}
	n.host = n.newHost(number)
	if s.plan.two {
		n.second = n.newHost(number)
		n.second.watched = n.host
	}
	if s.plan.change != nil {
		s.plan.change(&n.cfg)
	}
	return n
}

func (n *simNode) newHost(number string) *simHost {
	return &simHost{n: n, number: number, shown: map[string]string{}, byID: map[string]*simGot{}, early: map[string]map[string]any{}}
}

// start boots a machine with what its flash holds.
func (n *simNode) start() {
	n.pool = bufpool.New(n.s.plan.buffers, largeBuffers)
	n.held = nil
	n.edge = &edge{cfg: &n.cfg, log: slog.New(slog.NewTextHandler(io.Discard, nil)), pool: n.pool, stored: make(chan Event, maxOutstanding+2*spoolQueue)}
	sp, err := spool.Open("", spool.Options{MaxBytes: n.cfg.Spool.MaxBytes, MaxMessages: n.cfg.Spool.MaxMessages, FS: n.flash})
	if err != nil {
		n.s.fail("%s: spool: %v", n.name, err)
		return
	}
	for _, d := range sp.Damaged() {
		if !d.Torn && !n.flash.torn {
			n.s.fail("%s: damage: %v", n.name, d)
		}
	}
	n.sp, n.spoolq, n.flushing, n.ends = sp, nil, false, map[FlowID]*simEnd{}
	n.boot++
	n.core, err = NewCore(&n.cfg, Setup{Version: "sim", Pool: n.pool, MSRPPort: 8880, Spool: sp, Now: n.s.now, Entropy: func(b []byte) {
		for i := range b {
			b[i] = byte(n.s.rng.Uint32())
		}
	}})
	if err != nil {
		n.s.fail("%s: %v", n.name, err)
		return
	}
	n.s.note("%s starts", n.name)
	n.step(Event{})
	for _, h := range n.both() {
		h.later(time.Second, h.connect)
	}
}

// crash takes a machine away in whatever it does.
func (n *simNode) crash() {
	n.s.note("%s crashes", n.name)
	n.core, n.asleep, n.backlog = nil, false, nil
	n.crashes++
	n.timer++
	for _, c := range n.s.conns {
		if c.ends[0].node == n || c.ends[1].node == n {
			c.reset()
		}
	}
	n.synced[n.boot] = n.flash.syncs
	n.sp.Close()
	n.flash.cut(n.s.rng)
	n.ends = nil
	for _, h := range n.both() {
		h.down()
	}
}

// later calls f for this incarnation of the machine, when it is awake.
func (n *simNode) later(d time.Duration, f func()) {
	boot := n.boot
	n.s.after(d, func() {
		switch {
		case n.core == nil || n.boot != boot:
		case n.asleep:
			n.backlog = append(n.backlog, func() {
				if n.core != nil && n.boot == boot {
					f()
				}
			})
		default:
			f()
		}
	})
}

// wake ends a sleep.
func (n *simNode) wake() {
	n.asleep = false
	for _, f := range n.backlog {
		f()
	}
	n.backlog = nil
}

// step gives the core one event and carries out what it wants.
func (n *simNode) step(ev Event) {
	s := n.s
	if h := int64(s.now.Sub(bootEpoch) / time.Hour); h != n.hour {
		n.hour, n.steps, n.timers, n.kinds = h, 0, 0, [EvStop + 1]int{}
		n.maxInvites = max(n.maxInvites, len(n.invites))
		clear(n.invites)
	}
	n.steps++
	n.total++
	if ev.Kind == EvTimer {
		n.timers++
	}
	n.maxSteps = max(n.maxSteps, n.timers)
	n.kinds[ev.Kind]++
	if n.steps > maxStepsAnHour {
		s.fail("%s: %d steps in an hour, by kind %v", n.name, n.steps, n.kinds)
		return
	}
	if n.timers > maxTimersAnHour {
		s.fail("%s: %d timer steps in an hour; deadline %v before now, %s", n.name, n.timers, s.now.Sub(n.core.Deadline()), n.whatIsDue())
		return
	}
	wall := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(s.now.Sub(bootEpoch) + n.wallOff)
	ev.Behind = uint16(len(n.spoolq))
	for _, a := range append([]Action(nil), n.core.Step(s.now, wall, ev)...) {
		n.act(a)
	}
	n.arm()
}

// whatIsDue names the deadlines of now.
func (n *simNode) whatIsDue() string {
	c, now := n.core, n.s.now
	text := ""
	for _, d := range []struct {
		name string
		at   time.Time
	}{{"ua", c.ua.Deadline()}, {"outbox", c.outboxDue}, {"conn", c.connDeadline()}, {"flow", c.flowDeadline()}, {"session", c.sessionDeadline()}, {"page", c.pageDeadline()}, {"invite", c.inviteDeadline()}} {
		if !d.at.IsZero() {
			text += fmt.Sprintf(" %s %v", d.name, d.at.Sub(now))
		}
	}
	return text
}

// arm asks for a timer event at the core's deadline.
func (n *simNode) arm() {
	d := n.core.Deadline()
	if d.IsZero() {
		n.timer++
		n.timerAt = d
		return
	}
	if d.Equal(n.timerAt) {
		return
	}
	n.timerAt = d
	n.timer++
	gen := n.timer
	n.later(max(d.Sub(n.s.now), time.Millisecond), func() {
		if gen == n.timer {
			n.timerAt = time.Time{}
			n.step(Event{})
		}
	})
}

// act carries out one action.
func (n *simNode) act(a Action) {
	switch a.Kind {
	case ActSend:
		n.send(a)
	case ActDial:
		n.dial(a)
	case ActClose:
		if e := n.ends[a.Flow]; e != nil {
			e.close()
		}
	case ActPause, ActResume:
		if e := n.ends[a.Flow]; e != nil {
			e.paused = a.Kind == ActPause
			if !e.paused {
				e.readSoon(0)
			}
		}
	default:
		n.spoolq = append(n.spoolq, a)
		if !n.flushing {
			n.flushing = true
			n.later(n.s.between(time.Millisecond, 10*time.Millisecond)+n.slow, n.flush)
		}
	}
}

// flush is one round of the goroutine that owns the spool.
func (n *simNode) flush() {
	n.flushing = false
	q := n.spoolq
	n.spoolq = nil
	var waiting []Event
	for _, a := range q {
		waiting = n.edge.spoolStep(n.sp, a, waiting)
	}
	n.edge.commit(n.sp, waiting)
	for {
		select {
		case ev := <-n.edge.stored:
			n.later(0, func() { n.step(ev) })
		default:
			return
		}
	}
}
