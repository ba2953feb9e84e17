package agent

import (
	"slices"
	"time"

	"imsagent/agent/spool"
)

// maxInvitesAnHour bounds the new INVITEs of one agent in an hour: more is no waiting 5 s,
// 30 s, 2 min … between tries.
const maxInvitesAnHour = 60

// check holds what must be true of every world once it has come to rest.
func (s *sim) check() {
	for _, n := range s.nodes {
		if s.failed {
			return
		}
		if n.core == nil {
			s.fail("%s is down", n.name)
			return
		}
		for _, m := range n.host.sent {
			s.checkSent(n.host, m)
		}
		s.checkOrder(n.host)
		s.checkKept(n)
		s.checkQuiet(n)
		if n.maxInvites > maxInvitesAnHour {
			s.fail("%s: %d new INVITEs in an hour", n.name, n.maxInvites)
		}
	}
	if !s.failed {
		a, b := s.nodes[0], s.nodes[1]
		s.t.Logf("seed %d: %d and %d texts, %d and %d steps, at most %d and %d timers and %d and %d INVITEs an hour, %d crashes", s.seed,
			len(a.host.sent), len(b.host.sent), a.total, b.total, a.maxSteps, b.maxSteps, a.maxInvites, b.maxInvites, a.crashes+b.crashes)
	}
}

// checkSent follows one text of a host to its end.
func (s *sim) checkSent(h *simHost, m *simSent) {
	peer := h.peer()
	id := peer.n.sawIt(m.name)
	shown := id != ""
	// what the peer's user saw is told, unless the host has let us forget the text before
	if g := peer.byID[id]; g != nil && g.seen && peer.n.crashes+h.n.crashes == 0 && m.patient && m.state != "displayed" {
		s.fail("%s: %s was seen, and is %s", h.n.name, m.name, m.state)
	}
	switch {
	case m.id == "":
		s.fail("%s: %s was never answered", h.n.name, m.name)
	case m.state == "delivered" || m.state == "displayed":
		if !shown {
			s.fail("%s: %s is %s and was never shown", h.n.name, m.name, m.state)
		}
	case m.state == "failed":
		s.checkFailed(h, m, shown)
	case m.state == "cancelled":
		if !m.cancel || shown && !s.plan.faults {
			s.fail("%s: %s is cancelled, was to be %v, shown %v", h.n.name, m.name, m.cancel, shown)
		}
	default:
		s.fail("%s: %s is still %q (%s %d), shown %v", h.n.name, m.name, m.state, m.reason, m.code, shown)
	}
}

// checkFailed lets a text fail only by the documented policy: when its life is over, and then
// unseen, unless the host knows that the peer may have it; or when the flash has lost its body.
// Scarcity is never a reason.
func (s *sim) checkFailed(h *simHost, m *simSent, shown bool) {
	life := h.n.cfg.Chat.Expires
	if m.expires > 0 {
		life = time.Duration(m.expires) * time.Second
	}
	early := m.since.Sub(m.at) < life-time.Second && !(s.plan.jumps && h.n.crashes > 0)
	switch {
	case m.reason == "expired" && !early && (!shown || m.doubted || h.n.crashes > 0):
	case m.reason == "storage" && s.plan.flash:
	default:
		s.fail("%s: %s failed: %s %d after %v, shown %v", h.n.name, m.name, m.reason, m.code, m.since.Sub(m.at), shown)
	}
}

// checkOrder: texts are stored in the order in which they were written, unless the peer
// refused one for now. Where nothing fails they are shown in it, too.
func (s *sim) checkOrder(h *simHost) {
	if s.plan.flash || s.plan.starve {
		return
	}
	order := slices.Clone(h.peer().order)
	if s.plan.faults {
		slices.Sort(order)
	}
	var names []string
	for _, id := range order {
		if g := h.peer().byID[id]; g.name != "" {
			names = append(names, g.name)
		}
	}
	if !slices.IsSorted(names) {
		at := 1
		for names[at-1] <= names[at] {
			at++
		}
		s.fail("%s: texts came out of order: %v", h.n.name, names[max(0, at-3):min(len(names), at+3)])
	}
}

// checkKept: the agent keeps what waits for its host, and nothing else; its flash the same.
func (s *sim) checkKept(n *simNode) {
	box := &n.core.box
	onFlash := map[uint64]bool{}
	if err := n.sp.Each(func(e *spool.Entry) bool { onFlash[e.ID] = true; return true }); err != nil {
		s.fail("%s: spool: %v", n.name, err)
	}
	for i := range box.table {
		m := &box.table[i]
		switch {
		case m.id == 0:
		case m.ghost:
			s.fail("%s: message %d is only to be notified of once more, still", n.name, m.id)
		case m.incoming && n.core.settled(int32(i)):
			s.fail("%s: message %d has come to its end and is still there", n.name, m.id)
		case m.incoming && n.core.owed(int32(i)) != 0:
			s.fail("%s: message %d still owes a notification", n.name, m.id)
		case !m.incoming && !m.state.final():
			s.fail("%s: message %d is %v", n.name, m.id, m.state)
		}
		if m.id != 0 && !onFlash[m.id] && !m.ghost {
			s.fail("%s: message %d is not on flash", n.name, m.id)
		}
		delete(onFlash, m.id)
	}
	if len(onFlash) > 0 {
		s.fail("%s: the flash has %d messages that nothing waits for: %v", n.name, len(onFlash), onFlash)
	}
}

// checkQuiet: no session, call, stream or buffer is left.
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
	for _, h := range n.both() {
		if h.typing == "true" {
			s.fail("%s: the peer types for ever", n.name)
		}
		if h.up {
			h.hangUp()
			s.run(time.Second)
		}
	}
	if n.pool.Free() != n.pool.Total() || n.pool.FreeLarge() != largeBuffers {
		s.fail("%s: %d of %d buffers are not free, %d large", n.name, n.pool.Total()-n.pool.Free(), n.pool.Total(), largeBuffers-n.pool.FreeLarge())
	}
	if n.core.ua.Pending() != 0 || len(n.core.byes) != 0 {
		s.fail("%s: SIP still waits for %d answers: %s", n.name, n.core.ua.Pending(), n.core.ua.Describe(nil, s.now))
	}
	for i, p := range n.core.pending {
		if p.use != pendFree {
			s.fail("%s: pending %d of use %d was never answered", n.name, i, p.use)
		}
	}
	if d := n.core.Deadline(); !d.IsZero() && d.Before(s.now) {
		s.fail("%s: a deadline stands since %v:%s", n.name, s.now.Sub(d), n.whatIsDue())
	}
}
