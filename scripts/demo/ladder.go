package main

import (
	"fmt"
	"regexp"
	"strings"
)

// rows is the reference table: direction seen from the caller, protocol, and how
// the message and its comment begin.
var rows = [...]struct{ out, protocol, message, comment string }{
	{"-->", "SIP/SDP", "INVITE", ""},
	{"<--", "SIP", "100 Trying", ""},
	{"<--", "SIP", "18", ""}, // 183 in the trace; 180 says the same
	{"<--", "SIP/SDP", "200 OK", ""},
	{"-->", "SIP", "ACK", ""},
	{"-->", "MSRP", "SEND", ""},
	{"<--", "MSRP", "200", ""},
	{"-->", "MSRP", "SEND", "Send Text 'Hello'"},
	{"<--", "MSRP", "200", ""},
	{"<--", "MSRP", "SEND", "Delivery Notification"},
	{"-->", "MSRP", "200", ""},
	{"<--", "MSRP", "SEND", "Is Composing"},
	{"-->", "MSRP", "200", ""},
	{"<--", "MSRP", "SEND", "Send Text 'hi'"},
	{"-->", "MSRP", "200", ""},
	{"-->", "MSRP", "SEND", "Delivery Notification"},
	{"<--", "MSRP", "200", ""},
}

// ladderRow is one line of `imsctl flow`.
var ladderRow = regexp.MustCompile(`^\((\d+)\)\s+UA1 (-->|<--) Proxy/UA2\s+(\S+)\s+(.*)$`)

// mirrored is a direction seen from the other end.
func mirrored(direction string) string {
	if direction == "-->" {
		return "<--"
	}
	return "-->"
}

// checkLadder compares what `imsctl flow` printed with the reference table: the
// 17 steps in their order. The ladder may call itself UA1 even when it is called.
func (t *theatre) checkLadder(lines []string) error {
	var got [][]string
	for _, l := range lines {
		if m := ladderRow.FindStringSubmatch(l); m != nil {
			got = append(got, m)
		}
	}
	if len(got) < len(rows) {
		return fmt.Errorf("the ladder has %d steps, want %d", len(got), len(rows))
	}
	turned := got[0][2] != rows[0].out
	if turned && t.calls {
		return fmt.Errorf("the ladder begins with %q", got[0][0])
	}
	for i, want := range rows {
		message, comment, _ := strings.Cut(got[i][4], "  ")
		direction := got[i][2]
		if turned {
			direction = mirrored(direction)
		}
		if got[i][1] != fmt.Sprint(i+1) || direction != want.out || got[i][3] != want.protocol ||
			!strings.HasPrefix(message, want.message) || !strings.HasPrefix(strings.TrimSpace(comment), want.comment) {
			return fmt.Errorf("step %d of the ladder is %q, want %s %s %s %s", i+1, got[i][0], want.out, want.protocol, want.message, want.comment)
		}
	}
	return nil
}
