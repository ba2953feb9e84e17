package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Reasons for which our INVITE may differ from the trace's. Each decision is one
// that the project has taken and given its ground for.
const (
	randomID    = "random id"
	uuids       = "random id; decision: ids are UUIDs, which every CPM server takes"
	allowWorks  = "decision: Allow lists what is answered and works"
	ownContact  = "decision: the Contact names what we listen on"
	plainVia    = "random id; decision: no transport parameter in Via"
	maxSize     = "decision: a=max-size names the limit of [msrp] max_size"
	followsBody = "follows from the body"
)

// differences are the lines that may differ: the line of the trace, ours, why.
var differences = []struct {
	trace, ours *regexp.Regexp
	why         string
}{
	{word(`Conversation-ID: \w{32}`), word(`Conversation-ID: [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), uuids},
	{word(`Contribution-ID: \w{40}`), word(`Contribution-ID: [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), uuids},
	{word(`Allow: .*`), word(`Allow: INVITE,ACK,OPTIONS,CANCEL,BYE,UPDATE,PRACK(,MESSAGE|,NOTIFY)*`), allowWorks},
	{word(`f: (<\S+>);tag=\d+`), word(`f: <sip:310410123456789@sharetechnote\.com>;tag=[\w.!%*+~-]{8,}`), randomID},
	{word(`i: \d+@.*`), word(`i: [\w.!%*+~-]{16,}(@.*)?`), randomID},
	{word(`l: \d+`), word(`l: \d+`), followsBody},
	{word(`m: .*`), word(`m: <sip:[^@ ]+@\S+>;\+g\.3gpp\.icsi-ref="urn%3Aurn-7%3A3gpp-service\.ims\.icsi\.oma\.cpm\.session"`), ownContact},
	{word(`v: SIP/2\.0/TCP .*`), word(`v: SIP/2\.0/TCP (\[\S+\]|[\d.]+):\d+;branch=z9hG4bK[\w.!%*+~-]{8,}`), plainVia},
	{word(`o=TEST-IMS-UE .*`), word(`o=TEST-IMS-UE \d+ \d+ IN IP[46] \S+`), randomID},
	{word(``), word(`a=max-size:\d+`), maxSize},
	{word(`a=path:msrp://.*`), word(`a=path:msrp://(\[\S+\]|[\d.]+):\d+/[A-Za-z0-9.+%=_~-]{14,};tcp`), randomID},
}

func word(form string) *regexp.Regexp { return regexp.MustCompile("^" + form + "$") }

// review prints our INVITE against the trace's. A difference that is neither a
// random id nor a decision is an error.
func (t *theatre) review() error {
	if !t.calls {
		return nil
	}
	trace, err := os.ReadFile(filepath.Join("agent", "agenttest", "testdata", "trace", "01-invite.sip"))
	if err != nil {
		return err
	}
	ours, err := os.ReadFile(filepath.Join(t.dir, "messages", "01-invite"))
	if err != nil {
		return err
	}
	fmt.Fprintln(t.screen, "\nOur INVITE against the trace's (= the same; ~ theirs, then ours, and why):")
	bad := 0
	for _, p := range pair(lines(t.world.moved(string(trace))), lines(string(ours))) {
		bad += p.print(t)
	}
	if bad > 0 {
		return fmt.Errorf("%d unexpected differences between our INVITE and the trace's", bad)
	}
	return nil
}

// moved puts the addresses of this world into a message of the trace.
func (w world) moved(s string) string {
	if w.name == traceWorld.name {
		return s
	}
	family := "IP6"
	if w.one.addr.Is4() {
		family = "IP4"
	}
	a, b := traceWorld.one, traceWorld.two
	return strings.NewReplacer(
		a.at(a.sip), w.one.at(w.one.sip), b.at(b.sip), w.two.at(w.two.sip), a.at(a.msrp), w.one.at(w.one.msrp),
		"IP6 "+a.addr.String(), family+" "+w.one.addr.String(), "message "+strconv.Itoa(int(a.msrp))+" ", "message "+strconv.Itoa(int(w.one.msrp))+" ",
	).Replace(s)
}

func lines(s string) []string { return strings.Split(strings.TrimSuffix(s, "\r\n"), "\r\n") }

// pairing is a line of the trace with ours; one of them may be missing.
type pairing struct{ trace, ours string }

// name is what makes two lines the same line: the header name, or the SDP letter
// with its attribute.
func name(line string) string {
	if len(line) > 1 && line[1] == '=' {
		if line[0] != 'a' {
			return line[:2]
		}
		line, _, _ = strings.Cut(line, ":")
		return line
	}
	before, _, ok := strings.Cut(line, ": ")
	if !ok {
		return line
	}
	return before
}

// pair aligns two messages: a longest common subsequence of their line names.
func pair(trace, ours []string) []pairing {
	best := make([][]int, len(trace)+1)
	for i := range best {
		best[i] = make([]int, len(ours)+1)
	}
	for i := len(trace) - 1; i >= 0; i-- {
		for j := len(ours) - 1; j >= 0; j-- {
			if name(trace[i]) == name(ours[j]) {
				best[i][j] = best[i+1][j+1] + 1
			} else {
				best[i][j] = max(best[i+1][j], best[i][j+1])
			}
		}
	}
	var all []pairing
	i, j := 0, 0
	for i < len(trace) || j < len(ours) {
		switch {
		case i < len(trace) && j < len(ours) && name(trace[i]) == name(ours[j]):
			all = append(all, pairing{trace[i], ours[j]})
			i, j = i+1, j+1
		case j == len(ours) || i < len(trace) && best[i+1][j] >= best[i][j+1]:
			all = append(all, pairing{trace: trace[i]})
			i++
		default:
			all = append(all, pairing{ours: ours[j]})
			j++
		}
	}
	return all
}

// why says for what reason the two lines may differ; "" where there is none.
func (p pairing) why() string {
	for _, d := range differences {
		if d.trace.MatchString(p.trace) && d.ours.MatchString(p.ours) {
			return d.why
		}
	}
	return ""
}

// print shows one pairing and returns 1 if it is unexpected.
func (p pairing) print(t *theatre) int {
	if p.trace == p.ours {
		fmt.Fprintf(t.screen, "  = %s\n", p.trace)
		return 0
	}
	why, bad := p.why(), 0
	if why == "" {
		why, bad = "UNEXPECTED", 1
	}
	show := func(s string) string {
		if s == "" {
			return "(no such line)"
		}
		return s
	}
	fmt.Fprintf(t.screen, "  ~ %s\n    %s\n      %s\n", show(p.trace), show(p.ours), why)
	return bad
}
