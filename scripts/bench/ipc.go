package main

import (
	"github.com/tinylib/msgp/msgp"
	"github.com/vmihailenco/msgpack/v5"

	"imsagent/agent/ipc"
)

// sendFrame is a `send` as a host writes it, all its fields given.
func sendFrame() []byte {
	b := msgp.AppendArrayHeader(nil, 4)
	b = msgp.AppendInt(b, 0)
	b = msgp.AppendInt(b, 7)
	b = msgp.AppendString(b, "send")
	b = msgp.AppendArrayHeader(b, 1)
	b = msgp.AppendMapHeader(b, 5)
	b = msgp.AppendString(b, "to")
	b = msgp.AppendString(b, "sip:+14448880000@sharetechnote.com;user=phone")
	b = msgp.AppendString(b, "body")
	b = msgp.AppendString(b, "The quick brown fox jumps over the lazy dog. Grüße, 你好!")
	b = msgp.AppendString(b, "content_type")
	b = msgp.AppendString(b, "text/plain;charset=UTF-8")
	b = msgp.AppendString(b, "client_id")
	b = msgp.AppendString(b, "c-000017")
	b = msgp.AppendString(b, "expires")
	return msgp.AppendInt(b, 86400)
}

// rawSend holds what the raw decoder finds, unchecked.
type rawSend struct {
	kind, id, expires               int64
	method, to, body, ctype, client []byte
}

// decode reads the frame with msgp's runtime calls, and nothing else.
func (s *rawSend) decode(b []byte) (err error) {
	if _, b, err = msgp.ReadArrayHeaderBytes(b); err != nil {
		return err
	}
	if s.kind, b, err = msgp.ReadInt64Bytes(b); err != nil {
		return err
	}
	if s.id, b, err = msgp.ReadInt64Bytes(b); err != nil {
		return err
	}
	if s.method, b, err = msgp.ReadStringZC(b); err != nil {
		return err
	}
	if _, b, err = msgp.ReadArrayHeaderBytes(b); err != nil {
		return err
	}
	n, b, err := msgp.ReadMapHeaderBytes(b)
	for ; err == nil && n > 0; n-- {
		var key []byte
		if key, b, err = msgp.ReadMapKeyZC(b); err == nil {
			b, err = s.field(key, b)
		}
	}
	return err
}

func (s *rawSend) field(key, b []byte) (rest []byte, err error) {
	switch string(key) {
	case "to":
		s.to, b, err = msgp.ReadStringZC(b)
	case "body":
		s.body, b, err = msgp.ReadStringZC(b)
	case "content_type":
		s.ctype, b, err = msgp.ReadStringZC(b)
	case "client_id":
		s.client, b, err = msgp.ReadStringZC(b)
	case "expires":
		s.expires, b, err = msgp.ReadInt64Bytes(b)
	default:
		b, err = msgp.Skip(b)
	}
	return b, err
}

func ipcGroups() []group { return []group{ipcDecode(), ipcEncode()} }

// theirSend is a `send` for vmihailenco/msgpack, which decodes by reflection.
type theirSend struct {
	_msgpack struct{} `msgpack:",as_array"`
	Kind, ID int64
	Method   string
	Params   []struct {
		To          string `msgpack:"to"`
		Body        string `msgpack:"body"`
		ContentType string `msgpack:"content_type"`
		ClientID    string `msgpack:"client_id"`
		Expires     int64  `msgpack:"expires"`
	}
}

func ipcDecode() group {
	frame := sendFrame()
	req, raw, framer, theirs := new(ipc.Request), new(rawSend), new(ipc.Framer), new(theirSend)
	must(msgpack.Unmarshal(frame, theirs))
	if theirs.Params[0].Expires != 86400 {
		fail("vmihailenco/msgpack reads something else")
	}
	return group{what: "IPC send decode", subjects: []*subject{
		{name: "ParseRequest, checked", run: func(n int) {
			for range n {
				must(ipc.ParseRequest(frame, req))
			}
		}},
		{name: "raw msgp, unchecked", run: func(n int) {
			for range n {
				must(raw.decode(frame))
			}
		}},
		{name: "Frame, ParseRequest", run: func(n int) {
			for range n {
				_, err := framer.Frame(frame)
				must(err)
				must(ipc.ParseRequest(frame, req))
			}
		}},
		{name: "vmihailenco/msgpack", run: func(n int) {
			for range n {
				must(msgpack.Unmarshal(frame, theirs))
			}
		}},
	}, pairs: []pair{{0, 1, aim{bound: 2, alloc: true}}, {2, 1, aim{}}, {0, 3, aim{}}}}
}

func ipcEncode() group {
	buf := make([]byte, 0, 1024)
	m := &ipc.Message{ID: 1, IMDNID: []byte("wYcJuXBbGOfCtBqIPQqz0I"), From: []byte("tel:+14448880000"),
		To: []byte("sip:310410123456789@sharetechnote.com"), Time: 1424760489000, TimeReceived: 1424760490123,
		ContentType: []byte("text/plain;charset=UTF-8"), Size: 5, Body: []byte("Hello"), HasBody: true, Notify: ipc.NotifyBoth}
	theirs := noteOf(m)
	return group{what: "IPC message encode", subjects: []*subject{
		{name: "AppendMessageNote", run: func(n int) {
			for range n {
				_, err := ipc.AppendMessageNote(buf, m)
				must(err)
			}
		}},
		{name: "raw msgp", run: func(n int) {
			for range n {
				rawNote(buf, m)
			}
		}},
		{name: "vmihailenco/msgpack", run: func(n int) {
			for range n {
				_, err := msgpack.Marshal(&theirs)
				must(err)
			}
		}},
	}, pairs: []pair{{0, 1, aim{alloc: true}}, {0, 2, aim{}}}}
}

// theirNote is the notification for vmihailenco/msgpack.
type theirNote struct {
	_msgpack struct{} `msgpack:",as_array"`
	Kind     int
	Method   string
	Params   []noteFields
}

type noteFields struct {
	ID             string            `msgpack:"message_id"`
	IMDNID         string            `msgpack:"imdn_id"`
	Session        string            `msgpack:"session"`
	ConversationID string            `msgpack:"conversation_id"`
	From           string            `msgpack:"from"`
	DisplayName    string            `msgpack:"display_name"`
	To             string            `msgpack:"to"`
	Time           int64             `msgpack:"time"`
	TimeReceived   int64             `msgpack:"time_received"`
	ContentType    string            `msgpack:"content_type"`
	Size           int64             `msgpack:"size"`
	Body           []byte            `msgpack:"body"`
	Notify         []string          `msgpack:"notify"`
	Headers        map[string]string `msgpack:"headers"`
}

func noteOf(m *ipc.Message) theirNote {
	return theirNote{Kind: 2, Method: "message", Params: []noteFields{{ID: "0000000000000001", IMDNID: string(m.IMDNID), From: string(m.From),
		To: string(m.To), Time: m.Time, TimeReceived: m.TimeReceived, ContentType: string(m.ContentType), Size: m.Size, Body: m.Body,
		Notify: []string{"delivery", "display"}}}}
}

// rawNote appends the same octets as AppendMessageNote, with msgp alone.
func rawNote(b []byte, m *ipc.Message) []byte {
	b = msgp.AppendArrayHeader(b, 3)
	b = msgp.AppendInt(b, 2)
	b = msgp.AppendString(b, "message")
	b = msgp.AppendArrayHeader(b, 1)
	b = msgp.AppendMapHeader(b, 14)
	for _, f := range [...]struct {
		key   string
		value []byte
	}{
		{"message_id", []byte("0000000000000001")}, {"imdn_id", m.IMDNID}, {"session", nil}, {"conversation_id", nil}, {"from", m.From},
		{"display_name", nil}, {"to", m.To}, {"content_type", m.ContentType}, {"body", m.Body},
	} {
		b = msgp.AppendString(b, f.key)
		b = msgp.AppendStringFromBytes(b, f.value)
	}
	for _, f := range [...]struct {
		key   string
		value int64
	}{{"time", m.Time}, {"time_received", m.TimeReceived}, {"size", m.Size}} {
		b = msgp.AppendString(b, f.key)
		b = msgp.AppendInt64(b, f.value)
	}
	b = msgp.AppendString(b, "notify")
	b = msgp.AppendArrayHeader(b, 2)
	b = msgp.AppendString(b, "delivery")
	b = msgp.AppendString(b, "display")
	b = msgp.AppendString(b, "headers")
	return msgp.AppendMapHeader(b, 0)
}
