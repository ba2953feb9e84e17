package agent

import (
	"strings"
	"testing"
)

// TestAckedWhileRead: a message that is acknowledged while it is read from the spool for a host
// that has come is not shown to it any more.
func TestAckedWhileRead(t *testing.T) {
	w := newWorld(t)
	for _, line := range []string{"sip INVITE sip:+14448880000@sharetechnote.com;user=phone", "sip ACK", "msrp connect", "msrp open",
		"msrp text dc5ebabb21 hi", "host 0 connect"} {
		w.command(words(line))
	}
	subscribe := appendParams([]byte("\x94\x00\x01\xa9subscribe\x91"), "subscribe", []string{"message"})
	ack := appendParams([]byte("\x94\x00\x02\xa3ack\x91"), "ack", []string{"0000000000000001"})
	w.out = w.out[:0]
	w.queue = append(w.queue, Event{Kind: EvData, Door: DoorHost, Flow: hostFlow, Buf: w.buf(subscribe)}) // asks for the entry
	w.step(Event{Kind: EvData, Door: DoorHost, Flow: hostFlow, Buf: w.buf(ack)})
	if got := strings.Join(w.out, "\n"); strings.Contains(got, `"message",`) || !strings.Contains(got, "[1,2,null,{}]") {
		t.Errorf("%s", got)
	}
}
