package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestMain is also the program that is run under the filter: it says what a call answers that
// Linux 3.18 does not have (execveat), and one that it has (getpid).
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "probe" {
		_, _, newer := syscall.RawSyscall6(firstNewer, ^uintptr(0), 0, 0, 0, 0, 0)
		_, _, older := syscall.RawSyscall(syscall.SYS_GETPID, 0, 0, 0)
		os.Stdout.WriteString(newer.Error() + "; " + older.Error())
		os.Exit(7)
	}
	os.Exit(m.Run())
}

func TestNewerCallsAreHidden(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(t.TempDir(), "oldkernel")
	if out, err := exec.Command("go", "build", "-o", old, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	bare, _ := exec.Command(self, "probe").Output()
	if strings.HasPrefix(string(bare), syscall.ENOSYS.Error()) {
		t.Skip("this kernel has no newer call to hide")
	}
	cmd := exec.Command(old, self, "probe")
	out, _ := cmd.Output()
	if got, want := string(out), syscall.ENOSYS.Error()+"; "+syscall.Errno(0).Error(); got != want || cmd.ProcessState.ExitCode() != 7 {
		t.Errorf("%q, exit %d; want %q", got, cmd.ProcessState.ExitCode(), want)
	}
	if code := run([]string{"no-such-program"}, nil, nil, &bytes.Buffer{}); code != exitFailed {
		t.Errorf("exit %d", code)
	}
}
