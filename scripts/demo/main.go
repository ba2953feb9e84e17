package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// Exit codes; exitNoWorld tells the process outside the namespace to go on
// without one.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitNoWorld = 77
)

// limit is the longest time for both runs together, and so the longest that
// anything is left behind.
const limit = 40 * time.Second

// options is what the command line says.
type options struct {
	out    string // directory, absolute
	world  string // auto, or the name of one
	inside bool   // we are the process in the namespace
}

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	runtime.LockOSThread() // children get SIGKILL when the thread that started them ends
	var o options
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.out, "out", "out", "`directory` of what is made")
	f.StringVar(&o.world, "world", "auto", "trace, ipv6, ipv4 or auto: the addresses")
	f.BoolVar(&o.inside, "inside", false, "set by the command itself in its namespace")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitDone
	} else if err != nil || f.NArg() > 0 {
		return exitUsage
	}
	var err error
	if o.out, err = filepath.Abs(o.out); err != nil {
		fmt.Fprintln(stderr, "demo:", err)
		return exitFailed
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if o.inside {
		return play(ctx, o, stdout, stderr)
	}
	if err := build(ctx, o.out, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "demo:", err)
		return exitFailed
	}
	return choose(ctx, o, stdout, stderr)
}

// programs is what is built, and from where.
var programs = []struct{ name, path string }{
	{"modemsim", "./modem/cmd/modemsim"}, {"imsnet", "./agent/cmd/imsnet"},
	{"imsagentd", "./agent/cmd/imsagentd"}, {"imsctl", "./agent/cmd/imsctl"},
}

// build makes the programs and says what it is doing.
func build(ctx context.Context, out string, stdout, stderr io.Writer) error {
	dir := filepath.Join(out, "demo")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i, p := range programs {
		begin := time.Now()
		fmt.Fprintf(stdout, "build %d/%d  %-10s", i+1, len(programs), p.name)
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", filepath.Join(dir, p.name), p.path)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		cmd.Stdout, cmd.Stderr = stderr, stderr
		if err := cmd.Run(); err != nil {
			fmt.Fprintln(stdout)
			return fmt.Errorf("go build %s: %w", p.path, err)
		}
		fmt.Fprintf(stdout, "  %.1f s\n", time.Since(begin).Seconds())
	}
	return nil
}

// choose plays in the best world that there is.
func choose(ctx context.Context, o options, stdout, stderr io.Writer) int {
	if o.world == "auto" || o.world == traceWorld.name {
		code, err := isolate(ctx, o, stdout, stderr)
		switch {
		case err == nil && code != exitNoWorld:
			return code
		case o.world == traceWorld.name:
			fmt.Fprintln(stderr, "demo: no namespace:", err)
			return exitFailed
		}
		fmt.Fprintln(stdout, "No network namespace of its own here: on the loopback, with other ports than the trace's.")
	}
	return play(ctx, o, stdout, stderr)
}

// isolate runs this program again in a user and network namespace.
func isolate(ctx context.Context, o options, stdout, stderr io.Writer) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return exitNoWorld, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit+5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-inside", "-out", o.out, "-world", traceWorld.name)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if exit.ExitCode() == exitNoWorld {
			return exitNoWorld, errors.New("its addresses cannot be set")
		}
		return max(exit.ExitCode(), exitFailed), nil
	}
	return exitDone, err
}

// play does both runs.
func play(ctx context.Context, o options, stdout, stderr io.Writer) int {
	w, err := enter(o, stdout)
	if err != nil {
		fmt.Fprintln(stderr, "demo:", err)
		if o.inside {
			return exitNoWorld
		}
		return exitFailed
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if w.name == traceWorld.name {
		stop, err := capture(filepath.Join(o.out, "demo-wire.pcap"))
		if err != nil {
			fmt.Fprintln(stderr, "demo: no wire capture:", err)
		} else {
			defer stop()
		}
	}
	text, err := os.Create(filepath.Join(o.out, "demo.txt"))
	if err != nil {
		fmt.Fprintln(stderr, "demo:", err)
		return exitFailed
	}
	defer text.Close()
	begin := time.Now()
	for _, s := range []scenario{originating, answering, moving} {
		r := &theatre{scenario: s, world: w, out: o.out, dir: filepath.Join(o.out, "demo", s.name), screen: stdout, ladder: text}
		if err := r.perform(ctx); err != nil {
			fmt.Fprintf(stderr, "demo: %s: %v\n", s.name, err)
			return exitFailed
		}
	}
	fmt.Fprintf(stdout, "\nAll 17 steps, both ways, and a change of the cell, in %.1f s. Ladder: %s; capture: %s\n", time.Since(begin).Seconds(),
		relative(filepath.Join(o.out, "demo.txt")), relative(filepath.Join(o.out, "demo.pcapng")))
	return exitDone
}

// relative shortens a path for a reader who is in the same directory.
func relative(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	if r, err := filepath.Rel(wd, path); err == nil {
		return r
	}
	return path
}
