package agent

import (
	"flag"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

var (
	simSeed  = flag.Uint64("seed", 0, "run one simulation with this seed only")
	simSeeds = flag.Uint64("seeds", 2, "how many seeds of each plan to run")
	simOnly  = flag.String("simplan", "", "… and of this plan")
	simSoak  = flag.Duration("soak", 0, "go on with new seeds for so long")
	simTrace = flag.Bool("simtrace", false, "with -v: print everything that happens in a simulation")
)

// maxTimersAnHour bounds the timer events of one agent in an hour of fake time: more is a
// storm of deadlines.
const maxTimersAnHour = 5000

// maxStepsAnHour bounds all events of one agent in an hour.
const maxStepsAnHour = 30000

// A simPlan is one kind of world.
type simPlan struct {
	name        string
	transport   string
	access      string
	buffers     int
	maxMessages int
	loss        int // one in so many datagrams
	faults      bool
	resets      bool // streams break
	outages     bool // nothing passes for a while
	crashes     bool
	flash       bool // slow, failing
	starve      bool // of buffers
	jumps       bool // of the wall clock, and sleep
	two         bool // hosts at each machine
	deaf        bool // B's host acknowledges nothing
	days        int
	change      func(*Config)
}

var simPlans = []simPlan{
	{name: "calm-tcp", transport: "tcp", access: "fixed", buffers: 64, maxMessages: 2000, days: 2},
	{name: "calm-udp", transport: "udp", access: "cellular", buffers: 64, maxMessages: 2000, days: 2},
	{name: "loss", transport: "udp", access: "cellular", buffers: 64, maxMessages: 2000, loss: 8, faults: true, days: 3},
	{name: "resets", transport: "tcp", access: "fixed", buffers: 64, maxMessages: 2000, loss: 20, faults: true, resets: true, outages: true, days: 3},
	{name: "sleep", transport: "udp", access: "fixed", buffers: 64, maxMessages: 2000, loss: 20, faults: true, resets: true, jumps: true, days: 5},
	{name: "flash", transport: "tcp", access: "fixed", buffers: 64, maxMessages: 40, faults: true, flash: true, days: 3},
	{name: "starve", transport: "udp", access: "fixed", buffers: 24, maxMessages: 2000, loss: 20, faults: true, starve: true, days: 2},
	{name: "crash", transport: "tcp", access: "fixed", buffers: 64, maxMessages: 2000, faults: true, crashes: true, days: 3},
	{name: "two-hosts", transport: "tcp", access: "fixed", buffers: 64, maxMessages: 2000, faults: true, two: true, days: 2},
	{name: "deaf", transport: "tcp", access: "fixed", buffers: 64, maxMessages: 4000, faults: true, deaf: true, days: 1},
	{name: "ringing", transport: "udp", access: "fixed", buffers: 64, maxMessages: 2000, loss: 20, faults: true, days: 2,
		change: func(c *Config) { c.Chat.Accept = "open" }},
	{name: "all", transport: "udp", access: "cellular", buffers: 24, maxMessages: 100, loss: 15, faults: true, resets: true, outages: true,
		crashes: true, flash: true, starve: true, jumps: true, days: 4},
}

// TestSimulation plays two whole agents with everything around them. A failure prints its
// seed; go test ./agent -run Simulation -seed N -simplan NAME -v -simtrace repeats it.
func TestSimulation(t *testing.T) {
	for _, p := range simPlans {
		if *simOnly != "" && *simOnly != p.name {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			if *simSeed != 0 {
				simulate(t, p, *simSeed)
				return
			}
			for seed := uint64(1); seed <= *simSeeds; seed++ {
				simulate(t, p, seed)
			}
		})
	}
	if *simSoak == 0 {
		return
	}
	first := uint64(time.Now().UnixNano())
	for n := uint64(0); time.Duration(uint64(time.Now().UnixNano())-first) < *simSoak && !t.Failed(); n++ {
		p := simPlans[n%uint64(len(simPlans))]
		if *simOnly == "" || *simOnly == p.name {
			simulate(t, p, first%1e9+n)
		}
	}
}

// simulate plays one world and checks what must hold in each.
func simulate(t *testing.T, p simPlan, seed uint64) {
	s := &sim{t: t, seed: seed, plan: p, rng: rand.New(rand.NewPCG(seed, 2)), now: bootEpoch.Add(1000 * time.Second)}
	s.nodes[0] = s.newNode("A", "+15550000001", "[2001:db9::a]:5060")
	s.nodes[1] = s.newNode("B", "+15550000002", "[2001:db9::b]:5060")
	s.nodes[1].host.deaf = p.deaf
	for _, n := range s.nodes {
		n.start()
	}
	s.faults = p.faults
	s.talk()
	if p.faults {
		s.disturb()
	}
	s.run(time.Duration(p.days) * 24 * time.Hour)
	s.settle()
	s.check()
}

// talk lets both users write now and then, in bursts.
func (s *sim) talk() {
	end := s.now.Add(time.Duration(s.plan.days) * 24 * time.Hour)
	for _, n := range s.nodes {
		var next func()
		next = func() {
			if s.now.After(end) {
				return
			}
			for i := s.rng.IntN(4); i >= 0; i-- {
				n.host.write()
			}
			switch s.rng.IntN(12) {
			case 0:
				n.host.openChat(s.between(0, 10*time.Minute))
			case 1, 2:
				n.host.compose(true)
				if s.chance(2) {
					s.after(s.between(0, 30*time.Second), func() { n.host.compose(false) })
				}
			}
			pause := s.between(time.Second, 3*time.Minute)
			if s.chance(3) {
				pause = s.between(time.Minute, 6*time.Hour)
			}
			s.after(pause, next)
		}
		s.after(s.between(2*time.Second, time.Minute), next)
	}
}

// disturb starts what goes wrong now and then.
func (s *sim) disturb() {
	again := func(on bool, least, most time.Duration, f func(n *simNode)) {
		if !on {
			return
		}
		var next func()
		next = func() {
			if !s.faults {
				return
			}
			if n := s.nodes[s.rng.IntN(2)]; n.core != nil {
				f(n)
			}
			s.after(s.between(least, most), next)
		}
		s.after(s.between(least, most), next)
	}
	again(s.plan.resets, time.Minute, 2*time.Hour, func(n *simNode) { s.breakStream() })
	again(s.plan.outages, time.Hour, 8*time.Hour, s.outage)
	again(s.plan.crashes, 10*time.Minute, 5*time.Hour, s.crash)
	again(s.plan.flash, 10*time.Minute, 3*time.Hour, s.badFlash)
	again(s.plan.starve, time.Minute, 2*time.Hour, s.starve)
	again(s.plan.jumps, time.Hour, 12*time.Hour, s.jump)
	again(true, 10*time.Minute, 5*time.Hour, func(n *simNode) {
		both := n.both()
		both[s.rng.IntN(len(both))].hangUp()
	})
}

// breakStream resets or blackholes one of the streams between machines.
func (s *sim) breakStream() {
	var live []*simConn
	for _, c := range s.conns {
		if !c.dead && c.ends[0].door != DoorHost && c.ends[1].door != DoorHost {
			live = append(live, c)
		}
	}
	if len(live) == 0 {
		return
	}
	c := live[s.rng.IntN(len(live))]
	if s.chance(3) {
		s.note("a stream is a black hole")
		c.blackhole()
	} else {
		s.note("a stream breaks")
		c.reset()
	}
}

func (s *sim) outage(n *simNode) {
	s.note("%s has no network", n.name)
	n.outage = true
	for _, c := range s.conns {
		for _, e := range c.ends {
			if !c.dead && e.node == n && e.door != DoorHost {
				c.reset()
			}
		}
	}
	s.after(s.between(time.Second, 3*time.Hour), func() {
		s.note("%s has a network", n.name)
		n.outage = false
	})
}

func (s *sim) crash(n *simNode) {
	n.crash()
	s.after(s.between(time.Second, 10*time.Minute), n.start)
}

// badFlash makes the flash slow, full or broken for a while.
func (s *sim) badFlash(n *simNode) {
	flash := n.flash
	switch s.rng.IntN(3) {
	case 0:
		n.slow = s.between(time.Second, 50*time.Second)
	case 1:
		flash.fail = syscall.ENOSPC
	case 2:
		flash.fail = syscall.EIO
	}
	s.note("%s flash: slow %v, fails %v", n.name, n.slow, flash.fail)
	s.after(s.between(time.Second, 10*time.Minute), func() {
		s.note("%s flash is well", n.name)
		n.slow, flash.fail = 0, nil
	})
}

// starve takes all but a few buffers away, now and as they come back.
func (s *sim) starve(n *simNode) {
	left, boot := s.rng.IntN(6), n.boot
	end := s.now.Add(s.between(10*time.Millisecond, 3*time.Minute))
	s.note("%s has %d buffers", n.name, left)
	var grab func()
	grab = func() {
		if n.core == nil || n.boot != boot {
			return
		}
		if s.now.After(end) || !s.faults {
			s.note("%s has its buffers back", n.name)
			for _, b := range n.held {
				b.Release()
			}
			n.held = nil
			return
		}
		for n.pool.Free() > left {
			n.held = append(n.held, n.pool.Get())
		}
		s.after(s.between(5*time.Millisecond, 2*time.Second), grab)
	}
	if len(n.held) == 0 {
		grab()
	}
}

// jump moves the time of day, or lets the machine sleep.
func (s *sim) jump(n *simNode) {
	if s.chance(2) {
		n.wallOff += s.between(-5*time.Hour, 5*time.Hour)
		s.note("%s wall clock is off by %v", n.name, n.wallOff)
		return
	}
	if n.asleep {
		return
	}
	s.note("%s sleeps", n.name)
	n.asleep = true
	boot := n.boot
	s.after(s.between(time.Minute, 8*time.Hour), func() {
		if n.boot == boot && n.asleep {
			s.note("%s wakes", n.name)
			n.wake()
		}
	})
}

// settle ends what goes wrong and gives everything time to come to its end.
func (s *sim) settle() {
	s.faults = false
	s.note("no more faults")
	s.run(9 * time.Hour) // sleeps, outages and starvation end by themselves
	for _, n := range s.nodes {
		n.outage = false
	}
	s.run(30 * time.Hour) // [chat] expires, and an hour between two tries
}
