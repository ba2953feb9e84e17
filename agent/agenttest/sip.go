package agenttest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
)

// maxMessage is the largest SIP message that is read, in octets.
const maxMessage = 65535

// compact maps the one-letter header names to the long ones (RFC 3261 §7.3.3,
// RFC 3841 §9, RFC 4028 §4).
var compact = map[string]string{"a": "accept-contact", "c": "content-type", "e": "content-encoding", "f": "from",
	"i": "call-id", "j": "reject-contact", "k": "supported", "l": "content-length", "m": "contact", "o": "event",
	"r": "refer-to", "s": "subject", "t": "to", "u": "allow-events", "v": "via", "x": "session-expires"}

// field is one header field: the name as it was written, the value trimmed.
type field struct{ name, value string }

// flow is where a message came from, and so where its answer goes.
type flow struct {
	transport string // "udp" or "tcp"
	write     func([]byte) error
}

// message is one SIP message.
type message struct {
	start  string
	fields []field
	body   []byte
	raw    []byte
	flow   flow
}

// readSIP reads one message of a stream. Empty lines between messages are
// skipped; two in a row are a keep-alive, answered by one (RFC 5626 §4.4.1).
func readSIP(r *bufio.Reader, write func([]byte) error) (*message, error) {
	var head []byte
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		if len(head) == 0 && len(bytes.TrimSpace(line)) == 0 {
			if next, err := r.Peek(2); err == nil && string(next) == "\r\n" {
				r.Discard(2)
				if err := write([]byte("\r\n")); err != nil {
					return nil, err
				}
			}
			continue
		}
		head = append(head, line...)
		if string(line) == "\r\n" {
			break
		}
		if len(head) > maxMessage {
			return nil, errors.New("a SIP message without end")
		}
	}
	m := &message{}
	if err := m.parseHead(head); err != nil {
		return nil, err
	}
	size, err := strconv.ParseUint(m.get("Content-Length"), 10, 16)
	if err != nil {
		return nil, fmt.Errorf("no usable Content-Length on a stream: %q", m.get("Content-Length"))
	}
	m.body = make([]byte, size)
	if _, err := io.ReadFull(r, m.body); err != nil {
		return nil, err
	}
	m.raw = append(head, m.body...)
	return m, nil
}

// parseSIP reads the message that a datagram holds.
func parseSIP(b []byte) (*message, error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return nil, errors.New("a datagram without an empty line")
	}
	m := &message{raw: b, body: b[end+4:]}
	if err := m.parseHead(b[:end+4]); err != nil {
		return nil, err
	}
	if l := m.get("Content-Length"); l != "" && l != strconv.Itoa(len(m.body)) {
		return nil, fmt.Errorf("Content-Length is %s, the body has %d octets", l, len(m.body))
	}
	return m, nil
}

// parseHead fills the start line and the fields.
func (m *message) parseHead(head []byte) error {
	lines := strings.Split(strings.TrimSuffix(string(head), "\r\n\r\n"), "\r\n")
	m.start = lines[0]
	if !strings.HasPrefix(m.start, "SIP/2.0 ") && !strings.HasSuffix(m.start, " SIP/2.0") {
		return fmt.Errorf("not a SIP start line: %q", m.start)
	}
	for _, l := range lines[1:] {
		if strings.HasPrefix(l, " ") || strings.HasPrefix(l, "\t") {
			if len(m.fields) == 0 {
				return fmt.Errorf("folding without a header field: %q", l)
			}
			m.fields[len(m.fields)-1].value += " " + strings.TrimSpace(l)
			continue
		}
		name, value, ok := strings.Cut(l, ":")
		if !ok || name == "" || strings.ContainsAny(name, "\r\n") {
			return fmt.Errorf("not a header field: %q", l)
		}
		m.fields = append(m.fields, field{strings.TrimRight(name, " \t"), strings.TrimSpace(value)})
	}
	return nil
}

// canonical is the name by which header fields are compared.
func canonical(name string) string {
	name = strings.ToLower(name)
	if long, ok := compact[name]; ok {
		return long
	}
	return name
}

// get returns all values of a header field, joined by commas, "" if there is none.
func (m *message) get(name string) string {
	var values []string
	for _, f := range m.fields {
		if canonical(f.name) == canonical(name) {
			values = append(values, f.value)
		}
	}
	return strings.Join(values, ", ")
}

// has reports whether a header field is there.
func (m *message) has(name string) bool {
	for _, f := range m.fields {
		if canonical(f.name) == canonical(name) {
			return true
		}
	}
	return false
}

// response reports whether m is one.
func (m *message) response() bool { return strings.HasPrefix(m.start, "SIP/2.0 ") }

// status returns the status code of a response, 0 for a request.
func (m *message) status() int {
	if !m.response() || len(m.start) < len("SIP/2.0 200") {
		return 0
	}
	code, err := strconv.Atoi(m.start[len("SIP/2.0 "):len("SIP/2.0 200")])
	if err != nil {
		return 0
	}
	return code
}

// method returns the method of a request, "" for a response.
func (m *message) method() string {
	if m.response() {
		return ""
	}
	method, _, _ := strings.Cut(m.start, " ")
	return method
}

// uri returns the Request-URI.
func (m *message) uri() string {
	_, rest, _ := strings.Cut(m.start, " ")
	return strings.TrimSuffix(rest, " SIP/2.0")
}

// param returns a parameter of a header value, outside of <>.
func param(value, name string) string {
	if _, after, ok := strings.Cut(value, ">"); ok {
		value = after
	}
	value, _, _ = strings.Cut(value, ",")
	for _, p := range strings.Split(value, ";")[1:] {
		if k, v, _ := strings.Cut(p, "="); strings.EqualFold(strings.TrimSpace(k), name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// inAngles returns what stands between < and > in a header value.
func inAngles(value string) string {
	_, after, _ := strings.Cut(value, "<")
	uri, _, _ := strings.Cut(after, ">")
	return uri
}

// replyTo is where the answer to a request of a datagram goes: the address it
// came from, at the port of its sent-by (RFC 3261 §18.2.2).
func (m *message) replyTo(from netip.AddrPort) netip.AddrPort {
	via, _, _ := strings.Cut(m.get("Via"), ";")
	if m.response() {
		return from
	}
	if i := strings.LastIndexByte(via, ':'); i > strings.LastIndexByte(via, ']') && i > 0 {
		if port, err := strconv.ParseUint(strings.TrimSpace(via[i+1:]), 10, 16); err == nil {
			return netip.AddrPortFrom(from.Addr(), uint16(port))
		}
	}
	return netip.AddrPortFrom(from.Addr(), 5060)
}
