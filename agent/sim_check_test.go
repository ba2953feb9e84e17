package agent

import (
	"slices"
	"time"
)

// check holds what must be true of every world once it has come to rest.
func (s *sim) check() {
	if s.failed {
		return
	}
	for _, n := range s.nodes {
		if n.core == nil {
			s.fail("%s is down", n.name)
			return
		}
		s.checkSent(n.host)
		s.checkQuiet(n)
	}
	if !s.failed && s.t != nil {
		a, b := s.nodes[0], s.nodes[1]
		s.t.Logf("seed %d: %d and %d texts, %d and %d steps, at most %d and %d timers an hour, %d crashes", s.seed,
			len(a.host.sent), len(b.host.sent), a.total, b.total, a.maxSteps, b.maxSteps, a.crashes+b.crashes)
	}
}

// checkSent follows each text of one host to its end.
func (s *sim) checkSent(h *simHost) {
	peer := h.peer()
	for _, m := range h.sent {
		_, shown := peer.shown[m.name]
		switch {
		case m.id == "":
			s.fail("%s: %s was never answered", h.n.name, m.name)
		case m.state == "delivered" || m.state == "displayed":
			if !shown {
				s.fail("%s: %s is %s and was never shown", h.n.name, m.name, m.state)
			}
		case m.state == "failed":
			s.checkFailed(h, m)
		default:
			s.fail("%s: %s is still %q (%s %d), shown %v", h.n.name, m.name, m.state, m.reason, m.code, shown)
		}
		if s.failed {
			return
		}
	}
	if !s.plan.faults {
		s.checkOrder(h)
	}
}

// checkFailed lets a text fail only by the documented policy.
func (s *sim) checkFailed(h *simHost, m *simSent) {
	switch {
	case m.reason == "expired" && (s.plan.jumps || s.plan.outages || s.plan.crashes):
	case m.reason == "too_large" && (s.plan.flash || s.plan.starve || s.plan.maxMessages < 1000):
	case m.reason == "storage" && s.plan.flash:
	default:
		s.fail("%s: %s failed: %s %d", h.n.name, m.name, m.reason, m.code)
	}
}

// checkOrder: where nothing fails, texts are shown in the order in which they were written.
func (s *sim) checkOrder(h *simHost) {
	var names []string
	for _, id := range h.peer().order {
		names = append(names, h.peer().byID[id].name)
	}
	if !slices.IsSorted(names) {
		s.fail("%s: texts came out of order: %v", h.n.name, names)
	}
}

// checkQuiet: no session, stream or buffer is left.
func (s *sim) checkQuiet(n *simNode) {
	for i := range n.core.sessions {
		if t := &n.core.sessions[i]; t.state != sessionFree {
			s.fail("%s: session %d is %v", n.name, t.number, t.state)
		}
	}
	for _, e := range n.ends {
		if e.door == DoorMSRP {
			s.fail("%s: MSRP flow %d is open", n.name, e.flow)
		}
	}
	if n.host.up {
		n.host.hangUp()
		s.run(time.Second)
	}
	if n.pool.Free() != n.pool.Total() || n.pool.FreeLarge() != largeBuffers {
		s.fail("%s: %d of %d buffers are not free, %d large; pending %d", n.name, n.pool.Total()-n.pool.Free(), n.pool.Total(),
			largeBuffers-n.pool.FreeLarge(), n.core.ua.Pending())
	}
	if d := n.core.Deadline(); !d.IsZero() && d.Before(s.now) {
		s.fail("%s: a deadline stands since %v:%s", n.name, s.now.Sub(d), n.whatIsDue())
	}
}
