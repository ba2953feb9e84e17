package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"imsagent/agent/ipc"
)

// patience is how long the daemon may take to answer a request.
const patience = 30 * time.Second

// A console is the surroundings of one command, and its flags.
type console struct {
	in       io.Reader
	out, err io.Writer
	json     bool
	socket   string
	client   *ipc.Client

	wait    string        // send
	timeout time.Duration // send
	verbose bool          // flow
	pcapng  string        // flow
	html    string        // flow
}

// object is one line of JSON, or the parameters of a call.
type object = map[string]any

// misuse reports a usage error.
func (c *console) misuse(text string) int {
	fmt.Fprintf(c.err, "imsctl: %s\n", text)
	return exitUsage
}

// failed reports err and returns the exit status that it means.
func (c *console) failed(err error) int {
	fmt.Fprintf(c.err, "imsctl: %s\n", show(strings.TrimPrefix(err.Error(), "ipc: ")))
	switch {
	case errors.Is(err, ipc.ErrClosed):
		return exitNoDaemon
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimeout
	}
	return exitFailed
}

// call asks the daemon and waits for its answer.
func (c *console) call(ctx context.Context, method string, params object) (object, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return c.client.Call(ctx, method, params)
}

// print writes one line: the object with -json, else the text.
func (c *console) print(o object, format string, args ...any) {
	if !c.json {
		fmt.Fprintf(c.out, format+"\n", args...)
		return
	}
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	if err := e.Encode(plainValue(o)); err != nil {
		fmt.Fprintf(c.err, "imsctl: %v\n", err)
	}
}

// plainValue turns octets into text, or, where they are none, a key K into K_base64.
func plainValue(v any) any {
	switch v := v.(type) {
	case object:
		m := make(object, len(v))
		for k, x := range v {
			if b, ok := x.([]byte); ok && !utf8.Valid(b) {
				m[k+"_base64"] = base64.StdEncoding.EncodeToString(b)
			} else {
				m[k] = plainValue(x)
			}
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plainValue(v[i])
		}
		return list
	case []byte:
		return string(v)
	}
	return v
}

// Reading values of results and notifications; what is absent is zero.

func text(o object, key string) string {
	switch v := o[key].(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

func number(o object, key string) int64 {
	v, _ := o[key].(int64)
	return v
}

func flagged(o object, key string) bool {
	v, _ := o[key].(bool)
	return v
}

func member(o object, key string) object {
	v, _ := o[key].(object)
	return v
}

func members(o object, key string) (list []object) {
	all, _ := o[key].([]any)
	for _, v := range all {
		if m, ok := v.(object); ok {
			list = append(list, m)
		}
	}
	return list
}

// clock is a time in ms since 1970 as a person reads it.
func clock(ms int64) string {
	if ms == 0 {
		return "-"
	}
	return time.UnixMilli(ms).Format("2006-01-02 15:04:05.000")
}

// show makes a text safe to print on a terminal: it stays on its line and controls nothing.
func show(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r >= 0x7f && r < 0xa0, bidi(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// bidi reports the characters that turn the direction of the text after them, by which a
// message could rewrite the line that it is printed on.
func bidi(r rune) bool {
	return r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
