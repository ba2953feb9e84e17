package main

import (
	"fmt"
	"strconv"
	"strings"
)

// A step is one row of the ladder, in the words of the reference table.
type step struct {
	number   int
	time     int64
	out      bool
	called   bool   // the session's INVITE came from the peer: we are UA2
	protocol string // SIP, SIP/SDP, MSRP
	message  string // INVITE, 100 Trying, SEND, 200 OK
	comment  string // Send Text 'Hello', Delivery Notification
	headers  []field
}

// shownText is how much of a text a comment shows, in characters.
const shownText = 40

// The headers that the trace page highlights, in its order: of requests, of responses,
// and of an MSRP message that carries something.
var (
	requestHeaders  = []string{"Route", "CSeq", "P-Access-Network-Info", "Max-Forwards", "Allow", "User-Agent"}
	responseHeaders = []string{"Via", "Contact", "CSeq", "Call-ID", "From", "To", "Content-Type", "Allow", "Content-Length", "Max-Forwards"}
	cpimHeaders     = []string{"From", "To"}
	contentHeaders  = []string{"Content-Type", "Content-Length"}
)

// steps names the messages in a packet: one, or more where several came in one piece.
func steps(p *packet) (list []step) {
	if p.protocol != "msrp" {
		return []step{sipStep(p)}
	}
	for rest := p.octets; len(rest) > 0; {
		var m *msrp
		m, rest = readMSRP(rest)
		s := step{time: p.time, out: p.out, protocol: "MSRP"}
		msrpStep(&s, m)
		list = append(list, s)
	}
	return list
}

func sipStep(p *packet) step {
	s := step{time: p.time, out: p.out, protocol: "SIP"}
	if strings.Trim(string(p.octets), "\r\n") == "" {
		s.message = "(keep-alive)" // RFC 5626 §3.5.1
		return s
	}
	m := readSIP(p.octets)
	if len(m.body) > 0 && strings.Contains(strings.ToLower(m.get("Content-Type")), "application/sdp") {
		s.protocol = "SIP/SDP"
	}
	if len(m.body) > 0 && mediaType(m.get("Content-Type")) == "multipart/mixed" && strings.Contains(string(m.body), "application/sdp") {
		s.protocol = "SIP/SDP"
	}
	if status, ok := m.response(); ok {
		s.message, s.headers = status, pick(&m.head, responseHeaders)
		return s
	}
	s.message, _, _ = strings.Cut(m.start, " ")
	s.headers = pick(&m.head, requestHeaders)
	if s.protocol == "SIP" {
		content := &head{fields: m.fields}
		s.comment = comment(&s, content, m.body)
	}
	return s
}

// phrases are those of RFC 4975 §10, for a response that has none.
var phrases = map[string]string{"200": "OK", "400": "Bad Request", "403": "Forbidden", "408": "Timeout", "413": "Stop Sending",
	"415": "Unsupported Media Type", "423": "Parameter Out of Bounds", "480": "Temporarily Unavailable", "481": "No Such Session", "501": "Unknown Method", "506": "Session In Use"}

func msrpStep(s *step, m *msrp) {
	switch {
	case m.verb == "":
		s.message, s.comment = "(fragment)", "not an MSRP message"
	case m.verb[0] >= '0' && m.verb[0] <= '9':
		if m.note == "" {
			m.note = phrases[m.verb]
		}
		s.message = strings.TrimSpace(m.verb + " " + m.note)
	case m.verb == "REPORT":
		s.message, s.comment = m.verb, m.get("Status")
	default:
		s.message = m.verb
		if len(m.body) > 0 {
			s.headers = pick(&m.head, contentHeaders)
			s.comment = m.place(comment(s, &m.head, m.body))
		}
	}
}

// place adds to a comment which part of its message a chunk is, where it is not all.
func (m *msrp) place(comment string) string {
	span, total, _ := strings.Cut(m.get("Byte-Range"), "/")
	from, _, _ := strings.Cut(span, "-")
	start, err := strconv.Atoi(from)
	if err != nil || start <= 1 && m.flag == '$' {
		return comment
	}
	part := fmt.Sprintf("octets %d-%d of %s", start, start+len(m.body)-1, total)
	switch {
	case m.flag == '#':
		part += ", given up"
	case start > 1 && m.flag == '$':
		part += ", the last"
	}
	if start > 1 || comment == "" {
		return part // what is in the middle of a message says nothing by itself
	}
	return comment + " (" + part + ")"
}

// comment says what a body is, and adds the headers inside it to s.
func comment(s *step, outer *head, body []byte) string {
	kind := mediaType(outer.get("Content-Type"))
	if kind == "message/cpim" {
		m := readCPIM(body)
		s.headers = append(s.headers, pick(&m.head, cpimHeaders)...)
		s.headers = append(s.headers, pick(&m.content, contentHeaders)...)
		kind, body = mediaType(m.content.get("Content-Type")), m.body
	}
	switch {
	case kind == "message/imdn+xml":
		return notification(string(body))
	case kind == "application/im-iscomposing+xml":
		return composing(string(body))
	case kind == "text/plain":
		return "Send Text '" + clip(string(body)) + "'"
	case kind == "" || len(body) == 0 || kind == "application/sdp":
		return ""
	}
	return "Send " + show(kind)
}

// notification names an IMDN (RFC 5438 §7.2).
func notification(xml string) string {
	for _, n := range []struct{ element, good, name string }{
		{"delivery-notification", "delivered", "Delivery Notification"},
		{"display-notification", "displayed", "Display Notification"},
		{"processing-notification", "processed", "Processing Notification"},
	} {
		if !strings.Contains(xml, n.element) {
			continue
		}
		for _, status := range []string{"failed", "forbidden", "error", "stored"} {
			if strings.Contains(xml, "<"+status) || strings.Contains(xml, ":"+status+"/") {
				return n.name + " (" + status + ")"
			}
		}
		return n.name
	}
	return "Notification"
}

// composing names an isComposing (RFC 3994 §3.2).
func composing(xml string) string {
	_, state, _ := strings.Cut(xml, "state>")
	state, _, _ = strings.Cut(state, "<")
	if state = strings.TrimSpace(state); state == "active" {
		return "Is Composing .. (typing indicator)"
	}
	return "Is Composing .. (" + show(state) + ")"
}

// clip is the beginning of a text, safe to print.
func clip(text string) string {
	if r := []rune(text); len(r) > shownText {
		text = string(r[:shownText]) + "…"
	}
	return show(text)
}

// pick returns the headers of these names, in the order of the names.
func pick(h *head, names []string) (list []field) {
	for _, n := range names {
		for _, f := range h.fields {
			if strings.EqualFold(f.name, n) {
				list = append(list, field{n, f.value})
			}
		}
	}
	return list
}

// row is the format of a line of the ladder.
const row = "%-6s%-21s%-10s%-24s%s"

// title is the head of the table.
var title = fmt.Sprintf(row, "Step", "Direction", "Protocol", "Message", "Comments")

// String is the row of s.
func (s *step) String() string {
	line := fmt.Sprintf(row, fmt.Sprintf("(%d)", s.number), s.direction(), s.protocol, show(s.message), show(s.comment))
	return strings.TrimRight(line, " ")
}

// direction names the caller UA1 and puts it on the left, as the reference table does.
func (s *step) direction() string {
	if s.out != s.called {
		return "UA1 --> Proxy/UA2"
	}
	return "UA1 <-- Proxy/UA2"
}
