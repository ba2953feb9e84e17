package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"imsagent/agent/agenttest"
)

// screen is a buffer that two goroutines may use.
type screen struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestUsageIsRefusedBeforeAnythingIsOpened(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-auth digest", "-auth digest: not yet"},
		{"-auth aka", "-auth aka: not yet"},
		{"-auth md5", "none, digest or aka"},
		{"-listen nowhere", "-listen nowhere: want"},
		{"-msrp :1 -ue x", "-ue x: want"},
		{"-script nonesuch", `no script "nonesuch"`},
		{"extra", "not understood"},
		{"-nonesuch", "flag provided but not defined"},
	} {
		var out, err screen
		if code := run(strings.Fields(c.args), nil, &out, &err); code != exitUsage || !strings.Contains(err.String(), c.want) || out.String() != "" {
			t.Errorf("%s: exit %d, %q, %q; want %q", c.args, code, out.String(), err.String(), c.want)
		}
	}
}

func TestHelpListsTheScripts(t *testing.T) {
	var out, err screen
	if code := run([]string{"-script", "help"}, nil, &out, &err); code != exitDone {
		t.Errorf("exit %d: %s", code, err.String())
	}
	for _, name := range []string{"trace", "trace-originating", "busy", "declined", "echo", "chunks", "lost"} {
		if !strings.Contains(out.String(), name+" ") {
			t.Errorf("%s is missing in %q", name, out.String())
		}
	}
}

func TestMissingStepIsFailure(t *testing.T) {
	var out, err screen
	code := run([]string{"-listen", "127.0.0.1:0", "-timeout", "50ms"}, nil, &out, &err)
	if code != exitFailed || !strings.HasPrefix(out.String(), "ready 127.0.0.1:") || !strings.Contains(err.String(), "step 1 ") {
		t.Errorf("exit %d, %q, %q", code, out.String(), err.String())
	}
}

func TestSignalEndsAnEndlessScript(t *testing.T) {
	var out, err screen
	ended := make(chan int)
	go func() { ended <- run([]string{"-listen", "127.0.0.1:0", "-script", "echo"}, nil, &out, &err) }()
	for !strings.HasPrefix(out.String(), "ready") {
		time.Sleep(time.Millisecond)
	}
	syscall.Kill(os.Getpid(), syscall.SIGTERM)
	select {
	case code := <-ended:
		if code != exitFailed || !strings.Contains(err.String(), "step 1 ") {
			t.Errorf("exit %d without any text: %q", code, err.String())
		}
	case <-time.After(5 * time.Second):
		t.Fatal("it goes on")
	}
}

func TestDumpNamesEachMessage(t *testing.T) {
	dir := t.TempDir()
	d := dumper(dir, os.Stderr)
	for range 2 {
		d(agenttest.Step{Number: 8, Message: "SEND", Raw: []byte("x")})
	}
	d(agenttest.Step{Number: 2, Message: "100 Trying", Raw: []byte("y")})
	for _, name := range []string{"08-send", "08-send.2", "02-100"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}
