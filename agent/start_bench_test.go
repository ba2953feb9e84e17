package agent

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"testing"
	"time"

	"imsagent/agent/spool"
)

// BenchmarkStartFull is a start of the agent on a spool that is full by [spool]
// max_messages, half of them of the host, until its host socket answers. The
// requirement is 2 s.
func BenchmarkStartFull(b *testing.B) {
	cfg := benchConfig(b, netip.MustParseAddrPort("127.0.0.1:9"))
	fillSpool(b, &cfg)
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	for b.Loop() {
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		ready := make(chan struct{})
		go func() {
			ended <- Run(ctx, &cfg, "bench", slog.New(slog.DiscardHandler), func() { close(ready) })
		}()
		select {
		case <-ready:
		case err := <-ended:
			b.Fatal(err)
		}
		b.StopTimer()
		stop()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// fillSpool stores as many messages of 150 octets as the limits allow.
func fillSpool(b *testing.B, cfg *Config) {
	b.Helper()
	sp, err := spool.Open(cfg.State, spool.Options{MaxBytes: cfg.Spool.MaxBytes, MaxMessages: cfg.Spool.MaxMessages})
	if err != nil {
		b.Fatal(err)
	}
	defer sp.Close()
	buf := make([]byte, 0, 4096)
	now := time.Now().UnixMilli()
	for i := range cfg.Spool.MaxMessages {
		e := spool.Entry{ID: sp.NextID(), Dir: spool.In, State: uint8(InStored | InReceipted), Time: now, Size: 150, Body: make([]byte, 150),
			Peer: fmt.Appendf(nil, "+1444888%04d", i%1000), IMDNID: fmt.Appendf(nil, "%022d", i), ContentType: []byte("text/plain")}
		if i%2 == 0 {
			e.Dir, e.State, e.Expires = spool.Out, uint8(StateSent), now+86400_000
		}
		p, err := spool.AppendEntry(buf, &e)
		if err != nil {
			b.Fatal(err)
		}
		if _, err = sp.Append(p); err == spool.ErrBatch {
			if err = sp.Commit(); err == nil {
				_, err = sp.Append(p)
			}
		}
		if err != nil {
			b.Fatal(i, err)
		}
	}
	if err := sp.Commit(); err != nil {
		b.Fatal(err)
	}
	size, n := sp.Usage()
	b.Logf("%d messages, %d octets", n, size)
}
