package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"time"

	"imsagent/agent/ipc"
)

// maxInput bounds what is read from standard input as one message, in octets.
const maxInput = 64 << 20

// reached is the order of the states of an outgoing message.
var reached = []string{"queued", "sent", "delivered", "displayed"}

func sendFlags(c *console, f *flag.FlagSet) {
	f.StringVar(&c.wait, "wait", "", "")
	f.DurationVar(&c.timeout, "timeout", 30*time.Second, "")
}

func checkSend(c *console, _ []string) error {
	if c.wait != "" && slices.Index(reached, c.wait) < 1 {
		return errors.New("-wait is one of sent, delivered, displayed")
	}
	if c.timeout <= 0 {
		return errors.New("-timeout is not positive")
	}
	return nil
}

// send queues a text, and with -wait follows it.
func send(ctx context.Context, c *console, args []string) int {
	body := []byte(args[1])
	if args[1] == "-" {
		var err error
		if body, err = io.ReadAll(io.LimitReader(c.in, maxInput)); err != nil {
			return c.failed(err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if c.wait != "" {
		if err := c.client.Subscribe(ctx, "message_status"); err != nil {
			return c.failed(err)
		}
	}
	id, err := c.queue(ctx, args[0], body)
	if err != nil {
		return c.failed(err)
	}
	c.state(id, object{"state": "queued"})
	if c.wait == "" {
		return exitDone
	}
	return c.follow(ctx, id)
}

// queue sends the body, in pieces where it is longer than one frame takes.
func (c *console) queue(ctx context.Context, to string, body []byte) (string, error) {
	first := body[:min(len(body), ipc.MaxBody)]
	params := object{"to": to, "body": first}
	rest := body[len(first):]
	if len(rest) > 0 {
		params["more"] = true
	}
	r, err := c.client.Call(ctx, "send", params)
	if err != nil {
		return "", err
	}
	id := text(r, "message_id")
	for len(rest) > 0 {
		piece := rest[:min(len(rest), ipc.MaxBody)]
		rest = rest[len(piece):]
		if _, err := c.client.Call(ctx, "append", object{"message_id": id, "body": piece, "last": len(rest) == 0}); err != nil {
			return "", err
		}
	}
	return id, nil
}

// follow prints each state that the message reaches until it is the one awaited.
func (c *console) follow(ctx context.Context, id string) int {
	want := slices.Index(reached, c.wait)
	for {
		select {
		case n, ok := <-c.client.Notifications():
			switch {
			case !ok:
				return c.failed(c.client.Err())
			case n.Method != "message_status" || text(n.Params, "message_id") != id:
				continue
			}
			state := text(n.Params, "state")
			if state != "queued" || text(n.Params, "reason") != "" {
				c.state(id, n.Params)
			}
			switch {
			case slices.Index(reached, state) >= want:
				return exitDone
			case state == "failed" || state == "cancelled":
				return exitFailed
			}
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				fmt.Fprintf(c.err, "imsctl: %s not reached in %v\n", c.wait, c.timeout)
				return exitTimeout
			}
			return exitFailed
		}
	}
}

// state prints one state of a message, with its reason and code where there are any.
func (c *console) state(id string, s object) {
	o := object{"message_id": id, "state": text(s, "state")}
	line := id + " " + show(text(s, "state"))
	if reason := text(s, "reason"); reason != "" {
		o["reason"] = reason
		line += " " + show(reason)
	}
	if code := number(s, "code"); code != 0 {
		o["code"] = code
		line += fmt.Sprintf(" %d", code)
	}
	c.print(o, "%s", line)
}
