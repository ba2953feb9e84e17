package agent

import (
	"testing"
)

// TestStepAllocatesNothingInASession counts heap allocations of Core.Step for every message
// of an established session: a text in (with its flash, its 200 and its notification), a
// notification in, isComposing in, the answers to our own SENDs, and a text out.
func TestStepAllocatesNothingInASession(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, tt := range []struct {
		name   string
		script []string
	}{
		{"typing in", []string{"msrp typing active"}},
		{"text in", []string{"msrp text %ID hi", "msrp ok"}},
		{"notification in", []string{"msrp imdn delivered"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var w *world
			for range 3 { // the runtime itself allocates now and then
				if w = establishedWorld(t); w.measureAll(tt.script) {
					return
				}
			}
			t.Errorf("%v allocations in %d steps", w.allocs, w.steps)
		})
	}
}

// establishedWorld is a world with one session, over which one text has gone.
func establishedWorld(t *testing.T) *world {
	w := newWorld(t)
	for _, line := range []string{"host 0 connect", "host 0 subscribe message message_status session composing",
		"sip INVITE sip:+14448880000@sharetechnote.com;user=phone", "sip ACK", "msrp connect", "msrp open",
		"host 0 send +14448880000 Hello", "msrp ok"} {
		w.command(words(line))
	}
	return w
}

// measureAll reports whether a script runs without allocations.
func (w *world) measureAll(script []string) bool {
	w.measure(script)
	return w.allocs == 0
}
