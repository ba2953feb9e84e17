package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

const help = `start, stop, kill        imsagentd
figures                  memory and wake-ups of imsagentd
in DIR PROGRAM ARG...    runs a program in a directory
imsctl ARG... [&]        runs a program of /bin; & does not wait for it
poweroff
`

// command carries out one command and returns its exit status.
func (g *guest) command(words []string) int {
	switch words[0] {
	case "help":
		fmt.Fprint(g.out, help)
		return 0
	case "start":
		return g.start()
	case "stop":
		return g.stop(syscall.SIGTERM)
	case "kill":
		return g.stop(syscall.SIGKILL)
	case "figures":
		return g.figures()
	case "in":
		if len(words) < 3 {
			fmt.Fprint(g.out, help)
			return 2
		}
		return g.program(words[1], words[2:])
	}
	return g.program("/", words)
}

// program runs a program with the console as its terminal.
func (g *guest) program(dir string, words []string) int {
	last := len(words) - 1
	background := words[last] == "&" && last > 0
	if background {
		words = words[:last]
	}
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, g.out, g.out
	if background {
		if err := cmd.Start(); err != nil {
			g.complain(err)
			return 127
		}
		go cmd.Wait()
		return 0
	}
	cmd.Stdin = g.stdin
	return status(g, cmd.Run())
}

// status is the exit status as a shell has it.
func status(g *guest, err error) int {
	var ended *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &ended):
		g.complain(err)
		return 127
	}
	if s, ok := ended.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		return 128 + int(s.Signal())
	}
	return ended.ExitCode()
}

// startIdle starts this program as one that does nothing.
func (g *guest) startIdle() error {
	cmd := exec.Command("/init", "idle")
	err := cmd.Start()
	g.idle = cmd.Process
	if err != nil {
		return fmt.Errorf("idle process: %w", err)
	}
	return os.WriteFile("/run/idle.pid", fmt.Appendln(nil, g.idle.Pid), 0o644)
}
