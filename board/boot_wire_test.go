package board_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"unsafe"
)

// wire is the network between the guest and this machine.
type wire struct {
	note   string
	netdev string // QEMU's
	kernel string // for the guest's command line
	guest  netip.Addr
	peer   netip.Addr // of imsnet
	both   bool       // this machine can reach the guest
}

// The trace's own addresses.
var (
	traceUA1 = netip.MustParseAddr("2001::1:4c16:9c0f:4986:9e6d")
	traceUA2 = netip.MustParseAddr("2001:0:0:1::2")
)

// newTap makes a tap device with the address of the remote UE, in a network that is ours.
func newTap() (wire, error) {
	w := wire{note: "in a network namespace of its own, on the addresses of the trace", both: true,
		netdev: "tap,ifname=tap0,script=no,downscript=no", guest: traceUA1, peer: traceUA2,
		kernel: fmt.Sprintf("addr=%v/64", traceUA1)}
	if err := makeTap("tap0"); err != nil {
		return w, err
	}
	s, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return w, err
	}
	defer syscall.Close(s)
	os.WriteFile("/proc/sys/net/ipv6/conf/tap0/accept_dad", []byte("0"), 0o644)
	for _, name := range []string{"lo", "tap0"} {
		if err := setUp(s, name); err != nil {
			return w, fmt.Errorf("%s: %w", name, err)
		}
	}
	tap, err := net.InterfaceByName("tap0")
	if err != nil {
		return w, err
	}
	r := struct { // struct in6_ifreq
		addr   [16]byte
		prefix uint32
		index  int32
	}{traceUA2.As16(), 64, int32(tap.Index)}
	if err := ioctl(s, syscall.SIOCSIFADDR, unsafe.Pointer(&r)); err != nil {
		return w, fmt.Errorf("address of tap0: %w", err)
	}
	return w, nil
}

// makeTap makes a tap device that stays, so that QEMU finds it by its name.
func makeTap(name string) error {
	f, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	r := ifreq{flags: syscall.IFF_TAP | syscall.IFF_NO_PI}
	copy(r.name[:15], name)
	if err := ioctl(int(f.Fd()), syscall.TUNSETIFF, unsafe.Pointer(&r)); err != nil {
		return fmt.Errorf("TUNSETIFF: %w", err)
	}
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TUNSETPERSIST, 1); errno != 0 {
		return fmt.Errorf("TUNSETPERSIST: %w", errno)
	}
	return nil
}

// ifreq is struct ifreq with flags in its union.
type ifreq struct {
	name  [16]byte
	flags uint16
	_     [22]byte
}

func setUp(s int, name string) error {
	var r ifreq
	copy(r.name[:15], name)
	if err := ioctl(s, syscall.SIOCGIFFLAGS, unsafe.Pointer(&r)); err != nil {
		return err
	}
	r.flags |= syscall.IFF_UP
	return ioctl(s, syscall.SIOCSIFFLAGS, unsafe.Pointer(&r))
}

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}

// newSlirp is QEMU's own network: the guest reaches an IPv4 address of this machine, and
// nobody reaches the guest but its relay.
func newSlirp() (wire, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return wire{}, err
	}
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a.String())
		if err != nil || !p.Addr().Is4() || p.Addr().IsLoopback() {
			continue
		}
		return wire{note: "on " + p.Addr().String() + " by QEMU's user network", peer: p.Addr(),
			netdev: fmt.Sprintf("user,hostfwd=tcp:127.0.0.1:%d-:%d", relayPort, relayPort),
			guest:  netip.MustParseAddr("10.0.2.15"), kernel: "addr=10.0.2.15/24 gw=10.0.2.2"}, nil
	}
	return wire{}, errors.New("no IPv4 address but the loopback's")
}

// relayPort is where the guest's host socket answers.
const relayPort = 7447

// relay is the address of the guest's host socket.
func (w wire) relay() string {
	if w.both {
		return netip.AddrPortFrom(w.guest, relayPort).String()
	}
	return fmt.Sprintf("127.0.0.1:%d", relayPort)
}
