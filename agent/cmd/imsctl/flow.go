package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"imsagent/agent/ipc"
)

func flowFlags(c *console, f *flag.FlagSet) {
	f.BoolVar(&c.verbose, "v", false, "")
	f.StringVar(&c.pcapng, "pcapng", "", "")
	f.StringVar(&c.html, "html", "", "")
}

func checkFlow(c *console, _ []string) error {
	if c.html != "" {
		return errors.New("-html: not yet")
	}
	return nil
}

// flow shows the messages on the wire as they pass: as a ladder, or as a capture.
func flow(ctx context.Context, c *console, _ []string) int {
	if c.pcapng != "" {
		return c.captureTo(ctx, c.pcapng)
	}
	l := ladder{c: c}
	return c.events(ctx, []string{"trace"}, l.head, l.note)
}

// A ladder prints steps, numbered from 1.
type ladder struct {
	c      *console
	parts  assembler
	n      int
	called bool // the last INVITE came from the peer
}

// head prints the head of the table: from then on nothing on the wire is missed.
func (l *ladder) head() {
	if !l.c.json {
		fmt.Fprintln(l.c.out, title)
	}
}

func (l *ladder) note(n ipc.Notification) {
	if n.Method == "dropped" && text(n.Params, "topic") == "trace" {
		l.c.print(object{"dropped": number(n.Params, "count")}, "      %d messages are missing here", number(n.Params, "count"))
	}
	if n.Method != "trace" {
		return
	}
	p := l.parts.add(n.Params)
	if p == nil {
		return
	}
	for _, s := range steps(p) {
		l.n++
		s.number = l.n
		if s.message == "INVITE" {
			l.called = !s.out
		}
		s.called = l.called
		l.print(&s)
	}
}

// print writes one step, and with -v its headers below it.
func (l *ladder) print(s *step) {
	o := object{"step": s.number, "time": s.time, "direction": s.direction(), "protocol": s.protocol, "message": s.message, "comment": s.comment}
	if l.c.verbose {
		headers := make([]any, len(s.headers))
		for i, f := range s.headers {
			headers[i] = object{"name": f.name, "value": f.value}
		}
		o["headers"] = headers
	}
	l.c.print(o, "%s", s)
	if !l.c.verbose || l.c.json {
		return
	}
	for _, f := range s.headers {
		fmt.Fprintf(l.c.out, "        %s: %s\n", show(f.name), show(f.value))
	}
}

// captureTo writes a capture to the file of this name, `-` being standard output.
func (c *console) captureTo(ctx context.Context, name string) int {
	out := c.out
	if name != "-" {
		f, err := os.Create(name)
		if err != nil {
			return c.failed(err)
		}
		defer f.Close()
		out = f
	}
	w, err := newCapture(out)
	if err != nil {
		return c.failed(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var parts assembler
	var broken error
	ready := func() { fmt.Fprintf(c.err, "imsctl: writing a capture to %s until interrupted\n", name) }
	status := c.events(ctx, []string{"trace"}, ready, func(n ipc.Notification) {
		if n.Method != "trace" || broken != nil {
			return
		}
		if p := parts.add(n.Params); p != nil {
			if broken = w.write(p); broken != nil {
				cancel()
			}
		}
	})
	if broken != nil {
		return c.failed(broken)
	}
	return status
}
