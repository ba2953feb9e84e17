package bearer

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Probe returns nil once a packet has gone to a peer over the interface and one has come back: a
// TCP connection, or its refusal. An address and a route show nothing of that.
func Probe(ctx context.Context, iface string, from netip.Addr, peer netip.AddrPort) error {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: from.AsSlice()}, Control: func(_, _ string, c syscall.RawConn) error {
		var serr error
		if err := c.Control(func(fd uintptr) {
			serr = unix.SetsockoptString(int(fd), unix.SOL_SOCKET, unix.SO_BINDTODEVICE, iface)
		}); err != nil {
			return err
		}
		return os.NewSyscallError("setsockopt SO_BINDTODEVICE", serr)
	}}
	c, err := d.DialContext(ctx, "tcp", peer.String())
	if err == nil {
		return c.Close()
	}
	if errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.ECONNRESET) {
		return nil
	}
	return err
}
