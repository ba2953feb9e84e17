package main

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const rounds = 21

// A subject is one way to do a thing; run does it n times.
type subject struct {
	name string
	run  func(n int)

	n      int
	ns     [rounds]float64
	allocs float64
}

// An aim is the bound of a ratio; the zero aim is none.
type aim struct {
	bound float64
	speed bool // the ratio is of speeds, at least bound; else of times, at most bound
}

func (a aim) String() string {
	switch {
	case a.bound == 0:
		return ""
	case a.speed:
		return fmt.Sprintf("≥ %.2f × the speed", a.bound)
	}
	return fmt.Sprintf("≤ %.2f × the time", a.bound)
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
	threads  bool // needs more than one; allocations cannot be told apart then
}

// timed is the time of one of n, in nanoseconds by clock.
func (s *subject) timed(clock int32) float64 {
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
	if !g.threads {
		clock = unix.CLOCK_PROCESS_CPUTIME_ID
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	}
	for _, s := range g.subjects {
		s.calibrate(total/rounds, clock)
		if !g.threads {
			s.allocs = testing.AllocsPerRun(20, func() { s.run(1) })
		}
	}
	for round := range rounds {
		for i := range g.subjects {
			s := g.subjects[(i+round)%len(g.subjects)]
			s.ns[round] = s.timed(clock)
		}
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

func (p pair) verdict(r float64) string {
	switch {
	case p.aim.bound == 0:
		return ""
	case p.aim.speed == (r >= p.aim.bound) || r == p.aim.bound:
		return "met"
	}
	return "missed"
}

func (g *group) print() {
	for _, p := range g.pairs {
		a, b, r := g.subjects[p.ours], g.subjects[p.other], p.ratio(g)
		fmt.Printf("| %s | %s | %.0f | %s | %s | %.0f | %s | %.2f | %s | %s |\n", g.what,
			a.name, median(a.ns[:]), g.count(a), b.name, median(b.ns[:]), g.count(b), r, p.aim, p.verdict(r))
	}
}

func (g *group) count(s *subject) string {
	if g.threads {
		return ""
	}
	return fmt.Sprintf("%.0f", s.allocs)
}
