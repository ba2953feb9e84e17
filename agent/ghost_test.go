package agent

import (
	"fmt"
	"strings"
	"testing"
)

// TestGhostsTakeNoPlace: messages that come again after they were forgotten, and whose
// notifications nobody answers, never keep a new message from the host, nor the host's from
// being sent.
func TestGhostsTakeNoPlace(t *testing.T) {
	w := newWorld(t)
	for _, line := range []string{"config max_messages=4", "host 0 connect", "host 0 subscribe message message_status",
		"sip INVITE sip:+14448880000@sharetechnote.com;user=phone", "sip ACK", "msrp connect", "msrp open"} {
		w.command(words(line))
	}
	play := func(format string, a ...any) string {
		w.out = w.out[:0]
		w.command(words(fmt.Sprintf(format, a...)))
		return strings.Join(w.out, "\n")
	}
	for i := range 3 * maxGhosts { // each is shown, acknowledged, notified of and forgotten
		play("msrp text id%d hi", i)
		play("msrp ok")
		play("host 0 displayed %016d", i+1)
		play("msrp ok")
		if out := play("host 0 ack %016d", i+1); !strings.Contains(out, "flash forget") {
			t.Fatalf("message %d is not forgotten:\n%s", i, out)
		}
	}
	for i := range 3 * maxGhosts {
		if out := play("msrp text id%d hi", i); !strings.Contains(out, "flash has that message already") || strings.Contains(out, `"message"`) {
			t.Fatalf("again %d:\n%s", i, out)
		}
	}
	if w.core.box.ghosts != maxGhosts {
		t.Fatalf("%d ghosts", w.core.box.ghosts)
	}
	if out := play("msrp text new hello"); !strings.Contains(out, `"message"`) || !strings.Contains(out, "msrp> 200 OK") {
		t.Errorf("a new message is not shown:\n%s", out)
	}
	if out := play("host 0 send +14448880000 Hello"); !strings.Contains(out, `"message_id"`) {
		t.Errorf("send:\n%s", out)
	}
}
