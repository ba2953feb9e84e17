package agent

import (
	"fmt"
	"strings"

	"github.com/tinylib/msgp/msgp"

	"imsagent/agent/spool"
)

// A ledger keeps what the agent has promised in a transcript, to the host by a message_id, to
// the peer by a 200, and what became of it. It reads the octets that went over the doors, and
// needs no particular order of them.
type ledger struct {
	w        *world
	hosts    map[FlowID]*ledgerHost
	promised map[string]int64           // message_id that a host was given: when, wall clock
	stored   map[string]string          // imdn_id of what the flash has taken from the peer: message_id
	awaited  map[string]bool            // … while a host was there to be told
	shown    map[string]map[string]bool // imdn_id: message_ids under which a host saw it
	taken    map[string]bool            // imdn_id of what the peer was told is kept
	asks     map[string]string          // imdn_id of the peer's message: the notifications it asks for
	notified map[string]bool            // status and imdn_id of each notification of ours
	saw      map[string]bool            // message_id that the user saw
	settled  map[string]bool            // message_id that a host has asked to forget
	acked    map[string]bool            // message_id
	cancels  map[string]bool            // message_id that a host asked to withdraw
	handed   map[string]bool            // Message-ID of ours that the peer has taken whole
	ours     map[string]string          // our SEND's tid: its Message-ID; only the last chunk's
	theirs   map[string]*ledgerChunk    // the peer's SEND, by tid
	arriving map[string]map[int]int     // octets of a peer's message that were answered with 200
	named    map[string]string          // … its Message-ID: imdn.Message-ID
	part     map[FlowID][]byte          // MSRP octets of the peer that are not yet whole
	texts    map[string]string          // branch of a peer's INVITE or MESSAGE: imdn_id of its text
	calls    map[string]string          // call: how far it is
	said     map[int]bool               // statuses that the network or the peer has given
	byUA     bool                       // sipmin ends a call by itself: a BYE for which it finds no buffer goes once, or not at all
	withheld bool                       // the network withholds who the peer is
	away     bool                       // the host names another P-CSCF, and nobody answers there
	faulty   bool                       // the flash has refused something
}

// A ledgerHost is one connection of a host.
type ledgerHost struct {
	in      []byte
	asked   map[int64][]any // requests without a reply
	topics  map[string]bool
	told    map[string]string // message_id: state of the last message_status
	due     map[string]string // … and what it should be
	seen    map[string]bool   // message_id of a `message`
	dropped map[string]bool   // topics of which it was told that it lost some
}

// A ledgerChunk is one SEND of the peer.
type ledgerChunk struct {
	id              string // connection and Message-ID
	from, to, total int
}

func newLedger(w *world) *ledger {
	return &ledger{w: w, hosts: map[FlowID]*ledgerHost{}, promised: map[string]int64{}, stored: map[string]string{}, awaited: map[string]bool{},
		shown: map[string]map[string]bool{}, taken: map[string]bool{}, acked: map[string]bool{}, settled: map[string]bool{}, asks: map[string]string{}, notified: map[string]bool{}, saw: map[string]bool{}, cancels: map[string]bool{},
		handed: map[string]bool{}, ours: map[string]string{}, theirs: map[string]*ledgerChunk{}, arriving: map[string]map[int]int{},
		named: map[string]string{}, part: map[FlowID][]byte{}, texts: map[string]string{}, calls: map[string]string{}, said: map[int]bool{}}
}

// restarted: calls and connections end with the agent, without a word.
func (l *ledger) restarted() {
	clear(l.hosts)
	clear(l.calls)
	clear(l.part)
}

func (l *ledger) fail(format string, a ...any) {
	l.w.t.Helper()
	l.w.t.Errorf(format, a...)
}

// event takes what the agent is about to be told.
func (l *ledger) event(ev *Event) {
	switch {
	case l == nil:
	case ev.Kind == EvAccepted && ev.Door == DoorHost:
		l.hosts[ev.Flow] = &ledgerHost{asked: map[int64][]any{}, topics: map[string]bool{}, told: map[string]string{},
			due: map[string]string{}, seen: map[string]bool{}, dropped: map[string]bool{}}
	case ev.Kind == EvClosed && ev.Door == DoorHost:
		delete(l.hosts, ev.Flow)
	case ev.Kind == EvData && ev.Door == DoorHost:
		l.hostAsks(l.hosts[ev.Flow], ev.Buf.Bytes())
	case ev.Kind == EvData && ev.Door == DoorMSRP:
		l.peerWrites(ev.Flow, string(ev.Buf.Bytes()))
	case ev.Kind == EvData || ev.Kind == EvDatagram:
		l.sip(string(ev.Buf.Bytes()), false)
	case ev.Kind == EvStored && ev.Fault != FaultNone:
		l.faulty = true
	case ev.Kind == EvStored && ev.Buf != nil && !ev.Dup:
		l.flashTook(ev.Buf.Bytes())
	}
}

// flashTook notes a message of the peer that is on flash.
func (l *ledger) flashTook(payload []byte) {
	var e spool.Entry
	if spool.ParseEntry(payload, &e) != nil || e.Dir != spool.In {
		return
	}
	id := string(e.IMDNID)
	for _, h := range l.hosts {
		if h.topics["message"] && l.stored[id] == "" {
			l.awaited[id] = true
		}
	}
	l.stored[id] = fmt.Sprintf("%016d", e.ID)
}

// action takes what the agent does.
func (l *ledger) action(a *Action) {
	switch {
	case l == nil:
	case a.Kind == ActMark && a.State&InStored == 0:
		for _, h := range l.hosts {
			if id := fmt.Sprintf("%016d", a.ID); h.topics["message_status"] {
				h.due[id] = a.State.String()
			}
		}
	case a.Kind == ActClose && l.hosts[a.Flow] != nil:
		delete(l.hosts, a.Flow)
	case a.Kind != ActSend:
	case l.hosts[a.Flow] != nil:
		l.hostHears(l.hosts[a.Flow], a.Buf.Bytes())
	case l.w.conns[a.Flow] != nil:
		l.weWrite(string(a.Buf.Bytes()))
	default:
		l.sip(string(a.Buf.Bytes()), true)
	}
}

// hostAsks reads requests of a host.
func (l *ledger) hostAsks(h *ledgerHost, b []byte) {
	if h == nil {
		return
	}
	for h.in = append(h.in, b...); len(h.in) > 0; {
		rest, err := msgp.Skip(h.in)
		if err != nil {
			return
		}
		v, _, _ := msgp.ReadIntfBytes(h.in[:len(h.in)-len(rest)])
		if f, ok := v.([]any); ok && len(f) == 4 {
			h.asked[asInt(f[1])] = f
			switch id, _ := param(f, "message_id").(string); f[2] {
			case "cancel":
				l.cancels[id] = true
			case "ack":
				l.settled[id] = true
			}
		}
		h.in = rest
	}
}

// param is a parameter of a request or a notification.
func param(f []any, key string) any {
	list, _ := f[len(f)-1].([]any)
	if len(list) == 0 {
		return nil
	}
	m, _ := list[0].(map[string]any)
	return m[key]
}

// hostHears reads one frame to a host.
func (l *ledger) hostHears(h *ledgerHost, b []byte) {
	v, _, err := msgp.ReadIntfBytes(b)
	f, ok := v.([]any)
	if err != nil || !ok {
		l.fail("frame to a host: %v", err)
		return
	}
	if asInt(f[0]) == 1 {
		l.hostAnswered(h, h.asked[asInt(f[1])], f)
		delete(h.asked, asInt(f[1]))
		return
	}
	id, _ := param(f, "message_id").(string)
	switch f[1] {
	case "message":
		imdn, _ := param(f, "imdn_id").(string)
		if l.shown[imdn] == nil {
			l.shown[imdn] = map[string]bool{}
		}
		l.shown[imdn][id], h.seen[id] = true, true
	case "message_status":
		state := param(f, "state").(string)
		if was := h.told[id]; was != "" && !strings.Contains(laterStates[was], state) {
			l.fail("message %s went from %s to %s", id, was, state)
		}
		h.told[id] = state
	case "dropped":
		h.dropped[param(f, "topic").(string)] = true
	}
}

// laterStates are the states that may be told after one, in any order of INTERFACES: never
// backwards, but a late notification turns even what was given up into delivered.
var laterStates = map[string]string{
	"queued": "queued sent delivered displayed failed cancelled", "sent": "sent delivered displayed failed",
	"failed": "failed delivered displayed", "cancelled": "cancelled delivered displayed",
	"delivered": "delivered displayed", "displayed": "displayed",
}

// hostAnswered notes what a reply promises.
func (l *ledger) hostAnswered(h *ledgerHost, asked, f []any) {
	if asked == nil || f[2] != nil {
		return
	}
	r, _ := f[3].(map[string]any)
	id, _ := param(asked, "message_id").(string)
	switch asked[2] {
	case "send":
		if param(asked, "more") != true {
			l.promised[r["message_id"].(string)] = l.w.wall.UnixMilli()
		}
	case "append":
		if param(asked, "last") == true {
			l.promised[id] = l.w.wall.UnixMilli()
		}
	case "ack":
		l.acked[id] = true
	case "displayed":
		l.saw[id] = true
	case "subscribe":
		topics, _ := param(asked, "topics").([]any)
		for _, one := range topics {
			h.topics[one.(string)] = true
		}
	}
}
