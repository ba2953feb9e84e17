package agent_test

import (
	"context"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"imsagent/agent"
	"imsagent/agent/ipc"
)

// TestWatchdogIsFedByTheLoop: nobody but the loop feeds the watchdog, so one that hangs does
// not. Here it hangs in Alive: no host is answered meanwhile.
func TestWatchdogIsFedByTheLoop(t *testing.T) {
	cfg := doorConfig(t, netip.AddrPortFrom(loopback, 5099))
	port := freePort(t)
	cfg.IMS.Local = agent.Endpoint{Addr: netip.AddrPortFrom(loopback, port), Host: loopback.String(), Port: port}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ready, ended := make(chan struct{}), make(chan error, 1)
	fed, goOn := make(chan struct{}), make(chan struct{})
	alive := func() {
		select {
		case fed <- struct{}{}:
			<-goOn
		case <-ctx.Done():
		}
	}
	go func() {
		ended <- agent.RunWatched(ctx, &cfg, "test", slog.New(slog.DiscardHandler), func() { close(ready) },
			agent.Watchdog{Every: 10 * time.Millisecond, Alive: alive})
	}()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	host, err := ipc.Dial(cfg.Host.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer host.Close()
	<-fed // the loop hangs now
	answered := make(chan error, 1)
	go func() {
		_, err := host.Call(ctx, "status", nil)
		answered <- err
	}()
	select {
	case err := <-answered:
		t.Fatalf("a loop that hangs has answered (%v)", err)
	case <-fed:
		t.Fatal("fed by somebody else")
	case <-time.After(300 * time.Millisecond):
	}
	close(goOn)
	go func() {
		for range fed { // ends with the process
		}
	}()
	if err := <-answered; err != nil {
		t.Error(err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
