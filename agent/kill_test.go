package agent_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"imsagent/agent/agenttest"
	"imsagent/agent/ipc"
)

// kills is how often the daemon is killed; IMSAGENT_KILLS overrides it (make soak).
const kills = 20

// killPatience is how long the last message may take after the last kill: longer than the
// outbox's first two waits.
const killPatience = 90 * time.Second

// TestKill runs the real daemon under traffic both ways, kills it again and again by
// SIGKILL, starts it on the same spool, and accounts for every message in the end: none is
// lost, none is there twice.
func TestKill(t *testing.T) {
	count := kills
	if v := os.Getenv("IMSAGENT_KILLS"); v != "" {
		var err error
		if count, err = strconv.Atoi(v); err != nil {
			t.Fatalf("IMSAGENT_KILLS: %v", err)
		}
	}
	if testing.Short() {
		count = 3
	}
	v := newVictim(t)
	h := newKillHost(t, v)
	for i := range count {
		time.Sleep(time.Duration(20+rand.IntN(500)) * time.Millisecond) // sooner than the session is up, or later
		if i%4 == 3 {                                                   // with nothing to send afterwards: it is the network that calls
			h.paused.Store(true)
			time.Sleep(time.Duration(rand.IntN(4)) * time.Millisecond)
		}
		v.kill()
		v.start()
		h.resume()
		if i%50 == 49 {
			t.Logf("killed %d times: %v", i+1, h)
		}
	}
	h.enough()
	h.settle()
	h.account(count)
}

// A victim is the daemon as a process, and its network.
type victim struct {
	t      testing.TB
	bin    string
	dir    string
	socket string
	net    *agenttest.Network
	log    *os.File

	mu  sync.Mutex
	cmd *exec.Cmd
}

// newVictim builds the daemon and starts it beside a network with script mirror.
func newVictim(t testing.TB) *victim {
	t.Helper()
	v := &victim{t: t, dir: t.TempDir()}
	v.bin = filepath.Join(v.dir, "imsagentd")
	v.socket = filepath.Join(v.dir, "h.sock")
	if out, err := exec.Command("go", "build", "-o", v.bin, "./cmd/imsagentd").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	ue := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), lowPort(t))
	noise := &tail{}
	var err error
	v.net, err = agenttest.Start(agenttest.Config{Listen: netip.MustParseAddrPort("127.0.0.1:0"), UE: ue, Script: "mirror",
		Timeout: 3 * time.Second, Log: noise})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.net.Close)
	if v.log, err = os.Create(filepath.Join(v.dir, "log")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(v.dir, "config.toml"), []byte(v.config(ue)), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		v.kill()
		v.log.Close()
		if t.Failed() {
			own, _ := os.ReadFile(v.log.Name())
			t.Logf("the network:\n%s\nthe daemon:\n%s", noise, own[max(0, len(own)-4000):])
		}
	})
	v.start()
	return v
}

// config is the configuration of the daemon.
func (v *victim) config(ue netip.AddrPort) string {
	return fmt.Sprintf(`state = %q
log = "info"
[modem]
protocol = "none"
access_network = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000"
[ims]
access = "fixed"
local = %q
pcscf = [%q]
domain = "sharetechnote.com"
impi = "310410123456789@sharetechnote.com"
impu = "sip:310410123456789@sharetechnote.com"
register = false
auth = "none"
security = "none"
[msrp]
port = 0
setup = "active"
[host]
socket = %q
group = ""
`, filepath.Join(v.dir, "state"), ue, v.net.Addr(), v.socket)
}

// start runs the daemon; its host socket will answer soon.
func (v *victim) start() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.cmd = exec.Command(v.bin, "-config", filepath.Join(v.dir, "config.toml"))
	v.cmd.Stdout, v.cmd.Stderr = v.log, v.log
	v.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := v.cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
}

// kill ends the daemon as a power cut would, and waits until it is gone. What it ended by
// itself before is a fault.
func (v *victim) kill() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.cmd.Process.Kill()
	v.cmd.Wait()
	if ws, ok := v.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && !ws.Signaled() {
		v.t.Errorf("the daemon ended by itself: %v", v.cmd.ProcessState)
	}
}

// lowPort is a port that is free for UDP and TCP and that the kernel gives to nobody else
// while the daemon is down.
func lowPort(t testing.TB) uint16 {
	t.Helper()
	for range 50 {
		port := 20000 + rand.IntN(10000)
		at := fmt.Sprintf("127.0.0.1:%d", port)
		l, err := net.Listen("tcp", at)
		if err != nil {
			continue
		}
		u, err := net.ListenPacket("udp", at)
		l.Close()
		if err == nil {
			u.Close()
			return uint16(port)
		}
	}
	t.Fatal("no free port")
	return 0
}

// A tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (l *tail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b = append(l.b, p...)
	if len(l.b) > 8000 {
		l.b = append(l.b[:0], l.b[len(l.b)-4000:]...)
	}
	return len(p), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.b)
}

// killSenders is how many texts the host has under way at once.
const killSenders = 4

// A killHost is a host application that keeps to the contract over every loss of its
// daemon: it sends again under the same client_id what was not answered, and acknowledges
// what it has noted.
type killHost struct {
	t    *testing.T
	v    *victim
	stop chan struct{} // no more texts
	quit chan struct{} // no more connections
	wg   sync.WaitGroup
	busy sync.WaitGroup // senders

	paused atomic.Bool // no new texts for the moment

	mu       sync.Mutex
	client   *ipc.Client
	changed  *sync.Cond
	next     int
	answered map[string]string // text: message_id of its answered send
	known    map[string]bool   // these message_ids
	shown    map[string]string // imdn_id: message_id
	texts    map[string]string // imdn_id: text
	ticks    int               // outgoing messages whose delivery never became known
	again    int               // messages that were shown again, as they must until acknowledged
	faults   []string
}

func newKillHost(t *testing.T, v *victim) *killHost {
	h := &killHost{t: t, v: v, stop: make(chan struct{}), quit: make(chan struct{}),
		answered: map[string]string{}, known: map[string]bool{}, shown: map[string]string{}, texts: map[string]string{}}
	h.changed = sync.NewCond(&h.mu)
	h.wg.Add(1)
	go func() { defer h.wg.Done(); h.stay() }()
	for range killSenders {
		h.busy.Add(1)
		go func() { defer h.busy.Done(); h.send() }()
	}
	t.Cleanup(func() {
		close(h.quit)
		h.mu.Lock()
		if h.client != nil {
			h.client.Close()
		}
		h.mu.Unlock()
		h.wg.Wait()
	})
	return h
}

func (h *killHost) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return fmt.Sprintf("%d sends answered, %d messages shown, %d shown again before they were acknowledged", len(h.answered), len(h.shown), h.again)
}

// fault notes what is wrong.
func (h *killHost) fault(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults = append(h.faults, fmt.Sprintf(format, args...))
}

// stay keeps a connection to the daemon and follows it.
func (h *killHost) stay() {
	for {
		select {
		case <-h.quit:
			return
		default:
		}
		c, err := ipc.Dial(h.v.socket)
		if err != nil {
			time.Sleep(5 * time.Millisecond)
			continue
		}
		h.mu.Lock()
		h.client = c
		h.changed.Broadcast()
		h.mu.Unlock()
		h.follow(c)
		c.Close()
		h.mu.Lock()
		h.client = nil
		h.mu.Unlock()
	}
}

// follow subscribes and takes what comes until the connection ends.
func (h *killHost) follow(c *ipc.Client) {
	ctx, cancel := context.WithTimeout(context.Background(), killPatience)
	defer cancel()
	if c.Subscribe(ctx, "message", "message_status") != nil {
		return
	}
	for n := range c.Notifications() {
		id, _ := n.Params["message_id"].(string)
		switch n.Method {
		case "message":
			if h.show(n, id) {
				h.ack(c, id)
			}
		case "message_status":
			h.status(c, n.Params, id)
		}
	}
}

// show notes an incoming message and reports whether it is to be acknowledged: now and
// then only the second time.
func (h *killHost) show(n ipc.Notification, id string) bool {
	imdn, _ := n.Params["imdn_id"].(string)
	body, _ := n.Params["body"].([]byte)
	h.mu.Lock()
	defer h.mu.Unlock()
	was, known := h.shown[imdn]
	switch {
	case known && was != id:
		h.faults = append(h.faults, fmt.Sprintf("%s %q was shown as %s and as %s", imdn, body, was, id))
	case known:
		h.again++
	}
	h.shown[imdn], h.texts[imdn] = id, string(body)
	return known || rand.IntN(10) > 0
}

// status acknowledges a final state. A message whose `send` has not been answered yet is not
// acknowledged: the agent may forget it then, and its client_id, under which it goes again.
func (h *killHost) status(c *ipc.Client, p map[string]any, id string) {
	switch p["state"] {
	case "delivered":
		h.mu.Lock()
		known := h.known[id]
		h.mu.Unlock()
		if known {
			h.ack(c, id)
		}
	case "failed", "cancelled":
		h.fault("message %s: %v, code %v, reason %v", id, p["state"], p["code"], p["reason"])
	}
}

// ack acknowledges without waiting for the answer.
func (h *killHost) ack(c *ipc.Client, id string) {
	h.wg.Add(1)
	go func() {
		defer h.wg.Done()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		c.Call(ctx, "ack", map[string]any{"message_id": id}) // lost with the daemon, it is repeated
	}()
}

// connection waits for one.
func (h *killHost) connection() *ipc.Client {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.client == nil || h.client.Err() != nil {
		h.mu.Unlock()
		time.Sleep(2 * time.Millisecond)
		h.mu.Lock()
	}
	return h.client
}

// send sends numbered texts, each until it is answered.
func (h *killHost) send() {
	for {
		select {
		case <-h.stop:
			return
		case <-time.After(3 * time.Millisecond):
		}
		if h.paused.Load() {
			continue
		}
		h.mu.Lock()
		h.next++
		text := fmt.Sprintf("text %06d", h.next)
		h.mu.Unlock()
		for !h.sendOnce(text) {
			time.Sleep(2 * time.Millisecond)
		}
	}
}

func (h *killHost) sendOnce(text string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	got, err := h.connection().Call(ctx, "send", map[string]any{"to": "+14448880000", "body": []byte(text), "client_id": text})
	if err != nil {
		return false
	}
	id, _ := got["message_id"].(string)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answered[text], h.known[id] = id, true
	return true
}

// resume ends a pause once the network has brought what it owes.
func (h *killHost) resume() {
	if !h.paused.Load() {
		return
	}
	for end := time.Now().Add(2 * time.Second); h.v.net.Ledger().Owed > 0 && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	h.paused.Store(false)
}

// enough ends the senders, each when its text is answered.
func (h *killHost) enough() {
	close(h.stop)
	h.busy.Wait()
}

// settle waits until nothing is under way any more: the network owes nothing, the host has
// been shown everything, and the spool is empty.
func (h *killHost) settle() {
	h.t.Helper()
	why := ""
	for end := time.Now().Add(killPatience); ; time.Sleep(50 * time.Millisecond) {
		if why = h.unsettled(); why == "" {
			return
		}
		if time.Now().After(end) {
			h.t.Errorf("not settled after %v: %s", killPatience, why)
			return
		}
	}
}

func (h *killHost) unsettled() string {
	l := h.v.net.Ledger()
	h.mu.Lock()
	answered, shown := len(h.answered), len(h.shown)
	h.mu.Unlock()
	switch {
	case len(l.Taken) < answered:
		return fmt.Sprintf("the network has %d of %d texts", len(l.Taken), answered)
	case l.Owed > 0:
		return fmt.Sprintf("the network has still %d messages for us", l.Owed)
	case shown < len(l.Given):
		return fmt.Sprintf("the host has been shown %d of %d messages", shown, len(l.Given))
	}
	return h.listed()
}

// listed acknowledges all that the spool still holds and says what that is. A message is
// still `sent` where the notification of its delivery was answered, and lost with the
// daemon before its mark was written: that is unsynced, and costs a tick, not a message.
func (h *killHost) listed() string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c := h.connection()
	got, err := c.Call(ctx, "messages", nil)
	if err != nil {
		return err.Error()
	}
	list, _ := got["messages"].([]any)
	for _, e := range list {
		m, _ := e.(map[string]any)
		id, _ := m["message_id"].(string)
		if m["state"] == "sent" {
			h.ticks++
		}
		if m["dir"] == "in" || m["state"] == "delivered" || m["state"] == "sent" {
			c.Call(ctx, "ack", map[string]any{"message_id": id})
		}
	}
	if len(list) > 0 {
		return fmt.Sprintf("the spool still holds %d messages or more, such as %v", len(list), list[0])
	}
	return ""
}

// account compares what the three have noted.
func (h *killHost) account(count int) {
	h.t.Helper()
	l := h.v.net.Ledger()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.faults[:min(len(h.faults), 20)] {
		h.t.Error(f)
	}
	taken := onceEach(h.t, "the network", l.Taken)
	for text := range h.answered {
		if _, ok := taken[text]; !ok {
			h.t.Errorf("lost: %q was accepted as %s and never reached the network", text, h.answered[text])
		}
	}
	onceEach(h.t, "the host", h.texts)
	for id, text := range l.Given {
		if h.texts[id] != text {
			h.t.Errorf("lost: %s %q was answered with 200 and never reached the host", id, text)
		}
		if l.Receipts[id] == 0 {
			h.t.Errorf("no delivery notification for %s %q", id, text)
		}
	}
	for id := range h.texts {
		if _, ok := l.Given[id]; !ok {
			h.t.Errorf("the host was shown %s, which nobody sent", id)
		}
	}
	h.t.Logf("%d kills: host to network %d, network to host %d (%d shown again before their ack), refused %v, calls of the network %d, deliveries not noted %d",
		count, len(h.answered), len(l.Given), h.again, l.Refused, l.Calls, h.ticks)
}

// onceEach reports texts that are there under two ids, and returns id by text.
func onceEach(t *testing.T, where string, byID map[string]string) map[string]string {
	t.Helper()
	byText := map[string]string{}
	for id, text := range maps.All(byID) {
		if other, twice := byText[text]; twice {
			t.Errorf("twice: %s has %q as %s and as %s", where, text, id, other)
		}
		byText[text] = id
		if strings.TrimSpace(text) == "" {
			t.Errorf("%s has an empty text %s", where, id)
		}
	}
	return byText
}
