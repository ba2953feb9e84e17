package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// interfaceFlags is struct ifreq with ifr_flags.
type interfaceFlags struct {
	name  [16]byte
	flags uint16
	_     [22]byte
}

// address6 is struct in6_ifreq.
type address6 struct {
	addr   [16]byte
	prefix uint32
	index  int32
}

// bringUp sets the loopback up and gives it the addresses.
func bringUp(addrs ...netip.Addr) error {
	if err := setUp("lo"); err != nil {
		return err
	}
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		return err
	}
	fd, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer syscall.Close(fd)
	for _, a := range addrs {
		req := address6{addr: a.As16(), prefix: 128, index: int32(lo.Index)}
		if err := ioctl(fd, syscall.SIOCSIFADDR, unsafe.Pointer(&req)); err != nil && err != syscall.EEXIST {
			return fmt.Errorf("adding %v to lo: %w", a, err)
		}
	}
	return usable(addrs)
}

// setUp is `ip link set NAME up`.
func setUp(name string) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer syscall.Close(fd)
	var req interfaceFlags
	copy(req.name[:15], name)
	if err := ioctl(fd, syscall.SIOCGIFFLAGS, unsafe.Pointer(&req)); err != nil {
		return fmt.Errorf("flags of %s: %w", name, err)
	}
	req.flags |= syscall.IFF_UP
	if err := ioctl(fd, syscall.SIOCSIFFLAGS, unsafe.Pointer(&req)); err != nil {
		return fmt.Errorf("setting %s up: %w", name, err)
	}
	return nil
}

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}

// usable waits until one can listen on every address.
func usable(addrs []netip.Addr) error {
	for _, a := range addrs {
		var err error
		for range 50 {
			var l *net.TCPListener
			if l, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(a, 0))); err == nil {
				l.Close()
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Of linux/if_ether.h and linux/if_packet.h.
const (
	everyProtocol = 0x0003 // ETH_P_ALL
	leaving       = 4      // PACKET_OUTGOING: on lo each packet is seen twice
)

// capture writes what crosses the loopback to a file that Wireshark reads, until
// the function that it returns is called.
func capture(path string) (stop func(), err error) {
	swapped := uint16(everyProtocol<<8 | everyProtocol>>8)
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, int(swapped))
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Usec: 100_000})
	file, err := os.Create(path)
	if err != nil {
		syscall.Close(fd)
		return nil, err
	}
	// libpcap's file header: microseconds, version 2.4, whole packets, Ethernet.
	head := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	head = binary.LittleEndian.AppendUint16(head, 2)
	head = binary.LittleEndian.AppendUint16(head, 4)
	head = append(head, make([]byte, 8)...)
	head = binary.LittleEndian.AppendUint32(head, 1<<18)
	head = binary.LittleEndian.AppendUint32(head, 1)
	file.Write(head)
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		record(fd, file, over)
		file.Close()
		syscall.Close(fd)
	}()
	return func() { time.Sleep(20 * time.Millisecond); close(over); <-done }, nil
}

// record copies packets until over is closed.
func record(fd int, file *os.File, over <-chan struct{}) {
	b := make([]byte, 1<<17)
	for {
		select {
		case <-over:
			return
		default:
		}
		size, from, err := syscall.Recvfrom(fd, b, 0)
		if err != nil {
			if err == syscall.EAGAIN || err == syscall.EINTR {
				continue
			}
			return
		}
		if ll, ok := from.(*syscall.SockaddrLinklayer); !ok || ll.Pkttype != leaving {
			continue
		}
		now := time.Now()
		head := binary.LittleEndian.AppendUint32(nil, uint32(now.Unix()))
		head = binary.LittleEndian.AppendUint32(head, uint32(now.Nanosecond()/1000))
		head = binary.LittleEndian.AppendUint32(head, uint32(size))
		head = binary.LittleEndian.AppendUint32(head, uint32(size))
		file.Write(append(head, b[:size]...))
	}
}
