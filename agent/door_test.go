package agent_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"imsagent/agent"
	"imsagent/agent/agenttest"
	"imsagent/agent/ipc"
)

// The door tests run the real agent with real sockets: the simulated network on one side, a
// host application on the other, and something hostile at one of the doors. What they expect
// each time: a clear answer to the hostile one, and a chat that does not notice.

// patience bounds every single wait; a loaded machine may need some of it.
const patience = 30 * time.Second

const (
	doorPeer = "+14448880000"
	doorPANI = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000"
)

// loopback is the address of the agent and of its P-CSCF, stranger that of anybody else.
var (
	loopback = netip.MustParseAddr("127.0.0.1")
	stranger = netip.MustParseAddr("127.0.0.2")
)

// A journal collects lines from any goroutine.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// A daemon is a running agent.
type daemon struct {
	t     *testing.T
	cfg   agent.Config
	log   *journal
	stop  context.CancelFunc
	ended chan error
	over  bool
	began time.Time
}

// network starts a simulated network with an endless script.
func network(t *testing.T, listen netip.AddrPort) *agenttest.Network {
	t.Helper()
	var log journal
	n, err := agenttest.Start(agenttest.Config{Listen: listen, Script: "echo", Log: &log, Timeout: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.Close()
		if t.Failed() {
			t.Logf("network:\n%s", log.String())
		}
	})
	return n
}

// doorConfig is a configuration for one test, with the P-CSCF there. The limits are ten
// times smaller than the SIP timers of RFC 3261.
func doorConfig(t *testing.T, pcscf netip.AddrPort) agent.Config {
	t.Helper()
	dir := t.TempDir()
	cfg := agent.DefaultConfig()
	cfg.State = filepath.Join(dir, "state")
	cfg.Modem.Protocol, cfg.Modem.AccessNetwork = "none", doorPANI
	cfg.IMS.Access, cfg.IMS.Register, cfg.IMS.Auth, cfg.IMS.Security = "fixed", false, "none", "none"
	cfg.IMS.Domain, cfg.IMS.IMPU = "sharetechnote.com", "sip:310410123456789@sharetechnote.com"
	cfg.IMS.IMPI = "310410123456789@sharetechnote.com"
	cfg.IMS.PCSCF = []agent.Endpoint{{Addr: pcscf, Host: pcscf.Addr().String(), Port: pcscf.Port()}}
	cfg.SIP.T1, cfg.SIP.T2, cfg.SIP.T4 = 100*time.Millisecond, 400*time.Millisecond, 500*time.Millisecond
	cfg.MSRP.Port, cfg.MSRP.Setup = 0, "active"
	cfg.Host.Socket, cfg.Host.Group = filepath.Join(dir, "h.sock"), ""
	cfg.Memory.Limit = 1 << 30 // the test shares the process
	return cfg
}

// freePort is a port that was free for UDP and TCP a moment ago.
func freePort(t *testing.T) uint16 {
	t.Helper()
	for range 20 {
		l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
		if err != nil {
			t.Fatal(err)
		}
		at := l.Addr().(*net.TCPAddr).AddrPort()
		u, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
		l.Close()
		if err == nil {
			u.Close()
			return at.Port()
		}
	}
	t.Fatal("no port is free for UDP and TCP")
	return 0
}

// startDaemon runs the agent until it answers; the test's end stops it.
func startDaemon(t *testing.T, cfg agent.Config) *daemon {
	t.Helper()
	d, err := tryDaemon(t, cfg)
	for range 5 {
		if err == nil || !strings.Contains(err.Error(), "address already in use") {
			break
		}
		d, err = tryDaemon(t, cfg) // somebody took the free port meanwhile
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// tryDaemon runs the agent on a free port; err is what Run returned instead of answering.
func tryDaemon(t *testing.T, cfg agent.Config) (*daemon, error) {
	t.Helper()
	port := freePort(t)
	cfg.IMS.Local = agent.Endpoint{Addr: netip.AddrPortFrom(loopback, port), Host: loopback.String(), Port: port}
	if faults := cfg.Validate(); len(faults) > 0 {
		t.Fatalf("the test's configuration is wrong: %v", faults)
	}
	ctx, stop := context.WithCancel(context.Background())
	d := &daemon{t: t, cfg: cfg, log: &journal{}, stop: stop, ended: make(chan error, 1), began: time.Now()}
	ready := make(chan struct{})
	go func() {
		log := slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		d.ended <- agent.Run(ctx, &d.cfg, "test", log, func() { close(ready) })
	}()
	select {
	case <-ready:
	case err := <-d.ended:
		stop()
		return nil, err
	case <-time.After(patience):
		t.Fatal("the agent is not ready")
	}
	t.Cleanup(func() {
		d.halt()
		debug.SetMemoryLimit(math.MaxInt64)
		if t.Failed() {
			t.Logf("agent:\n%s", d.log.String())
		}
	})
	return d, nil
}

// halt stops the agent and waits for its end.
func (d *daemon) halt() {
	d.t.Helper()
	if d.over {
		return
	}
	d.over = true
	d.stop()
	select {
	case err := <-d.ended:
		if err != nil {
			d.t.Errorf("Run: %v", err)
		}
	case <-time.After(patience):
		d.t.Fatal("Run does not return")
	}
	d.checkLog()
}

// checkLog: whatever has come from outside, the log has few lines (L20: 10 a second of a kind),
// none of them long, and nothing in them that a terminal or a second line could come of.
func (d *daemon) checkLog() {
	d.t.Helper()
	lines := strings.Split(strings.TrimSuffix(d.log.String(), "\n"), "\n")
	if most := 20 + 10*int(time.Since(d.began)/time.Second); len(lines) > most {
		d.t.Errorf("%d lines in the log, at most %d", len(lines), most)
	}
	for _, line := range lines {
		if len(line) > 600 || !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl) || !strings.HasPrefix(line, "time=") {
			d.t.Errorf("a line of %d octets: %.200q", len(line), line)
		}
	}
}

func (d *daemon) sip() netip.AddrPort { return d.cfg.IMS.Local.Addr }

// An app is a host application.
type app struct {
	t     *testing.T
	c     *ipc.Client
	early []ipc.Notification // seen while something else was awaited
}

// connect is a host application that has subscribed to topics.
func (d *daemon) connect(topics ...string) *app {
	d.t.Helper()
	c, err := ipc.Dial(d.cfg.Host.Socket)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { c.Close() })
	a := &app{t: d.t, c: c}
	if len(topics) > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := c.Subscribe(ctx, topics...); err != nil {
			d.t.Fatal(err)
		}
	}
	return a
}

func (a *app) try(method string, params map[string]any) (map[string]any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return a.c.Call(ctx, method, params)
}

func (a *app) call(method string, params map[string]any) map[string]any {
	a.t.Helper()
	got, err := a.try(method, params)
	if err != nil {
		a.t.Fatalf("%s: %v", method, err)
	}
	return got
}

// until returns the first notification, now or later, that is the wanted one.
func (a *app) until(what string, wanted func(n ipc.Notification) bool) ipc.Notification {
	a.t.Helper()
	for i, n := range a.early {
		if wanted(n) {
			a.early = append(a.early[:i:i], a.early[i+1:]...)
			return n
		}
	}
	late := time.After(patience)
	for {
		select {
		case n, ok := <-a.c.Notifications():
			if !ok {
				a.t.Fatalf("the agent closed the connection before %s", what)
			}
			if wanted(n) {
				return n
			}
			a.early = append(a.early, n)
		case <-late:
			a.t.Fatalf("no %s; there were %v", what, a.early)
		}
	}
}

// reaches waits for a state of an outgoing message.
func (a *app) reaches(id, state string) {
	a.t.Helper()
	a.until("state "+state+" of "+id, func(n ipc.Notification) bool {
		return n.Method == "message_status" && n.Params["message_id"] == id && n.Params["state"] == state
	})
}

// shown waits for an incoming message with this text and returns its id.
func (a *app) shown(text string) string {
	a.t.Helper()
	n := a.until(fmt.Sprintf("message %q", text), func(n ipc.Notification) bool {
		body, _ := n.Params["body"].([]byte)
		return n.Method == "message" && string(body) == text
	})
	id, _ := n.Params["message_id"].(string)
	return id
}

func (a *app) send(to, text string) string {
	a.t.Helper()
	id, _ := a.call("send", map[string]any{"to": to, "body": []byte(text)})["message_id"].(string)
	return id
}

// chat sends a text, sees it delivered, and sees the peer's echo of it.
func (a *app) chat(text string) {
	a.t.Helper()
	id := a.send(doorPeer, text)
	a.reaches(id, "delivered")
	echo := a.shown(text)
	a.call("ack", map[string]any{"message_id": echo})
	a.call("ack", map[string]any{"message_id": id})
}

// counter is one of the agent's counters.
func (a *app) counter(name string) int64 {
	a.t.Helper()
	counters, _ := a.call("status", nil)["counters"].(map[string]any)
	n, _ := counters[name].(int64)
	return n
}

// allBuffersFree waits until at most held buffers are in use.
func (a *app) allBuffersFree(held int64) {
	a.t.Helper()
	var free, total int64
	a.eventually("the buffers come back", func() bool {
		b, _ := a.call("status", nil)["buffers"].(map[string]any)
		free, _ = b["free"].(int64)
		total, _ = b["total"].(int64)
		return total > 0 && total-free <= held
	}, func() string { return fmt.Sprintf("%d of %d are free, at most %d may be held", free, total, held) })
}

// eventually polls until ok, or fails the test with what is the matter.
func (a *app) eventually(what string, ok func() bool, why func() string) {
	a.t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			a.t.Fatalf("%s: not so: %s", what, why())
		}
	}
}

// noLeftovers notes the goroutines and descriptors of now and expects no more of them when
// the test has cleaned up.
func noLeftovers(t *testing.T) {
	t.Helper()
	gos, fds := runtime.NumGoroutine(), descriptors(t)
	t.Cleanup(func() {
		for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
			g, f := runtime.NumGoroutine(), descriptors(t)
			if g <= gos && f <= fds {
				return
			}
			if time.Now().After(end) {
				var b bytes.Buffer
				b.Grow(1 << 20)
				stack := b.AvailableBuffer()[:b.Available()]
				t.Errorf("left over: %d goroutines (were %d), %d descriptors (were %d)\n%s", g, gos, f, fds,
					stack[:runtime.Stack(stack, true)])
				return
			}
		}
	})
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
