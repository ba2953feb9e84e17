package agent

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"imsagent/agent/ipc"
	"imsagent/agent/spool"
)

// A gateFS is a directory whose fdatasync hangs while the gate is locked.
type gateFS struct {
	spool.FS
	gate sync.Mutex
}

type gateFile struct {
	spool.File
	fs *gateFS
}

func (g *gateFS) Open(name string, create bool) (spool.File, error) {
	f, err := g.FS.Open(name, create)
	if err != nil {
		return nil, err
	}
	return &gateFile{f, g}, nil
}

func (f *gateFile) Sync() error {
	f.fs.gate.Lock()
	defer f.fs.gate.Unlock()
	return f.File.Sync()
}

// TestSlowFlashStopsNoTimer: while one fdatasync hangs and a host acknowledges more than the
// queue to the spool holds, the network is answered all the same; afterwards every
// acknowledgement has been taken.
func TestSlowFlashStopsNoTimer(t *testing.T) {
	const acks = 2 * spoolQueue
	proxy, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	cfg := benchConfig(t, proxy.LocalAddr().(*net.UDPAddr).AddrPort())
	cfg.Spool.MaxMessages = 4 * acks
	ids := fillInbox(t, &cfg, acks)
	dir, err := spool.OpenDir(cfg.State)
	if err != nil {
		t.Fatal(err)
	}
	g := &gateFS{FS: dir}
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- runOn(ctx, &cfg, g, "test", slog.New(slog.DiscardHandler), func() { close(ready) }, Watchdog{})
	}()
	defer func() {
		stop()
		<-ended
	}()
	<-ready
	c, err := ipc.Dial(cfg.Host.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	g.gate.Lock()
	var open sync.Once
	defer open.Do(g.gate.Unlock) // before the stop, whatever fails
	go c.Call(ctx, "send", map[string]any{"to": "+14448889999", "body": []byte("x")})
	var done sync.WaitGroup
	for _, id := range ids {
		done.Go(func() {
			if _, err := c.Call(ctx, "ack", map[string]any{"message_id": fmt.Sprintf("%016d", id)}); err != nil {
				t.Errorf("ack of %d: %v", id, err)
			}
		})
	}
	for i := range 5 { // the queue fills meanwhile
		askOptions(t, proxy, &cfg, i)
		time.Sleep(100 * time.Millisecond)
	}
	open.Do(g.gate.Unlock)
	done.Wait()
}

// fillInbox puts n messages into the spool that the host has not acknowledged.
func fillInbox(t *testing.T, cfg *Config, n int) (ids []uint64) {
	t.Helper()
	sp, err := spool.Open(cfg.State, spool.Options{MaxMessages: cfg.Spool.MaxMessages})
	if err != nil {
		t.Fatal(err)
	}
	defer sp.Close()
	for i := range n {
		e := spool.Entry{ID: sp.NextID(), Dir: spool.In, State: uint8(InStored | InReceipted), Time: time.Now().UnixMilli(), Size: 3,
			Body: []byte("abc"), Peer: fmt.Appendf(nil, "+1444888%04d", i%10), IMDNID: fmt.Appendf(nil, "%022d", i), ContentType: []byte("text/plain")}
		b, err := spool.AppendEntry(make([]byte, 0, 4096), &e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sp.Append(b); err != nil {
			t.Fatal(err)
		}
		if err := sp.Commit(); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.ID)
	}
	return ids
}

// askOptions sends an OPTIONS as the P-CSCF, and waits for its answer.
func askOptions(t *testing.T, proxy *net.UDPConn, cfg *Config, n int) {
	t.Helper()
	ask := fmt.Sprintf("OPTIONS sip:310410123456789@%[1]s SIP/2.0\r\nVia: SIP/2.0/UDP %[2]s;branch=z9hG4bKask%[3]d\r\n"+
		"From: <sip:network@example.net>;tag=1\r\nTo: <sip:ue@example.net>\r\nCall-ID: ask%[3]d\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
		cfg.IMS.Local.Addr, proxy.LocalAddr(), n)
	if _, err := proxy.WriteToUDPAddrPort([]byte(ask), cfg.IMS.Local.Addr); err != nil {
		t.Fatal(err)
	}
	proxy.SetReadDeadline(time.Now().Add(20 * time.Second))
	for b := make([]byte, 9000); ; {
		k, err := proxy.Read(b)
		if err != nil {
			t.Fatalf("OPTIONS %d has no answer: %v", n, err)
		}
		if got := string(b[:k]); strings.HasPrefix(got, "SIP/2.0 200") && strings.Contains(got, fmt.Sprintf("branch=z9hG4bKask%d", n)) {
			return
		}
	}
}
