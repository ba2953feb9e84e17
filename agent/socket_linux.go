package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ErrRunning says that another daemon answers on the host socket.
var ErrRunning = errors.New("agent: another instance answers on the host socket")

// bindTo returns the control function that binds a socket to the IMS interface
// (SO_BINDTODEVICE) when one is configured, and nil otherwise.
func bindTo(iface string) func(network, address string, c syscall.RawConn) error {
	if iface == "" {
		return nil
	}
	return func(_, _ string, c syscall.RawConn) error {
		var serr error
		if err := c.Control(func(fd uintptr) {
			serr = unix.SetsockoptString(int(fd), unix.SOL_SOCKET, unix.SO_BINDTODEVICE, iface)
		}); err != nil {
			return err
		}
		return os.NewSyscallError("setsockopt SO_BINDTODEVICE "+iface, serr)
	}
}

// early returns the control function of a socket that listens: one on an address that a bearer of
// ours brings only later may be bound before.
func early(b *BearerConfig) func(network, address string, c syscall.RawConn) error {
	bind := bindTo(b.Interface)
	if b.Manage != "modem" {
		return bind
	}
	return func(network, address string, c syscall.RawConn) error {
		var serr error
		err := c.Control(func(fd uintptr) { // Linux takes IP_FREEBIND for IPv6 too
			serr = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_FREEBIND, 1)
		})
		if err = cmp.Or(err, os.NewSyscallError("setsockopt IP_FREEBIND", serr)); err != nil || bind == nil {
			return err
		}
		return bind(network, address, c)
	}
}

// listenTCP listens on addr, on the IMS interface.
func listenTCP(addr netip.AddrPort, b *BearerConfig) (*net.TCPListener, error) {
	lc := net.ListenConfig{Control: early(b)}
	l, err := lc.Listen(context.Background(), "tcp", addr.String())
	if err != nil {
		return nil, err
	}
	return l.(*net.TCPListener), nil
}

// listenUDP opens the SIP socket for datagrams on addr, on the IMS interface.
func listenUDP(addr netip.AddrPort, b *BearerConfig) (*net.UDPConn, error) {
	lc := net.ListenConfig{Control: early(b)}
	c, err := lc.ListenPacket(context.Background(), "udp", addr.String())
	if err != nil {
		return nil, err
	}
	return c.(*net.UDPConn), nil
}

// listenHost opens the host socket: a Unix stream socket of the given mode and group in a
// directory 0750. A socket that nobody answers on is left over and is replaced.
func listenHost(path, mode, group string) (*net.UnixListener, error) {
	bits, err := strconv.ParseUint(mode, 8, 9)
	if err != nil {
		return nil, fmt.Errorf("agent: open host socket: mode %q: %w", mode, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("agent: open host socket: %w", err)
	}
	if err := removeStale(path); err != nil {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("agent: open host socket: %w", err)
	}
	if err := errors.Join(chownGroup(path, group), os.Chmod(path, fs.FileMode(bits))); err != nil {
		l.Close()
		return nil, fmt.Errorf("agent: open host socket: %w", err)
	}
	return l, nil
}

// removeStale removes a socket file that nobody answers on.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("agent: open host socket: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("agent: open host socket: %s is there and is no socket", path)
	}
	c, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		c.Close()
		return ErrRunning
	}
	return os.Remove(path)
}

// chownGroup gives the socket to group; a group that does not exist here leaves it to the
// daemon's own, which only the daemon's user can then use.
func chownGroup(path, group string) error {
	if group == "" {
		return nil
	}
	g, err := user.LookupGroup(group)
	if err != nil {
		return nil
	}
	gid, err := strconv.Atoi(g.Gid)
	if err != nil {
		return err
	}
	if err := os.Chown(path, -1, gid); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// peerUID returns who is at the other end of a host connection (SO_PEERCRED).
func peerUID(c *net.UnixConn) (uint32, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var serr error
	if err := raw.Control(func(fd uintptr) {
		cred, serr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return 0, err
	}
	if serr != nil {
		return 0, os.NewSyscallError("getsockopt SO_PEERCRED", serr)
	}
	return cred.Uid, nil
}
