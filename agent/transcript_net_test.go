package agent

import (
	"bytes"
	"fmt"
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
	case "active", "more", "last", "everywhere":
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
		if strings.HasPrefix(text, "IMDN") {
			break
		}
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
	again := ""
	if id := field([]byte(head), "Message-ID"); id != "" {
		if on := w.carried[id]; on != 0 && on != w.conn {
			again = " (again, same ids)"
		}
		if in := field([]byte(body), "imdn.Message-ID"); in != "" && in != id && !strings.HasPrefix(text, "IMDN") {
			again += " (imdn.Message-ID is another)"
		}
		w.carried[id] = w.conn
	}
	flag := one[len(one)-3 : len(one)-2]
	w.say("msrp> SEND %s %s %s%s", field([]byte(head), "Byte-Range"), text, flag, again)
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
//	msrp imdn delivered|displayed|failed    for the last message of the agent
//	msrp report STATUS                      for the last message of the agent
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
	case "report":
		w.report(a[1:])
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
	msg := "MSRP " + tid + " SEND\r\nTo-Path: " + w.path + "\r\nFrom-Path: " + w.peerPath() + "\r\nMessage-ID: " + id + "\r\n"
	if byteRange != "" {
		msg += "Byte-Range: " + byteRange + "\r\n"
	}
	if contentType != "" {
		msg += "Content-Type: " + contentType + "\r\n\r\n" + body + "\r\n"
	}
	w.receiveMSRP(msg + "-------" + tid + flag + "\r\n")
}

// report is a REPORT about the agent's last message.
func (w *world) report(status []string) {
	w.serial++
	tid := fmt.Sprintf("peertid%d", w.serial)
	w.receiveMSRP("MSRP " + tid + " REPORT\r\nTo-Path: " + w.path + "\r\nFrom-Path: " + w.peerPath() + "\r\nMessage-ID: " + w.last["message-id"] +
		"\r\nByte-Range: 1-*/*\r\nStatus: 000 " + strings.Join(status, " ") + "\r\n-------" + tid + "$\r\n")
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
		w.receiveMSRP("MSRP " + tid + " " + status + "\r\nTo-Path: " + w.path + "\r\nFrom-Path: " + w.peerPath() + "\r\n-------" + tid + "$\r\n")
	}
}

func (w *world) receiveMSRP(msg string) {
	for len(msg) > 0 {
		if _, ok := w.flows[w.conn]; !ok && w.readers != nil {
			return // the agent had no buffer to get so far
		}
		n := min(len(msg), 4096)
		w.step(Event{Kind: EvData, Door: DoorMSRP, Flow: w.conn, Buf: w.buf([]byte(msg[:n]))})
		msg = msg[n:]
	}
}
