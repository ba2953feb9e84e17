package agent

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tinylib/msgp/msgp"
)

// write adds a text to what is to be sent, of a size and a life as users choose them.
func (h *simHost) write() {
	s := h.n.s
	size, expires := 0, 0
	switch s.rng.IntN(40) {
	case 0:
		size = 33000 + s.rng.IntN(20000)
	case 1, 2:
		size = s.rng.IntN(30000)
	case 3, 4, 5, 6:
		size = s.rng.IntN(6000)
	case 7:
		expires = 60 + s.rng.IntN(7200)
	}
	m := h.writeText(size, expires)
	m.patient = s.chance(2) && s.plan.maxMessages >= 1000
	if s.chance(25) {
		s.after(s.between(0, 2*time.Minute), func() { h.cancel(m) })
	}
}

// writeText adds one text of a size and a life in seconds.
func (h *simHost) writeText(size, expires int) *simSent {
	name := fmt.Sprintf("%s%06d", h.n.name, len(h.sent))
	m := &simSent{name: name, client: "c-" + name, body: name + " " + strings.Repeat("0123456789abcdef", size/16), expires: expires}
	h.sent = append(h.sent, m)
	if h.up {
		h.sendNext()
	}
	return m
}

// maxPiece is how much of a body the host sends in one frame.
const maxPiece = 30000

// sendNext sends the oldest text that has no message_id, one at a time; after a lost reply
// it does so again under the same client_id.
func (h *simHost) sendNext() {
	if !h.up || h.busy || h.watched != nil {
		return
	}
	for _, m := range h.sent {
		if m.id != "" {
			continue
		}
		h.busy = true
		if m.at.IsZero() {
			m.at = h.n.s.now
		}
		first := m.body[:min(len(m.body), maxPiece)]
		params := []any{"to", h.peer().number, "body", []byte(first), "client_id", m.client, "more", len(first) < len(m.body)}
		if m.expires > 0 {
			params = append(params, "expires", m.expires)
		}
		h.call("send", simParams(params...), func(refusal string, r map[string]any) {
			id, _ := r["message_id"].(string)
			switch {
			case refusal != "":
				h.refused(m, refusal)
			case len(first) < len(m.body):
				h.sendRest(m, id, len(first))
			default:
				h.accepted(m, id)
			}
		})
		if h.n.s.faults && h.n.s.chance(60) {
			h.hangUp() // the reply is lost
		}
		return
	}
}

// sendRest sends a large body from at on.
func (h *simHost) sendRest(m *simSent, id string, at int) {
	end := min(len(m.body), at+maxPiece)
	params := simParams("message_id", id, "body", []byte(m.body[at:end]), "last", end == len(m.body))
	h.call("append", params, func(refusal string, _ map[string]any) {
		switch {
		case refusal == "not_found": // the whole was there already, or is to be sent anew
			h.busy = false
			h.accepted(m, id)
		case refusal != "":
			h.refused(m, refusal)
		case end < len(m.body):
			h.sendRest(m, id, end)
		default:
			h.accepted(m, id)
		}
	})
}

// accepted takes the message_id of a text.
func (h *simHost) accepted(m *simSent, id string) {
	h.busy = false
	m.id = id
	if p := h.early[id]; p != nil {
		h.listed(p)
	}
	h.sendNext()
}

// refused tries a text again later.
func (h *simHost) refused(m *simSent, refusal string) {
	h.busy = false
	h.n.s.note("%s host: send refused: %s", h.n.name, refusal)
	if refusal != "busy" && refusal != "storage" {
		h.n.s.fail("%s: send %s refused: %s", h.n.name, m.name, refusal)
	}
	h.later(h.n.s.between(time.Second, 30*time.Second), h.sendNext)
}

// cancel withdraws a text.
func (h *simHost) cancel(m *simSent) {
	if !h.up || m.id == "" || m.settled {
		return
	}
	m.cancel = true
	h.call("cancel", simParams("message_id", m.id), func(refusal string, r map[string]any) {
		h.n.s.note("%s cancels %s: %v %s", h.n.name, m.name, r["state"], refusal)
	})
}

// compose says that the user types, or stops.
func (h *simHost) compose(active bool) {
	if h.up {
		h.call("composing", simParams("to", h.peer().number, "active", active), func(string, map[string]any) {})
	}
}

// openChat opens a session without a text; close, soon after, ends it.
func (h *simHost) openChat(close time.Duration) {
	if !h.up {
		return
	}
	h.call("open", simParams("to", h.peer().number), func(refusal string, r map[string]any) {
		id, ok := r["session"].(string)
		if ok && close > 0 {
			h.later(close, func() { h.call("close", simParams("session", id), func(string, map[string]any) {}) })
		}
	})
}

// session answers a call that waits for the user, sometimes too late, or not.
func (h *simHost) session(p map[string]any) {
	id, _ := p["session"].(string)
	if h.quick {
		h.chat = id
		if h.ringing = ""; p["state"] == "incoming" {
			h.ringing = id
		}
		h.answerCall()
		return
	}
	if p["state"] != "incoming" || h.n.cfg.Chat.Accept != "open" || h.watched != nil {
		return
	}
	s := h.n.s
	method := "accept"
	if s.chance(6) {
		method = "reject"
	}
	h.later(s.between(0, 80*time.Second), func() { h.call(method, simParams("session", id), func(string, map[string]any) {}) })
}

// catchUp acknowledges again what it should have.
func (h *simHost) catchUp() {
	if !h.up {
		return
	}
	h.later(10*time.Minute, h.catchUp)
	if h.deaf {
		return
	}
	for n, m := range h.sent {
		if m.id != "" && !m.settled && m.state != "" && (m.state == "displayed" || !m.patient && m.state != "queued" && m.state != "sent") {
			h.later(time.Duration(n)*time.Millisecond, func() { h.ackSent(m) })
		}
	}
	if h.quick || h.n.s.chance(6) {
		for n, id := range h.order {
			if g := h.byID[id]; g.name != "" && !g.acked && h.watched == nil {
				h.later(time.Duration(n)*time.Millisecond, func() { h.ack(id, g) })
			}
		}
	}
}

func (h *simHost) ackSent(m *simSent) {
	h.call("ack", simParams("message_id", m.id), func(refusal string, _ map[string]any) {
		if refusal == "" || refusal == "not_found" {
			m.settled = true
		}
	})
}

// message takes a text of the peer: each under one id, and none that nobody sent.
func (h *simHost) message(p map[string]any) {
	if id := p["message_id"].(string); h.byID[id] == nil {
		h.byID[id] = &simGot{}
		h.order = append(h.order, id)
	} else if g := h.byID[id]; g.acked && (g.boot == h.n.boot || h.n.synced[g.boot] >= g.syncs+3 && !h.n.s.plan.flash) {
		h.n.s.fail("%s: %s is shown again after its ack", h.n.name, g.name)
	}
	body, ok := p["body"].([]byte)
	if !ok {
		h.fetch(p["message_id"].(string), p["from"], nil)
		return
	}
	h.take(p["message_id"].(string), p["from"], body)
}

// fetch reads a body that its notification did not carry.
func (h *simHost) fetch(id string, from any, have []byte) {
	b := msgp.AppendMapHeader(nil, 2)
	b = msgp.AppendString(msgp.AppendString(b, "message_id"), id)
	b = msgp.AppendInt(msgp.AppendString(b, "offset"), len(have))
	h.call("fetch", b, func(refusal string, r map[string]any) {
		if refusal != "" {
			h.n.s.note("%s host: fetch refused: %s", h.n.name, refusal)
			if refusal == "not_found" {
				return // acknowledged meanwhile
			}
			if !h.n.s.faults {
				h.n.s.fail("%s: fetch of %s refused: %s", h.n.name, id, refusal)
			}
			h.later(time.Minute, func() { h.fetch(id, from, have) })
			return
		}
		piece, _ := r["body"].([]byte)
		have = append(have, piece...)
		if r["eof"] == true {
			h.take(id, from, have)
		} else {
			h.fetch(id, from, have)
		}
	})
}

func (h *simHost) take(id string, from any, body []byte) {
	s := h.n.s
	name, _, _ := strings.Cut(string(body), " ")
	i := -1
	if len(name) == 7 {
		i, _ = strconv.Atoi(name[1:])
	}
	if i < 0 || i >= len(h.peer().sent) || h.peer().sent[i].body != string(body) {
		s.fail("%s: a text that nobody sent: %q", h.n.name, brief(body))
		return
	}
	if from != h.peer().number {
		s.fail("%s: %s is from %v", h.n.name, name, from)
	}
	s.note("%s shows %s as %s", h.n.name, name, id)
	if was := h.n.sawIt(name); was != "" && was != id {
		s.fail("%s: %s is shown as %s and as %s", h.n.name, name, was, id)
		return
	}
	g := h.byID[id]
	if g.name == "" {
		g.name = name
		h.shown[name] = id
	} else if g.name != name {
		s.fail("%s: id %s is %s and %s", h.n.name, id, g.name, name)
	}
	if h.quick {
		h.later(time.Second, func() { h.displayed(id, g) })
		h.later(3*time.Second, func() { h.ack(id, g) })
		return
	}
	if s.chance(3) {
		h.later(s.between(0, time.Minute), func() { h.displayed(id, g) })
	}
	if h.deaf || s.faults && s.chance(10) || h.watched != nil && !s.chance(4) {
		return
	}
	h.later(s.between(0, 5*time.Second), func() { h.ack(id, g) })
}

// displayed says that the user saw a text.
func (h *simHost) displayed(id string, g *simGot) {
	boot := h.n.boot
	h.call("displayed", simParams("message_id", id), func(refusal string, _ map[string]any) {
		g.seen = refusal == "" && h.n.boot == boot
	})
}

func (h *simHost) ack(id string, g *simGot) {
	boot := h.n.boot
	h.call("ack", simParams("message_id", id), func(refusal string, _ map[string]any) {
		if refusal != "" && refusal != "not_found" {
			h.n.s.fail("%s: ack of %s refused: %s", h.n.name, g.name, refusal)
		}
		g.acked, g.boot, g.syncs = true, boot, h.n.flash.syncs
	})
}

var simRank = map[string]int{"": 0, "queued": 1, "failed": 2, "cancelled": 2, "sent": 2, "delivered": 3, "displayed": 4}

// status takes a change of one of our texts: never backwards while the agent runs.
func (h *simHost) status(p map[string]any) {
	s, id, state := h.n.s, p["message_id"].(string), p["state"].(string)
	reason, _ := p["reason"].(string)
	s.note("%s status %s %s %s %v", h.n.name, id, state, reason, p["code"])
	h.early[id] = p
	for _, m := range h.sent {
		if m.id != id {
			continue
		}
		if m.boot == h.n.boot && simRank[state] < simRank[m.state] {
			s.fail("%s: %s went from %s back to %s", h.n.name, m.name, m.state, state)
		}
		if state != m.state {
			m.since = s.now
		}
		m.state, m.boot, m.reason, m.code = state, h.n.boot, reason, asInt(p["code"])
		m.doubted = m.doubted || reason == "unconfirmed" || reason == "lost" || reason == "retry"
		if (state == "delivered" && !m.patient || state == "displayed") && !m.settled && !h.deaf && !s.chance(4) {
			h.later(s.between(0, 10*time.Second), func() { h.ackSent(m) })
		}
	}
}
