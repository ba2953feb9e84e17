package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"unsafe"
)

// ifreq is struct ifreq with an address or flags in its union.
type ifreq struct {
	name  [16]byte
	union [24]byte
}

func newIfreq(name string) (r ifreq) {
	copy(r.name[:15], name)
	return r
}

// address4 puts a struct sockaddr_in into b.
func address4(b []byte, a netip.Addr) {
	*(*uint16)(unsafe.Pointer(&b[0])) = syscall.AF_INET
	copy(b[4:8], a.AsSlice())
}

// address6 is struct in6_ifreq, route6 struct in6_rtmsg, route4 struct rtentry.
type (
	address6 struct {
		addr   [16]byte
		prefix uint32
		index  int32
	}
	route6 struct {
		dst, src, gateway [16]byte
		kind              uint32
		dstBits, srcBits  uint16
		metric            uint32
		info              uintptr
		flags             uint32
		index             int32
	}
	route4 struct {
		_                  uintptr
		dst, gateway, mask [16]byte
		flags              uint16
		_                  int16
		_                  uintptr
		_                  uintptr
		_                  int16
		_                  uintptr
		_, _               uintptr
		_                  uint16
	}
)

// RTF_UP and RTF_GATEWAY.
const routeUp, routeGateway = 1, 2

// bringUp sets lo and eth0 up, and the latter's addresses and routes.
func bringUp(c cmdline) error {
	s4, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(s4)
	errs := []error{setUp(s4, "lo")}
	if len(c.addrs) == 0 {
		return errors.Join(errs...)
	}
	// The only other end is the machine that runs us: nobody has the same address.
	os.WriteFile("/proc/sys/net/ipv6/conf/eth0/accept_dad", []byte("0"), 0o644)
	errs = append(errs, setUp(s4, "eth0"))
	for _, p := range c.addrs {
		errs = append(errs, addAddress(s4, "eth0", p))
	}
	for _, a := range c.gateways {
		errs = append(errs, addRoute(s4, "eth0", a))
	}
	return errors.Join(errs...)
}

func setUp(s int, name string) error {
	r := newIfreq(name)
	if err := ioctl(s, syscall.SIOCGIFFLAGS, unsafe.Pointer(&r)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	*(*uint16)(unsafe.Pointer(&r.union[0])) |= syscall.IFF_UP
	if err := ioctl(s, syscall.SIOCSIFFLAGS, unsafe.Pointer(&r)); err != nil {
		return fmt.Errorf("%s up: %w", name, err)
	}
	return nil
}

// index returns the number of an interface.
func index(s int, name string) (int32, error) {
	r := newIfreq(name)
	err := ioctl(s, syscall.SIOCGIFINDEX, unsafe.Pointer(&r))
	return *(*int32)(unsafe.Pointer(&r.union[0])), err
}

func addAddress(s4 int, name string, p netip.Prefix) error {
	if p.Addr().Is6() {
		return with6(s4, name, func(s6 int, number int32) error {
			r := address6{addr: p.Addr().As16(), prefix: uint32(p.Bits()), index: number}
			return wrap("address "+p.String(), ioctl(s6, syscall.SIOCSIFADDR, unsafe.Pointer(&r)))
		})
	}
	r := newIfreq(name)
	address4(r.union[:], p.Addr())
	if err := ioctl(s4, syscall.SIOCSIFADDR, unsafe.Pointer(&r)); err != nil {
		return wrap("address "+p.String(), err)
	}
	mask := [4]byte{}
	for i := range p.Bits() {
		mask[i/8] |= 0x80 >> (i % 8)
	}
	address4(r.union[:], netip.AddrFrom4(mask))
	return wrap("mask of "+p.String(), ioctl(s4, syscall.SIOCSIFNETMASK, unsafe.Pointer(&r)))
}

func addRoute(s4 int, name string, gateway netip.Addr) error {
	if gateway.Is6() {
		return with6(s4, name, func(s6 int, number int32) error {
			r := route6{gateway: gateway.As16(), metric: 1, flags: routeUp | routeGateway, index: number}
			return wrap("route by "+gateway.String(), ioctl(s6, syscall.SIOCADDRT, unsafe.Pointer(&r)))
		})
	}
	r := route4{flags: routeUp | routeGateway}
	address4(r.dst[:], netip.IPv4Unspecified())
	address4(r.mask[:], netip.IPv4Unspecified())
	address4(r.gateway[:], gateway)
	return wrap("route by "+gateway.String(), ioctl(s4, syscall.SIOCADDRT, unsafe.Pointer(&r)))
}

// with6 opens the socket that IPv6's ioctls take.
func with6(s4 int, name string, f func(s6 int, number int32) error) error {
	number, err := index(s4, name)
	if err != nil {
		return wrap(name, err)
	}
	s6, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return wrap("IPv6", err)
	}
	defer syscall.Close(s6)
	return f(s6, number)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}
