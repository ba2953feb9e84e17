package agent

import (
	"fmt"
	"strconv"
	"strings"
)

// eachMSRP calls f for each whole MSRP message of b and returns the rest.
func eachMSRP(b string, f func(start []string, head, body, flag string)) string {
	for {
		line, _, ok := strings.Cut(b, "\r\n")
		start := strings.Fields(line)
		if !ok || len(start) < 3 || start[0] != "MSRP" {
			return b
		}
		mark := "-------" + start[1]
		end := strings.Index(b, mark)
		if end < 0 || len(b) < end+len(mark)+3 {
			return b
		}
		head, body, _ := strings.Cut(b[:end], "\r\n\r\n")
		f(start, head, strings.TrimSuffix(body, "\r\n"), b[end+len(mark):end+len(mark)+1])
		b = b[end+len(mark)+3:]
	}
}

// peerWrites reads MSRP of the peer.
func (l *ledger) peerWrites(flow FlowID, b string) {
	l.part[flow] = []byte(eachMSRP(string(l.part[flow])+b, func(start []string, head, body, flag string) {
		code, _ := strconv.Atoi(start[2])
		switch {
		case start[2] == "SEND":
			l.peerSends(flow, start[1], head, body, flag)
		case start[2] == "REPORT":
			status := strings.Fields(field([]byte(head), "Status"))
			if code, err := strconv.Atoi(status[1]); err == nil {
				l.said[code] = true
			}
		case code == 200 && l.ours[start[1]] != "":
			l.handed[l.ours[start[1]]] = true
		default:
			l.said[code] = true
		}
	}))
}

// peerSends notes a chunk of the peer's text; notifications and typing are not for the user.
func (l *ledger) peerSends(flow FlowID, tid, head, body, flag string) {
	id := fmt.Sprint(flow, " ", field([]byte(head), "Message-ID"))
	if strings.Contains(body, "imdn+xml") || strings.Contains(head+body, "im-iscomposing") || field([]byte(head), "Content-Type") != "message/cpim" {
		if strings.Contains(body, "imdn+xml") {
			l.receipt(body)
		}
		return
	}
	if flag == "#" {
		delete(l.arriving, id)
		return
	}
	c := &ledgerChunk{id: id}
	if n, _ := fmt.Sscanf(field([]byte(head), "Byte-Range"), "%d-%d/%d", &c.from, &c.to, &c.total); n == 3 {
		c.to = c.from + len(body) - 1
		l.theirs[tid] = c
	}
	if imdn := field([]byte(body), "imdn.Message-ID"); imdn != "" {
		l.named[id], l.asks[imdn] = imdn, field([]byte(body), "imdn.Disposition-Notification")
	}
}

// receipt notes that the peer has said what became of a message of ours.
func (l *ledger) receipt(body string) {
	_, id, _ := strings.Cut(body, "<message-id>")
	id, _, _ = strings.Cut(id, "<")
	if strings.Contains(body, "<failed") {
		l.said[0] = true
	} else {
		l.handed[id] = true
	}
}

// notify notes a notification of ours.
func (l *ledger) notify(body string) {
	_, id, _ := strings.Cut(body, "<message-id>")
	id, _, _ = strings.Cut(id, "<")
	l.notified[strings.TrimPrefix(imdnWord(body), "IMDN ")+" "+id] = true
}

// weWrite reads MSRP of the agent: its 200s promise that a message is on flash.
func (l *ledger) weWrite(b string) {
	eachMSRP(b, func(start []string, head, body, flag string) {
		if strings.Contains(body, "imdn+xml") {
			l.notify(body)
		}
		if start[2] == "SEND" && flag == "$" {
			l.ours[start[1]] = field([]byte(head), "Message-ID")
		}
		c := l.theirs[start[1]]
		if c != nil && start[2] == "413" && int64(c.total) <= l.w.cfg.MSRP.MaxSize && c.to <= c.total {
			l.fail("%s of %d octets is refused for good", c.id, c.total)
		}
		if start[2] != "200" || c == nil {
			return
		}
		if l.arriving[c.id] == nil {
			l.arriving[c.id] = map[int]int{}
		}
		l.arriving[c.id][c.from] = c.to
		sum := 0
		for from, to := range l.arriving[c.id] {
			sum += to - from + 1
		}
		if sum == c.total {
			l.peerTold(l.named[c.id])
			delete(l.arriving, c.id)
		}
	})
}

// peerTold: whoever is told that a text is kept can forget it.
func (l *ledger) peerTold(imdn string) {
	if imdn == "" {
		return
	}
	l.taken[imdn] = true
	if l.stored[imdn] == "" {
		l.fail("%s was answered with 200 and is not on flash", imdn)
	}
}

// sip follows calls, and texts that came by SIP.
func (l *ledger) sip(msg string, ours bool) {
	line, _, _ := strings.Cut(msg, "\r\n")
	b := []byte(msg)
	cseq := strings.Fields(field(b, "CSeq"))
	if len(cseq) != 2 {
		return
	}
	status, response := strings.CutPrefix(line, "SIP/2.0 ")
	if response {
		l.sipResponse(status, cseq[1], b, ours)
		return
	}
	// the peer's tag is in From of what it sends
	peer := "From"
	if ours {
		peer = "To"
	}
	switch cseq[1] {
	case "ACK": // to a 2xx; a 2xx that comes when the INVITE was given up long ago gets none
		if key := field(b, "Call-ID") + tagIn(field(b, peer)); ours && l.calls[key] == "answered" {
			l.calls[key] = "established"
		}
	case "BYE":
		l.calls[field(b, "Call-ID")+tagIn(field(b, peer))] = "ended"
	case "INVITE", "MESSAGE":
		l.withheld = l.withheld || strings.Contains(field(b, "From"), "anonymous")
		l.said[413] = l.said[413] || !ours && strings.Contains(msg, "a=max-size:")
		if _, text, ok := strings.Cut(msg, "imdn.Message-ID: "); ok && !ours && !strings.Contains(text, "imdn+xml") {
			imdn, _, _ := strings.Cut(text, "\r\n")
			l.texts[branchOf(strings.Split(msg, "\r\n"))], l.asks[imdn] = imdn, field(b, "imdn.Disposition-Notification")
		} else if ok && !ours {
			l.receipt(text)
		} else if ok {
			l.notify(text)
		}
	}
}

func (l *ledger) sipResponse(status, method string, b []byte, ours bool) {
	code, _ := strconv.Atoi(status[:3])
	if !ours {
		l.said[code] = true
		l.said[413] = l.said[413] || strings.Contains(string(b), "a=max-size:")
	}
	if code < 200 || code > 299 {
		return
	}
	if imdn := l.texts[branchOf(strings.Split(string(b), "\r\n"))]; imdn != "" && ours {
		l.peerTold(imdn)
	}
	peer, state := "To", "answered"
	if ours {
		peer, state = "From", "established"
	}
	if key := field(b, "Call-ID") + tagIn(field(b, peer)); method == "INVITE" && l.calls[key] == "" {
		l.calls[key] = state
	}
}

func tagIn(nameAddr string) string {
	_, tag, _ := strings.Cut(nameAddr, ";tag=")
	tag, _, _ = strings.Cut(tag, ";")
	return " " + tag
}
