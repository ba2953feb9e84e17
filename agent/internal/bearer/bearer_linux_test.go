package bearer

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
)

// insideVariable is "ue" in the process that has a network of its own, "network" in its peer.
const insideVariable = "IMSAGENT_BEARER_INSIDE"

// The network's side: the P-CSCF, and the prefix that the UE gets.
const (
	pcscf   = "2001:db8:0:1::1"
	address = "2001:db8:0:2::7"
)

// inside runs a test of this binary again in a network namespace of its own.
func inside(t *testing.T, role string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), insideVariable+"="+role)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	return cmd
}

// alone runs the test in a namespace and reports whether this is the process in it.
func alone(t *testing.T) bool {
	switch os.Getenv(insideVariable) {
	case "ue":
		return true
	case "network":
		beNetwork(t)
		return false
	}
	cmd := inside(t, "ue")
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
	if strings.Contains(string(out), "--- SKIP") {
		t.Skip("skipped in the namespace")
	}
	return false
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pair makes the two ends of a wire.
func pair(t *testing.T) netlink.Link {
	t.Helper()
	v := netlink.NewVeth(netlink.LinkAttrs{Name: "wwan0", MTU: 1500})
	v.PeerName = "net0"
	if err := netlink.LinkAdd(v); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("no veth: ", err)
	}
	l, err := netlink.LinkByName("wwan0")
	check(t, err)
	return l
}

// state is everything that the interface has.
func state(t *testing.T, name string) (out []string) {
	t.Helper()
	l, err := netlink.LinkByName(name)
	check(t, err)
	out = append(out, l.Attrs().Flags.String(), "mtu", string(rune(l.Attrs().MTU)))
	addrs, err := netlink.AddrList(l, netlink.FAMILY_ALL)
	check(t, err)
	for _, a := range addrs {
		out = append(out, a.IPNet.String())
	}
	routes, err := netlink.RouteList(l, netlink.FAMILY_ALL)
	check(t, err)
	for _, r := range routes {
		out = append(out, r.String())
	}
	for _, c := range sysctls {
		b, err := os.ReadFile(filepath.Join(procIPv6, name, c.name))
		check(t, err)
		out = append(out, c.name+" "+strings.TrimSpace(string(b)))
	}
	return out
}

func has(list []string, part string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, part) })
}

func TestOpenAndClose(t *testing.T) {
	if !alone(t) {
		return
	}
	pair(t)
	before := state(t, "wwan0")
	l, err := Open(Settings{Interface: "wwan0", MTU: 1428, Gateway: netip.MustParseAddr("2001:db8:0:2::ff"),
		Addresses: []netip.Prefix{netip.MustParsePrefix(address + "/64"), netip.MustParsePrefix("10.3.4.136/32")}})
	check(t, err)
	now := state(t, "wwan0")
	for _, want := range []string{"up", string(rune(1428)), address + "/64", "fe80::7/64", "10.3.4.136/32", "accept_ra 2", "autoconf 0", "addr_gen_mode 1"} {
		if !has(now, want) {
			t.Errorf("no %q in %q", want, now)
		}
	}
	routes, err := netlink.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{LinkIndex: l.link.Attrs().Index}, netlink.RT_FILTER_OIF)
	check(t, err)
	defaults := 0
	for _, r := range routes {
		if (r.Dst == nil || r.Dst.IP.IsUnspecified()) && r.Priority == metric {
			defaults++
		}
	}
	if defaults != 2 {
		t.Errorf("%d default routes in %v", defaults, routes)
	}
	check(t, l.Close())
	if after := state(t, "wwan0"); !slices.Equal(after, before) {
		t.Errorf("after\n%q, before\n%q", after, before)
	}
	check(t, l.Close())
}

// What somebody else had set stays, and so does the interface if something is refused.
func TestOpenBesideOthers(t *testing.T) {
	if !alone(t) {
		return
	}
	link := pair(t)
	check(t, netlink.AddrAdd(link, &netlink.Addr{IPNet: &net.IPNet{IP: net.ParseIP(address), Mask: net.CIDRMask(64, 128)}}))
	check(t, netlink.LinkSetUp(link))
	before := state(t, "wwan0")
	l, err := Open(Settings{Interface: "wwan0", Addresses: []netip.Prefix{netip.MustParsePrefix(address + "/64")}})
	check(t, err)
	check(t, l.Close())
	if after := state(t, "wwan0"); !has(after, address) || !has(after, "up") || !has(before, "up") {
		t.Errorf("after %q, before %q", after, before)
	}
	before = state(t, "wwan0")
	if _, err := Open(Settings{Interface: "wwan0", MTU: 1 << 30, Addresses: []netip.Prefix{netip.MustParsePrefix("2001:db8:0:9::9/64")}}); err == nil {
		t.Error("an impossible MTU was set")
	}
	if after := state(t, "wwan0"); !slices.Equal(after, before) {
		t.Errorf("after\n%q, before\n%q", after, before)
	}
	if _, err := Open(Settings{Interface: "wwan9"}); err == nil {
		t.Error("an interface that there is not was set up")
	}
}

// The interface may go while it is ours: a modem that is unplugged.
func TestCloseWithoutInterface(t *testing.T) {
	if !alone(t) {
		return
	}
	link := pair(t)
	l, err := Open(Settings{Interface: "wwan0", MTU: 1428, Addresses: []netip.Prefix{netip.MustParsePrefix(address + "/64")}})
	check(t, err)
	check(t, netlink.LinkDel(link))
	check(t, l.Close())
}

// Up means that a packet went through: not with the address alone.
func TestProbe(t *testing.T) {
	if !alone(t) {
		return
	}
	pair(t)
	l, err := Open(Settings{Interface: "wwan0", Addresses: []netip.Prefix{netip.MustParsePrefix(address + "/64")}})
	check(t, err)
	defer func() { check(t, l.Close()) }()
	probe := func(port uint16, d time.Duration) error {
		ctx, cancel := context.WithTimeout(context.Background(), d)
		defer cancel()
		return Probe(ctx, "wwan0", netip.MustParseAddr(address), netip.AddrPortFrom(netip.MustParseAddr(pcscf), port))
	}
	if err := probe(5060, 300*time.Millisecond); err == nil {
		t.Error("there is nobody, and a packet went through")
	}
	cmd := inside(t, "network")
	w, err := cmd.StdinPipe()
	check(t, err)
	check(t, cmd.Start())
	defer func() { w.Close(); cmd.Wait() }()
	peer, err := netlink.LinkByName("net0")
	check(t, err)
	check(t, netlink.LinkSetNsPid(peer, cmd.Process.Pid))
	for _, port := range []uint16{5060, 9} { // one listens, one refuses
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			if err = probe(port, time.Second); err == nil || time.Now().After(end) {
				break
			}
		}
		if err != nil {
			t.Errorf("port %d: %v", port, err)
		}
	}
}

// beNetwork is the other side of the wire, until standard input ends.
func beNetwork(t *testing.T) {
	var link netlink.Link
	var err error
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if link, err = netlink.LinkByName("net0"); err == nil || time.Now().After(end) {
			break
		}
	}
	check(t, err)
	for _, a := range []string{pcscf + "/64", "2001:db8:0:2::ff/64"} {
		p := netip.MustParsePrefix(a)
		check(t, netlink.AddrAdd(link, &netlink.Addr{IPNet: &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), 128)}, Flags: 0x02}))
	}
	check(t, netlink.LinkSetUp(link))
	l, err := net.Listen("tcp", "["+pcscf+"]:5060")
	check(t, err)
	defer l.Close()
	os.Stdin.Read(make([]byte, 1))
}
