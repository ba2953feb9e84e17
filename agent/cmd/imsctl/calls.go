package main

import (
	"context"
)

// plain is a command that asks for one thing without arguments.
func plain(method string) func(context.Context, *console, []string) int {
	return func(ctx context.Context, c *console, _ []string) int { return c.ask(ctx, method, nil) }
}

// byID is a command on one message.
func byID(method string) func(context.Context, *console, []string) int {
	return func(ctx context.Context, c *console, args []string) int {
		return c.ask(ctx, method, object{"message_id": args[0]})
	}
}

// bySession is a command on one session.
func bySession(method string) func(context.Context, *console, []string) int {
	return func(ctx context.Context, c *console, args []string) int {
		return c.ask(ctx, method, object{"session": args[0]})
	}
}

// open asks for a session with a peer.
func open(ctx context.Context, c *console, args []string) int {
	return c.ask(ctx, "open", object{"to": args[0]})
}

// ask makes one call and prints what it returned: nothing, or its values on a line.
func (c *console) ask(ctx context.Context, method string, params object) int {
	r, err := c.call(ctx, method, params)
	if err != nil {
		return c.failed(err)
	}
	switch {
	case c.json && r == nil:
		c.print(object{}, "")
	case c.json:
		c.print(r, "")
	case text(r, "session") != "":
		c.print(r, "%s", show(text(r, "session")))
	case text(r, "state") != "":
		c.print(r, "%s", show(text(r, "state")))
	}
	return exitDone
}
