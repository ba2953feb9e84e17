package agent

import (
	"fmt"
	"strings"
)

// sentMSRP shows each MSRP request and response of one write, and remembers what has to be
// answered. All are between the URIs of the two descriptions, as these spell them.
func (w *world) sentMSRP(k *peerConn, b []byte) {
	if !k.open {
		w.complain("%q before the connection is there", brief(b))
	}
	for len(b) > 0 {
		line, _, _ := strings.Cut(string(b), "\r\n")
		f := strings.Fields(line)
		end := strings.Index(string(b), "-------"+f[1])
		if end < 0 {
			w.t.Fatalf("no end-line: %q", b)
		}
		one := string(b[:end+7+len(f[1])+3])
		b = b[len(one):]
		if to, from := field([]byte(one), "To-Path"), field([]byte(one), "From-Path"); f[2] != "481" && f[2] != "506" && (to != k.theirs || from != k.ours) {
			w.complain("%s from %s to %s instead of from %s to %s", line, from, to, k.ours, k.theirs)
		}
		switch f[2] {
		case "SEND":
			w.sentSend(k, f[1], one)
		case "REPORT":
			w.say("%s> REPORT of %s%s", k.name, field([]byte(one), "Message-ID"), shown([]byte(one), "Byte-Range", "Status"))
		default:
			w.sentResponse(k, f, one)
		}
	}
}

// sentResponse shows a response and the request that it answers.
func (w *world) sentResponse(k *peerConn, f []string, one string) {
	request, asked := k.asked[f[1]]
	if !asked {
		w.complain("answer %s to what was not asked: %s", f[2], f[1])
	}
	delete(k.asked, f[1])
	w.say("%s> %s to %s%s", k.name, strings.Join(f[2:], " "), request, shown([]byte(one), "Byte-Range"))
}

// sentSend shows a SEND: its octets, its text or type, its flag, the report headers that are
// not those of a chat (RFC 4975 §7.1.1), and whether it has gone before on another connection.
func (w *world) sentSend(k *peerConn, tid, one string) {
	head, body, _ := strings.Cut(one, "\r\n\r\n")
	id := field([]byte(head), "Message-ID")
	k.sends = append(k.sends, sentSend{tid, id})
	text := w.sendText(head, body)
	extra := ""
	if on := w.carried[id]; on != "" && on != k.name {
		extra = " (again, same ids)"
	}
	if in := field([]byte(body), "imdn.Message-ID"); in != "" && in != id && !strings.HasPrefix(text, "IMDN") {
		extra += " (imdn.Message-ID is another)"
	}
	w.carried[id] = k.name
	if v := field([]byte(head), "Success-Report"); v != "no" {
		extra += " Success-Report: " + v
	}
	if v := field([]byte(head), "Failure-Report"); v != "yes" {
		extra += " Failure-Report: " + v
	}
	w.say("%s> SEND %s %s %s%s", k.name, field([]byte(head), "Byte-Range"), text, one[len(one)-3:len(one)-2], extra)
}

// sendText is what the body of a SEND says.
func (w *world) sendText(head, body string) string {
	switch ct := field([]byte(head), "Content-Type"); ct {
	case "":
		return "(empty)"
	case "message/cpim":
		text := imdnWord(body)
		if strings.HasPrefix(text, "IMDN") {
			return text
		}
		if id := field([]byte(body), "imdn.Message-ID"); id != "" {
			w.last["imdn"] = id
		}
		w.last["message-id"] = field([]byte(head), "Message-ID")
		return text
	default:
		_, state, _ := strings.Cut(body, "<state>")
		state, _, _ = strings.Cut(state, "<")
		return ct + " " + state
	}
}

// imdnWord says what a CPIM body is: a notification, or its text.
func imdnWord(body string) string {
	for _, s := range []string{"delivered", "displayed"} {
		if strings.Contains(body, "<"+s+"/>") {
			return "IMDN " + s
		}
	}
	_, content, ok := strings.Cut(body, "\r\n\r\n")
	if !ok {
		return "(part)"
	}
	_, content, _ = strings.Cut(content, "\r\n\r\n")
	content, _, _ = strings.Cut(content, "\r\n-------")
	return fmt.Sprintf("%q", brief([]byte(content)))
}
