package bearer

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Settings are what the interface is to have.
type Settings struct {
	Interface string
	Addresses []netip.Prefix
	Gateway   netip.Addr // of one of them; needed only where the link has neighbours to resolve
	MTU       int        // octets; 0 leaves it
}

// metric of our default route: sockets that are bound to the interface use it, nobody else.
const metric = 4000

// A Link is an interface with our settings.
type Link struct {
	link netlink.Link
	undo []func() error // what restores it, the last first
}

// sysctls of IPv6 while the bearer is ours: no address of the kernel's own, none out of an
// advertised prefix, but routes out of advertisements also where this machine forwards.
var sysctls = []struct{ name, value string }{{"addr_gen_mode", "1"}, {"autoconf", "0"}, {"accept_ra", "2"}}

// procIPv6 is where the kernel has the settings of interfaces.
const procIPv6 = "/proc/sys/net/ipv6/conf"

// Open gives an interface its settings. On an error it is as it was.
func Open(s Settings) (*Link, error) {
	link, err := netlink.LinkByName(s.Interface)
	if err != nil {
		return nil, fmt.Errorf("bearer: find %s: %w", s.Interface, err)
	}
	l := &Link{link: link}
	if err := l.apply(&s); err != nil {
		return nil, fmt.Errorf("bearer: set up %s: %w", s.Interface, errors.Join(err, l.Close()))
	}
	return l, nil
}

func (l *Link) apply(s *Settings) error {
	if slices.ContainsFunc(s.Addresses, func(p netip.Prefix) bool { return p.Addr().Is6() }) {
		if err := l.tame(s.Interface); err != nil {
			return err
		}
	}
	calm := len(l.undo)
	if err := l.raise(s.MTU); err != nil {
		return err
	}
	// Restored before the link goes down, for the kernel then makes its own address again.
	l.undo = append(slices.Clone(l.undo[calm:]), l.undo[:calm]...)
	for _, p := range s.Addresses {
		if err := l.address(p, 0); err != nil {
			return err
		}
		if err := l.linkLocal(p.Addr()); err != nil {
			return err
		}
	}
	for _, p := range s.Addresses {
		if err := l.route(p.Addr(), s.Gateway); err != nil {
			return err
		}
	}
	return nil
}

// tame sets what the kernel may do by itself.
func (l *Link) tame(iface string) error {
	for _, c := range sysctls {
		path := filepath.Join(procIPv6, iface, c.name)
		old, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.TrimSpace(string(old)) == c.value {
			continue
		}
		if err := os.WriteFile(path, []byte(c.value), 0); err != nil {
			return err
		}
		l.later(func() error { return os.WriteFile(path, old, 0) })
	}
	return nil
}

func (l *Link) later(f func() error) { l.undo = append(l.undo, f) }

// raise sets the MTU and lets the link up.
func (l *Link) raise(mtu int) error {
	was := l.link.Attrs()
	if mtu > 0 && mtu != was.MTU {
		if err := netlink.LinkSetMTU(l.link, mtu); err != nil {
			return fmt.Errorf("MTU %d: %w", mtu, err)
		}
		l.later(func() error { return netlink.LinkSetMTU(l.link, was.MTU) })
	}
	if was.Flags&net.FlagUp == 0 {
		if err := netlink.LinkSetUp(l.link); err != nil {
			return fmt.Errorf("up: %w", err)
		}
		l.later(func() error { return netlink.LinkSetDown(l.link) })
	}
	return nil
}

// address adds an address. One that is there already is somebody else's, and stays. Nobody else
// can have it on this link, so it is not asked for (no DAD).
func (l *Link) address(p netip.Prefix, flags int) error {
	a := &netlink.Addr{IPNet: &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}, Flags: flags}
	if p.Addr().Is6() {
		a.Flags |= unix.IFA_F_NODAD
	}
	err := netlink.AddrAdd(l.link, a)
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("address %v: %w", p, err)
	}
	l.later(func() error { return netlink.AddrDel(l.link, a) })
	return nil
}

// linkLocal adds the link-local address of the network's interface identifier: the router
// advertises to it.
func (l *Link) linkLocal(a netip.Addr) error {
	if !a.Is6() || a.IsLinkLocalUnicast() {
		return nil
	}
	b := a.As16()
	copy(b[:8], []byte{0xFE, 0x80, 0, 0, 0, 0, 0, 0})
	return l.address(netip.PrefixFrom(netip.AddrFrom16(b), 64), 0)
}

// route adds a default route of an address's IP version.
func (l *Link) route(a, gateway netip.Addr) error {
	r := &netlink.Route{LinkIndex: l.link.Attrs().Index, Priority: metric, Protocol: unix.RTPROT_STATIC,
		Dst: &net.IPNet{IP: make(net.IP, a.BitLen()/8), Mask: net.CIDRMask(0, a.BitLen())}}
	if gateway.IsValid() && gateway.Is4() == a.Is4() && l.link.Attrs().RawFlags&unix.IFF_NOARP == 0 {
		r.Gw, r.Flags = gateway.AsSlice(), int(netlink.FLAG_ONLINK)
	} else {
		r.Scope = netlink.SCOPE_LINK
	}
	err := netlink.RouteAdd(r)
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("default route of %v: %w", a, err)
	}
	l.later(func() error { return netlink.RouteDel(r) })
	return nil
}

// Close restores the interface. What has gone with it meanwhile is no error.
func (l *Link) Close() error {
	var errs []error
	for i := len(l.undo) - 1; i >= 0; i-- {
		if err := l.undo[i](); err != nil && !gone(err) {
			errs = append(errs, err)
		}
	}
	l.undo = nil
	return errors.Join(errs...)
}

// gone reports whether an interface, or what was on it, is not there any more.
func gone(err error) bool {
	for _, e := range [...]error{unix.ENODEV, unix.ENXIO, unix.ENOENT, unix.ESRCH, unix.EADDRNOTAVAIL} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// String names the link, for logs.
func (l *Link) String() string {
	a := l.link.Attrs()
	return a.Name + " (" + strconv.Itoa(a.Index) + ")"
}
