package agent

import (
	"strings"
	"testing"
	"time"
)

// TestListingWithoutALargeBuffer: a `messages` reply that is being made holds one of the large
// buffers, and an entry that outgrows a small one needs the other. While that is taken, by
// another client's reply, the listing ends before the entry, and never waits for it.
func TestListingWithoutALargeBuffer(t *testing.T) {
	w := newWorld(t)
	for _, line := range []string{"host 0 connect", "host 0 send +14448880000 short", "host 0 send +14448880000 octets:6000"} {
		w.command(words(line))
	}
	other := w.pool.GetLarge()
	for _, v := range [][2]string{
		{"host 0 messages", `"message_id":"0000000000000001"`},
		{"host 0 messages after=0000000000000001", `"name":"busy"`},
	} {
		w.out = w.out[:0]
		w.command(words(v[0]))
		w.wait(time.Second)
		if got := strings.Join(w.out, "\n"); !strings.Contains(got, v[1]) {
			t.Errorf("%s: %s, want %s", v[0], got, v[1])
		}
	}
	other.Release()
	if w.pool.FreeLarge() != largeBuffers {
		t.Errorf("%d large buffers are free", w.pool.FreeLarge())
	}
}
