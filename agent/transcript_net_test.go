package agent

import (
	"fmt"
	"strconv"
	"strings"
)

// A peerConn is one MSRP connection of the agent, as its peer knows it.
type peerConn struct {
	name      string
	flow      FlowID
	ours      string            // MSRP URI of the agent
	theirs    string            // path of the peer: its URI, behind that of a relay if there is one
	sends     []sentSend        // requests of the agent not yet answered
	asked     map[string]string // requests of the peer not yet answered, by tid
	open      bool
	paused    bool   // the agent does not read …
	unread    string // … and this waits
	stuck     bool   // the peer does not read: nothing is written to its end
	unwritten int
}

// A sentSend is a request of the agent.
type sentSend struct{ tid, id string }

// connected notes a connection of the agent, or to it.
func (w *world) connected(id FlowID) *peerConn {
	w.dials++
	k := &peerConn{name: "msrp", flow: id, ours: w.net.path, theirs: w.peerPath(), asked: map[string]string{}}
	if w.dials > 1 {
		k.name += strconv.Itoa(w.dials)
	}
	w.conns[id], w.conn = k, id
	return k
}

// now is the connection of now; one that nobody reads where there is none.
func (w *world) connNow() *peerConn {
	if k := w.conns[w.conn]; k != nil {
		return k
	}
	return &peerConn{flow: w.conn, ours: w.net.path, theirs: w.peerPath(), asked: map[string]string{}}
}

// msrp is what the peer does on the MSRP connection.
//
//	msrp connect | close | open             open: the empty SEND of the active side
//	msrp on NAME                            the connection of now is another one
//	msrp stuck | reads                      the peer does not read; it does again
//	msrp ok [N] | answer CODE               to the oldest N, or all, requests of the agent
//	msrp first CODE                         to the oldest alone
//	msrp text ID TEXT [plain] [bare] [KEY=VALUE…]  a message; plain asks for no notification, bare
//	                                        has no imdn.Message-ID; KEY is a header
//	msrp chunk ID FROM-TO/TOTAL FLAG [KEY=VALUE…]  octets of a long text, in a chunk
//	msrp imdn delivered|displayed|failed    for the last message of the agent
//	msrp report STATUS                      for the last message of the agent
//	msrp typing active|idle
//	msrp raw TEXT
func (w *world) msrp(a []string) {
	switch a[0] {
	case "connect":
		w.serial++
		k := w.connected(FlowID(600 + 2*w.serial))
		k.open = true
		w.flows[k.flow] = peerMSRP
		w.step(Event{Kind: EvAccepted, Door: DoorMSRP, Flow: k.flow, Addr: peerMSRP, Local: ueAddr})
	case "close":
		w.step(Event{Kind: EvClosed, Door: DoorMSRP, Flow: w.conn, Fault: FaultEOF})
	case "on":
		w.selectConn(a[1])
	case "stuck", "reads":
		w.reads(w.connNow(), a[0] == "reads")
	case "open":
		w.peerSend("m0", "", "", "$", "")
	case "ok":
		w.answerMSRP("200 OK", a[1:])
	case "answer":
		w.answerMSRP(strings.Join(a[1:], " "), nil)
	case "first":
		w.answerMSRP(strings.Join(a[1:], " "), []string{"1"})
	case "report":
		w.report(a[1:])
	case "text":
		w.text(a[1], a[2], a[3:])
	case "chunk":
		w.chunk(a)
	case "imdn":
		body := w.receipt(a[1])
		w.peerSend("r"+a[1], "Content-Type: message/cpim", body, "$", fmt.Sprintf("1-%d/%d", len(body), len(body)))
	case "typing":
		body := "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\">\r\n  <state>" +
			a[1] + "</state>\r\n  <refresh>30</refresh>\r\n</isComposing>"
		w.peerSend("t", "Content-Type: application/im-iscomposing+xml", body, "$", fmt.Sprintf("1-%d/%d", len(body), len(body)))
	case "raw":
		w.raw(strings.ReplaceAll(strings.Join(a[1:], " "), `\r\n`, "\r\n"))
	default:
		w.t.Fatalf("unknown msrp command %v", a)
	}
}

// selectConn makes another connection that of now.
func (w *world) selectConn(name string) {
	for id, k := range w.conns {
		if k.name == name {
			w.conn = id
		}
	}
}

// reads lets the peer of a connection read what was sent to it, or no more.
func (w *world) reads(k *peerConn, reads bool) {
	k.stuck = !reads
	for ; reads && k.unwritten > 0; k.unwritten-- {
		w.queue = append(w.queue, Event{Kind: EvWritten, Door: DoorMSRP, Flow: k.flow})
	}
	w.drain()
}

// raw is a request in a transcript's own words; PATH is our URI.
func (w *world) raw(msg string) {
	k := w.connNow()
	if f := strings.Fields(msg); len(f) > 2 && f[2] == "SEND" {
		k.asked[f[1]] = field([]byte(msg), "Message-ID")
	}
	w.receiveMSRP(strings.ReplaceAll(msg, "PATH", k.ours))
}

// text is a message of the peer.
func (w *world) text(id, text string, options []string) {
	body, headers := strings.Replace(w.cpim(text), "ID-OF-MESSAGE", id, 1), ""
	for _, o := range options {
		if k, v, ok := strings.Cut(o, "="); ok {
			headers += k + ": " + v + "\r\n"
		} else if o == "plain" {
			body = strings.Replace(body, "imdn.Disposition-Notification: positive-delivery, display\r\n", "", 1)
		} else if o == "bare" {
			head, rest, _ := strings.Cut(body, "NS: imdn")
			_, rest, _ = strings.Cut(rest, "\r\n\r\n")
			body = head + "\r\n" + rest
		}
	}
	w.peerSend("m"+id, headers+"Content-Type: message/cpim", body, "$", fmt.Sprintf("1-%d/%d", len(body), len(body)))
}

// cpim is a CPIM message in the spelling of the trace's UA2.
func (w *world) cpim(text string) string {
	if status, ok := strings.CutPrefix(text, "imdn-"); ok {
		return w.receipt(status)
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
	headers := ""
	for _, o := range a[4:] {
		headers += strings.Replace(o, "=", ": ", 1) + "\r\n"
	}
	w.peerSend("m"+a[1], headers+"Content-Type: message/cpim", whole[:size][i-1:j], a[3], fmt.Sprintf("%d-%d/%d", i, j, size))
}

// peerSend is one SEND of the peer; headers stand behind Byte-Range, Content-Type last.
func (w *world) peerSend(id, headers, body, flag, byteRange string) {
	w.serial++
	k, tid := w.connNow(), fmt.Sprintf("peertid%d", w.serial)
	msg := "MSRP " + tid + " SEND\r\nTo-Path: " + k.ours + "\r\nFrom-Path: " + k.theirs + "\r\nMessage-ID: " + id + "\r\n"
	k.asked[tid] = id
	if byteRange != "" {
		msg += "Byte-Range: " + byteRange + "\r\n"
		if flag == "+" || !strings.HasPrefix(byteRange, "1-") {
			k.asked[tid] += " " + byteRange
		}
	}
	if headers != "" {
		msg += headers + "\r\n\r\n" + body + "\r\n"
	}
	w.receiveMSRP(msg + "-------" + tid + flag + "\r\n")
}

// report is a REPORT about the agent's last message.
func (w *world) report(status []string) {
	w.serial++
	k, tid := w.connNow(), fmt.Sprintf("peertid%d", w.serial)
	w.receiveMSRP("MSRP " + tid + " REPORT\r\nTo-Path: " + k.ours + "\r\nFrom-Path: " + k.theirs + "\r\nMessage-ID: " + w.last["message-id"] +
		"\r\nByte-Range: 1-*/*\r\nStatus: 000 " + strings.Join(status, " ") + "\r\n-------" + tid + "$\r\n")
}

// answerMSRP answers requests of the agent, oldest first.
func (w *world) answerMSRP(status string, count []string) {
	k := w.connNow()
	n := len(k.sends)
	if len(count) > 0 {
		n, _ = strconv.Atoi(count[0])
	}
	if len(k.sends) == 0 && w.readers == nil {
		w.complain("nothing waits for an answer")
	}
	for ; n > 0 && len(k.sends) > 0; n-- {
		tid := k.sends[0].tid
		k.sends = k.sends[1:]
		w.receiveMSRP("MSRP " + tid + " " + status + "\r\nTo-Path: " + k.ours + "\r\nFrom-Path: " + k.theirs + "\r\n-------" + tid + "$\r\n")
	}
}

// receiveMSRP is what the peer writes to its connection.
func (w *world) receiveMSRP(msg string) {
	k := w.conns[w.conn]
	if k == nil && w.readers != nil {
		return // the agent had no buffer to get so far
	}
	if k == nil { // nobody's any more
		w.step(Event{Kind: EvData, Door: DoorMSRP, Flow: w.conn, Buf: w.buf([]byte(msg))})
		return
	}
	k.unread += msg
	w.drain()
}

// read gives the agent the next octets of a connection that it reads; false: there are none.
func (w *world) read() bool {
	var k *peerConn
	for _, c := range w.conns {
		if !c.paused && c.open && c.unread != "" && (k == nil || c.flow < k.flow) {
			k = c
		}
	}
	if k == nil {
		return false
	}
	n := min(len(k.unread), 4096)
	w.queue = append(w.queue, Event{Kind: EvData, Door: DoorMSRP, Flow: k.flow, Buf: w.buf([]byte(k.unread[:n]))})
	k.unread = k.unread[n:]
	return true
}
