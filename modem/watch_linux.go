package modem

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// settle is how long a device that has just appeared may need before it can be opened: udev sets
// its owner and mode. It is also the least time between two tries.
const settle = 20 * time.Millisecond

// A watch tells when a node may be there again: inotify on the directories where it appears. It
// needs no rights, unlike the kernel's uevents in a network namespace of our own, and sees links
// and modes that udev makes later.
type watch struct {
	open bool
	file *os.File // nil where there is no inotify
	node *node
}

// begin watches where the node is expected.
func (w *watch) begin(n *node) {
	w.open, w.node = true, n
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		return // then the back-off alone counts
	}
	w.file = os.NewFile(uintptr(fd), "inotify")
	const appears = unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_ATTRIB
	unix.InotifyAddWatch(fd, n.dev, appears)
	if dir := filepath.Dir(n.configured); dir != n.dev {
		unix.InotifyAddWatch(fd, dir, appears) // not there: then it is found in dev, by its ids
	}
}

func (w *watch) close() {
	if w.file != nil {
		w.file.Close()
	}
	*w = watch{}
}

// wait waits for d, for ctx, or until something that concerns the node appears. It returns false
// at once where it cannot.
func (w *watch) wait(ctx context.Context, d time.Duration) bool {
	file := w.file
	if file == nil || file.SetReadDeadline(time.Now().Add(d)) != nil {
		return false
	}
	defer context.AfterFunc(ctx, func() { file.SetReadDeadline(past) })()
	var buf [4096]byte
	for ctx.Err() == nil {
		n, err := file.Read(buf[:])
		if err != nil {
			return true
		}
		if w.concerns(buf[:n]) {
			time.Sleep(settle)
			return true
		}
	}
	return true
}

// concerns looks for the node among events: struct inotify_event and a name that ends in NULs.
func (w *watch) concerns(b []byte) bool {
	for len(b) >= unix.SizeofInotifyEvent {
		mask, size := binary.NativeEndian.Uint32(b[4:]), binary.NativeEndian.Uint32(b[12:])
		end := unix.SizeofInotifyEvent + int(size)
		if end > len(b) {
			return false
		}
		name := strings.TrimRight(string(b[unix.SizeofInotifyEvent:end]), "\x00")
		if w.node.concerns(name) || mask&unix.IN_Q_OVERFLOW != 0 {
			return true
		}
		b = b[end:]
	}
	return false
}
