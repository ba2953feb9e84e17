package agent

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tinylib/msgp/msgp"
)

// A simHost is the application beside an agent: it sends texts, and it remembers all that
// it was ever told.
type simHost struct {
	n       *simNode
	number  string
	up      bool
	end     *simEnd
	in      []byte
	request uint32
	waits   map[uint32]func(refusal string, result map[string]any)
	sent    []*simSent
	busy    bool // a send waits for its reply
	byID    map[string]*simGot
	shown   map[string]string         // name of a text → message_id under which it was shown
	order   []string                  // message_ids as they came
	early   map[string]map[string]any // what was told of messages whose message_id we did not know yet
	deaf    bool                      // acknowledges nothing
	life    int                       // counts connections
}

// A simSent is one text that the host wants to send.
type simSent struct {
	name    string
	client  string
	body    string
	id      string // message_id, once answered
	at      time.Time
	state   string
	boot    int // of the agent, when it told the state
	reason  string
	code    int64
	settled bool // acknowledged by us
	ended   bool // refused for good
}

// A simGot is one incoming text.
type simGot struct {
	name  string
	acked bool
	boot  int // of the agent, when it confirmed our ack
}

func (h *simHost) peer() *simHost {
	if h.n == h.n.s.nodes[0] {
		return h.n.s.nodes[1].host
	}
	return h.n.s.nodes[0].host
}

// later calls f, unless the host has gone away or come back by then.
func (h *simHost) later(d time.Duration, f func()) {
	life := h.life
	h.n.s.after(d, func() {
		if h.life == life {
			f()
		}
	})
}

// connect opens the host socket and asks for everything.
func (h *simHost) connect() {
	if h.up || h.n.core == nil {
		return
	}
	h.up, h.busy, h.in = true, false, nil
	h.life++
	h.waits = map[uint32]func(string, map[string]any){}
	e := &simEnd{take: h.read, gone: func() { h.down(); h.later(h.n.s.between(time.Second, time.Minute), h.connect) }}
	h.end = e
	h.n.accept(e, DoorHost, relayAddr)
	b := msgp.AppendMapHeader(nil, 1)
	b = msgp.AppendString(b, "topics")
	b = msgp.AppendArrayHeader(b, 4)
	for _, topic := range []string{"message", "message_status", "session", "composing"} {
		b = msgp.AppendString(b, topic)
	}
	h.call("subscribe", b, func(refusal string, _ map[string]any) {
		if refusal != "" {
			h.n.s.note("%s host: subscribe refused: %s", h.n.name, refusal)
			h.hangUp()
			return
		}
		h.list("")
	})
	h.later(10*time.Millisecond, h.sendNext)
	h.later(time.Second, h.catchUp)
}

// list learns the states that it was not there to be told.
func (h *simHost) list(after string) {
	h.call("messages", simParams("after", after), func(refusal string, r map[string]any) {
		h.n.s.note("%s lists after %q: %s, more %v", h.n.name, after, refusal, r["more"])
		if refusal != "" {
			h.later(time.Minute, func() { h.list("") })
			return
		}
		all, _ := r["messages"].([]any)
		for _, one := range all {
			p := one.(map[string]any)
			after = p["message_id"].(string)
			if p["dir"] == "out" {
				h.listed(p)
			}
		}
		if r["more"] == true {
			h.list(after)
		}
	})
}

// listed takes a state of a listing, unless a notification has told more meanwhile.
func (h *simHost) listed(p map[string]any) {
	if h.early[p["message_id"].(string)] == nil {
		h.early[p["message_id"].(string)] = p
	}
	for _, m := range h.sent {
		if m.id == p["message_id"] && (m.boot != h.n.boot || simRank[p["state"].(string)] > simRank[m.state]) {
			h.status(p)
		}
	}
}

// down forgets the connection.
func (h *simHost) down() {
	h.up, h.end = false, nil
	h.life++
}

// hangUp closes the connection and comes back some time later.
func (h *simHost) hangUp() {
	if !h.up {
		return
	}
	e := h.end
	h.down()
	e.close()
	h.later(h.n.s.between(time.Second, 20*time.Minute), h.connect)
}

// call sends one request.
func (h *simHost) call(method string, params []byte, done func(refusal string, result map[string]any)) {
	h.request++
	b := []byte{0x94, 0x00}
	b = msgp.AppendUint32(b, h.request)
	b = msgp.AppendString(b, method)
	b = msgp.AppendArrayHeader(b, 1)
	b = append(b, params...)
	h.waits[h.request] = done
	h.end.send(b, time.Millisecond)
}

// simParams writes text parameters.
func simParams(kv ...string) []byte {
	b := msgp.AppendMapHeader(nil, uint32(len(kv)/2))
	for i := 0; i < len(kv); i += 2 {
		b = msgp.AppendString(b, kv[i])
		if kv[i] == "body" {
			b = msgp.AppendBytes(b, []byte(kv[i+1]))
		} else {
			b = msgp.AppendString(b, kv[i+1])
		}
	}
	return b
}

// write adds a text to what is to be sent.
func (h *simHost) write() {
	s := h.n.s
	name := fmt.Sprintf("%s%06d", h.n.name, len(h.sent))
	size := 0
	switch s.rng.IntN(20) {
	case 0:
		size = s.rng.IntN(30000)
	case 1, 2:
		size = s.rng.IntN(6000)
	}
	h.sent = append(h.sent, &simSent{name: name, client: "c-" + name, body: name + " " + strings.Repeat("0123456789abcdef", size/16), at: s.now})
	if h.up {
		h.sendNext()
	}
}

// sendNext sends the oldest text that has no message_id, one at a time; after a lost reply
// it does so again under the same client_id.
func (h *simHost) sendNext() {
	if !h.up || h.busy {
		return
	}
	for _, m := range h.sent {
		if m.id != "" || m.ended {
			continue
		}
		h.busy = true
		h.call("send", simParams("to", h.peer().number, "body", m.body, "client_id", m.client), func(refusal string, r map[string]any) {
			h.busy = false
			if refusal != "" {
				h.n.s.note("%s host: send refused: %s", h.n.name, refusal)
				if refusal != "busy" && refusal != "storage" {
					h.n.s.fail("%s: send %s refused: %s", h.n.name, m.name, refusal)
				}
				h.later(h.n.s.between(time.Second, 30*time.Second), h.sendNext)
				return
			}
			m.id = r["message_id"].(string)
			if p := h.early[m.id]; p != nil {
				h.listed(p)
			}
			h.sendNext()
		})
		if h.n.s.faults && h.n.s.chance(60) {
			h.hangUp() // the reply is lost
		}
		return
	}
}

// catchUp acknowledges again what it should have.
func (h *simHost) catchUp() {
	if !h.up {
		return
	}
	if !h.deaf {
		for _, m := range h.sent {
			if m.id != "" && !m.settled && (m.state == "delivered" || m.state == "displayed" || m.state == "failed" && h.n.s.faults) {
				h.ackSent(m)
				break
			}
		}
	}
	h.later(10*time.Minute, h.catchUp)
}

func (h *simHost) ackSent(m *simSent) {
	h.call("ack", simParams("message_id", m.id), func(refusal string, _ map[string]any) {
		if refusal == "" || refusal == "not_found" {
			m.settled = true
		}
	})
}

// read takes frames of the agent.
func (h *simHost) read(b []byte) {
	if h.end == nil {
		return
	}
	h.in = append(h.in, b...)
	for len(h.in) > 0 && h.up {
		rest, err := msgp.Skip(h.in)
		if err != nil {
			return
		}
		v, _, err := msgp.ReadIntfBytes(h.in[:len(h.in)-len(rest)])
		if err != nil {
			h.n.s.fail("%s: frame: %v", h.n.name, err)
			return
		}
		h.in = rest
		h.frame(v.([]any))
	}
}

func (h *simHost) frame(f []any) {
	if asInt(f[0]) == 1 {
		id := uint32(asInt(f[1]))
		done := h.waits[id]
		delete(h.waits, id)
		refusal := ""
		if e, ok := f[2].(map[string]any); ok {
			refusal = e["name"].(string)
		}
		r, _ := f[3].(map[string]any)
		if done == nil {
			h.n.s.fail("%s: a reply to nothing: %v", h.n.name, f)
			return
		}
		done(refusal, r)
		return
	}
	p, _ := f[2].([]any)[0].(map[string]any)
	switch f[1] {
	case "message":
		h.message(p)
	case "message_status":
		h.status(p)
	case "dropped":
		h.n.s.note("%s dropped %v %v", h.n.name, p["topic"], p["count"])
		if p["topic"] == "message_status" {
			h.list("")
		}
	case "session":
		h.n.s.note("%s session %v %v %v", h.n.name, p["session"], p["state"], p["code"])
	}
}

func asInt(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case uint64:
		return int64(v)
	}
	return 0
}

// message takes a text of the peer: each under one id, and none that nobody sent.
func (h *simHost) message(p map[string]any) {
	if id := p["message_id"].(string); h.byID[id] == nil {
		h.byID[id] = &simGot{}
		h.order = append(h.order, id)
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
	if was := h.shown[name]; was != "" && was != id {
		s.fail("%s: %s is shown as %s and as %s", h.n.name, name, was, id)
		return
	}
	g := h.byID[id]
	if g.name == "" {
		g.name = name
		h.shown[name] = id
	} else if g.name != name {
		s.fail("%s: id %s is %s and %s", h.n.name, id, g.name, name)
	} else if g.acked && g.boot == h.n.boot {
		s.fail("%s: %s is shown again after its ack", h.n.name, name)
	}
	if h.deaf || s.faults && s.chance(10) {
		return
	}
	h.later(s.between(0, 5*time.Second), func() { h.ack(id, g) })
}

func (h *simHost) ack(id string, g *simGot) {
	boot := h.n.boot
	h.call("ack", simParams("message_id", id), func(refusal string, _ map[string]any) {
		if refusal != "" && refusal != "not_found" {
			h.n.s.fail("%s: ack of %s refused: %s", h.n.name, g.name, refusal)
		}
		g.acked, g.boot = true, boot
	})
	if h.n.s.chance(3) {
		h.later(h.n.s.between(0, time.Minute), func() {
			h.call("displayed", simParams("message_id", id), func(string, map[string]any) {})
		})
	}
}

var simRank = map[string]int{"": 0, "queued": 1, "failed": 2, "sent": 2, "delivered": 3, "displayed": 4}

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
		m.state, m.boot, m.reason, m.code = state, h.n.boot, reason, asInt(p["code"])
		if (state == "delivered" || state == "displayed") && !m.settled && !h.deaf && !s.chance(4) {
			h.later(s.between(0, 10*time.Second), func() { h.ackSent(m) })
		}
	}
}
