package agent

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"imsagent/agent/internal/bufpool"
)

// poorest are the numbers of free buffers with which every transcript is played again. With
// 16 or fewer no new call is taken, with 8 or fewer no host catches up.
var poorest = []int{0, 1, 2, 5, 8, 17, 20}

// endedByUA are the transcripts in which a fork, or a session that nobody refreshed, is ended
// by the user agent and not by its session.
var endedByUA = []string{"forked", "forked_contacts", "timer_expired", "timer_glare", "timer_refused_408", "timer_refused_422", "timer_refused_481", "timer_refused_491"}

// unstarved are the transcripts that are not played in poverty, and why.
var unstarved = map[string]string{
	"clock_back":    "what was promised is followed by the time of day, which it sets back",
	"hourly":        "its days of waiting are a step each tenth of a second while no buffer is free",
	"restart":       "it has two peers: where one's call fails, the text of the other comes from it under the same id",
	"restart_power": "it cuts the power before an ack is on flash: that message is shown again, under its id",
}

// A poverty says which buffers are missing while a transcript is played.
type poverty struct {
	n    int  // so many small ones are free
	at   int  // during this command only; -1: during all
	long bool // also while time passes; else they are back whenever much of it does
}

// TestTranscriptsStarved plays every transcript with next to no free buffers, small or large,
// all the time or for one command. What the network and the host then do fits no more, but
// nothing panics or spins. When the buffers are back, and the network and the peer answer as
// they should, all that was promised comes to an end that the policy knows: see ledger.check.
// Nothing is left over.
func TestTranscriptsStarved(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txt")
	for _, f := range files {
		if unstarved[strings.TrimSuffix(filepath.Base(f), ".txt")] != "" {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		script := slices.DeleteFunc(strings.Split(string(b), "\n"), func(line string) bool { return !strings.HasPrefix(line, "$ ") })
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			for _, n := range poorest {
				starved(t, script, poverty{n: n, at: -1})
			}
			for n := range 3 {
				starved(t, script, poverty{n: n, at: -1, long: true})
				for at := n; at < len(script); at += n + 1 {
					starved(t, script, poverty{n: n, at: at})
				}
			}
		})
	}
}

// starved plays a transcript in poverty, and a good end.
func starved(t *testing.T, script []string, p poverty) {
	w := newWorld(t)
	w.readers = bufpool.New(200, largeBuffers)
	w.ledger = newLedger(w)
	w.ledger.byUA = slices.Contains(endedByUA, filepath.Base(t.Name()))
	w.ledger.away = slices.ContainsFunc(script, func(line string) bool { return strings.HasPrefix(line, "$ host 0 network") })
	w.playPoor(script, p)
	w.recover()
	w.checkPoor()
	if t.Failed() {
		t.Fatalf("%+v", p)
	}
}

// playPoor is play in poverty.
func (w *world) playPoor(script []string, p poverty) {
	for k, line := range script {
		w.out = w.out[:0]
		a := words(line[2:])
		if (a[0] == "wait" || a[0] == "jump") && !p.long {
			d, _ := time.ParseDuration(a[1])
			w.wait(min(d, 10*time.Second))
			w.giveBack()
		}
		if p.at == k {
			w.take(p.n)
		}
		w.command(a)
		if a[0] == "restart" {
			w.ledger.restarted()
		}
		if p.at < 0 {
			w.take(p.n)
		} else {
			w.giveBack()
		}
		if testing.Verbose() {
			w.t.Logf("%d free: %s\n  %s", w.pool.Free(), line, strings.Join(w.out, "\n  "))
		}
	}
	w.giveBack()
}

// take leaves n small buffers free, and of the large ones none or one.
func (w *world) take(n int) {
	for w.core != nil && w.pool.Free() > n {
		w.taken = append(w.taken, w.pool.Get())
	}
	for w.core != nil && w.pool.FreeLarge() > n/8 {
		w.taken = append(w.taken, w.pool.GetLarge())
	}
}

func (w *world) giveBack() {
	for _, b := range w.taken {
		b.Release()
	}
	w.taken = nil
}

// recover lets hours pass in which nothing is short and everybody answers, and lets a host
// come that wants everything.
func (w *world) recover() {
	w.command([]string{"flash", "ready"})
	w.command([]string{"dial", "works"})
	w.kind = true
	w.out = w.out[:0]
	w.pass(4 * time.Hour)
	if testing.Verbose() {
		w.t.Logf("recovery\n  %s", strings.Join(w.out, "\n  "))
	}
	w.ledger.check()
	w.command([]string{"host", "0", "gone"})
	w.command([]string{"host", "3", "connect"})
	w.command([]string{"host", "3", "subscribe", "message"})
	w.pass(time.Minute)
	w.ledger.checkReplay(w.ledger.hosts[hostFlow+6])
}

// pass lets time pass with a network and a peer that answer.
func (w *world) pass(d time.Duration) {
	for end := w.now.Add(d); w.now.Before(end); {
		step := end.Sub(w.now)
		if at := w.core.Deadline(); !at.IsZero() && at.Before(end) {
			step = max(at.Sub(w.now), 0)
		}
		w.wait(max(step, time.Millisecond))
		for len(w.answers) > 0 {
			answer := w.answers[0]
			w.answers = w.answers[1:]
			answer()
		}
	}
}

// answerKindly makes the network and the peer do what they should about what the agent sent.
func (w *world) answerKindly(flow FlowID, b []byte) {
	if !w.kind {
		return
	}
	method, _, _ := strings.Cut(string(b), " ")
	do := func(a ...string) { w.answers = append(w.answers, func() { w.command(a) }) }
	switch {
	case w.conns[flow] != nil:
		w.answers = append(w.answers, func() {
			if k := w.conns[flow]; k != nil {
				w.conn = flow
				w.reads(k, true)
				w.answerMSRP("200 OK", nil)
			}
		})
	case method == "INVITE":
		do("sip", "200", "OK", "sdp=answer")
	case method == "CANCEL":
		do("sip", "200", "OK", "CANCEL")
		do("sip", "487", "Request", "Terminated")
	case method == "BYE" || method == "MESSAGE" || method == "UPDATE" || method == "PRACK":
		do("sip", "200", "OK", method)
	}
}

// checkPoor looks at what is left.
func (w *world) checkPoor() {
	onFlash := w.onFlash()
	for id := range onFlash {
		if w.core.box.Find(id) < 0 {
			w.t.Errorf("message %d is on flash and unknown to the core", id)
		}
	}
	for i := range w.core.box.table {
		m := &w.core.box.table[i]
		if m.id != 0 && !m.ghost && m.state != StateWriting && !onFlash[m.id] {
			w.t.Errorf("message %d is %v and not on flash", m.id, m.state)
		}
	}
	for i, p := range w.core.pending {
		if p.use != pendFree {
			w.t.Errorf("pending %d of use %d was never answered", i, p.use)
		}
	}
	w.checkLeaks()
	for i := range w.core.hosts {
		if h := &w.core.hosts[i]; h.flow != 0 {
			w.step(Event{Kind: EvClosed, Door: DoorHost, Flow: h.flow, Fault: FaultEOF})
		}
	}
	if w.readers.Free() != w.readers.Total() || w.readers.FreeLarge() != largeBuffers {
		w.t.Errorf("%d buffers of readers leaked", w.readers.Total()-w.readers.Free())
	}
}
