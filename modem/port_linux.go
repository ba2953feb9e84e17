package modem

import (
	"encoding/binary"
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Port is an open modem character device. It is registered with the runtime poller, so
// deadlines work and Close unblocks a pending Read. Where a driver cannot be polled (some smd
// nodes), Read waits in poll(2) itself, and Close is noticed within a second.
type Port struct {
	*os.File
	raw      bool         // the runtime poller refused the descriptor
	deadline atomic.Int64 // of Read where raw: Unix nanoseconds, 0 for never
}

// OpenTTY opens path in raw mode, 8 data bits, no echo, no translation, for this process alone,
// and forgets what the line held. baud is the line speed; 0 leaves it alone.
//
// The error is an *OpError. unix.EBUSY usually means that another program has the modem.
func OpenTTY(path string, baud int) (*Port, error) {
	p, err := openPort(path)
	if err != nil {
		return nil, err
	}
	return p.prepare(path,
		step{"lock", exclusive},
		step{"set raw mode", func(fd int) error { return setRaw(fd, baud) }},
		step{"flush", func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIOFLUSH) }})
}

// OpenQMI opens path, a cdc-wdm or wwan node that speaks QMI, for this process alone: two readers
// would take each other's answers.
//
// The error is an *OpError. unix.EBUSY usually means that another program has the modem.
func OpenQMI(path string) (*Port, error) {
	p, err := openPort(path)
	if err != nil {
		return nil, err
	}
	return p.prepare(path, step{"lock", lock}, step{"ask the message size of", wide})
}

// A step is one thing done to a device that was just opened.
type step struct {
	op string
	f  func(fd int) error
}

// prepare does the steps, and closes the device if one fails.
func (p *Port) prepare(path string, steps ...step) (*Port, error) {
	for _, step := range steps {
		if err := p.control(step.f); err != nil {
			p.Close()
			return nil, &OpError{step.op, path, err}
		}
	}
	p.raw = errors.Is(p.File.SetReadDeadline(time.Time{}), os.ErrNoDeadline)
	return p, nil
}

// openPort opens path non-blocking, which is what makes os.NewFile hand it to the poller.
// O_NOCTTY: a modem that hangs up must not signal the agent.
func openPort(path string) (*Port, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, &OpError{"open", path, err}
		}
		return &Port{File: os.NewFile(uintptr(fd), path)}, nil
	}
}

// exclusive keeps others away: TIOCEXCL does not stop root, flock stops those who ask.
func exclusive(fd int) error {
	if err := lock(fd); err != nil {
		return err
	}
	return unix.IoctlSetInt(fd, unix.TIOCEXCL, 0)
}

func lock(fd int) error {
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err == unix.EWOULDBLOCK {
		return unix.EBUSY
	}
	return nil
}

// wdmMaxCommand is IOCTL_WDM_MAX_COMMAND of linux/usb/cdc-wdm.h: _IOR('H', 0xA0, __u16).
const wdmMaxCommand = 0x800248A0

// wide fails if the device sends messages that do not fit a read: they would be cut without a
// word. Nodes that do not know the question (wwan) cut nothing.
func wide(fd int) error {
	var room [4]byte
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), wdmMaxCommand, uintptr(unsafe.Pointer(&room))); errno != 0 {
		return nil
	}
	if n := binary.NativeEndian.Uint16(room[:]); int(n) > readSize {
		return unix.EMSGSIZE
	}
	return nil
}

// setRaw sets the line discipline. HUPCL is cleared: some modems forget their settings when
// closing drops DTR.
func setRaw(fd, baud int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB|unix.CSTOPB|unix.HUPCL) | unix.CS8 | unix.CREAD | unix.CLOCAL
	if code, ok := speeds[baud]; ok {
		t.Cflag = t.Cflag&^unix.CBAUD | code
	}
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

// speeds are the codes of line speeds; others are left as they are.
var speeds = map[int]uint32{
	300: unix.B300, 600: unix.B600, 1200: unix.B1200, 2400: unix.B2400, 4800: unix.B4800, 9600: unix.B9600,
	19200: unix.B19200, 38400: unix.B38400, 57600: unix.B57600, 115200: unix.B115200, 230400: unix.B230400,
	460800: unix.B460800, 500000: unix.B500000, 576000: unix.B576000, 921600: unix.B921600, 1000000: unix.B1000000,
	1500000: unix.B1500000, 2000000: unix.B2000000, 3000000: unix.B3000000, 4000000: unix.B4000000,
}

// control runs f on the descriptor. Unlike Fd, which would put the file back into blocking mode,
// it leaves the poller in charge.
func (p *Port) control(f func(fd int) error) error {
	rc, err := p.SyscallConn()
	if err != nil {
		return err
	}
	var ferr error
	if rc.Control(func(fd uintptr) { ferr = f(int(fd)) }) != nil {
		return os.ErrClosed // there is no other reason
	}
	return ferr
}

// SetReadDeadline sets when Read gives up with os.ErrDeadlineExceeded; zero for never.
func (p *Port) SetReadDeadline(t time.Time) error {
	if !p.raw {
		return p.File.SetReadDeadline(t)
	}
	if t.IsZero() {
		p.deadline.Store(0)
	} else {
		p.deadline.Store(t.UnixNano())
	}
	return nil
}

// Read reads what is there, at least one octet.
func (p *Port) Read(b []byte) (int, error) {
	for p.raw {
		if err := p.await(); err != nil {
			return 0, err
		}
		n, err := p.File.Read(b)
		if !errors.Is(err, syscall.EAGAIN) {
			return n, err
		}
	}
	return p.File.Read(b)
}

// await waits for input in slices, so that a Close in between is seen.
func (p *Port) await() error {
	for {
		wait := time.Second
		if end := p.deadline.Load(); end != 0 {
			if wait = min(wait, time.Until(time.Unix(0, end))); wait <= 0 {
				return os.ErrDeadlineExceeded
			}
		}
		ready := false
		err := p.control(func(fd int) error {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(wait.Milliseconds())+1)
			ready = n > 0
			return err
		})
		if ready || err != nil && err != unix.EINTR {
			return err
		}
	}
}
