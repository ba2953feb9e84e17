package agent

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// receiveSIP gives the agent a SIP message of the P-CSCF, by TCP on the connection of now.
func (w *world) receiveSIP(msg string) {
	flow := FlowID(0)
	for id, a := range w.flows {
		if a == pcscf && w.up[id] {
			flow = max(flow, id) // a connection that the P-CSCF opened goes before ours
		}
	}
	if flow == 0 || strings.Contains(msg, "SIP/2.0/UDP") {
		w.step(Event{Kind: EvDatagram, Door: DoorSIP, Flow: udpFlow, Addr: pcscf, Buf: w.buf([]byte(msg))})
		return
	}
	w.step(Event{Kind: EvData, Door: DoorSIP, Flow: flow, Buf: w.buf([]byte(msg))})
}

// Descriptions of the peer: the trace's answer, which has no t= line, and its offer.
const (
	peerAnswer = "v=0\r\no=- 1192 5963 IN IP6 2001:0:0:1::2\r\ns=-\r\nc=IN IP6 2001:0:0:1::2\r\nm=message 16000 TCP/MSRP *\r\n" +
		"a=accept-types:message/cpim application/im-iscomposing+xml\r\na=accept-wrapped-types:*\r\n" +
		"a=path:msrp://[2001:0000:0000:0001:0000:0000:0000:0002]:16000/558f02b9d0;tcp\r\na=msrp-cema\r\na=setup:passive\r\n"
	peerOffer = "v=0\r\no=TEST-IMS-UE 1234562 0 IN IP6 2001:0:0:1::2\r\ns=SS VOIP\r\nc=IN IP6 2001:0:0:1::2\r\nt=0 0\r\n" +
		"m=message 16000 TCP/MSRP *\r\na=accept-types:message/cpim application/im-iscomposing+xml\r\n" +
		"a=accept-wrapped-types:text/plain message/imdn+xml\r\na=setup:active\r\n" +
		"a=path:msrp://[2001:0000:0000:0001:0000:0000:0000:0002]:16000/558f02b9d0;tcp\r\na=msrp-cema\r\na=sendrecv\r\n"
)

const peerSession = "558f02b9d0"

// peerTag is the peer's tag where a transcript names none: that of the trace.
const peerTag = "b2fbe90a8c2e488ba04ad6d0c0956a6c"

// peerPath is the path of the peer's last description.
func (w *world) peerPath() string { return w.net.peerPath }

// described notes the path of the peer's description, if there is one.
func (w *world) described(body string) {
	if path := lineOf(body, "a=path:"); path != "" {
		w.net.peerPath = path
	}
}

// sip is what the network says.
//
//	sip STATUS REASON… [sdp=answer] [key=value…]        to the agent's last INVITE
//	sip STATUS BYE|MESSAGE|CANCEL|UPDATE|PRACK           to another request of the agent
//	sip INVITE FROM [key=value…]                         a new chat; each has its own Call-ID
//	sip ACK | BYE | CANCEL | OPTIONS | UPDATE | REINVITE [call=N] [key=value…]   in the dialog of now, or of call N
//	sip MESSAGE FROM TEXT [ID] | FROM imdn-STATUS        outside of every dialog
//	sip accepted | closed                                the P-CSCF connects, closes
//
// Keys: sdp=ID or path=ID names the peer's MSRP session; without=NAME takes a=NAME out of its
// description, line=TEXT puts a line in the place of those that begin alike, attribute=TEXT
// adds one; media=TEXT is another description; icsi=NAME; first=ID:TEXT is a first message inside
// the INVITE, of first_type=TYPE; tag=TEXT is that of another fork, contact=URI its Contact;
// every other key is a header.
func (w *world) sip(a []string) {
	if _, err := strconv.Atoi(a[0]); err == nil {
		w.respond(a)
		return
	}
	switch a[0] {
	case "INVITE":
		w.peerInvite(a[1], a[2:])
	case "ACK", "BYE", "CANCEL", "OPTIONS", "UPDATE":
		w.inDialog(a[0], a[1:])
	case "REINVITE":
		w.inDialog("INVITE", a[1:])
	case "MESSAGE":
		w.peerMessage(a[1], a[2], append(a, "ID-OF-MESSAGE")[3])
	case "accepted": // the P-CSCF connects to us
		w.flows[FlowID(500)], w.up[FlowID(500)] = pcscf, true
		w.step(Event{Kind: EvAccepted, Door: DoorSIP, Flow: 500, Addr: netip.AddrPortFrom(pcscf.Addr(), 40000), Local: ueAddr})
	case "closed": // the P-CSCF closes the connection
		w.sipClosed()
	case "raw":
		w.receiveSIP(strings.ReplaceAll(strings.Join(a[1:], " "), `\r\n`, "\r\n"))
	default:
		w.t.Fatalf("unknown sip command %v", a)
	}
}

// sipClosed ends the oldest SIP connection.
func (w *world) sipClosed() {
	oldest := FlowID(0)
	for id, a := range w.flows {
		if a == pcscf && (oldest == 0 || id < oldest) {
			oldest = id
		}
	}
	if oldest == 0 {
		return
	}
	delete(w.flows, oldest)
	w.step(Event{Kind: EvClosed, Door: DoorSIP, Flow: oldest, Addr: pcscf, Fault: FaultEOF})
}

// describe applies a key to a description of the peer; false: the key is none of its.
func (w *world) describe(body *string, k, v string) bool {
	switch k {
	case "sdp", "path":
		if v == "answer" {
			v = peerSession
		}
		*body = strings.ReplaceAll(*body, w.net.peerSession, v)
		w.net.peerSession = v
	case "without":
		*body = eachLine(*body, func(line string) string {
			if strings.HasPrefix(line, "a="+v) {
				return ""
			}
			return line
		})
	case "line":
		key := v[:strings.IndexAny(v+" ", " :")]
		if key[0] != 'a' {
			key = v[:2]
		}
		*body = eachLine(*body, func(line string) string {
			if strings.HasPrefix(line, key) {
				return v + "\r\n"
			}
			return line
		})
	case "attribute":
		*body += "a=" + v + "\r\n"
	default:
		return false
	}
	return true
}

func eachLine(body string, f func(line string) string) (out string) {
	for _, line := range strings.SplitAfter(body, "\r\n") {
		out += f(line)
	}
	return out
}

// description is the peer's description with its MSRP session of now.
func (w *world) description(from string) string {
	return strings.ReplaceAll(from, peerSession, w.net.peerSession)
}

// respond answers a request of the agent, copying what RFC 3261 §8.2.6.2 wants copied.
func (w *world) respond(a []string) {
	method, body, extra, reason, tag, contact := "INVITE", "", "", "", peerTag, "sip:[2001:0:0:1::2]:49466;transport=tcp"
	for _, word := range a[1:] {
		k, v, ok := strings.Cut(word, "=")
		switch {
		case word == "BYE" || word == "MESSAGE" || word == "CANCEL" || word == "UPDATE" || word == "PRACK":
			method = word
		case ok && k == "sdp":
			body = w.description(peerAnswer)
			w.describe(&body, k, v)
		case ok && body != "" && w.describe(&body, k, v):
		case ok && k == "tag":
			tag = v
		case ok && k == "contact":
			contact = v
		case ok:
			extra += k + ": " + v + "\r\n"
		default:
			reason += " " + word
		}
	}
	req := w.net.requests[method]
	if req == nil && w.readers != nil {
		return // the agent had no buffer for it
	}
	if req == nil {
		w.t.Fatalf("no %s to answer after %q", method, w.out)
	}
	to := field(req, "To")
	if a[0] != "100" && !strings.Contains(to, ";tag=") {
		to += ";tag=" + tag
	}
	w.answered(req, method, a[0], tagOf(to))
	w.described(body)
	msg := "SIP/2.0 " + a[0] + reason + "\r\nVia: " + field(req, "Via") + "\r\nFrom: " + field(req, "From") + "\r\nTo: " + to +
		"\r\nCall-ID: " + field(req, "Call-ID") + "\r\nCSeq: " + field(req, "CSeq") + "\r\n" + extra
	if method == "INVITE" && a[0] != "100" && a[0] < "300" {
		msg += "Contact: <" + contact + ">\r\nRecord-Route: <sip:[2001:0:0:1::2]:5060;lr>\r\n"
	}
	if body != "" {
		msg += "Content-Type: application/sdp\r\n"
	}
	w.receiveSIP(msg + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
}

// answered notes what the network has said to a request of the agent.
func (w *world) answered(req []byte, method, status, tag string) {
	if method == "MESSAGE" {
		return
	}
	c := w.callOf(req)
	c.tags[tag] = true
	if method != "INVITE" {
		return
	}
	seq, _, _ := strings.Cut(field(req, "CSeq"), " ")
	if c.answered[seq] < 200 || status < "300" {
		c.answered[seq], _ = strconv.Atoi(status)
	}
	if status < "200" || status > "299" {
		return
	}
	if w.net.call = c; c.tag == "" { // a dialog
		c.tag, c.cseq = tag, 1
	}
}

// peerInvite is an INVITE of the peer; each has its own Call-ID.
func (w *world) peerInvite(from string, extra []string) {
	w.serial++
	w.net.peerSession = peerSession
	body, first, firstType := peerOffer, "", "text/plain; charset=utf-8"
	headers := "Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session\"\r\n"
	contact := "<sip:+14448880000@[2001:0:0:1::2]:49466>"
	for _, kv := range extra {
		k, v, _ := strings.Cut(kv, "=")
		switch {
		case k == "media":
			body = strings.ReplaceAll(v, `\r\n`, "\r\n")
		case w.describe(&body, k, v):
		case k == "icsi" && v == "":
			headers = ""
		case k == "icsi":
			headers = "Accept-Contact: *;+g.3gpp.icsi-ref=\"" + v + "\"\r\n"
		case k == "contact":
			contact = v
		case k == "first":
			id, text, _ := strings.Cut(v, ":")
			first = strings.Replace(w.cpim(text), "ID-OF-MESSAGE", id, 1)
		case k == "first_type":
			firstType = v
		default:
			headers += k + ": " + v + "\r\n"
		}
	}
	w.described(body)
	first = strings.Replace(first, "text/plain; charset=utf-8", firstType, 1)
	ct := "application/sdp"
	if first != "" {
		ct = "multipart/mixed; boundary=\"b1\""
		body = "--b1\r\nContent-Type: application/sdp\r\n\r\n" + body + "\r\n--b1\r\nContent-Type: message/cpim\r\n\r\n" + first + "\r\n--b1--\r\n"
	}
	c := w.callOf(fmt.Appendf(nil, "Call-ID: peer-%d\r\n", w.serial))
	c.cseq, c.reinvite, c.tag, c.tags[fmt.Sprintf("p%d", w.serial)] = 1, 1, fmt.Sprintf("p%d", w.serial), true
	w.net.call = c
	c.via = fmt.Sprintf("Via: SIP/2.0/TCP [2001:0:0:1::2]:5060;branch=z9hG4bKpeer%d\r\n", w.serial)
	c.invite = c.via + fmt.Sprintf("From: <%s>;tag=%s\r\nTo: <sip:310410123456789@sharetechnote.com>\r\nCall-ID: peer-%d\r\n",
		from, c.tag, w.serial)
	w.receiveSIP("INVITE sip:310410123456789@[2001::1:4c16:9c0f:4986:9e6d]:5060 SIP/2.0\r\n" + c.invite +
		"CSeq: 1 INVITE\r\nMax-Forwards: 69\r\nRecord-Route: <sip:[2001:0:0:1::2]:5060;lr>\r\n" +
		"Contact: " + contact + "\r\nSupported: timer\r\n" + headers +
		fmt.Sprintf("Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s", ct, len(body), body))
}

// peerMessage is a MESSAGE with a CPIM body of the peer: its text and its id, or imdn-STATUS.
func (w *world) peerMessage(from, body, id string) {
	w.serial++
	body = strings.Replace(w.cpim(body), "ID-OF-MESSAGE", id, 1)
	w.receiveSIP(fmt.Sprintf("MESSAGE sip:310410123456789@[2001::1:4c16:9c0f:4986:9e6d]:5060 SIP/2.0\r\n"+
		"Via: SIP/2.0/TCP [2001:0:0:1::2]:5060;branch=z9hG4bKpeer%d\r\nFrom: <%s>;tag=p%d\r\n"+
		"To: <sip:310410123456789@sharetechnote.com>\r\nCall-ID: peer-%d\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 69\r\n"+
		"Content-Type: message/cpim\r\nContent-Length: %d\r\n\r\n%s", w.serial, from, w.serial, w.serial, len(body), body))
}

// inDialog is a request of the peer in the dialog of now: of its INVITE, or of ours.
func (w *world) inDialog(method string, extra []string) {
	w.serial++
	c := w.net.call
	if c == nil && w.readers != nil {
		return // the agent had no buffer for its INVITE
	}
	body, headers := "", ""
	for _, kv := range extra {
		k, v, _ := strings.Cut(kv, "=")
		if k == "call" {
			if c = w.callNumber(v); c == nil {
				w.complain("no call %q", v)
				return
			}
			w.net.call = c
			continue
		}
		if k == "sdp" || k == "path" {
			body = w.description(peerOffer)
		}
		if body == "" || !w.describe(&body, k, v) {
			headers += k + ": " + v + "\r\n"
		}
	}
	w.described(body)
	headers = w.dialogHeaders(c, method) + headers + fmt.Sprintf("CSeq: %d %s\r\nMax-Forwards: 69\r\n", c.nextSeq(method), method)
	if method == "INVITE" || method == "UPDATE" {
		headers += "Contact: <sip:[2001:0:0:1::2]:49466>\r\nSupported: timer\r\n"
	}
	if body != "" {
		headers += "Content-Type: application/sdp\r\n"
	}
	w.receiveSIP(method + " sip:310410123456789@[2001::1:4c16:9c0f:4986:9e6d]:5060 SIP/2.0\r\n" + headers +
		fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
}

// dialogHeaders are Via, From, To and Call-ID of a request of the peer. CANCEL and the ACK to
// a failure belong to the transaction of its INVITE, and keep that one's Via (RFC 3261 §9.1,
// §17.1.1.3).
func (w *world) dialogHeaders(c *netCall, method string) string {
	via := fmt.Sprintf("Via: SIP/2.0/TCP [2001:0:0:1::2]:5060;branch=z9hG4bKin%dx\r\n", w.serial)
	if c.ours {
		inv := w.net.requests["INVITE"]
		for _, b := range w.net.invites {
			if w.callOf(b) == c {
				inv = b
			}
		}
		to, _, _ := strings.Cut(field(inv, "To"), ";tag=")
		return via + "From: " + to + ";tag=" + c.tag + "\r\nTo: " + field(inv, "From") + "\r\nCall-ID: " + field(inv, "Call-ID") + "\r\n"
	}
	_, rest, _ := strings.Cut(c.invite, "\r\n")
	if method == "CANCEL" {
		return c.via + rest
	}
	if method == "ACK" && c.refused[strconv.Itoa(c.reinvite)] >= 300 {
		via = c.via
	}
	if method == "INVITE" {
		c.via = via
	}
	return via + strings.Replace(rest, "To: <sip:310410123456789@sharetechnote.com>", "To: <sip:310410123456789@sharetechnote.com>;tag="+c.own, 1)
}

// callNumber finds a call by the number under which it is shown; nil: there is none.
func (w *world) callNumber(text string) *netCall {
	n, _ := strconv.Atoi(text)
	for _, c := range w.net.calls {
		if c.number == n {
			return c
		}
	}
	return nil
}

// nextSeq is the CSeq of the peer's next request: ACK and CANCEL have that of their INVITE.
func (c *netCall) nextSeq(method string) int {
	switch method {
	case "ACK", "CANCEL":
		return c.reinvite
	case "INVITE":
		c.cseq++
		c.reinvite = c.cseq
	default:
		c.cseq++
	}
	return c.cseq
}
