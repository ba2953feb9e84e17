package board_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imsagent/agent/ipc"
	"imsagent/board"
)

// play runs everything that is to happen on a machine.
func (m *machine) play() {
	m.sizes()
	m.rest()
	if m.profile.Emulator.Net == "" {
		m.unitTests()
		m.off()
		return
	}
	m.chat()
	if m.wire.both {
		m.chatCalled()
	}
	m.many()
	m.unitTests()
	m.off()
}

// off switches the machine off and prints its figures.
func (m *machine) off() {
	fmt.Fprintln(m.qemu.stdin, "poweroff")
	select {
	case <-m.qemu.over:
	case <-time.After(slow):
		m.t.Errorf("the machine does not go off%s", m.qemu.last())
	}
	m.print()
}

// pani is the cell of modemsim.
const pani = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000"

// Ports of the trace: both SIP, UA1's and UA2's MSRP.
const sip, msrp1, msrp2 = 5060, 8880, 16000

// configure writes the daemon's configuration: UA1 of the trace, or, called, UA2.
func (m *machine) configure(script string) {
	impu := "sip:310410123456789@sharetechnote.com"
	if script == "trace-originating" {
		impu = "sip:+14448880000@sharetechnote.com"
	}
	device := ""
	if m.device != "" {
		device = fmt.Sprintf("[modem]\ndevice = %q\n", m.device)
	}
	text := fmt.Sprintf(`[ims]
access = "cellular"
local = %q
pcscf = [%q]
transport = "udp"
domain = "sharetechnote.com"
impi = "310410123456789@sharetechnote.com"
impu = %q
register = false
auth = "none"
security = "none"
user_agent = "Test IMS 5.0"
[msrp]
port = %d
setup = "active"
session_name = "SS VOIP"
user_name = "TEST-IMS-UE"
max_size = 2097152
[chat]
namespaces = ["MyFeatures <mailto:RCSFeatures@test.com>"]
cpim_pani = "MyFeatures"
[host]
group = ""
%s`, netip.AddrPortFrom(m.wire.guest, sip), netip.AddrPortFrom(m.wire.peer, sip), impu, msrp1, device)
	dir := filepath.Join(m.dir, "share/etc/imsagent")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "imsagent.toml"), []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// network starts imsnet.
func (m *machine) network(script string, args ...string) *process {
	m.t.Helper()
	n := start(m.t, m.dir, "imsnet-"+script, func(line string) { m.t.Log("imsnet: " + line) },
		append([]string{filepath.Join(out, "imsnet"), "-listen", netip.AddrPortFrom(m.wire.peer, sip).String(),
			"-msrp", netip.AddrPortFrom(m.wire.peer, msrp2).String(), "-ue", netip.AddrPortFrom(m.wire.guest, sip).String(),
			"-script", script, "-timeout", "60s"}, args...)...)
	n.expect(m.ctx, m.t, 0, slow, "ready")
	return n
}

// ended waits for a program and checks its exit status.
func (m *machine) ended(p *process) {
	m.t.Helper()
	select {
	case <-p.over:
		if p.err != nil {
			m.t.Fatalf("%s: %v%s", p.name, p.err, p.last())
		}
	case <-time.After(slow):
		m.t.Fatalf("%s has not ended%s", p.name, p.last())
	}
}

// chat is the trace as UA1, by the CLI in the guest.
func (m *machine) chat() {
	n := m.network("trace", "-pani", pani)
	begin := time.Now()
	m.must(slow, "imsctl send -wait delivered -timeout 60s +14448880000 Hello")
	m.row("first message: command to delivered", time.Since(begin).Milliseconds(), "ms", 0)
	n.expect(m.ctx, m.t, 0, slow, "done trace")
	f := m.figures()
	m.row("after the chat: VmRSS", f["VmRSS"], "kB", 8192)
	m.row("after the chat: RssAnon", f["RssAnon"], "kB", 0)
	m.must(slow, "stop")
	m.ended(n)
}

// dial connects to the daemon's host socket through the guest's relay.
func (m *machine) dial() *ipc.Client {
	m.t.Helper()
	path := filepath.Join(m.t.TempDir(), "host.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		m.t.Fatal(err)
	}
	go func() {
		inside, err := l.Accept()
		l.Close()
		if err != nil {
			return
		}
		defer inside.Close()
		outside, err := net.Dial("tcp", m.wire.relay())
		if err != nil {
			return
		}
		defer outside.Close()
		go func() {
			io.Copy(outside, inside)
			outside.Close()
		}()
		io.Copy(inside, outside)
	}()
	c, err := ipc.Dial(path)
	if err != nil {
		m.t.Fatalf("host socket of the guest: %v", err)
	}
	m.t.Cleanup(func() { c.Close() })
	return c
}

// located waits until the daemon knows a cell from the modem.
func (m *machine) located(cell string) {
	m.t.Helper()
	c := m.dial()
	defer c.Close()
	for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		status, err := c.Call(m.ctx, "status", nil)
		if err != nil {
			m.t.Fatal(err)
		}
		where, _ := status["access_network"].(map[string]any)
		if where["value"] == cell {
			return
		}
		if time.Since(begin) > slow {
			m.t.Fatalf("the daemon does not know the cell of the modem: %v%s", status["modem"], m.qemu.last())
		}
	}
}

// chatCalled is the trace the other way: the daemon is called, as UA2.
func (m *machine) chatCalled() {
	m.configure("trace-originating")
	m.must(slow, "start")
	m.located(pani)
	host := m.dial()
	defer host.Close()
	m.subscribe(host)
	n := m.network("trace-originating", "-pani", pani)
	from := m.received(host, "Hello")
	n.expect(m.ctx, m.t, 0, slow, "11 ")
	m.call(host, "composing", map[string]any{"to": from, "active": true})
	n.expect(m.ctx, m.t, 0, slow, "13 ")
	m.call(host, "send", map[string]any{"to": from, "body": []byte("hi")})
	n.expect(m.ctx, m.t, 0, slow, "done trace-originating")
	m.must(slow, "stop")
	m.ended(n)
}

func (m *machine) call(host *ipc.Client, method string, params map[string]any) map[string]any {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.ctx, slow)
	defer cancel()
	r, err := host.Call(ctx, method, params)
	if err != nil {
		m.t.Fatalf("%s: %v", method, err)
	}
	return r
}

func (m *machine) subscribe(host *ipc.Client) {
	m.t.Helper()
	if err := host.Subscribe(m.ctx, "message"); err != nil {
		m.t.Fatalf("subscribe: %v", err)
	}
}

// received waits for a text and takes it over.
func (m *machine) received(host *ipc.Client, text string) (from string) {
	m.t.Helper()
	n := m.notified(host, "the text "+text, func(n ipc.Notification) bool {
		body, _ := n.Params["body"].([]byte)
		return n.Method == "message" && string(body) == text
	})
	m.call(host, "ack", map[string]any{"message_id": n.Params["message_id"]})
	from, _ = n.Params["from"].(string)
	return from
}

// notified waits for a notification.
func (m *machine) notified(host *ipc.Client, what string, is func(ipc.Notification) bool) ipc.Notification {
	m.t.Helper()
	for {
		select {
		case n, ok := <-host.Notifications():
			if !ok {
				m.t.Fatalf("the host socket closed: %v%s", host.Err(), m.qemu.last())
			}
			if is(n) {
				return n
			}
		case <-time.After(slow):
			m.t.Fatalf("%s did not come%s", what, m.qemu.last())
		}
	}
}

// tested lists the packages whose tests run in the guest, without those that take minutes
// on an emulated processor.
var tested = []struct{ pkg, without string }{
	{"sipmin", "TestFramerLinear|TestVectors(Splits|Truncated|Prefixes)"}, {"msrp", "^TestVectors$"}, {"cpim", ""}, {"cpim/imdn", ""}, {"modem/at", ""},
}

// buildTests puts the test programs, with their files, where the guest finds them.
func buildTests(t *testing.T, p *board.Profile) {
	t.Helper()
	env := []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + p.Arch}
	if version, ok := strings.CutPrefix(p.Arch, "armv"); ok {
		env = []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm", "GOARM=" + version}
	}
	for _, x := range tested {
		pkg := x.pkg
		for dir := pkg; dir != "."; dir = filepath.Dir(dir) { // a package may use the files of the one above it
			copyFiles(t, filepath.Join("..", dir, "testdata"), filepath.Join(out, p.Name, "share/tests", dir, "testdata"))
		}
		command(t, env, "go", "test", "-c", "-ldflags=-s -w", "-o", filepath.Join("out/boot", p.Name, "share/tests", pkg, "tests"), "./"+pkg)
	}
}

// copyFiles copies a directory, if there is one.
func copyFiles(t *testing.T, from, to string) {
	t.Helper()
	if _, err := os.Stat(from); err != nil {
		return
	}
	err := os.RemoveAll(to)
	if err == nil {
		err = os.CopyFS(to, os.DirFS(from))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// unitTests runs the protocols' tests on the machine.
func (m *machine) unitTests() {
	for _, x := range tested {
		line := "in /share/tests/" + x.pkg + " ./tests -test.short"
		if x.without != "" {
			line += " -test.skip " + x.without
		}
		begin := time.Now()
		said, status := m.tell(4*time.Minute, line)
		if status != 0 {
			m.t.Errorf("%s: exit status %d\n%s", x.pkg, status, strings.Join(said, "\n"))
		}
		m.t.Logf("tests of %s: %v", x.pkg, time.Since(begin).Round(time.Millisecond))
	}
}
