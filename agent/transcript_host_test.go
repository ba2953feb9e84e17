package agent

import (
	"bytes"
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
//	       close S | messages | fetch ID OFFSET LIMIT | status | network key=value… | raw HEX
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
	case "offset", "limit", "expires", "mtu":
		n, _ := strconv.Atoi(v)
		return msgp.AppendInt(b, n)
	case "active", "more", "last", "everywhere":
		return msgp.AppendBool(b, v == "on" || v == "true")
	case "notify", "addresses", "pcscf", "dns":
		list := strings.FieldsFunc(v, func(r rune) bool { return r == ',' })
		b = msgp.AppendArrayHeader(b, uint32(len(list)))
		for _, one := range list {
			b = msgp.AppendString(b, one)
		}
		return b
	}
	return msgp.AppendString(b, v)
}
