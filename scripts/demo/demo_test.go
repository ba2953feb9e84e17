package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// insideEnv makes this test program the process in the namespace.
const insideEnv = "IMSAGENT_DEMO_TEST_INSIDE"

func TestMain(m *testing.M) {
	if path := os.Getenv(insideEnv); path != "" {
		if err := inside(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(exitNoWorld)
		}
		os.Exit(exitDone)
	}
	os.Exit(m.Run())
}

// inside sends one datagram between the trace's addresses while lo is captured.
func inside(path string) error {
	if err := bringUp(traceWorld.one.addr, traceWorld.two.addr); err != nil {
		return err
	}
	stop, err := capture(path)
	if err != nil {
		return err
	}
	defer stop()
	l, err := net.ListenPacket("udp", traceWorld.two.at(traceWorld.two.sip))
	if err != nil {
		return err
	}
	defer l.Close()
	own, _ := net.ResolveUDPAddr("udp", traceWorld.one.at(traceWorld.one.sip))
	peer, _ := net.ResolveUDPAddr("udp", traceWorld.two.at(traceWorld.two.sip))
	c, err := net.DialUDP("udp", own, peer)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Write([]byte("over the trace's addresses")); err != nil {
		return err
	}
	l.SetReadDeadline(time.Now().Add(2 * time.Second))
	_, from, err := l.ReadFrom(make([]byte, 64))
	if err == nil && from.String() != own.String() {
		err = fmt.Errorf("it came from %v", from)
	}
	return err
}

func TestNamespaceHasTheAddressesOfTheTrace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wire.pcap")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), insideEnv+"="+path)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	if err := cmd.Start(); err != nil {
		t.Skip("no user namespaces here: ", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(got, []byte("over the trace's addresses")) {
		t.Errorf("the capture has %d octets, not the datagram: %v", len(got), err)
	}
	if bytes.Count(got, []byte("over the trace's addresses")) != 1 {
		t.Error("the datagram is captured twice")
	}
}

// ideal is the trace's INVITE as it should be sent.
func ideal(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("../../agent/agenttest/testdata/trace/01-invite.sip")
	if err != nil {
		t.Fatal(err)
	}
	return lines(strings.NewReplacer(
		"6b79b8bc937e4985b1dffd062b687bd7", "6b79b8bc-937e-4985-b1df-fd062b687bd7",
		"d5e4121aeec2cc59546ebaef8966ef185a2f37f0", "d5e4121a-eec2-4c59-946e-baef8966ef18",
		"UPDATE,INFO,REFER,NOTIFY,MESSAGE,PRACK", "UPDATE,PRACK",
		";transport=TCP", "", ";transport=UDP", "",
		"508868544@", "5088685445088685@", "284849603", "ue-28484960",
		"/FmnP;", "/FmnPFmnPFmnPFmnP;",
	).Replace(string(b)))
}

func TestDifferencesAreNamed(t *testing.T) {
	trace, err := os.ReadFile("../../agent/agenttest/testdata/trace/01-invite.sip")
	if err != nil {
		t.Fatal(err)
	}
	unexpected := func(ours []string) (names []string) {
		var b bytes.Buffer
		for _, p := range pair(lines(string(trace)), ours) {
			if p.print(&theatre{screen: &b}) > 0 {
				names = append(names, name(p.trace+p.ours))
			}
		}
		return names
	}
	if bad := unexpected(ideal(t)); len(bad) > 0 {
		t.Errorf("unexpected: %q", bad)
	}
	if bad := unexpected(lines(string(trace))); len(bad) > 0 {
		t.Errorf("the trace differs from itself: %q", bad)
	}
	for _, c := range []struct{ from, to, want string }{
		{"Max-Forwards: 70", "Max-Forwards: 69", "Max-Forwards"},
		{"k: timer", "k: timer,100rel", "k"},
		{"a=setup:active", "a=setup:actpass", "a=setup"},
		{"i: 5088685445088685", "i: 5", "i"},
		{"/FmnPFmnPFmnPFmnP", "/F", "a=path"},
	} {
		ours := lines(strings.Replace(strings.Join(ideal(t), "\r\n"), c.from, c.to, 1))
		if bad := unexpected(ours); len(bad) != 1 || bad[0] != c.want {
			t.Errorf("%s instead of %s: unexpected %q", c.to, c.from, bad)
		}
	}
	ours := ideal(t)
	ours[5], ours[6] = ours[6], ours[5]
	if bad := unexpected(ours); len(bad) != 2 {
		t.Errorf("two lines exchanged: unexpected %q", bad)
	}
	if bad := unexpected(append(ours[:1:1], ideal(t)[2:]...)); len(bad) != 1 || bad[0] != "Conversation-ID" {
		t.Errorf("without Conversation-ID: unexpected %q", bad)
	}
}

func TestMovedPutsTheAddressesOfTheWorld(t *testing.T) {
	w, err := loopback("ipv4")
	if err != nil {
		t.Fatal(err)
	}
	got := w.moved("Route: <sip:[2001:0:0:1::2]:5060;lr>\r\nc=IN IP6 2001::1:4c16:9c0f:4986:9e6d\r\nm=message 8880 TCP/MSRP *\r\n")
	want := fmt.Sprintf("Route: <sip:127.0.0.1:%d;lr>\r\nc=IN IP4 127.0.0.1\r\nm=message %d TCP/MSRP *\r\n", w.two.sip, w.one.msrp)
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLadderIsHeldToTheReferenceTable(t *testing.T) {
	ladder := func(arrow func(string) string) (lines []string) {
		for i, r := range rows {
			lines = append(lines, fmt.Sprintf("(%d)  UA1 %s Proxy/UA2    %s   %s   %s", i+1, arrow(r.out), r.protocol, r.message, r.comment))
		}
		return lines
	}
	plain := func(s string) string { return s }
	called := &theatre{scenario: answering}
	calling := &theatre{scenario: originating}
	if err := calling.checkLadder(append(ladder(plain), "(18)  UA1 --> Proxy/UA2    SIP   BYE")); err != nil {
		t.Error(err)
	}
	if err := called.checkLadder(ladder(mirrored)); err != nil {
		t.Error(err)
	}
	if calling.checkLadder(ladder(mirrored)) == nil {
		t.Error("the caller may be UA2")
	}
	if calling.checkLadder(ladder(plain)[:16]) == nil {
		t.Error("16 steps are enough")
	}
	lines := ladder(plain)
	lines[6], lines[7] = strings.Replace(lines[7], "(8)", "(7)", 1), strings.Replace(lines[6], "(7)", "(8)", 1)
	if calling.checkLadder(lines) == nil {
		t.Error("two steps may change places")
	}
}

// The whole demonstration in each of its worlds; where tshark is, it reads the
// captures.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("builds four programs")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(root)
	self := filepath.Join(t.TempDir(), "demo")
	if b, err := exec.Command("go", "build", "-o", self, "./scripts/demo").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	for _, name := range []string{"trace", "ipv6", "ipv4"} {
		t.Run(name, func(t *testing.T) {
			if !there(name) {
				t.Skip("this machine does not have it")
			}
			out := t.TempDir()
			b, err := exec.Command(self, "-world", name, "-out", out).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, b)
			}
			if !strings.Contains(string(b), "All 17 steps, both ways") || strings.Contains(string(b), "UNEXPECTED") {
				t.Errorf("it said\n%s", b)
			}
			if name == "trace" {
				dissect(t, filepath.Join(out, "demo.pcapng"), 17)
				dissect(t, filepath.Join(out, "demo-answering.pcapng"), 17)
				dissect(t, filepath.Join(out, "demo-wire.pcap"), 34)
			}
		})
	}
}

// there reports whether a world can be had on this machine.
func there(name string) bool {
	switch name {
	case "trace":
		cmd := exec.Command("true")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET}
		return cmd.Run() == nil
	case "ipv6":
		l, err := net.Listen("tcp", "[::1]:0")
		if err == nil {
			l.Close()
		}
		return err == nil
	}
	return true
}

// dissect has tshark find the steps, nothing malformed, and no warning or error.
func dissect(t *testing.T, path string, steps int) {
	t.Helper()
	if _, err := exec.LookPath("tshark"); err != nil {
		if os.Getenv("CI") != "" {
			t.Error("tshark is missing (Debian package tshark)")
		}
		t.Log("without tshark: the captures are not read")
		return
	}
	tshark := func(filter string, fields ...string) []string {
		args := []string{"-r", path, "-d", "tcp.port==16000,msrp", "-d", "tcp.port==8880,msrp", "-Y", filter}
		if len(fields) > 0 {
			args = append(args, "-T", "fields")
		}
		for _, f := range fields {
			args = append(args, "-e", f)
		}
		b, err := exec.Command("tshark", args...).Output()
		if err != nil {
			t.Fatalf("tshark %s: %v", strings.Join(args, " "), err)
		}
		return strings.Split(strings.TrimSpace(string(b)), "\n")
	}
	var seen int
	for _, l := range tshark("(sip && !sip.Method==BYE && !sip.CSeq.method==BYE) || msrp", "_ws.col.Info") {
		if l != "" && !strings.HasPrefix(l, "Continuation") {
			seen++
		}
	}
	// tshark takes one MSRP message of a segment for all: a 200 and what follows it are one. Of the wire
	// we want the two runs of the trace at least; what follows is as the network comes to it.
	if two := tshark("frame contains 24:0d:0a:4d:53:52:50:20", "frame.number"); two[0] != "" { // "$", line end, "MSRP "
		seen += len(two)
	}
	if whole := !strings.HasSuffix(path, "wire.pcap"); seen < steps || whole && seen > steps {
		t.Errorf("%s: tshark sees %d steps, want %d", filepath.Base(path), seen, steps)
	}
	// 6291456 is the severity of a warning; a note is what it makes of header names that it does not know.
	// What TCP says of its sequence is the machine's load and not ours: 33554432 is that group.
	if bad := tshark("_ws.malformed || (_ws.expert.severity >= 6291456 && !(_ws.expert.group == 33554432))", "frame.number", "_ws.expert.message"); bad[0] != "" {
		t.Errorf("%s: tshark complains: %q", filepath.Base(path), bad)
	}
}
