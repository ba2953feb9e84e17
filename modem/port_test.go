//go:build linux

package modem

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"imsagent/modem/modemtest"
)

func openSim(t *testing.T) (*Port, *modemtest.Modem) {
	t.Helper()
	m, err := modemtest.Start(modemtest.Options{})
	check(t, err)
	t.Cleanup(func() { m.Close() })
	p, err := OpenTTY(m.Addr(), 115200)
	check(t, err)
	t.Cleanup(func() { p.Close() })
	return p, m
}

func TestOpenTTYRaw(t *testing.T) {
	p, _ := openSim(t)
	check(t, p.control(func(fd int) error {
		tio, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return err
		}
		if tio.Iflag != 0 || tio.Oflag != 0 || tio.Lflag != 0 || tio.Cflag&unix.CSIZE != unix.CS8 || tio.Cflag&unix.HUPCL != 0 ||
			tio.Cflag&unix.CBAUD != unix.B115200 {
			t.Errorf("termios %+v", tio)
		}
		return nil
	}))
}

func TestOpenTTYExclusive(t *testing.T) {
	_, m := openSim(t)
	if p, err := OpenTTY(m.Addr(), 0); !errors.Is(err, unix.EBUSY) {
		p.Close()
		t.Errorf("a second open: %v", err)
	}
}

func TestOpenTTYErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	check(t, os.WriteFile(file, nil, 0o600))
	for path, want := range map[string]error{"/nonexistent": unix.ENOENT, file: unix.ENOTTY, "/": unix.EISDIR} {
		_, err := OpenTTY(path, 0)
		if op := (*OpError)(nil); !errors.Is(err, want) || !errors.As(err, &op) || op.Path != path {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
	e := &OpError{"open", "/dev/x", unix.ENODEV}
	if e.Error() != "modem: open /dev/x: no such device" {
		t.Error(e)
	}
}

// Both ways of waiting: the runtime's poller, and poll(2) for drivers that it refuses.
func TestPortRead(t *testing.T) {
	for _, raw := range []bool{false, true} {
		p, m := openSim(t)
		p.raw = raw
		begun := time.Now()
		check(t, p.SetReadDeadline(begun.Add(50*time.Millisecond)))
		var b [64]byte
		if _, err := p.Read(b[:]); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begun) < 50*time.Millisecond {
			t.Errorf("raw %v: %v after %v", raw, err, time.Since(begun))
		}
		check(t, p.SetReadDeadline(time.Time{}))
		m.Send("RDY")
		if n, err := p.Read(b[:]); err != nil || string(b[:n]) != "RDY" {
			t.Errorf("raw %v: %q, %v", raw, b[:n], err)
		}
		time.AfterFunc(50*time.Millisecond, func() { p.Close() })
		if _, err := p.Read(b[:]); !errors.Is(err, os.ErrClosed) {
			t.Errorf("raw %v: after Close %v", raw, err)
		}
	}
}

func TestPortHangup(t *testing.T) {
	for _, raw := range []bool{false, true} {
		p, m := openSim(t)
		p.raw = raw
		check(t, p.SetReadDeadline(time.Now().Add(3*time.Second)))
		m.Vanish(time.Hour)
		var b [64]byte
		if n, err := p.Read(b[:]); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("raw %v: %d, %v", raw, n, err)
		}
	}
}
