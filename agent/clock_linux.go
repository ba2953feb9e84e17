package agent

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// bootEpoch stands for the moment of boot in the loop's time: any fixed instant will do,
// since only differences count, but not the zero time, which means "no deadline".
var bootEpoch = time.Unix(0, 0).UTC()

// bootNow reads CLOCK_BOOTTIME: unlike Go's monotonic clock it goes on while the device sleeps.
func bootNow() time.Time {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		panic("agent: read CLOCK_BOOTTIME: " + err.Error()) // every kernel since 2.6.39 has it
	}
	return bootEpoch.Add(time.Duration(ts.Nano()))
}

// A wakeup is one timerfd on CLOCK_BOOTTIME (…_ALARM where the capability to wake the
// system is held); C receives when it expires.
type wakeup struct {
	C    chan struct{}
	file *os.File
	set  time.Time // what it is armed for; zero: not armed
}

// openWakeup creates the timer. Its reader ends when the timer is closed.
func openWakeup() (*wakeup, error) {
	const flags = unix.TFD_NONBLOCK | unix.TFD_CLOEXEC
	fd, err := unix.TimerfdCreate(unix.CLOCK_BOOTTIME_ALARM, flags)
	if err != nil { // EPERM without CAP_WAKE_ALARM
		fd, err = unix.TimerfdCreate(unix.CLOCK_BOOTTIME, flags)
	}
	if err != nil {
		return nil, os.NewSyscallError("timerfd_create", err)
	}
	return &wakeup{C: make(chan struct{}, 1), file: os.NewFile(uintptr(fd), "timerfd")}, nil
}

// wait passes expirations on until the timer is closed.
func (w *wakeup) wait() {
	var count [8]byte
	for {
		if _, err := w.file.Read(count[:]); err != nil {
			return
		}
		select {
		case w.C <- struct{}{}:
		default:
		}
	}
}

// Set arms the timer for the boot time at; a past time fires at once, the zero time disarms.
func (w *wakeup) Set(at time.Time) error {
	if at.Equal(w.set) {
		return nil
	}
	w.set = at
	var spec unix.ItimerSpec
	if !at.IsZero() {
		spec.Value = unix.NsecToTimespec(max(int64(at.Sub(bootEpoch)), 1))
	}
	conn, err := w.file.SyscallConn()
	if err != nil {
		return err
	}
	var serr error
	if err := conn.Control(func(fd uintptr) {
		serr = unix.TimerfdSettime(int(fd), unix.TFD_TIMER_ABSTIME, &spec, nil)
	}); err != nil {
		return err
	}
	return os.NewSyscallError("timerfd_settime", serr)
}

// Fired notes that the timer has expired: the same deadline, if it still stands, has to be
// set again.
func (w *wakeup) Fired() { w.set = time.Time{} }

// Close ends wait.
func (w *wakeup) Close() error { return w.file.Close() }
