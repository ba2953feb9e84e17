package agent

import (
	"fmt"
	"strings"
	"testing"
)

// TestForgottenPeerIsRemembered: a peer that made room for others still moves its message on
// when its notification comes, and gets the notification that it is owed.
func TestForgottenPeerIsRemembered(t *testing.T) {
	w := newWorld(t)
	for _, line := range []string{"host 0 connect", "sip INVITE sip:+14448880000@sharetechnote.com;user=phone", "sip ACK", "msrp connect", "msrp open",
		"msrp text dc5ebabb21 hi", "msrp ok", "host 0 send +14448880000 Hello", "msrp ok", "sip BYE"} {
		w.command(words(line))
	}
	for i := range maxPeers {
		w.now = w.now.Add(1)
		w.core.now = w.now
		if w.core.peerOf(fmt.Appendf(nil, "+1%07d", i)) == nil {
			t.Fatal("no room for a peer")
		}
	}
	if w.core.peers["+14448880000"] != nil {
		t.Fatal("the peer is still known: nothing is tested")
	}
	w.out = w.out[:0]
	w.command(words("sip MESSAGE sip:+14448880000@sharetechnote.com;user=phone imdn-delivered"))
	w.command(words("host 0 displayed 0000000000000001"))
	for _, want := range []string{"flash mark 2 delivered", "IMDN displayed"} {
		if all := strings.Join(w.out, "\n"); !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
}
