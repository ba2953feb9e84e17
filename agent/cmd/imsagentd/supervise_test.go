package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is the longest wait for what happens at once on an idle machine.
const patience = 30 * time.Second

// program builds the daemon as it is put on a board: without cgo.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "imsagentd")
	if err != nil {
		return "", err
	}
	os.Chmod(dir, 0o755) // for any user to run it
	file := filepath.Join(dir, "imsagentd")
	cmd := exec.Command("go", "build", "-o", file, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return file, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if file, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(file))
	}
	os.Exit(code)
}

// supervised is the daemon as a program, under a service manager.
type supervised struct {
	t      *testing.T
	cmd    *exec.Cmd
	notify *net.UnixConn
	stderr bytes.Buffer
}

// supervise starts the daemon with a notify socket, and waits for READY=1.
func supervise(t *testing.T, dir string, env []string, args ...string) *supervised {
	t.Helper()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "imsagent.toml")
	if err := os.WriteFile(config, []byte(minimal(filepath.Join(dir, "state"))), 0o644); err != nil {
		t.Fatal(err)
	}
	s := &supervised{t: t, cmd: exec.Command(file, append([]string{"-config", config, "-socket", filepath.Join(dir, "run/h.sock")}, args...)...)}
	socket := filepath.Join(dir, "notify")
	if s.notify, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.notify.Close() })
	os.Chmod(socket, 0o777) // as systemd's: any user may write
	s.cmd.Env = append(append(os.Environ(), "NOTIFY_SOCKET="+socket), env...)
	s.cmd.Stderr = &s.stderr
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.cmd.Process.Kill() })
	if got := s.told(); got != "READY=1" {
		s.cmd.Process.Kill()
		s.cmd.Wait()
		t.Fatalf("first word %q, want READY=1\n%s", got, &s.stderr)
	}
	return s
}

// told is the next word to the service manager; "" if none comes.
func (s *supervised) told() string {
	s.notify.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 256)
	n, _ := s.notify.Read(b)
	return string(b[:n])
}

// end sends a signal and waits for the end.
func (s *supervised) end(sig syscall.Signal) syscall.WaitStatus {
	s.t.Helper()
	s.cmd.Process.Signal(sig)
	timer := time.AfterFunc(patience, func() { s.cmd.Process.Kill() })
	defer timer.Stop()
	err := s.cmd.Wait()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		s.t.Fatal(err)
	}
	return s.cmd.ProcessState.Sys().(syscall.WaitStatus)
}

func TestSupervision(t *testing.T) {
	s := supervise(t, t.TempDir(), []string{"WATCHDOG_USEC=400000"})
	for range 3 {
		if got := s.told(); got != "WATCHDOG=1" {
			t.Fatalf("told %q, want WATCHDOG=1", got)
		}
	}
	status := s.end(syscall.SIGTERM)
	if status.ExitStatus() != exitStopped {
		t.Errorf("ended with %v\n%s", status, &s.stderr)
	}
	for got := s.told(); got != "STOPPING=1"; got = s.told() {
		if got != "WATCHDOG=1" {
			t.Fatalf("told %q, want STOPPING=1", got)
		}
	}
	lines := strings.Split(strings.TrimSuffix(s.stderr.String(), "\n"), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "msg=listening") || !strings.Contains(lines[1], "msg=stopped") {
		t.Errorf("the log at rest:\n%s", &s.stderr)
	}
}

// TestCrashIsToldApart: whoever restarts the daemon must tell a crash, which a restart helps,
// from a faulty configuration, which it does not; and texts stay out of core files.
func TestCrashIsToldApart(t *testing.T) {
	s := supervise(t, t.TempDir(), nil)
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", s.cmd.Process.Pid))
	if os.Getuid() == 0 && (err != nil || !strings.Contains(string(limits), "Max core file size        0                    0 ")) {
		t.Errorf("%v\n%s", err, limits)
	}
	var st syscall.Stat_t // of a process that is not dumpable they are root's (proc(5)), and so they are of root's
	if err := syscall.Stat(fmt.Sprintf("/proc/%d/environ", s.cmd.Process.Pid), &st); err != nil || st.Uid != 0 {
		t.Errorf("dumpable: owner %d, %v", st.Uid, err)
	}
	if status := s.end(syscall.SIGABRT); !status.Signaled() || status.Signal() != syscall.SIGABRT || status.CoreDump() {
		t.Errorf("a crash ends with %v (exit %d, core %v)", status, status.ExitStatus(), status.CoreDump())
	}
	if !strings.Contains(s.stderr.String(), "goroutine ") {
		t.Errorf("no trace in\n%s", &s.stderr)
	}
}

func TestWatchdogPeriod(t *testing.T) {
	for _, x := range []struct {
		microseconds, pid string
		want              time.Duration
	}{
		{"30000000", "", 30 * time.Second}, {"30000000", "77", 30 * time.Second}, {"30000000", "78", 0},
		{"", "", 0}, {"0", "", 0}, {"-1", "", 0}, {"x", "", 0}, {"9223372036854775807", "", 0},
	} {
		if got := watchdog(x.microseconds, x.pid, 77); got != x.want {
			t.Errorf("watchdog(%q, %q) = %v, want %v", x.microseconds, x.pid, got, x.want)
		}
	}
}

// TestUser: every thread is another user's afterwards, with two capabilities at most.
func TestUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become another user")
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "imsagentd-user") // t.TempDir is root's only
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	os.Chmod(dir, 0o711)
	s := supervise(t, dir, nil, "-user", "nobody")
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", s.cmd.Process.Pid))
	if len(tasks) < 3 {
		t.Fatalf("%d threads", len(tasks))
	}
	for _, file := range tasks {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // a thread may end
		}
		id := strings.Repeat("\t"+nobody.Uid, 4)
		for _, want := range []string{"\nUid:" + id + "\n", "\nNoNewPrivs:\t1\n", "\nCapInh:\t0000000000000000\n"} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: no %q in\n%s", file, want, text)
			}
		}
		for _, set := range []string{"CapEff:\t", "CapPrm:\t"} {
			_, rest, _ := strings.Cut(string(text), set)
			word, _, _ := strings.Cut(rest, "\n")
			if has, err := strconv.ParseUint(word, 16, 64); err != nil || has&^(1<<13|1<<35) != 0 {
				t.Errorf("%s: %s%s", file, set, word)
			}
		}
	}
	for _, made := range []string{"state", "run"} {
		st, err := os.Stat(filepath.Join(dir, made))
		if err != nil || fmt.Sprint(st.Sys().(*syscall.Stat_t).Uid) != nobody.Uid {
			t.Errorf("%s: %v, %v", made, st, err)
		}
	}
	if status := s.end(syscall.SIGTERM); status.ExitStatus() != exitStopped {
		t.Errorf("ended with %v\n%s", status, &s.stderr)
	}
}

func TestUserUnknown(t *testing.T) {
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	code := run([]string{"-config", write(t, minimal(dir)), "-user", "no-such-user"}, nil, &stdout, &stderr)
	if code != exitUsage || !strings.Contains(stderr.String(), "no-such-user") {
		t.Errorf("exit %d, %s", code, &stderr)
	}
}
