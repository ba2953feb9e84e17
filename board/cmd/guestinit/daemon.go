package main

import (
	"fmt"
	"net"
	"os/exec"
	"syscall"
	"time"
)

// notifySocket is what imsagentd finds in $NOTIFY_SOCKET.
const notifySocket = "/run/notify"

// patience is the longest wait for imsagentd to be ready, or to end.
const patience = 60 * time.Second

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

// wait returns once a datagram has come.
func (n *notifier) wait(until time.Time) (string, error) {
	n.c.SetReadDeadline(until)
	b := make([]byte, 256)
	size, err := n.c.Read(b)
	return string(b[:size]), err
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
	text, err := g.notify.wait(begin.Add(patience))
	if err != nil {
		fmt.Fprintln(g.out, "init: imsagentd is not ready:", err)
		return 1
	}
	fmt.Fprintf(g.out, "init: imsagentd %s after %d ms, pid %d\n", text, time.Since(begin).Milliseconds(), cmd.Process.Pid)
	return 0
}

// watch tells when imsagentd has ended, and wakes who waits for it to be ready.
func (g *guest) watch(d *daemon) {
	err := d.cmd.Wait()
	fmt.Fprintf(g.out, "init: imsagentd ended with %d\n", status(g, err))
	close(d.over)
	g.notify.c.SetReadDeadline(time.Now())
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
