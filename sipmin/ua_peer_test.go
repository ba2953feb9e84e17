package sipmin

import (
	"net/netip"
	"strconv"
	"strings"
)

// The peer of the transcripts: its messages are literals, and copy only what
// the peer of a protocol copies.

// args reads key=value words.
func args(w []string) map[string]string {
	m := map[string]string{}
	for _, kv := range w {
		k, v, _ := strings.Cut(kv, "=")
		m[k] = v
	}
	return m
}

// response has the peer answer our last request of a method.
func (s *script) response(method, status string, w []string, more []string) {
	a := args(w)
	req, ok := s.sent[method]
	if !ok {
		s.t.Fatalf("no %s was sent", method)
	}
	to := field(req, "t")
	if a["tag"] != "" && !strings.Contains(to, ";tag=") {
		to += ";tag=" + a["tag"]
		if method == "INVITE" {
			s.from = to
		}
	}
	m := "SIP/2.0 " + status + " Text\r\nVia: " + field(req, "v") + "\r\nFrom: " + field(req, "f") + "\r\nTo: " + to +
		"\r\nCall-ID: " + field(req, "i") + "\r\nCSeq: " + field(req, "CSeq") + "\r\n"
	s.receive(w, m+tail(more))
}

// request has the peer send a request in the dialog at hand; with the word
// first, outside of any.
func (s *script) request(method string, w []string, more []string) {
	a := args(w)
	if a["cseq"] == "" {
		a["cseq"] = "1"
	}
	if a["branch"] == "" {
		a["branch"] = "z9hG4bKp" + a["cseq"] + strings.ToLower(method)
	}
	to := s.to
	if a["to"] != "" {
		to = a["to"]
	}
	if _, first := a["first"]; first {
		to = "<sip:alice@example.net>"
	}
	uri := "sip:alice@[2001:db8::2]:5060"
	if a["uri"] != "" {
		uri = a["uri"]
	}
	by := "TCP"
	if a["by"] == "udp" {
		by = "UDP"
	}
	m := method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/" + by + " [2001:db8::1]:5060;branch=" + a["branch"] + "\r\nMax-Forwards: 70\r\nFrom: " +
		s.from + "\r\nTo: " + to + "\r\nCall-ID: " + s.callID + "\r\nCSeq: " + a["cseq"] + " " + method + "\r\n"
	s.receive(w, m+tail(more))
}

// tail ends a message: headers, then after an empty line the body.
func tail(more []string) string {
	head, body := more, ""
	for i, line := range more {
		if line == "" {
			head, body = more[:i], strings.Join(more[i+1:], "\r\n")
			break
		}
	}
	return strings.Join(append(append([]string{}, head...), "Content-Length: "+strconv.Itoa(len(body)), "", ""), "\r\n") + body
}

func (s *script) receive(w []string, m string) {
	a := args(w)
	src := Source{Transport: TCP, Flow: 5, Addr: netip.MustParseAddrPort("[2001:db8::1]:5060")}
	if a["by"] == "udp" {
		src = Source{Transport: UDP, Addr: netip.MustParseAddrPort("[2001:db8::1]:5060")}
	}
	s.ua.Receive(s.now, src, []byte(m))
}
