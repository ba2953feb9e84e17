package agent_test

import (
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestStrangerAtTheHostDoor: a user that allow_uids does not name is closed before it is heard,
// though the mode of the socket lets it connect; one that is named is served; a chat goes on.
func TestStrangerAtTheHostDoor(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to be another user")
	}
	noLeftovers(t)
	const listed, unlisted = 4711, 4712
	n := network(t, netip.AddrPortFrom(loopback, 0))
	cfg := doorConfig(t, n.Addr())
	dir, err := os.MkdirTemp("", "imsagent")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	cfg.Host.Socket, cfg.Host.Mode, cfg.Host.AllowUIDs = filepath.Join(dir, "host.sock"), "0666", []uint32{listed}
	d := startDaemon(t, cfg)
	a, b := d.connect("message", "message_status"), d.connect("message", "message_status")
	a.chat("before")
	over := chatBeside(t, b, "a stranger")
	for range 20 {
		if answer, err := askAs(unlisted, cfg.Host.Socket); err != nil || answer != "" {
			t.Fatalf("uid %d: %q, %v", unlisted, answer, err)
		}
	}
	if answer, err := askAs(listed, cfg.Host.Socket); err != nil || !strings.Contains(answer, "registration") {
		t.Errorf("uid %d: %q, %v", listed, answer, err)
	}
	over()
	if log := d.log.String(); !strings.Contains(log, "host refused") || strings.Contains(log, "uid=4711") {
		t.Errorf("log: %s", log)
	}
}

// askAs asks for the status as another user, and returns what came until the end of the
// connection or of the answer. The user is that of one thread only, which ends with it.
func askAs(uid int, socket string) (answer string, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread ends
		if _, _, e := syscall.RawSyscall(syscall.SYS_SETRESUID, ^uintptr(0), uintptr(uid), ^uintptr(0)); e != 0 {
			err = e
			return
		}
		answer, err = askStatus(socket)
	}()
	<-done
	return answer, err
}

func askStatus(socket string) (string, error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	f := os.NewFile(uintptr(fd), socket)
	defer f.Close()
	if err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: socket}); err != nil {
		return "", err
	}
	io.WriteString(f, "\x94\x00\x01\xa6status\x90") // it may be closed by now
	b := make([]byte, 4096)
	n, err := f.Read(b)
	if err == io.EOF || err != nil && strings.Contains(err.Error(), "reset") {
		err = nil
	}
	return string(b[:n]), err
}
