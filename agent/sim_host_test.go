package agent

import (
	"fmt"
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
	quick   bool                      // looks at everything soon, as in a scene
	life    int                       // counts connections
	watched *simHost                  // it is a second host beside this one, and writes nothing
	chat    string                    // the session of which it was told last
	ringing string                    // the call that waits for the user
	answer  string                    // what becomes of it
	typing  string                    // what the peer was last said to do
}

// A simSent is one text that the host wants to send.
type simSent struct {
	name    string
	client  string
	body    string
	expires int    // seconds; 0: the default
	id      string // message_id, once answered
	at      time.Time
	since   time.Time // it has this state
	state   string
	boot    int // of the agent, when it told the state
	reason  string
	code    int64
	patient bool // not acknowledged before the peer has seen it
	settled bool // acknowledged by us
	cancel  bool // we have asked to withdraw it
	doubted bool // it was said to be unconfirmed, or lost with its session
}

// A simGot is one incoming text.
type simGot struct {
	name  string
	acked bool
	seen  bool // the agent knows that the user saw it
	boot  int  // of the agent, when it confirmed our ack
	syncs int  // of its flash until then
}

func (h *simHost) peer() *simHost {
	if h.n == h.n.s.nodes[0] {
		return h.n.s.nodes[1].host
	}
	return h.n.s.nodes[0].host
}

// both are the hosts of a machine: the first, and the one beside it if there is one.
func (n *simNode) both() []*simHost {
	if n.second == nil {
		return []*simHost{n.host}
	}
	return []*simHost{n.host, n.second}
}

// sawIt is the message_id under which a host of the machine was shown a text, or "".
func (n *simNode) sawIt(name string) string {
	for _, h := range n.both() {
		if id := h.shown[name]; id != "" {
			return id
		}
	}
	return ""
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
	h.up, h.busy, h.in, h.typing = true, false, nil, ""
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

// simParams writes parameters.
func simParams(kv ...any) []byte {
	b := msgp.AppendMapHeader(nil, uint32(len(kv)/2))
	for i := 0; i < len(kv); i += 2 {
		b = msgp.AppendString(b, kv[i].(string))
		switch v := kv[i+1].(type) {
		case string:
			b = msgp.AppendString(b, v)
		case []byte:
			b = msgp.AppendBytes(b, v)
		case int:
			b = msgp.AppendInt(b, v)
		case bool:
			b = msgp.AppendBool(b, v)
		}
	}
	return b
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
	case "composing":
		h.typing = fmt.Sprint(p["active"])
	case "session":
		h.n.s.note("%s session %v %v %v", h.n.name, p["session"], p["state"], p["code"])
		h.session(p)
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
