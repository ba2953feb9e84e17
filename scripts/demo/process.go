package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// program is one process that we started, and only we end.
type program struct {
	name  string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	tee   func(line string)
	over  chan struct{} // it has ended; err is set
	err   error

	mu    sync.Mutex
	lines []string
}

// start runs a program in dir. Its output goes to dir/NAME.log, what
// it writes to standard output to tee too.
func start(dir, bin, name string, tee func(string), args ...string) (*program, error) {
	p := &program{name: name, tee: tee, over: make(chan struct{})}
	p.cmd = exec.Command(bin, args...)
	p.cmd.Dir = dir
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, err
	}
	var stdout, stderr io.ReadCloser
	if p.stdin, err = p.cmd.StdinPipe(); err == nil {
		if stdout, err = p.cmd.StdoutPipe(); err == nil {
			if stderr, err = p.cmd.StderrPipe(); err == nil {
				err = p.cmd.Start()
			}
		}
	}
	if err != nil {
		log.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var readers sync.WaitGroup
	readers.Add(2)
	go func() { defer readers.Done(); p.read(stdout, log, p.tee) }()
	go func() { defer readers.Done(); p.read(stderr, log, nil) }()
	go func() {
		readers.Wait()
		p.err = p.cmd.Wait()
		log.Close()
		close(p.over)
	}()
	return p, nil
}

// read notes each line of the program's output.
func (p *program) read(r io.Reader, log *os.File, tee func(string)) {
	for s := bufio.NewScanner(r); s.Scan(); {
		line := s.Text()
		p.mu.Lock()
		p.lines = append(p.lines, line)
		fmt.Fprintln(log, line)
		if tee != nil {
			tee(line)
		}
		p.mu.Unlock()
	}
}

// output returns the lines that have come.
func (p *program) output() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.lines...)
}

// expect waits for a line that begins with prefix.
func (p *program) expect(ctx context.Context, prefix string) (string, error) {
	ended := false
	for {
		for _, l := range p.output() {
			if strings.HasPrefix(l, prefix) {
				return l, nil
			}
		}
		if ended {
			return "", fmt.Errorf("%s ended (%v) before it said %q%s", p.name, p.err, prefix, p.last())
		}
		select {
		case <-p.over:
			ended = true
		case <-ctx.Done():
			return "", fmt.Errorf("%s did not say %q%s", p.name, prefix, p.last())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// last is the end of the output, for errors.
func (p *program) last() string {
	lines := p.output()
	lines = lines[max(0, len(lines)-6):]
	if len(lines) == 0 {
		return ""
	}
	return "; it said:\n\t" + strings.Join(lines, "\n\t")
}

// wait returns the program's exit status once it has ended.
func (p *program) wait(ctx context.Context) error {
	select {
	case <-p.over:
	case <-ctx.Done():
		return fmt.Errorf("%s has not ended%s", p.name, p.last())
	}
	if p.err != nil {
		return fmt.Errorf("%s: %w%s", p.name, p.err, p.last())
	}
	return nil
}

// signal asks the program to end and waits for it.
func (p *program) signal(ctx context.Context, s os.Signal) error {
	p.cmd.Process.Signal(s)
	return p.wait(ctx)
}

// kill ends the program at once, if it runs.
func (p *program) kill() {
	p.cmd.Process.Kill()
	<-p.over
}
