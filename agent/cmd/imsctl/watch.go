package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"imsagent/agent/ipc"
)

func checkTopics(_ *console, args []string) error {
	for _, a := range args {
		if ipc.ParseTopic(a) == 0 {
			return errors.New("no such topic: " + show(a))
		}
	}
	return nil
}

// watch prints notifications until it is interrupted.
func watch(ctx context.Context, c *console, args []string) int {
	return c.events(ctx, args, func() {}, c.event)
}

// events subscribes, calls ready, and hands every notification to f until ctx or the
// daemon ends.
func (c *console) events(ctx context.Context, topics []string, ready func(), f func(ipc.Notification)) int {
	subscribe, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := c.client.Subscribe(subscribe, topics...); err != nil {
		if ctx.Err() != nil {
			return exitDone
		}
		return c.failed(err)
	}
	ready()
	for {
		select {
		case n, ok := <-c.client.Notifications():
			if !ok {
				return c.failed(c.client.Err())
			}
			f(n)
		case <-ctx.Done():
			return exitDone
		}
	}
}

// event prints one notification: its topic, then its values in the order of their names.
func (c *console) event(n ipc.Notification) {
	o := maps.Clone(n.Params)
	o["topic"] = n.Method
	if n.Method == "dropped" { // its topic is whose notifications were dropped
		o["topic"], o["dropped"] = n.Method, text(n.Params, "topic")
	}
	c.print(o, "%s %s", time.Now().Format("15:04:05.000"), show(n.Method)+values(n.Params))
}

// values is " key=value" for every value of o that is not empty.
func values(o object) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(o)) {
		if v := value(k, o[k]); v != "" {
			fmt.Fprintf(&b, " %s=%s", show(k), v)
		}
	}
	return b.String()
}

// value is one value for people; "" is one that says nothing.
func value(key string, v any) string {
	switch v := v.(type) {
	case string:
		if strings.ContainsAny(v, " \"") {
			return `"` + show(v) + `"`
		}
		return show(v)
	case []byte:
		return `"` + show(string(v)) + `"`
	case int64:
		if strings.HasPrefix(key, "time") || key == "until" {
			if v == 0 {
				return ""
			}
			return `"` + clock(v) + `"`
		}
		return fmt.Sprint(v)
	case bool:
		return fmt.Sprint(v)
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = value("", v[i])
		}
		return strings.Join(parts, ",")
	case object:
		if len(v) > 0 {
			return "{" + strings.TrimSpace(values(v)) + "}"
		}
	}
	return ""
}
