package agent

import (
	"strings"
	"testing"
	"time"
)

// An idleHour is a world in which nobody says anything, and how many messages the agent
// sends all the same.
type idleHour struct {
	name          string
	script        []string
	answers       map[string]string // what a request of the agent is answered with
	first, second int               // messages of the agent in the first hour, and in the next
}

// idleHours: a session is closed once when it has been idle, one that is kept open is
// refreshed half-way through its interval, and there is nothing else. Without registration
// there is no keep-alive yet.
var idleHours = []idleHour{
	{"default", []string{"host 0 connect", "host 0 subscribe message session", "sip INVITE sip:+14448880000@sharetechnote.com;user=phone", "sip ACK",
		"msrp connect", "msrp open", "msrp text id000001 hi", "msrp ok"}, map[string]string{"BYE": "sip 200 OK BYE"}, 1, 0},
	{"kept_open", []string{"config idle=160h", "host 0 connect", "host 0 subscribe message session", "host 0 send +14448880000 Hello",
		"sip 200 OK sdp=answer Session-Expires=1800;refresher=uac Require=timer Allow=INVITE,ACK,BYE,UPDATE", "msrp ok", "msrp ok", "msrp imdn delivered"},
		map[string]string{"UPDATE": "sip 200 OK UPDATE Session-Expires=1800;refresher=uac Allow=INVITE,ACK,BYE,UPDATE"}, 4, 4},
}

// pass lets an hour go by, minute by minute, and counts the messages of the agent.
func (h *idleHour) pass(w *world) (messages int) {
	for range 60 {
		w.out = nil
		w.wait(time.Minute)
		for _, line := range w.out {
			if flow, text, _ := strings.Cut(line, "> "); flow == "udp" || flow == "tcp" || flow == "msrp" {
				messages++
				method, _, _ := strings.Cut(text, " ")
				if answer := h.answers[method]; answer != "" {
					w.command(words(answer))
				}
			}
		}
	}
	return messages
}

// play begins the world and lets two hours pass.
func (h *idleHour) play(t testing.TB) (first, second int) {
	w := newWorld(t)
	for _, line := range h.script {
		w.command(words(line))
	}
	return h.pass(w), h.pass(w)
}

func TestIdleHour(t *testing.T) {
	for i := range idleHours {
		h := &idleHours[i]
		t.Run(h.name, func(t *testing.T) {
			if first, second := h.play(t); first != h.first || second != h.second {
				t.Errorf("%d messages in the first hour and %d in the next; want %d and %d", first, second, h.first, h.second)
			}
		})
	}
}

// BenchmarkIdleHour prints the figures that TestIdleHour holds.
func BenchmarkIdleHour(b *testing.B) {
	for i := range idleHours {
		h := &idleHours[i]
		b.Run(h.name, func(b *testing.B) {
			for range b.N {
				first, second := h.play(b)
				b.ReportMetric(float64(first), "messages-first-hour")
				b.ReportMetric(float64(second), "messages-next-hour")
			}
		})
	}
}
