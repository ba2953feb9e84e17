package agent

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/tinylib/msgp/msgp"
)

// hostFlow is the flow of host 0; host N has hostFlow + 2N.
const hostFlow FlowID = 1000

// host gives the agent a frame of host N, or connects it.
//
//	host N connect | gone | subscribe TOPIC… | send TO TEXT [key=value…] | ack ID |
//	       displayed ID | cancel ID | composing TO on|off | open TO | accept S | reject S |
//	       close S | messages | fetch ID OFFSET LIMIT | status | raw HEX
func (w *world) host(a []string) {
	n, _ := strconv.Atoi(a[0])
	flow := hostFlow + FlowID(2*n)
	switch a[1] {
	case "connect":
		w.step(Event{Kind: EvAccepted, Door: DoorHost, Flow: flow})
		return
	case "gone":
		w.step(Event{Kind: EvClosed, Door: DoorHost, Flow: flow, Fault: FaultEOF})
		return
	}
	w.serial++
	b := []byte{0x94, 0x00}
	b = msgp.AppendInt(b, w.serial)
	b = msgp.AppendString(b, a[1])
	b = msgp.AppendArrayHeader(b, 1)
	b = appendParams(b, a[1], a[2:])
	for len(b) > 0 {
		piece := b[:min(len(b), 4096)]
		b = b[len(piece):]
		w.step(Event{Kind: EvData, Door: DoorHost, Flow: flow, Buf: w.buf(piece)})
	}
}

// appendParams writes the parameters of a method in the order in which the command has them.
func appendParams(b []byte, method string, a []string) []byte {
	if method == "subscribe" {
		b = msgp.AppendMapHeader(b, 1)
		b = msgp.AppendString(b, "topics")
		b = msgp.AppendArrayHeader(b, uint32(len(a)))
		for _, topic := range a {
			b = msgp.AppendString(b, topic)
		}
		return b
	}
	keys := map[string][]string{"send": {"to", "body"}, "ack": {"message_id"}, "displayed": {"message_id"}, "cancel": {"message_id"},
		"composing": {"to", "active"}, "open": {"to"}, "accept": {"session"}, "reject": {"session"}, "close": {"session"},
		"fetch": {"message_id", "offset", "limit"}, "append": {"message_id", "body", "last"}}[method]
	b = msgp.AppendMapHeader(b, uint32(len(a)))
	for i, v := range a {
		k := ""
		if i < len(keys) {
			k = keys[i]
		} else {
			k, v, _ = strings.Cut(v, "=")
		}
		b = msgp.AppendString(b, k)
		b = appendParam(b, k, v)
	}
	return b
}

func appendParam(b []byte, k, v string) []byte {
	switch k {
	case "body":
		if n, ok := strings.CutPrefix(v, "octets:"); ok {
			size, _ := strconv.Atoi(n)
			return msgp.AppendBytes(b, bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size])
		}
		return msgp.AppendBytes(b, []byte(v))
	case "offset", "limit", "expires":
		n, _ := strconv.Atoi(v)
		return msgp.AppendInt(b, n)
	case "active", "more", "last":
		return msgp.AppendBool(b, v == "on" || v == "true")
	case "notify":
		list := strings.FieldsFunc(v, func(r rune) bool { return r == ',' })
		b = msgp.AppendArrayHeader(b, uint32(len(list)))
		for _, one := range list {
			b = msgp.AppendString(b, one)
		}
		return b
	}
	return msgp.AppendString(b, v)
}

// sentSIP shows a SIP message of the agent by its first line, and keeps it.
func (w *world) sentSIP(flow string, b []byte) {
	line, _, _ := strings.Cut(string(b), "\r\n")
	if strings.HasPrefix(line, "SIP/2.0 ") {
		w.response = b
		w.say("%s> %s (%s)", flow, line, field(b, "CSeq"))
		if p := sdpPath(b); p != "" {
			w.path = p
		}
		return
	}
	method, _, _ := strings.Cut(line, " ")
	w.requests[method] = b
	extra := ""
	if r := field(b, "Reason"); r != "" {
		extra = " Reason: " + r
	}
	if method == "MESSAGE" {
		extra += " " + imdnWord(string(b))
	}
	if p := sdpPath(b); p != "" {
		w.path = p
	}
	w.say("%s> %s%s", flow, line, extra)
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

var longNames = map[string]string{"f": "From", "t": "To", "i": "Call-ID", "v": "Via", "m": "Contact", "l": "Content-Length", "c": "Content-Type", "k": "Supported"}

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
			flow = id
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

const peerPath = "msrp://[2001:0000:0000:0001:0000:0000:0000:0002]:16000/558f02b9d0;tcp"

// sip is what the network says.
//
//	sip STATUS REASON… [sdp=answer] [key=value header]   to the agent's last INVITE
//	sip STATUS BYE|MESSAGE|CANCEL                        to another request of the agent
//	sip INVITE FROM [key=value…] | ACK | BYE | CANCEL | OPTIONS
func (w *world) sip(a []string) {
	if _, err := strconv.Atoi(a[0]); err == nil {
		w.respond(a)
		return
	}
	switch a[0] {
	case "INVITE":
		w.peerInvite(a[1], a[2:])
	case "ACK", "BYE", "CANCEL", "OPTIONS":
		w.inDialog(a[0])
	case "MESSAGE":
		w.peerMessage(a[1], a[2])
	case "accepted": // the P-CSCF connects to us
		w.flows[FlowID(500)] = pcscf
		w.step(Event{Kind: EvAccepted, Door: DoorSIP, Flow: 500, Addr: netip.AddrPortFrom(pcscf.Addr(), 40000), Local: ueAddr})
	case "raw":
		w.receiveSIP(strings.ReplaceAll(strings.Join(a[1:], " "), `\r\n`, "\r\n"))
	default:
		w.t.Fatalf("unknown sip command %v", a)
	}
}

// respond answers a request of the agent, copying what RFC 3261 §8.2.6.2 wants copied.
func (w *world) respond(a []string) {
	method, body, extra, reason := "INVITE", "", "", ""
	for _, word := range a[1:] {
		switch k, v, ok := strings.Cut(word, "="); {
		case word == "BYE" || word == "MESSAGE" || word == "CANCEL" || word == "UPDATE":
			method = word
		case ok && k == "sdp" && v == "answer":
			body = peerAnswer
		case ok && k == "sdp":
			body = strings.ReplaceAll(peerAnswer, "558f02b9d0", v)
		case ok:
			extra += k + ": " + v + "\r\n"
		default:
			reason += " " + word
		}
	}
	req := w.requests[method]
	if req == nil {
		w.t.Fatalf("no %s to answer after %q", method, w.out)
	}
	to := field(req, "To")
	if a[0] != "100" && !strings.Contains(to, ";tag=") {
		to += ";tag=b2fbe90a8c2e488ba04ad6d0c0956a6c"
	}
	msg := "SIP/2.0 " + a[0] + reason + "\r\nVia: " + field(req, "Via") + "\r\nFrom: " + field(req, "From") + "\r\nTo: " + to +
		"\r\nCall-ID: " + field(req, "Call-ID") + "\r\nCSeq: " + field(req, "CSeq") + "\r\n" + extra
	if method == "INVITE" && a[0] != "100" && a[0] < "300" {
		msg += "Contact: <sip:[2001:0:0:1::2]:49466;transport=tcp>\r\nRecord-Route: <sip:[2001:0:0:1::2]:5060;lr>\r\n"
	}
	if body != "" {
		msg += "Content-Type: application/sdp\r\n"
	}
	w.receiveSIP(msg + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
}

// peerInvite is an INVITE of the peer; each has its own Call-ID.
func (w *world) peerInvite(from string, extra []string) {
	w.serial++
	body := peerOffer
	headers := "Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session\"\r\n"
	for _, kv := range extra {
		k, v, _ := strings.Cut(kv, "=")
		switch k {
		case "icsi":
			headers = "Accept-Contact: *;+g.3gpp.icsi-ref=\"" + v + "\"\r\n"
		case "attribute":
			body += "a=" + v + "\r\n"
		case "path":
			body = strings.ReplaceAll(body, "558f02b9d0", v)
		default:
			headers += k + ": " + v + "\r\n"
		}
	}
	w.invite = fmt.Sprintf("Via: SIP/2.0/TCP [2001:0:0:1::2]:5060;branch=z9hG4bKpeer%d\r\nFrom: <%s>;tag=p%d\r\n"+
		"To: <sip:310410123456789@sharetechnote.com>\r\nCall-ID: peer-%d\r\n", w.serial, from, w.serial, w.serial)
	w.receiveSIP("INVITE sip:310410123456789@[2001::1:4c16:9c0f:4986:9e6d]:5060 SIP/2.0\r\n" + w.invite +
		"CSeq: 1 INVITE\r\nMax-Forwards: 69\r\nRecord-Route: <sip:[2001:0:0:1::2]:5060;lr>\r\n" +
		"Contact: <sip:+14448880000@[2001:0:0:1::2]:49466>\r\nSupported: timer\r\n" + headers +
		fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
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
func (w *world) inDialog(method string) {
	w.serial++
	headers := w.invite
	if w.invite == "" || w.requests["INVITE"] != nil && len(w.response) == 0 {
		inv := w.requests["INVITE"]
		headers = fmt.Sprintf("Via: SIP/2.0/TCP [2001:0:0:1::2]:5060;branch=z9hG4bKpeer%d\r\nFrom: %s;tag=b2fbe90a8c2e488ba04ad6d0c0956a6c\r\nTo: %s\r\nCall-ID: %s\r\n",
			w.serial, field(inv, "To"), field(inv, "From"), field(inv, "Call-ID"))
	} else if method != "CANCEL" {
		headers = strings.Replace(headers, "branch=z9hG4bKpeer", fmt.Sprintf("branch=z9hG4bKin%dx", w.serial), 1)
		headers = strings.Replace(headers, "To: <sip:310410123456789@sharetechnote.com>", "To: "+field(w.response, "To"), 1)
	}
	cseq := "1 " + method
	if method != "ACK" && method != "CANCEL" {
		cseq = "2 " + method
	}
	w.receiveSIP(method + " sip:310410123456789@[2001::1:4c16:9c0f:4986:9e6d]:5060 SIP/2.0\r\n" + headers +
		"CSeq: " + cseq + "\r\nMax-Forwards: 69\r\nContent-Length: 0\r\n\r\n")
}

// sentMSRP shows each MSRP request and response of one write.
func (w *world) sentMSRP(b []byte) {
	for len(b) > 0 {
		line, _, _ := strings.Cut(string(b), "\r\n")
		f := strings.Fields(line)
		end := strings.Index(string(b), "-------"+f[1])
		if end < 0 {
			w.t.Fatalf("no end-line: %q", b)
		}
		one := string(b[:end+7+len(f[1])+3])
		b = b[len(one):]
		w.showMSRP(f, one)
	}
}

// showMSRP shows one request or response, and remembers what has to be answered.
func (w *world) showMSRP(f []string, one string) {
	if f[2] != "SEND" {
		w.say("msrp> %s", strings.Join(f[2:], " "))
		return
	}
	w.sends = append(w.sends, f[1])
	head, body, _ := strings.Cut(one, "\r\n\r\n")
	text := ""
	switch ct := field([]byte(head), "Content-Type"); ct {
	case "":
		text = "(empty)"
	case "message/cpim":
		text = imdnWord(body)
		if id := field([]byte(body), "imdn.Message-ID"); id != "" {
			w.last["imdn"] = id
		}
		w.last["message-id"] = field([]byte(head), "Message-ID")
	default:
		text = ct
		if strings.Contains(body, "<state>") {
			_, s, _ := strings.Cut(body, "<state>")
			s, _, _ = strings.Cut(s, "<")
			text += " " + s
		}
	}
	flag := one[len(one)-3 : len(one)-2]
	w.say("msrp> SEND %s %s %s", field([]byte(head), "Byte-Range"), text, flag)
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

// msrp is what the peer does on the MSRP connection.
//
//	msrp connect | close | open             open: the empty SEND of the active side
//	msrp ok [N] | answer CODE               to the oldest N, or all, requests of the agent
//	msrp text ID TEXT [notify]              a message
//	msrp chunk ID FROM-TO/TOTAL FLAG        octets of a long text, in a chunk
//	msrp imdn delivered|displayed           for the last message of the agent
//	msrp typing active|idle
//	msrp raw TEXT
func (w *world) msrp(a []string) {
	switch a[0] {
	case "connect":
		w.serial++
		w.conn, w.sends = FlowID(600+2*w.serial), nil
		w.flows[w.conn] = peerMSRP
		w.step(Event{Kind: EvAccepted, Door: DoorMSRP, Flow: w.conn, Addr: peerMSRP, Local: ueAddr})
	case "close":
		w.step(Event{Kind: EvClosed, Door: DoorMSRP, Flow: w.conn, Fault: FaultEOF})
	case "open":
		w.peerSend("m0", "", "", "$", "")
	case "ok":
		w.answerMSRP("200 OK", a[1:])
	case "answer":
		w.answerMSRP(strings.Join(a[1:], " "), nil)
	case "text":
		body := w.cpim(a[2])
		if len(a) > 3 && a[3] == "plain" {
			body = strings.Replace(body, "imdn.Disposition-Notification: positive-delivery, display\r\n", "", 1)
		}
		body = strings.Replace(body, "ID-OF-MESSAGE", a[1], 1)
		w.peerSend("m"+a[1], "message/cpim", body, "$", fmt.Sprintf("1-%d/%d", len(body), len(body)))
	case "chunk":
		w.chunk(a)
	case "imdn":
		body := w.receipt(a[1])
		w.peerSend("r"+a[1], "message/cpim", body, "$", fmt.Sprintf("1-%d/%d", len(body), len(body)))
	case "typing":
		body := "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\">\r\n  <state>" +
			a[1] + "</state>\r\n  <refresh>30</refresh>\r\n</isComposing>"
		w.peerSend("t", "application/im-iscomposing+xml", body, "$", fmt.Sprintf("1-%d/%d", len(body), len(body)))
	case "raw":
		w.receiveMSRP(strings.ReplaceAll(strings.ReplaceAll(strings.Join(a[1:], " "), `\r\n`, "\r\n"), "PATH", w.path))
	default:
		w.t.Fatalf("unknown msrp command %v", a)
	}
}

// cpim is a CPIM message in the spelling of the trace's UA2.
func (w *world) cpim(text string) string {
	if text == "imdn-delivered" {
		return w.receipt("delivered")
	}
	return "From: sip:anonymous@anonymous.invalid\r\nTo: sip:anonymous@anonymous.invalid\r\nDateTime: 2015-02-24T06:48:26.5388096Z\r\n" +
		"NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: ID-OF-MESSAGE\r\nimdn.Disposition-Notification: positive-delivery, display\r\n\r\n" +
		fmt.Sprintf("Content-Length: %d\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s", len(text), text)
}

// receipt is a notification for the agent's last message, as UA2 writes it: no datetime.
func (w *world) receipt(status string) string {
	kind := map[string]string{"delivered": "delivery", "displayed": "display", "failed": "delivery"}[status]
	return "From: <sip:anonymous@anonymous.invalid>\r\nTo: <sip:anonymous@anonymous.invalid>\r\nDateTime: 2015-02-24T06:48:10.7749079Z\r\n" +
		"NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 2252a2757d\r\n\r\nContent-Type: message/imdn+xml\r\n" +
		"Content-Disposition: notification\r\n\r\n<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n" +
		"<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">\r\n  <message-id>" + w.last["imdn"] + "</message-id>\r\n  <" + kind +
		"-notification>\r\n    <status>\r\n      <" + status + " />\r\n    </status>\r\n  </" + kind + "-notification>\r\n</imdn>"
}

// chunk sends octets FROM to TO of a text message of TOTAL octets.
func (w *world) chunk(a []string) {
	rng, total, _ := strings.Cut(a[2], "/")
	from, to, _ := strings.Cut(rng, "-")
	size, _ := strconv.Atoi(total)
	head := strings.Replace(w.cpim(""), "ID-OF-MESSAGE", a[1], 1)
	head = strings.Replace(head, "Content-Length: 0\r\n", "", 1)
	whole := head + strings.Repeat("0123456789abcdef", size/16+1)
	i, _ := strconv.Atoi(from)
	j, _ := strconv.Atoi(to)
	w.peerSend("m"+a[1], "message/cpim", whole[:size][i-1:j], a[3], fmt.Sprintf("%d-%d/%d", i, j, size))
}

// peerSend is one SEND of the peer.
func (w *world) peerSend(id, contentType, body, flag, byteRange string) {
	w.serial++
	tid := fmt.Sprintf("peertid%d", w.serial)
	msg := "MSRP " + tid + " SEND\r\nTo-Path: " + w.path + "\r\nFrom-Path: " + peerPath + "\r\nMessage-ID: " + id + "\r\n"
	if byteRange != "" {
		msg += "Byte-Range: " + byteRange + "\r\n"
	}
	if contentType != "" {
		msg += "Content-Type: " + contentType + "\r\n\r\n" + body + "\r\n"
	}
	w.receiveMSRP(msg + "-------" + tid + flag + "\r\n")
}

// answerMSRP answers requests of the agent, oldest first.
func (w *world) answerMSRP(status string, count []string) {
	n := len(w.sends)
	if len(count) > 0 {
		n, _ = strconv.Atoi(count[0])
	}
	for ; n > 0 && len(w.sends) > 0; n-- {
		tid := w.sends[0]
		w.sends = w.sends[1:]
		w.receiveMSRP("MSRP " + tid + " " + status + "\r\nTo-Path: " + w.path + "\r\nFrom-Path: " + peerPath + "\r\n-------" + tid + "$\r\n")
	}
}

func (w *world) receiveMSRP(msg string) {
	for len(msg) > 0 {
		n := min(len(msg), 4096)
		w.step(Event{Kind: EvData, Door: DoorMSRP, Flow: w.conn, Buf: w.buf([]byte(msg[:n]))})
		msg = msg[n:]
	}
}
