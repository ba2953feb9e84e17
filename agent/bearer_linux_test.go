package agent

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"imsagent/agent/internal/bearer"
	"imsagent/modem"
)

// bearerVariable marks the process that has a network of its own.
const bearerVariable = "IMSAGENT_BEARER_EDGE"

// inNamespace runs the test in a network namespace of its own; true in the process there.
func inNamespace(t *testing.T) bool {
	t.Helper()
	if os.Getenv(bearerVariable) != "" {
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), bearerVariable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if ended := (*exec.ExitError)(nil); err != nil && !errors.As(err, &ended) {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("no network namespace: ", err)
	}
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	return false
}

// addresses of the loopback, which stands in for the modem's interface.
func loopback(t *testing.T) string {
	t.Helper()
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	list, err := lo.Addrs()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, a := range list {
		all = append(all, a.String())
	}
	return strings.Join(all, " ")
}

// The core hears of a bearer once a packet has come back from the P-CSCF, and the interface is as
// it was at the end.
func TestBearerIsUpOnceAPacketWentThrough(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	on, err := bearer.Open(bearer.Settings{Interface: "lo"}) // a link that goes down loses its addresses
	if err != nil {
		t.Fatal(err)
	}
	defer on.Close()
	before := loopback(t)
	cfg := DefaultConfig()
	cfg.IMS.Local, _ = ParseEndpoint("[2001:db8:0:2::7]:5060")
	seen := make(chan modem.Event, 16)
	b := newBearerEdge(&cfg, func(ev modem.Event) { seen <- ev })
	b.limit, b.again = 3*time.Second, 50*time.Millisecond // a SYN is repeated after one second
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); b.run(ctx) }()
	want := func(kind modem.EventKind, text string) {
		t.Helper()
		select {
		case ev := <-seen:
			if ev.Kind != kind || !strings.Contains(ev.Text, text) {
				t.Fatalf("%v %q, want %v %q", ev.Kind, ev.Text, kind, text)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("no %v %q", kind, text)
		}
	}
	up := modem.Event{Kind: modem.BearerUp, Bearer: &modem.Bearer{Addresses: []netip.Prefix{netip.MustParsePrefix("2001:db8:0:2::7/128")}}}
	b.take(up)
	want(modem.Status, "set bearer.interface")
	up.Bearer.Interface = "lo"
	other := *up.Bearer
	up.Bearer = &other
	b.take(up)
	want(modem.Status, "no P-CSCF")
	with := other
	with.PCSCF = []netip.Addr{netip.MustParseAddr("2001:db8:0:1::1")}
	up.Bearer = &with
	b.take(up)
	want(modem.Status, "no packet goes through")
	if now := loopback(t); !strings.Contains(now, "2001:db8:0:2::7/128") {
		t.Errorf("addresses %s", now)
	}
	far, err := bearer.Open(bearer.Settings{Interface: "lo", Addresses: []netip.Prefix{netip.MustParsePrefix("2001:db8:0:1::1/128")}})
	if err != nil {
		t.Fatal(err)
	}
	want(modem.BearerUp, "") // nobody listens, but somebody answers
	b.take(modem.Event{Kind: modem.Gone, Text: "unplugged"})
	want(modem.BearerDown, "unplugged")
	b.take(up)
	want(modem.BearerUp, "")
	if err := far.Close(); err != nil {
		t.Error(err)
	}
	cancel()
	<-done
	if now := loopback(t); now != before {
		t.Errorf("addresses %q at the end, %q before", now, before)
	}
}
