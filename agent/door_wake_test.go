package agent_test

import (
	"net/netip"
	"testing"
	"time"
)

// TestQueuedMessageWaitsForNoHost: what the spool holds is sent after a restart although no
// host, network or modem says anything.
func TestQueuedMessageWaitsForNoHost(t *testing.T) {
	noLeftovers(t)
	away := netip.AddrPortFrom(loopback, freePort(t))
	cfg := doorConfig(t, away)
	d := startDaemon(t, cfg)
	d.connect("message").call("send", map[string]any{"to": doorPeer, "body": []byte("left alone")})
	d.halt()
	n := network(t, away)
	d = startDaemon(t, cfg)
	for end := time.Now().Add(patience); carried(n, "left alone") == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never sent")
		}
	}
	d.halt()
}
