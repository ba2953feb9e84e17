package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A buffer may be written and read at once.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// begin runs modemsim until its ready line.
func begin(t *testing.T, args ...string) (stdin io.WriteCloser, stderr *buffer, ended chan int) {
	t.Helper()
	in, stdin := io.Pipe()
	out, stdout := io.Pipe()
	stderr, ended = &buffer{}, make(chan int, 1)
	go func() { ended <- run(args, in, stdout, stderr) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "ready "+args[1]) {
		t.Fatalf("%q, %v", line, err)
	}
	return stdin, stderr, ended
}

func expect(t *testing.T, ended chan int, want int) {
	t.Helper()
	select {
	case code := <-ended:
		if code != want {
			t.Errorf("exit %d, want %d", code, want)
		}
	case <-time.After(3 * time.Second):
		t.Fatal("does not end")
	}
}

func TestCommands(t *testing.T) {
	link := filepath.Join(t.TempDir(), "tty")
	stdin, stderr, ended := begin(t, "-pty", link, "-v")
	for _, c := range []string{"cell 31041000010000001", "coverage off", "coverage on", "coverage maybe", "sim out", "sim in", "sim", "silent 0.01",
		"silent -1", "silent NaN", "vanish 0.01", "vanish soon", "restart", "", "dance", "cell x"} {
		io.WriteString(stdin, c+"\n")
	}
	io.WriteString(stdin, "quit\n")
	expect(t, ended, 0)
	for _, want := range []string{`coverage: "maybe" is neither`, `sim: "" is neither`, `silent: "-1" is not`, `silent: "NaN" is not`,
		`vanish: "soon" is not`, `"dance": not a command`, `cell "x"`} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("no %q in %s", want, stderr)
		}
	}
	if n := strings.Count(stderr.String(), "modemsim:"); n != 7 {
		t.Errorf("%d complaints: %s", n, stderr)
	}
	if _, err := os.Lstat(link); err == nil {
		t.Error("the link is still there")
	}
}

func TestEndOfInputIsNotTheEnd(t *testing.T) {
	stdin, _, ended := begin(t, "-unix", "@modemsim-test-"+strings.ReplaceAll(t.TempDir(), "/", "-"))
	stdin.Close()
	select {
	case code := <-ended:
		t.Fatalf("exit %d", code)
	case <-time.After(100 * time.Millisecond):
	}
	syscall.Kill(os.Getpid(), syscall.SIGTERM)
	expect(t, ended, 0)
}

func TestUsage(t *testing.T) {
	for args, want := range map[string]int{
		"-protocol x": 2, "-profile x": 2, "-pty a -unix b": 2, "more": 2, "-nonsense": 2, "-h": 0,
		"-pty /nonexistent/tty": 1, "-cell x": 1,
	} {
		var stderr buffer
		if code := run(strings.Fields(args), strings.NewReader(""), io.Discard, &stderr); code != want || stderr.String() == "" {
			t.Errorf("%s: exit %d, want %d; %s", args, code, want, &stderr)
		}
	}
}
