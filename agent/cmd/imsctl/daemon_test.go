package main

import (
	"bytes"
	"context"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"imsagent/agent/ipc"
)

// A daemon stands in for imsagentd: it answers each method as the test says, and notifies.
type daemon struct {
	t      *testing.T
	path   string
	answer func(d *daemon, out []byte, r *ipc.Request, frame []byte) []byte

	mu    sync.Mutex
	conns []net.Conn
	asked []string // methods, in order
}

// startDaemon listens until the test ends.
func startDaemon(t *testing.T, answer func(d *daemon, out []byte, r *ipc.Request, frame []byte) []byte) *daemon {
	t.Helper()
	d := &daemon{t: t, path: filepath.Join(t.TempDir(), "host.sock"), answer: answer}
	l, err := net.Listen("unix", d.path)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			d.mu.Lock()
			d.conns = append(d.conns, conn)
			d.mu.Unlock()
			wg.Go(func() { d.serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		d.hangUp()
		wg.Wait()
	})
	return d
}

func (d *daemon) serve(conn net.Conn) {
	defer conn.Close()
	var f ipc.Framer
	buf := make([]byte, 0, ipc.MaxFrame)
	for {
		n, err := f.Frame(buf)
		if err == ipc.ErrShort {
			got, err := conn.Read(buf[len(buf):cap(buf)])
			if buf = buf[:len(buf)+got]; err != nil {
				return
			}
			continue
		}
		var r ipc.Request
		out := make([]byte, 0, 4*ipc.MaxFrame)
		if err = ipc.ParseRequest(buf[:n], &r); err != nil {
			out, _ = ipc.AppendFault(out, &r, err)
		} else {
			d.mu.Lock()
			d.asked = append(d.asked, r.Method.String())
			d.mu.Unlock()
			out = d.answer(d, out, &r, buf[:n])
		}
		if _, err := conn.Write(out); err != nil {
			return
		}
		buf = buf[:copy(buf[:cap(buf)], buf[n:])]
	}
}

// hangUp ends every connection.
func (d *daemon) hangUp() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.conns {
		c.Close()
	}
}

func (d *daemon) methods() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.asked, " ")
}

// A screen is where a command writes; the test may look at it meanwhile.
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

// imsctl runs a command to its end.
func (d *daemon) imsctl(stdin string, args ...string) (status int, out, errors string) {
	d.t.Helper()
	return imsctl(d.t, stdin, append([]string{"-socket", d.path}, args...)...)
}

func imsctl(t *testing.T, stdin string, args ...string) (status int, out, errors string) {
	t.Helper()
	var o, e screen
	status = execute(t.Context(), args, strings.NewReader(stdin), &o, &e)
	return status, o.String(), e.String()
}

// imsctlUntil runs a command until seen is on its output, and then interrupts it.
func (d *daemon) imsctlUntil(seen string, args ...string) (status int, out, errors string) {
	d.t.Helper()
	ctx, cancel := context.WithCancel(d.t.Context())
	defer cancel()
	var o, e screen
	end := make(chan int)
	go func() {
		end <- execute(ctx, append([]string{"-socket", d.path}, args...), strings.NewReader(""), &o, &e)
	}()
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(o.String(), seen); {
		select {
		case status := <-end:
			return status, o.String(), e.String()
		case <-time.After(time.Millisecond):
		}
		if time.Now().After(deadline) {
			d.t.Errorf("%q does not come", seen)
			break
		}
	}
	cancel()
	return <-end, o.String(), e.String()
}

// refuse answers everything with one error.
func refuse(code ipc.Code, text string, sip int) func(*daemon, []byte, *ipc.Request, []byte) []byte {
	return func(_ *daemon, out []byte, r *ipc.Request, _ []byte) []byte {
		out, _ = ipc.AppendError(out, r.ID, code, text, sip)
		return out
	}
}

// accept answers everything with an empty result.
func accept(_ *daemon, out []byte, r *ipc.Request, _ []byte) []byte {
	out, _ = ipc.AppendDone(out, r.ID)
	return out
}
