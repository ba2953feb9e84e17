package main

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"syscall"
	"time"
)

// notifySocket is what imsagentd finds in $NOTIFY_SOCKET.
const notifySocket = "/run/notify"

// patience is the longest wait for imsagentd to be ready, or to end: seconds, but minutes where
// the host has much else to do.
const patience = 3 * time.Minute

// daemon is imsagentd, running.
type daemon struct {
	cmd  *exec.Cmd
	over chan struct{} // it has ended
}

// notifier takes the datagrams of sd_notify.
type notifier struct{ c *net.UnixConn }

func (n *notifier) listen() (err error) {
	n.c, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: notifySocket, Net: "unixgram"})
	return err
}

// wait returns once READY=1 has come, or over is closed. Words of the watchdog, and of a daemon
// that ended before, are passed over.
func (n *notifier) wait(until time.Time, over <-chan struct{}) error {
	b := make([]byte, 256)
	for time.Now().Before(until) {
		n.c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if size, err := n.c.Read(b); err == nil && string(b[:size]) == "READY=1" {
			return nil
		}
		select {
		case <-over:
			return errors.New("it has ended")
		default:
		}
	}
	return errors.New("not in time")
}

// start starts imsagentd and waits until it is ready.
func (g *guest) start() int {
	if g.running() {
		fmt.Fprintln(g.out, "init: imsagentd runs")
		return 1
	}
	cmd := exec.Command("/bin/imsagentd", "-board", g.line.board)
	cmd.Env = append(cmd.Environ(), "NOTIFY_SOCKET="+notifySocket)
	cmd.Stdout, cmd.Stderr = g.out, g.out
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		g.complain(err)
		return 127
	}
	g.daemon = &daemon{cmd: cmd, over: make(chan struct{})}
	go g.watch(g.daemon)
	if err := g.notify.wait(begin.Add(patience), g.daemon.over); err != nil {
		fmt.Fprintln(g.out, "init: imsagentd is not ready:", err)
		return 1
	}
	fmt.Fprintf(g.out, "init: imsagentd READY=1 after %d ms, pid %d\n", time.Since(begin).Milliseconds(), cmd.Process.Pid)
	return 0
}

// watch tells when imsagentd has ended.
func (g *guest) watch(d *daemon) {
	err := d.cmd.Wait()
	fmt.Fprintf(g.out, "init: imsagentd ended with %d\n", status(g, err))
	close(d.over)
}

// running reports whether imsagentd runs.
func (g *guest) running() bool {
	if g.daemon == nil {
		return false
	}
	select {
	case <-g.daemon.over:
		return false
	default:
		return true
	}
}

// stop ends imsagentd by a signal.
func (g *guest) stop(s syscall.Signal) int {
	if !g.running() {
		return 0
	}
	g.daemon.cmd.Process.Signal(s)
	select {
	case <-g.daemon.over:
		return 0
	case <-time.After(patience):
		fmt.Fprintln(g.out, "init: imsagentd does not end")
		return 1
	}
}
