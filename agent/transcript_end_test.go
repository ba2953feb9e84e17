package agent

import (
	"fmt"
	"sort"
	"strconv"
	"time"
)

// end shows what is left: sessions, and messages that are not forgotten.
func (w *world) end() {
	w.ended = true
	for n := range w.core.lastSess + 1 {
		if s := w.core.sessionByNumber(n); s != nil {
			w.say("session %d %s %v", s.number, s.peer.key, s.state)
		}
	}
	var list []message
	for _, m := range w.core.box.table {
		if m.id != 0 {
			list = append(list, m)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].id < list[j].id })
	for i := range list {
		w.say("message %d %s %v", list[i].id, list[i].peer.key, marks(list[i].state))
	}
}

// standing names a session that is not free.
func (w *world) standing() string {
	for i := range w.core.sessions {
		if s := &w.core.sessions[i]; s.state != sessionFree {
			return fmt.Sprintf("session %d with %s is %v", s.number, s.peer.key, s.state)
		}
	}
	return ""
}

// patience is how long everything takes to come to its end by itself when nobody answers:
// until the last message has expired, and then the timers of what it had begun.
func (w *world) patience() time.Duration {
	return max(w.cfg.Chat.Expires, w.cfg.Chat.Idle) + 2*time.Hour
}

// checkLeaks fails when something never comes to its end: when the network, the peers and
// the hosts say nothing more, every session and every message to be sent ends in time, the
// user agent waits for nothing, and every buffer is back.
func (w *world) checkLeaks() {
	w.t.Helper()
	if w.core == nil {
		return
	}
	if open := w.standing(); open != "" && !w.ended && w.readers == nil {
		w.t.Errorf("%s, and the transcript does not say so by a last line $ end", open)
	}
	w.line = "afterwards"
	w.flashCommand("ready")
	w.dialCommand("refused")
	for _, k := range w.conns {
		k.stuck = false
	}
	for i := range w.core.hosts {
		if h := &w.core.hosts[i]; h.flow != 0 && h.large.id != 0 { // may take as long as it likes
			w.step(Event{Kind: EvClosed, Door: DoorHost, Flow: h.flow, Fault: FaultEOF})
		}
	}
	w.wait(w.patience())
	if open := w.standing(); open != "" {
		w.t.Errorf("%s for ever", open)
	}
	for i := range w.core.box.table {
		if m := &w.core.box.table[i]; m.id != 0 && !m.incoming && m.state <= StateQueued {
			w.t.Errorf("message %d is %v for ever", m.id, m.state)
		}
	}
	if n := w.core.ua.Pending(); n != 0 {
		w.t.Errorf("the user agent waits for %d transactions for ever", n)
	}
	if w.pool.Free() != w.pool.Total() || w.pool.FreeLarge() != largeBuffers {
		w.t.Errorf("%d of %d buffers leaked %v", w.pool.Total()-w.pool.Free(), w.pool.Total(), w.lent())
	}
}

// lent names the buffers that the user agent holds.
func (w *world) lent() (held []string) {
	for i, b := range w.core.lent.out {
		if b != nil {
			held = append(held, "lent "+strconv.Itoa(i))
		}
	}
	return held
}
