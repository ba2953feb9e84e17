package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// status prints what the daemon says of itself.
func status(ctx context.Context, c *console, _ []string) int {
	r, err := c.call(ctx, "status", nil)
	if err != nil {
		return c.failed(err)
	}
	if c.json {
		c.print(r, "")
		return exitDone
	}
	c.print(nil, "%-15s%s", "registration", orDash(values(member(r, "registration"))))
	c.printModem(r)
	sessions := members(r, "sessions")
	c.print(nil, "%-15s %d", "sessions", len(sessions))
	for _, s := range sessions {
		c.print(nil, "%-15s %s", "", show(text(s, "session"))+values(without(s, "session")))
	}
	b, s := member(r, "buffers"), member(r, "spool")
	c.print(nil, "%-15s %d of %d free", "buffers", number(b, "free"), number(b, "total"))
	c.print(nil, "%-15s %d of %d messages, %d of %d octets", "spool",
		number(s, "messages"), number(s, "max_messages"), number(s, "bytes"), number(s, "max_bytes"))
	for _, k := range slices.Sorted(maps.Keys(member(r, "counters"))) {
		c.print(nil, "%-15s %s", "", fmt.Sprintf("%s %v", show(k), member(r, "counters")[k]))
	}
	return exitDone
}

func orDash(s string) string {
	if s == "" {
		return " -"
	}
	return s
}

func without(o object, key string) object {
	o = maps.Clone(o)
	delete(o, key)
	return o
}
