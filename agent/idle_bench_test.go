package agent_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imsagent/agent/ipc"
)

// idleTime is how long BenchmarkIdle looks on.
const idleTime = time.Minute

// bareProcess makes this program do nothing, as a measure.
const bareProcess = "IMSAGENT_BARE"

// BenchmarkIdle counts the wake-ups of the real daemon with an open session, a subscribed
// host and nothing to do, beside those of a Go process that waits for its standard input.
func BenchmarkIdle(b *testing.B) {
	v := newVictim(b)
	c := openSession(b, v)
	defer c.Close()
	bare := exec.Command(os.Args[0], "-test.run=^TestBare$")
	bare.Env = append(os.Environ(), bareProcess+"=1")
	in, err := bare.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := bare.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { in.Close(); bare.Wait() }()
	time.Sleep(time.Second)
	for range b.N {
		own, other := switches(b, v.pid()), switches(b, bare.Process.Pid)
		time.Sleep(idleTime)
		minutes := idleTime.Minutes() * float64(b.N)
		b.ReportMetric(float64(switches(b, v.pid())-own)/minutes, "wakeups/min")
		b.ReportMetric(float64(switches(b, bare.Process.Pid)-other)/minutes, "bare-wakeups/min")
	}
	rss, threads := memory(b, v.pid())
	b.ReportMetric(rss, "RSS-KiB")
	b.ReportMetric(threads, "threads")
}

// openSession sends one text and returns when the session has carried all that follows.
func openSession(b *testing.B, v *victim) *ipc.Client {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c, err := ipc.Dial(v.socket)
	for ; err != nil && ctx.Err() == nil; c, err = ipc.Dial(v.socket) {
		time.Sleep(5 * time.Millisecond)
	}
	if err == nil {
		err = c.Subscribe(ctx, "message")
	}
	if err == nil {
		_, err = c.Call(ctx, "send", map[string]any{"to": "+14448880000", "body": []byte("hello")})
	}
	if err != nil {
		b.Fatal(err)
	}
	n, ok := <-c.Notifications()
	if !ok {
		b.Fatal(c.Err())
	}
	if _, err := c.Call(ctx, "ack", map[string]any{"message_id": n.Params["message_id"]}); err != nil {
		b.Fatal(err)
	}
	return c
}

// pid is the daemon's.
func (v *victim) pid() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.cmd.Process.Pid
}

// switches sums the voluntary context switches of every thread of a process.
func switches(b *testing.B, pid int) (sum int) {
	b.Helper()
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, f := range files {
		sum += int(statusField(f, "voluntary_ctxt_switches"))
	}
	if len(files) == 0 {
		b.Fatalf("process %d is gone", pid)
	}
	return sum
}

// memory is the resident set in KiB, and the number of threads.
func memory(b *testing.B, pid int) (rss, threads float64) {
	b.Helper()
	f := fmt.Sprintf("/proc/%d/status", pid)
	return statusField(f, "VmRSS"), statusField(f, "Threads")
}

// statusField is the number that a file such as /proc/PID/status has for a name.
func statusField(file, name string) (n float64) {
	f, err := os.Open(file)
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if v, ok := strings.CutPrefix(s.Text(), name+":"); ok {
			fmt.Sscan(v, &n)
		}
	}
	return n
}

// TestBare is the other process of BenchmarkIdle.
func TestBare(t *testing.T) {
	if os.Getenv(bareProcess) == "" {
		t.Skip("part of BenchmarkIdle")
	}
	io.Copy(io.Discard, os.Stdin)
}
