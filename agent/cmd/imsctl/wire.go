package main

import (
	"bytes"
	"strings"
)

// A reader for what is already known to be SIP, MSRP or CPIM: it shows messages to
// people, and is as lenient as they are.

// A field is one header.
type field struct{ name, value string }

// A head is a start line (not in CPIM) and headers.
type head struct {
	start  string
	fields []field
}

// get returns the first header of one of these names.
func (h *head) get(names ...string) string {
	for _, f := range h.fields {
		for _, n := range names {
			if strings.EqualFold(f.name, n) {
				return f.value
			}
		}
	}
	return ""
}

// compact are the one-letter names of SIP that are shown (RFC 3261 §7.3.3).
var compact = map[string]string{"v": "Via", "m": "Contact", "i": "Call-ID", "f": "From", "t": "To",
	"c": "Content-Type", "l": "Content-Length", "k": "Supported", "a": "Accept-Contact"}

// cutLine returns the first line of b without its end, and what follows it.
func cutLine(b []byte) (line string, rest []byte, ok bool) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return string(b), nil, false
	}
	return strings.TrimSuffix(string(b[:i]), "\r"), b[i+1:], true
}

// cutFields reads headers up to the empty line, or to a line that stop says is none.
// whole is false where neither came.
func cutFields(b []byte, stop func(line string) bool) (fields []field, rest []byte, whole bool) {
	for {
		line, after, ok := cutLine(b)
		switch {
		case line == "" && ok:
			return fields, after, true
		case line == "" || stop != nil && stop(line):
			return fields, b, line != ""
		case (line[0] == ' ' || line[0] == '\t') && len(fields) > 0:
			fields[len(fields)-1].value += " " + strings.TrimSpace(line)
		default:
			name, value, _ := strings.Cut(line, ":")
			fields = append(fields, field{strings.TrimSpace(name), strings.TrimSpace(value)})
		}
		if b = after; !ok {
			return fields, nil, false
		}
	}
}

// A sip is one SIP message.
type sip struct {
	head
	body []byte
}

func readSIP(b []byte) *sip {
	m := &sip{}
	m.start, b, _ = cutLine(b)
	m.fields, m.body, _ = cutFields(b, nil)
	for i, f := range m.fields {
		if long := compact[strings.ToLower(f.name)]; long != "" && len(f.name) == 1 {
			m.fields[i].name = long
		}
	}
	return m
}

// response returns "200 OK" for a response.
func (m *sip) response() (string, bool) {
	return strings.CutPrefix(m.start, "SIP/2.0 ")
}

// An msrp is one MSRP request or response.
type msrp struct {
	head
	id   string // transaction id
	verb string // method, or status code
	note string // phrase of a status
	body []byte
	flag byte // of the end-line; 0: none was seen
}

// readMSRP reads the first message of b and returns what follows it.
func readMSRP(b []byte) (m *msrp, rest []byte) {
	m = &msrp{}
	m.start, rest, _ = cutLine(b)
	parts := strings.SplitN(m.start, " ", 4)
	if len(parts) < 3 || parts[0] != "MSRP" {
		return m, nil
	}
	m.id, m.verb = parts[1], parts[2]
	if len(parts) == 4 {
		m.note = parts[3]
	}
	end := "-------" + m.id
	m.fields, rest, _ = cutFields(rest, func(line string) bool { return m.ends(line, end) })
	return m, m.cutBody(rest, end)
}

// ends reports whether the line is the end-line, and notes its flag.
func (m *msrp) ends(line, end string) bool {
	flag, ok := strings.CutPrefix(line, end)
	if !ok || len(flag) != 1 || !strings.ContainsAny(flag, "$+#") {
		return false
	}
	m.flag = flag[0]
	return true
}

// cutBody takes the body up to the end-line, and returns what follows that.
func (m *msrp) cutBody(b []byte, end string) (rest []byte) {
	for at := b; len(at) > 0; {
		line, after, _ := cutLine(at)
		if m.ends(line, end) {
			m.body = bytes.TrimSuffix(bytes.TrimSuffix(b[:len(b)-len(at)], []byte("\n")), []byte("\r"))
			return after
		}
		at = after
	}
	m.body = b
	return nil
}

// A cpim is the envelope of a message (RFC 3862), with its content.
type cpim struct {
	head    head // message headers
	content head // MIME headers
	body    []byte
}

// readCPIM reads an envelope. The blank line between message headers and MIME headers is
// missing in RFC 4975 §11.4 and in the field: the MIME headers are then in the first block.
func readCPIM(b []byte) *cpim {
	m := &cpim{}
	m.head.fields, b, _ = cutFields(b, nil)
	for i, f := range m.head.fields {
		if strings.HasPrefix(strings.ToLower(f.name), "content-") {
			m.head.fields, m.content.fields = m.head.fields[:i], m.head.fields[i:]
			m.body = b
			return m
		}
	}
	m.content.fields, m.body, _ = cutFields(b, nil)
	return m
}

// mediaType is the type of a Content-Type without its parameters, in lower case.
func mediaType(value string) string {
	t, _, _ := strings.Cut(value, ";")
	return strings.ToLower(strings.TrimSpace(t))
}
