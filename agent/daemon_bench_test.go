package agent

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/bits"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"imsagent/agent/agenttest"
	"imsagent/agent/ipc"
	"imsagent/agent/spool"
)

// benchPeer makes this program the other process of BenchmarkDaemon: its network and its
// host, which allocate.
const benchPeer = "IMSAGENT_BENCH_PEER"

// BenchmarkDaemon is the whole daemon in this process with real sockets and a real
// directory; the network and the host are another process on the loopback. One operation
// is a text host → wire, its delivery notification, the peer's echo wire → host, and ours:
// two messages at the spool.
func BenchmarkDaemon(b *testing.B) {
	rig := newRig(b)
	for _, window := range []int{1, 8} {
		b.Run(fmt.Sprintf("window=%d", window), func(b *testing.B) { rig.carry(b, window) })
	}
}

// A rig is the daemon under measurement.
type rig struct {
	fs    *countingFS
	peer  io.Writer
	lines *bufio.Scanner
}

// newRig starts both processes and carries some messages, so that every buffer has been used.
func newRig(b *testing.B) *rig {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestBenchPeer$")
	cmd.Env = append(os.Environ(), benchPeer+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); cmd.Wait() })
	r := &rig{peer: in, lines: bufio.NewScanner(out)}
	proxy, err := netip.ParseAddrPort(r.line(b))
	if err != nil {
		b.Fatal(err)
	}
	r.start(b, benchConfig(b, proxy))
	r.ask(b, "carry 200 8")
	return r
}

// start runs the daemon in this process.
func (r *rig) start(b *testing.B, cfg Config) {
	b.Helper()
	dir, err := spool.OpenDir(cfg.State)
	if err != nil {
		b.Fatal(err)
	}
	r.fs = &countingFS{FS: dir}
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	limit := debug.SetMemoryLimit(-1)
	go func() {
		ended <- runOn(ctx, &cfg, r.fs, "bench", slog.New(slog.DiscardHandler), func() { close(ready) }, Watchdog{})
	}()
	select {
	case <-ready:
	case err := <-ended:
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		debug.SetMemoryLimit(limit)
	})
	r.ask(b, "host "+cfg.Host.Socket)
}

// benchConfig is a configuration on the loopback.
func benchConfig(b testing.TB, proxy netip.AddrPort) Config {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	local := l.Addr().(*net.TCPAddr).AddrPort()
	l.Close()
	dir := b.TempDir()
	cfg := DefaultConfig()
	cfg.State = filepath.Join(dir, "state")
	cfg.Modem.Protocol, cfg.Modem.AccessNetwork = "none", "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000"
	cfg.IMS.Access, cfg.IMS.Register, cfg.IMS.Auth, cfg.IMS.Security = "fixed", false, "none", "none"
	cfg.IMS.Domain, cfg.IMS.IMPU = "sharetechnote.com", "sip:310410123456789@sharetechnote.com"
	cfg.IMS.Local = Endpoint{Addr: local, Host: local.Addr().String(), Port: local.Port()}
	cfg.IMS.PCSCF = []Endpoint{{Addr: proxy, Host: proxy.Addr().String(), Port: proxy.Port()}}
	cfg.MSRP.Port, cfg.MSRP.Setup = 0, "active"
	cfg.Host.Socket, cfg.Host.Group = filepath.Join(dir, "h.sock"), ""
	return cfg
}

// line is what the peer says next.
func (r *rig) line(b *testing.B) string {
	b.Helper()
	for r.lines.Scan() {
		if l, ok := strings.CutPrefix(r.lines.Text(), "peer: "); ok {
			return l
		}
	}
	b.Fatal("the peer has ended")
	return ""
}

// ask tells the peer what to do and returns what it says when that is done.
func (r *rig) ask(b *testing.B, what string) string {
	b.Helper()
	fmt.Fprintln(r.peer, what)
	return r.line(b)
}

// carry measures b.N messages each way.
func (r *rig) carry(b *testing.B, window int) {
	heap, gos, fds := resting()
	free := r.ask(b, "free")
	objects, octets := allocated()
	syncs, written, synced, cache := r.fs.syncs.Load(), r.fs.octets.Load(), r.fs.synced.Load(), cacheBytes()
	b.ResetTimer()
	r.ask(b, fmt.Sprintf("carry %d %d", b.N, window))
	b.StopTimer()
	o, n := allocated()
	per := func(what string, v uint64) { b.ReportMetric(float64(v)/float64(b.N), what) }
	per("allocs/msg", o-objects)
	per("B/msg", n-octets)
	per("fdatasyncs/msg", r.fs.syncs.Load()-syncs)
	per("spool-B/msg", r.fs.octets.Load()-written)
	per("synced-B/msg", r.fs.synced.Load()-synced) // what reaches the flash, without the file system's own
	per("dirtied-cache-B/msg", cacheBytes()-cache)
	h, g, f := resting()
	b.ReportMetric(float64(h)-float64(heap), "heap-growth-B")
	b.ReportMetric(float64(h), "heap-B")
	b.ReportMetric(float64(g-gos), "goroutine-growth")
	b.ReportMetric(float64(f-fds), "fd-growth")
	if now := r.ask(b, "free"); now != free && b.N > 1 {
		b.Errorf("buffers free: %s before, %s after", free, now)
	}
}

// allocated returns the objects and octets allocated so far.
func allocated() (objects, octets uint64) {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:objects"}, {Name: "/gc/heap/tiny/allocs:objects"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() + s[1].Value.Uint64(), s[2].Value.Uint64()
}

// resting returns the live heap, goroutines and descriptors once nothing is under way.
func resting() (heap uint64, goroutines, descriptors int) {
	time.Sleep(20 * time.Millisecond)
	runtime.GC()
	runtime.GC()
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	list, _ := os.ReadDir("/proc/self/fd")
	return s[0].Value.Uint64(), runtime.NumGoroutine(), len(list)
}

// cacheBytes is what this process has dirtied in the page cache, in whole folios, whether or
// not it reached the flash (write_bytes, proc_pid_io(5)); 0 where that is not told.
func cacheBytes() (n uint64) {
	b, _ := os.ReadFile("/proc/self/io")
	if _, after, ok := strings.Cut(string(b), "\nwrite_bytes: "); ok {
		fmt.Sscan(after, &n)
	}
	return n
}

// A countingFS counts what the spool writes and makes durable.
type countingFS struct {
	spool.FS
	syncs, octets, synced atomic.Uint64
}

// A countingFile also notes which of its first 64 blocks of 4096 octets were written since
// the last sync: a segment has 16.
type countingFile struct {
	spool.File
	c     *countingFS
	dirty uint64
}

func (c *countingFS) Open(name string, create bool) (spool.File, error) {
	f, err := c.FS.Open(name, create)
	if err != nil {
		return nil, err
	}
	return &countingFile{File: f, c: c}, nil
}

func (c *countingFS) SyncDir() error { c.syncs.Add(1); return c.FS.SyncDir() }

func (f *countingFile) Sync() error {
	f.c.syncs.Add(1)
	f.c.synced.Add(4096 * uint64(bits.OnesCount64(f.dirty)))
	f.dirty = 0
	return f.File.Sync()
}

func (f *countingFile) WriteAt(p []byte, off int64) (int, error) {
	f.c.octets.Add(uint64(len(p)))
	for b := off / 4096; b <= (off+int64(len(p))-1)/4096; b++ {
		f.dirty |= 1 << (b % 64)
	}
	return f.File.WriteAt(p, off)
}

// TestBenchPeer is the other process of BenchmarkDaemon.
func TestBenchPeer(t *testing.T) {
	if os.Getenv(benchPeer) == "" {
		t.Skip("part of BenchmarkDaemon")
	}
	n, err := agenttest.Start(agenttest.Config{Listen: netip.MustParseAddrPort("127.0.0.1:0"), Script: "mirror", Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	fmt.Printf("peer: %v\n", n.Addr())
	h := &benchHost{t: t}
	for s := bufio.NewScanner(os.Stdin); s.Scan(); {
		var path string
		var count, window int
		switch f := s.Text(); {
		case scanned(f, "host %s", &path):
			h.connect(path)
			fmt.Println("peer: connected")
		case scanned(f, "carry %d %d", &count, &window):
			h.carry(count, window)
			fmt.Println("peer: carried")
		case f == "free":
			fmt.Println("peer:", h.free())
		}
	}
}

func scanned(line, form string, to ...any) bool {
	n, err := fmt.Sscanf(line, form, to...)
	return err == nil && n == len(to)
}

// A benchHost sends texts and takes their echoes.
type benchHost struct {
	t      *testing.T
	c      *ipc.Client
	next   int
	echoes chan string
	seen   chan string
}

func (h *benchHost) call(method string, params map[string]any) map[string]any {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	got, err := h.c.Call(ctx, method, params)
	if err != nil {
		h.t.Fatalf("%s: %v", method, err)
	}
	return got
}

func (h *benchHost) connect(path string) {
	var err error
	if h.c, err = ipc.Dial(path); err != nil {
		h.t.Fatal(err)
	}
	h.echoes, h.seen = make(chan string, 64), make(chan string, 64)
	h.call("subscribe", map[string]any{"topics": []string{"message", "message_status"}})
	go func() {
		for n := range h.c.Notifications() {
			id, _ := n.Params["message_id"].(string)
			switch {
			case n.Method == "message":
				h.echoes <- id
			case n.Params["state"] == "delivered":
				h.seen <- id
			}
		}
	}()
}

// carry sends count texts, window of them at once, and returns when all have been
// delivered, have come back, and are acknowledged.
func (h *benchHost) carry(count, window int) {
	sent, done := 0, 0
	send := func() {
		h.next++
		sent++
		h.call("send", map[string]any{"to": "+14448880000", "body": []byte(fmt.Sprintf("text %07d", h.next))})
	}
	for ; sent < min(window, count); send() {
	}
	for done < 2*count {
		var id string
		select {
		case id = <-h.echoes:
			if sent < count {
				send()
			}
		case id = <-h.seen:
		case <-time.After(30 * time.Second):
			h.t.Fatalf("%d of %d texts are missing", 2*count-done, count)
		}
		h.call("ack", map[string]any{"message_id": id})
		done++
	}
}

// free is how many of the daemon's buffers are free, once nothing is under way.
func (h *benchHost) free() any {
	time.Sleep(100 * time.Millisecond)
	got := h.call("status", nil)
	b, _ := got["buffers"].(map[string]any)
	s, _ := got["spool"].(map[string]any)
	return fmt.Sprint(b["free"], " of ", b["total"], ", messages ", s["messages"])
}
