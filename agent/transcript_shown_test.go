package agent

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// A network is what the P-CSCF and the peers behind it know of the agent's SIP.
type network struct {
	requests      map[string][]byte   // last request of the agent, by method
	invites       [][]byte            // its INVITEs that began a call
	calls         map[string]*netCall // by Call-ID
	call          *netCall            // the one of now
	contributions map[string]int      // Contribution-IDs of the agent's INVITEs, numbered
	paths         map[string]int      // MSRP URIs of the agent, numbered
	path          string              // the last of them
	peerSession   string              // of the peer's MSRP URI
	peerPath      string              // of the peer's last description
}

func newNetwork() network {
	return network{requests: map[string][]byte{}, calls: map[string]*netCall{}, contributions: map[string]int{},
		paths: map[string]int{}, peerSession: peerSession}
}

// A netCall is one Call-ID: an INVITE of the agent or of a peer, and its dialogs.
type netCall struct {
	number   int
	ours     bool              // the agent invited
	invite   string            // headers of the peer's INVITE
	own      string            // the agent's tag
	tag      string            // the peer's, in the dialog of now
	tags     map[string]bool   // all that the peer has used
	cseq     int               // of the peer's last request
	reinvite int               // of the peer's last INVITE
	branches map[string]string // of the agent's INVITEs, by CSeq
	answered map[string]int    // final status of the agent's INVITEs, by CSeq
	refused  map[string]int    // final status of the peer's INVITEs, by CSeq
	via      string            // of the peer's last INVITE
	origin   string            // o= line of the agent
	sdp      string            // its last description
}

// callOf is the call of a message, made if need be.
func (w *world) callOf(b []byte) *netCall {
	id := field(b, "Call-ID")
	c := w.net.calls[id]
	if c == nil {
		c = &netCall{number: len(w.net.calls) + 1, tags: map[string]bool{}, branches: map[string]string{}, answered: map[string]int{}, refused: map[string]int{}}
		w.net.calls[id] = c
	}
	return c
}

// sentSIP shows a SIP message of the agent by its first line and what else counts of it, and
// keeps it.
func (w *world) sentSIP(flow string, b []byte) {
	if string(b) == "\r\n" {
		w.say("%s> pong", flow)
		return
	}
	line, _, _ := strings.Cut(string(b), "\r\n")
	if strings.HasPrefix(line, "SIP/2.0 ") {
		w.say("%s> %s (%s)%s", flow, line, field(b, "CSeq"), w.responseText(b))
		return
	}
	method, _, _ := strings.Cut(line, " ")
	w.say("%s> %s%s", flow, strings.TrimSuffix(line, " SIP/2.0"), w.requestText(method, b))
	w.net.requests[method] = b
	if method == "INVITE" && tagOf(field(b, "To")) == "" {
		w.net.invites = append(w.net.invites, b)
	}
}

// responseText is what counts of a response besides its first line. All responses of a
// call but the 100 carry the same tag (RFC 3261 §8.2.6.2, §9.2); 481 is of no dialog.
func (w *world) responseText(b []byte) string {
	text := shown(b, "Session-Expires", "Require", "Unsupported", "Accept", "Min-SE", "Retry-After", "Allow-Events")
	seq, method, _ := strings.Cut(field(b, "CSeq"), " ")
	if method == "MESSAGE" || method == "OPTIONS" {
		return text
	}
	c := w.callOf(b)
	status, _ := strconv.Atoi(string(b[8:11]))
	if tag := tagOf(field(b, "To")); status > 100 && status != 481 {
		w.sameTag(c, tag)
	}
	if status > 100 && status < 300 && method != "CANCEL" {
		w.checkContact(method, b)
	}
	if method == "INVITE" && status >= 200 {
		c.refused[seq] = status
	}
	return fmt.Sprintf(" call=%d", c.number) + text + w.sdpText(c, b)
}

// sameTag complains of a second tag of the agent in one call.
func (w *world) sameTag(c *netCall, tag string) {
	if c.own == "" {
		c.own = tag
	}
	if tag == "" || tag != c.own {
		w.complain("our tag is %q in a dialog where it was %q", tag, c.own)
	}
}

// requestText is what counts of a request besides its first line: the call, the fork where a
// transcript names one, CSeq in a dialog, and what is not as always.
func (w *world) requestText(method string, b []byte) string {
	extra := shown(b, "Reason", "RAck", "Session-Expires", "Min-SE")
	if id := field(b, "InReplyTo-Contribution-ID"); id != "" {
		extra += fmt.Sprintf(" (continues INVITE %d)", w.net.contributions[id])
	}
	if id := field(b, "Contribution-ID"); id != "" && w.net.contributions[id] == 0 {
		w.net.contributions[id] = len(w.net.contributions) + 1
	}
	if w.cfg.Modem.AccessNetwork == "" {
		extra += shown(b, "P-Access-Network-Info")
	}
	if route := field(b, "Route"); route != "<sip:[2001:0:0:1::2]:5060;lr>" {
		extra += " Route: " + route
	}
	if method == "MESSAGE" {
		return extra + " " + imdnWord(string(b))
	}
	c := w.callOf(b)
	w.sameTag(c, tagOf(field(b, "From")))
	w.checkBranch(c, method, b)
	w.checkContact(method, b)
	return fmt.Sprintf(" call=%d", c.number) + c.dialogText(method, b) + extra + w.sdpText(c, b)
}

// dialogText says in which dialog of a call a request is.
func (c *netCall) dialogText(method string, b []byte) string {
	seq, _, _ := strings.Cut(field(b, "CSeq"), " ")
	tag := tagOf(field(b, "To"))
	if tag == "" && (method == "INVITE" || method == "CANCEL") {
		if seq == "1" {
			return ""
		}
		return " cseq=" + seq
	}
	switch {
	case tag == "" || !c.tags[tag]:
		tag = " to=?" + tag
	case tag == peerTag || !c.ours:
		tag = ""
	default:
		tag = " to=" + tag
	}
	return tag + " cseq=" + seq
}

// checkBranch: CANCEL and the ACK to a failure carry the branch of their INVITE, every other
// request one of its own (RFC 3261 §9.1, §17.1.1.3, §13.2.2.4).
func (w *world) checkBranch(c *netCall, method string, b []byte) {
	seq, _, _ := strings.Cut(field(b, "CSeq"), " ")
	_, branch, _ := strings.Cut(field(b, "Via"), ";branch=")
	if method == "INVITE" {
		c.branches[seq] = branch
		c.ours = c.ours || tagOf(field(b, "To")) == ""
		return
	}
	same := branch == c.branches[seq]
	if want := method == "CANCEL" || method == "ACK" && c.answered[seq] >= 300; same != want {
		w.complain("branch %s of %s, that of the INVITE is %s", branch, method, c.branches[seq])
	}
}

// checkContact: what makes or moves a dialog says where we are (RFC 3261 §12.1).
func (w *world) checkContact(method string, b []byte) {
	want := "<sip:310410123456789@[2001::1:4c16:9c0f:4986:9e6d]:5060;"
	if contact := field(b, "Contact"); (method == "INVITE" || method == "UPDATE") && !strings.HasPrefix(contact, want) {
		w.complain("Contact of %s is %q", method, contact)
	}
}

// tagOf is the tag of a From or To.
func tagOf(value string) string {
	_, tag, _ := strings.Cut(value, ";tag=")
	tag, _, _ = strings.Cut(tag, ";")
	return tag
}

// shown is each of the headers that is there, with its value.
func shown(b []byte, names ...string) (text string) {
	for _, name := range names {
		if v := field(b, name); v != "" {
			text += " " + name + ": " + v
		}
	}
	return text
}

// sdpText says what a description of ours is: its o= against the one before in the call (new,
// same, raised), the MSRP URI by its number, setup and cema; and what of m=, c= and the path's
// authority is not our address. A description that has not changed keeps its o= (RFC 4975 §8.4),
// and one that keeps it has not changed (RFC 3264 §8).
func (w *world) sdpText(c *netCall, b []byte) string {
	_, body, ok := strings.Cut(string(b), "\r\n\r\nv=0")
	if !ok {
		return ""
	}
	o := lineOf(body, "o=")
	text := " sdp(o=" + w.originWord(c, o, body)
	path := lineOf(body, "a=path:")
	if w.net.paths[path] == 0 {
		w.net.paths[path] = len(w.net.paths) + 1
	}
	w.net.path = path
	c.origin, c.sdp = o, body
	text += fmt.Sprintf(" path=%d %s", w.net.paths[path], lineOf(body, "a=setup:"))
	if strings.Contains(body, "a=msrp-cema\r\n") {
		text += " cema"
	}
	if m := lineOf(body, "m="); m != "message 8880 TCP/MSRP *" {
		text += " m=" + m
	}
	if at := lineOf(body, "c="); at != "IN IP6 2001::1:4c16:9c0f:4986:9e6d" {
		text += " c=" + at
	}
	if !strings.HasPrefix(path, "msrp://[2001::1:4c16:9c0f:4986:9e6d]:8880/") {
		text += " path is " + path
	}
	return text + ")"
}

// originWord compares an o= line with the one before it in the call.
func (w *world) originWord(c *netCall, o, body string) string {
	was, is := strings.Fields(c.origin), strings.Fields(o)
	if c.origin == "" {
		return "new"
	}
	if o == c.origin {
		if body != c.sdp {
			w.complain("o= is the same, the description is not:\n%s\n%s", c.sdp, body)
		}
		return "same"
	}
	before, _ := strconv.Atoi(was[2])
	now, _ := strconv.Atoi(is[2])
	is[2] = was[2]
	if now != before+1 || strings.Join(is, " ") != c.origin {
		w.complain("o=%s after o=%s", o, c.origin)
	}
	return "raised"
}

// lineOf is the rest of the first line of a text that begins with key.
func lineOf(text, key string) string {
	_, rest, ok := strings.Cut("\r\n"+text, "\r\n"+key)
	if !ok {
		return ""
	}
	line, _, _ := strings.Cut(rest, "\r\n")
	return line
}

var longNames = map[string]string{"f": "From", "t": "To", "i": "Call-ID", "v": "Via", "m": "Contact", "l": "Content-Length",
	"c": "Content-Type", "k": "Supported", "x": "Session-Expires"}

// field is the value of a header of a SIP or MSRP message, under its long name.
func field(b []byte, name string) string {
	head, _, _ := bytes.Cut(b, []byte("\r\n\r\n"))
	for _, line := range strings.Split(string(head), "\r\n") {
		k, v, ok := strings.Cut(line, ":")
		if long := longNames[k]; long != "" {
			k = long
		}
		if ok && k == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
