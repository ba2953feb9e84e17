package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imsagent/agent/internal/bufpool"
)

// poorest are the numbers of free buffers with which every transcript is played again.
var poorest = []int{0, 1, 2, 3, 5, 8, 13}

// TestTranscriptsStarved plays every transcript with next to no free buffers. What the
// network and the host then do fits no more, but nothing panics or spins; and when the
// buffers are back, all of them are, every session ends, and what the host was promised
// is there, or has come to an end that it was told.
func TestTranscriptsStarved(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txt")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range poorest {
			t.Run(fmt.Sprintf("%s/%d", strings.TrimSuffix(filepath.Base(f), ".txt"), n), func(t *testing.T) {
				w := newWorld(t)
				w.readers = bufpool.New(200, largeBuffers)
				w.playPoor(string(b), n)
				w.checkPoor()
			})
		}
	}
}

// playPoor is play with n free buffers; they are all there while much time passes.
func (w *world) playPoor(script string, n int) {
	for _, line := range strings.Split(strings.TrimSuffix(script, "\n"), "\n") {
		if !strings.HasPrefix(line, "$ ") {
			continue
		}
		w.out = w.out[:0]
		a := words(line[2:])
		if a[0] == "wait" || a[0] == "jump" {
			d, _ := time.ParseDuration(a[1])
			w.wait(min(d, 10*time.Second))
			w.giveBack()
		}
		w.command(a)
		w.take(n)
	}
	w.giveBack()
}

// take leaves n buffers free.
func (w *world) take(n int) {
	for w.core != nil && w.pool.Free() > n {
		w.taken = append(w.taken, w.pool.Get())
	}
}

func (w *world) giveBack() {
	for _, b := range w.taken {
		b.Release()
	}
	w.taken = nil
}

// checkPoor looks at what is left.
func (w *world) checkPoor() {
	w.command([]string{"flash", "ready"})
	w.wait(3 * time.Hour)
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
