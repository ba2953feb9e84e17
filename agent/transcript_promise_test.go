package agent

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// check holds at the end of a run, when everything had its time.
func (l *ledger) check() {
	for id, at := range l.promised {
		l.checkPromised(id, at)
	}
	for imdn := range l.taken {
		l.checkTaken(imdn)
	}
	for imdn, ids := range l.shown {
		if len(ids) > 1 && imdn != "" {
			l.fail("%s was shown under %d ids", imdn, len(ids))
		}
	}
	for call, state := range l.calls {
		if state == "established" && !l.byUA {
			l.fail("call %s is %s: nobody has said BYE", call, state)
		}
	}
	for _, h := range l.hosts {
		for id, state := range h.due {
			if l.promised[id] != 0 && h.told[id] != state && !h.dropped["message_status"] {
				l.fail("message %s is %s and its host was last told %q", id, state, h.told[id])
			}
		}
	}
}

// checkPromised: what a host has a message_id for has come to an end that the policy of
// chat.md §3 knows.
func (l *ledger) checkPromised(id string, at int64) {
	n, _ := strconv.ParseUint(id, 10, 64)
	place := l.w.core.box.Find(n)
	if place < 0 {
		if !l.settled[id] {
			l.fail("message %s is forgotten without an ack", id)
		}
		return
	}
	m := &l.w.core.box.table[place]
	life := m.expires - m.created
	said := func(codes ...int) bool { return slices.ContainsFunc(codes, func(c int) bool { return l.said[c] }) }
	ok := false
	switch m.state {
	case StateSent, StateDelivered, StateDisplayed:
		ok = l.handed[string(m.imdn())]
	case StateQueued:
		ok = l.away
	case StateCancelled:
		ok = l.cancels[id]
	case StateFailed:
		switch m.reason {
		case ReasonExpired:
			ok = life > 0 && l.w.wall.UnixMilli()-at >= life
		case ReasonRefused:
			ok = said(int(m.code)) && finalStatus(m.code) || m.code == 415 || m.code == 488 // a description that we cannot use
		case ReasonTooLarge:
			ok = said(413) && m.code == 413
		case ReasonPeerFailed:
			ok = said(int(m.code))
		case ReasonStorage:
			ok = l.faulty
		}
	}
	if !ok {
		l.fail("message %s ended %v (%v %d) after %d ms; handed over %v", id, m.state, m.reason, m.code, l.w.wall.UnixMilli()-at, l.handed[string(m.imdn())])
	}
}

// checkTaken: what the peer was told is kept was shown to who was there, and is shown to who
// comes now, until it is acknowledged.
func (l *ledger) checkTaken(imdn string) {
	ids := l.shown[imdn]
	if l.awaited[imdn] && len(ids) == 0 && !l.acked[l.stored[imdn]] {
		l.fail("%s was taken and no host was told", imdn)
	}
	if l.said[415] || l.withheld { // the peer takes no notifications, or only while its session stands
		return
	}
	if strings.Contains(l.asks[imdn], "positive-delivery") && !l.notified["delivered "+imdn] {
		l.fail("%s was taken and its sender not notified", imdn)
	}
	if strings.Contains(l.asks[imdn], "display") && l.saw[l.stored[imdn]] && !l.notified["displayed "+imdn] {
		l.fail("%s was seen and its sender not notified", imdn)
	}
}

// checkReplay: a host that comes now sees all that nobody has acknowledged, and nothing else.
func (l *ledger) checkReplay(h *ledgerHost) {
	if h == nil {
		l.fail("a new host was not served")
		return
	}
	box := &l.w.core.box
	for i := range box.table {
		m := &box.table[i]
		if id := fmt.Sprintf("%016d", m.id); m.incoming && !m.ghost && m.state&InAcked == 0 && !h.seen[id] {
			l.fail("message %s was not shown to a new host", id)
		}
	}
	for id := range h.seen {
		if l.acked[id] {
			l.fail("message %s was shown again after its ack", id)
		}
	}
	for imdn := range l.taken {
		if len(l.shown[imdn]) == 0 && !l.acked[l.stored[imdn]] {
			l.fail("%s was taken and no host ever saw it", imdn)
		}
	}
}
