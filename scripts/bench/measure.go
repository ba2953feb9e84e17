package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const rounds = 21

// A subject is one way to do a thing; run does it n times.
type subject struct {
	name  string
	run   func(n int)
	spent func(n int) int64 // instead of run: does it n times and says how many nanoseconds that cost
	lacks string            // what must be installed for it to be measured; "": nothing

	n      int
	ns     [rounds]float64
	allocs float64 // of one; -1: unknown
}

// An aim is the bound of a ratio or of a difference; the zero aim is none.
type aim struct {
	bound float64
	speed bool          // the ratio is of speeds, at least bound; else of times, at most bound
	more  time.Duration // ours may take so much longer than the other
	alloc bool          // ours allocates nothing
}

func (a aim) String() string {
	var all []string
	switch {
	case a.bound == 0:
	case a.speed:
		all = append(all, fmt.Sprintf("≥ %.2f × the speed", a.bound))
	default:
		all = append(all, fmt.Sprintf("≤ %.2f × the time", a.bound))
	}
	if a.more != 0 {
		all = append(all, fmt.Sprintf("≤ that + %v", a.more))
	}
	if a.alloc {
		all = append(all, "0 allocs")
	}
	return strings.Join(all, ", ")
}

// A pair compares two subjects of a group by their places in it.
type pair struct {
	ours, other int
	aim         aim
}

// A group is measured in the same rounds.
type group struct {
	what     string
	subjects []*subject
	pairs    []pair
	threads  bool        // needs more than one; allocations cannot be told apart then
	cpu      bool        // with threads: the CPU time of all of them, which other programs disturb less
	count    int         // each sample is so many; 0: as many as the time allows
	figures  [][8]string // rows that are no times, see [row]
}

// timed is the time of one of n, in nanoseconds by clock.
func (s *subject) timed(clock int32) float64 {
	if s.spent != nil {
		return float64(s.spent(s.n)) / float64(s.n)
	}
	start := reading(clock)
	s.run(s.n)
	return float64(reading(clock)-start) / float64(s.n)
}

// reading is the time of a clock, CLOCK_MONOTONIC or CLOCK_PROCESS_CPUTIME_ID.
func reading(clock int32) int64 {
	var t unix.Timespec
	must(unix.ClockGettime(clock, &t))
	return t.Nano()
}

// calibrate chooses n so that a sample takes about d.
func (s *subject) calibrate(d time.Duration, clock int32) {
	for s.n = 1; ; s.n *= 2 {
		if t := s.timed(clock) * float64(s.n); t >= float64(d)/4 || s.n > 1<<28 {
			s.n = max(1, int(float64(s.n)*float64(d)/max(t, 1)))
			return
		}
	}
}

// measure runs what has no connection on one thread, so that whoever makes garbage pays
// for its collection, and counts its CPU time, which other programs do not disturb.
func (g *group) measure(total time.Duration) {
	clock := int32(unix.CLOCK_MONOTONIC)
	if !g.threads || g.cpu {
		clock = unix.CLOCK_PROCESS_CPUTIME_ID
	}
	if !g.threads {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	}
	for _, s := range g.subjects {
		g.prepare(s, total, clock)
	}
	for round := range rounds {
		for i := range g.subjects {
			if s := g.subjects[(i+round)%len(g.subjects)]; s.lacks == "" {
				s.ns[round] = s.timed(clock)
			}
		}
	}
}

// prepare chooses how many of s make a sample, and counts its allocations.
func (g *group) prepare(s *subject, total time.Duration, clock int32) {
	switch {
	case s.lacks != "":
		return
	case g.count > 0:
		s.n = g.count
		s.timed(clock)
	default:
		s.calibrate(total/rounds, clock)
	}
	if !g.threads && s.spent == nil {
		s.allocs = testing.AllocsPerRun(20, func() { s.run(1) })
	} else if s.allocs == 0 {
		s.allocs = -1
	}
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// ratio is the median of the ratios within the rounds.
func (p pair) ratio(g *group) float64 {
	a, b := g.subjects[p.ours], g.subjects[p.other]
	r := make([]float64, rounds)
	for i := range r {
		if r[i] = a.ns[i] / b.ns[i]; p.aim.speed {
			r[i] = 1 / r[i]
		}
	}
	return median(r)
}

func (p pair) verdict(g *group, r float64) string {
	a, b := g.subjects[p.ours], g.subjects[p.other]
	met := true
	switch {
	case p.aim.String() == "":
		return ""
	case p.aim.bound != 0 && p.aim.speed:
		met = r >= p.aim.bound
	case p.aim.bound != 0:
		met = r <= p.aim.bound
	}
	if p.aim.more != 0 {
		met = met && median(a.ns[:]) <= median(b.ns[:])+float64(p.aim.more)
	}
	if met && (!p.aim.alloc || a.allocs == 0) {
		return "met"
	}
	return "missed"
}

// head begins the table that row goes on with.
func head() {
	fmt.Println("| what | ours | ns | allocs | against | ns | allocs | ratio | aim | |")
	fmt.Println("|---|---|---:|---:|---|---:|---:|---:|---|---|")
}

// row prints what, ours, its time, its allocations, the other, its time, its allocations, the ratio
// of ours to the other, the aim, and whether it is met. A figure that is no time has its unit.
func row(cells ...string) { fmt.Println("| " + strings.Join(cells, " | ") + " |") }

func (g *group) print() {
	for _, p := range g.pairs {
		a, b := g.subjects[p.ours], g.subjects[p.other]
		if lacks := a.lacks + b.lacks; lacks != "" {
			row(g.what, a.name, "", "", b.name, "", "", "", p.aim.String(), lacks+" is not installed (scripts/setup bench)")
			continue
		}
		r := p.ratio(g)
		row(g.what, a.name, fmt.Sprintf("%.0f", median(a.ns[:])), a.counted(), b.name, fmt.Sprintf("%.0f", median(b.ns[:])), b.counted(),
			fmt.Sprintf("%.2f", r), p.aim.String(), p.verdict(g, r))
	}
	for _, f := range g.figures {
		row(f[0], f[1], f[2], "", f[3], f[4], "", f[5], f[6], f[7])
	}
}

func (s *subject) counted() string {
	if s.allocs < 0 {
		return ""
	}
	return fmt.Sprintf("%.0f", s.allocs)
}
