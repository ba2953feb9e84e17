package agent

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// sentSIP shows a SIP message of the agent by its first line, and keeps it.
func (w *world) sentSIP(flow string, b []byte) {
	line, _, _ := strings.Cut(string(b), "\r\n")
	if p := sdpPath(b); p != "" {
		w.path = p
	}
	if strings.HasPrefix(line, "SIP/2.0 ") {
		w.response = b
		w.say("%s> %s (%s)%s", flow, line, field(b, "CSeq"), shown(b, "Session-Expires", "Require", "Unsupported", "Accept", "Min-SE"))
		return
	}
	method, _, _ := strings.Cut(line, " ")
	w.requests[method] = b
	extra := shown(b, "Reason", "RAck", "Session-Expires")
	if id := field(b, "InReplyTo-Contribution-ID"); id != "" {
		extra += fmt.Sprintf(" (continues INVITE %d)", w.contributions[id])
	}
	if id := field(b, "Contribution-ID"); id != "" && w.contributions[id] == 0 {
		w.contributions[id] = len(w.contributions) + 1
	}
	if w.cfg.Modem.AccessNetwork == "" {
		extra += shown(b, "P-Access-Network-Info")
	}
	if method == "MESSAGE" {
		extra += " " + imdnWord(string(b))
	}
	if bytes.Contains(b, []byte("a=path:")) && !bytes.Contains(b, []byte("a=msrp-cema")) {
		extra += " (no msrp-cema)"
	}
	w.say("%s> %s%s", flow, line, extra)
}

// shown is each of the headers that is there, with its value.
// random.
func shown(b []byte, names ...string) (text string) {
	for _, name := range names {
		if v := field(b, name); v != "" {
			text += " " + name + ": " + v
		}
	}
	return text
}

// sdpPath is the value of a=path in a message.
func sdpPath(b []byte) string {
	_, rest, ok := strings.Cut(string(b), "a=path:")
	if !ok {
		return ""
	}
	path, _, _ := strings.Cut(rest, "\r\n")
	return path
}

var longNames = map[string]string{"f": "From", "t": "To", "i": "Call-ID", "v": "Via", "m": "Contact", "l": "Content-Length",
	"c": "Content-Type", "k": "Supported", "x": "Session-Expires"}

// field is the value of a header of a SIP or MSRP message, under its long name.
func field(b []byte, name string) string {
	for _, line := range strings.Split(string(b), "\r\n") {
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

// receiveSIP gives the agent a SIP message of the P-CSCF, by TCP on the connection of now.
func (w *world) receiveSIP(msg string) {
	flow := FlowID(0)
	for id, a := range w.flows {
		if a == pcscf {
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

// peerPath is the peer's MSRP URI of now.
func (w *world) peerPath() string {
	return "msrp://[2001:0000:0000:0001:0000:0000:0000:0002]:16000/" + w.peerSession + ";tcp"
}

// sip is what the network says.
//
//	sip STATUS REASON… [sdp=answer] [key=value…]        to the agent's last INVITE
//	sip STATUS BYE|MESSAGE|CANCEL|UPDATE|PRACK           to another request of the agent
//	sip INVITE FROM [key=value…]                         a new chat; each has its own Call-ID
//	sip ACK | BYE | CANCEL | OPTIONS | UPDATE | REINVITE [key=value…]   in the dialog of now
//
// Keys: sdp=ID or path=ID names the peer's MSRP session; without=NAME takes a=NAME out of its
// description, line=TEXT puts a line in the place of those that begin alike, attribute=TEXT
// adds one; icsi=NAME; first=ID:TEXT is a first message inside the INVITE, of first_type=TYPE; tag=TEXT is that of
// another fork; every other key is a header.
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
		w.peerMessage(a[1], a[2])
	case "accepted": // the P-CSCF connects to us
		w.flows[FlowID(500)] = pcscf
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
		*body = strings.ReplaceAll(*body, w.peerSession, v)
		w.peerSession = v
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
	return strings.ReplaceAll(from, peerSession, w.peerSession)
}

// respond answers a request of the agent, copying what RFC 3261 §8.2.6.2 wants copied.
func (w *world) respond(a []string) {
	method, body, extra, reason, tag := "INVITE", "", "", "", "b2fbe90a8c2e488ba04ad6d0c0956a6c"
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
		case ok:
			extra += k + ": " + v + "\r\n"
		default:
			reason += " " + word
		}
	}
	req := w.requests[method]
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
	msg := "SIP/2.0 " + a[0] + reason + "\r\nVia: " + field(req, "Via") + "\r\nFrom: " + field(req, "From") + "\r\nTo: " + to +
		"\r\nCall-ID: " + field(req, "Call-ID") + "\r\nCSeq: " + field(req, "CSeq") + "\r\n" + extra
	if method == "INVITE" && a[0] != "100" && a[0] < "300" {
		msg += "Contact: <sip:[2001:0:0:1::2]:49466;transport=tcp>\r\nRecord-Route: <sip:[2001:0:0:1::2]:5060;lr>\r\n"
		if a[0] >= "200" && !strings.Contains(field(req, "To"), ";tag=") {
			w.ours, w.cseq = true, 1
		}
	}
	if body != "" {
		msg += "Content-Type: application/sdp\r\n"
	}
	w.receiveSIP(msg + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
}

// peerInvite is an INVITE of the peer; each has its own Call-ID.
func (w *world) peerInvite(from string, extra []string) {
	w.serial++
	w.ours, w.cseq, w.peerSession = false, 1, peerSession
	body, first, firstType := peerOffer, "", "text/plain; charset=utf-8"
	headers := "Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session\"\r\n"
	for _, kv := range extra {
		k, v, _ := strings.Cut(kv, "=")
		switch {
		case w.describe(&body, k, v):
		case k == "icsi":
			headers = "Accept-Contact: *;+g.3gpp.icsi-ref=\"" + v + "\"\r\n"
		case k == "first":
			id, text, _ := strings.Cut(v, ":")
			first = strings.Replace(w.cpim(text), "ID-OF-MESSAGE", id, 1)
		case k == "first_type":
			firstType = v
		default:
			headers += k + ": " + v + "\r\n"
		}
	}
	first = strings.Replace(first, "text/plain; charset=utf-8", firstType, 1)
	ct := "application/sdp"
	if first != "" {
		ct = "multipart/mixed; boundary=\"b1\""
		body = "--b1\r\nContent-Type: application/sdp\r\n\r\n" + body + "\r\n--b1\r\nContent-Type: message/cpim\r\n\r\n" + first + "\r\n--b1--\r\n"
	}
	w.invite = fmt.Sprintf("Via: SIP/2.0/TCP [2001:0:0:1::2]:5060;branch=z9hG4bKpeer%d\r\nFrom: <%s>;tag=p%d\r\n"+
		"To: <sip:310410123456789@sharetechnote.com>\r\nCall-ID: peer-%d\r\n", w.serial, from, w.serial, w.serial)
	w.receiveSIP("INVITE sip:310410123456789@[2001::1:4c16:9c0f:4986:9e6d]:5060 SIP/2.0\r\n" + w.invite +
		"CSeq: 1 INVITE\r\nMax-Forwards: 69\r\nRecord-Route: <sip:[2001:0:0:1::2]:5060;lr>\r\n" +
		"Contact: <sip:+14448880000@[2001:0:0:1::2]:49466>\r\nSupported: timer\r\n" + headers +
		fmt.Sprintf("Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s", ct, len(body), body))
}

// peerMessage is a MESSAGE with a CPIM body of the peer.
func (w *world) peerMessage(from, body string) {
	w.serial++
	body = w.cpim(body)
	w.receiveSIP(fmt.Sprintf("MESSAGE sip:310410123456789@[2001::1:4c16:9c0f:4986:9e6d]:5060 SIP/2.0\r\n"+
		"Via: SIP/2.0/TCP [2001:0:0:1::2]:5060;branch=z9hG4bKpeer%d\r\nFrom: <%s>;tag=p%d\r\n"+
		"To: <sip:310410123456789@sharetechnote.com>\r\nCall-ID: peer-%d\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 69\r\n"+
		"Content-Type: message/cpim\r\nContent-Length: %d\r\n\r\n%s", w.serial, from, w.serial, w.serial, len(body), body))
}

// inDialog is a request of the peer in the dialog of its INVITE, or of ours.
func (w *world) inDialog(method string, extra []string) {
	w.serial++
	via := fmt.Sprintf("Via: SIP/2.0/TCP [2001:0:0:1::2]:5060;branch=z9hG4bKin%dx\r\n", w.serial)
	headers := w.invite
	switch {
	case w.ours:
		inv := w.requests["INVITE"]
		to, _, _ := strings.Cut(field(inv, "To"), ";tag=")
		headers = via + "From: " + to + ";tag=b2fbe90a8c2e488ba04ad6d0c0956a6c\r\nTo: " + field(inv, "From") + "\r\nCall-ID: " + field(inv, "Call-ID") + "\r\n"
	case method != "CANCEL":
		_, rest, _ := strings.Cut(headers, "\r\n")
		headers = via + strings.Replace(rest, "To: <sip:310410123456789@sharetechnote.com>", "To: "+field(w.response, "To"), 1)
	}
	switch method {
	case "ACK":
	case "CANCEL":
	default:
		w.cseq++
	}
	n := w.cseq
	if method == "INVITE" {
		w.inviteSeq = n
	} else if method == "ACK" && w.inviteSeq > 0 && n > 1 {
		n = w.inviteSeq
	}
	body := ""
	for _, kv := range extra {
		k, v, _ := strings.Cut(kv, "=")
		if k == "sdp" || k == "path" {
			body = w.description(peerOffer)
		}
		if body == "" || !w.describe(&body, k, v) {
			headers += k + ": " + v + "\r\n"
		}
	}
	headers += fmt.Sprintf("CSeq: %d %s\r\nMax-Forwards: 69\r\n", n, method)
	if method == "INVITE" || method == "UPDATE" {
		headers += "Contact: <sip:[2001:0:0:1::2]:49466>\r\nSupported: timer\r\n"
	}
	if body != "" {
		headers += "Content-Type: application/sdp\r\n"
	}
	w.receiveSIP(method + " sip:310410123456789@[2001::1:4c16:9c0f:4986:9e6d]:5060 SIP/2.0\r\n" + headers +
		fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
}
