package ipc

import "net/netip"

// MaxTracePiece is how many octets of a message one `trace` carries; a longer message
// goes in parts.
const MaxTracePiece = 32768

// Note starts a notification; the one value written next is its parameters, a map.
func (w *Writer) Note(method string) {
	w.Array(3)
	w.Int(typeNotification)
	w.Str(method)
	w.Array(1)
}

// A Message is a chat message, as `message` and `messages` show it. What is zero is
// written as zero.
type Message struct {
	ID             uint64 // message_id
	Outgoing       bool   // dir: in or out (only in `messages`)
	State          string // only in `messages`
	Reason         string // likewise
	Code           int    // likewise
	Session        uint32
	IMDNID         []byte
	ConversationID []byte
	From           []byte // key of the peer, or our own address
	DisplayName    []byte
	To             []byte
	Time           int64 // ms since 1970, by the sender
	TimeReceived   int64 // ms since 1970, by us
	ContentType    []byte
	Size           int64  // octets of the whole body
	Body           []byte // with HasBody
	HasBody        bool   // false for a body above MaxBody: the host fetches it
	Notify         Notify
	Headers        []byte // an encoded map of str to str (Request.Headers, [HeaderWriter]); nil: none
}

// AppendMessageNote appends `message`.
func AppendMessageNote(dst []byte, m *Message) ([]byte, error) {
	w := NewWriter(dst)
	w.Note("message")
	w.message(m, false)
	return w.Bytes()
}

// message writes the map of m, with or without what only an entry of `messages` has.
func (w *Writer) message(m *Message, entry bool) {
	n := 13
	if m.HasBody {
		n++
	}
	if entry {
		n += 4
	}
	w.Map(n)
	w.id("message_id", m.ID)
	if entry {
		w.entry(m)
	}
	w.text("imdn_id", m.IMDNID)
	w.Str("session")
	w.Session(m.Session)
	w.text("conversation_id", m.ConversationID)
	w.text("from", m.From)
	w.text("display_name", m.DisplayName)
	w.text("to", m.To)
	w.int("time", m.Time)
	w.int("time_received", m.TimeReceived)
	w.text("content_type", m.ContentType)
	w.int("size", m.Size)
	if m.HasBody {
		w.Str("body")
		w.Bin(m.Body)
	}
	w.Str("notify")
	w.notify(m.Notify)
	w.Str("headers")
	if len(m.Headers) == 0 {
		w.Map(0)
	} else {
		w.Encoded(m.Headers)
	}
}

// entry writes the four pairs that only `messages` has.
func (w *Writer) entry(m *Message) {
	dir := "in"
	if m.Outgoing {
		dir = "out"
	}
	w.str("dir", dir)
	w.str("state", m.State)
	w.str("reason", m.Reason)
	w.int("code", int64(m.Code))
}

// A MessageStatus is the state that an outgoing message has reached.
type MessageStatus struct {
	ID     uint64
	State  string // queued, sent, delivered, displayed, failed, cancelled
	Code   int    // the SIP or MSRP status that caused it, or 0
	Reason string // one word, or ""
	Time   int64  // ms since 1970
}

// AppendStatusNote appends `message_status`.
func AppendStatusNote(dst []byte, s *MessageStatus) ([]byte, error) {
	w := NewWriter(dst)
	w.Note("message_status")
	w.Map(5)
	w.id("message_id", s.ID)
	w.str("state", s.State)
	w.int("code", int64(s.Code))
	w.str("reason", s.Reason)
	w.int("time", s.Time)
	return w.Bytes()
}

// AppendComposingNote appends `composing`: until is in ms since 1970, 0 where active is
// false.
func AppendComposingNote(dst []byte, from string, active bool, until int64) ([]byte, error) {
	w := NewWriter(dst)
	w.Note("composing")
	w.Map(3)
	w.str("from", from)
	w.bool("active", active)
	w.int("until", until)
	return w.Bytes()
}

// AppendSessionNote appends `session`: state is one of inviting, ringing, incoming, open,
// closed, failed.
func AppendSessionNote(dst []byte, session uint32, peer, state string, code int) ([]byte, error) {
	w := NewWriter(dst)
	w.Note("session")
	w.Map(4)
	w.Str("session")
	w.Session(session)
	w.str("peer", peer)
	w.str("state", state)
	w.int("code", int64(code))
	return w.Bytes()
}

// AppendRegistrationNote appends `registration`: expires is in seconds from now.
func AppendRegistrationNote(dst []byte, state string, expires int64, code int) ([]byte, error) {
	w := NewWriter(dst)
	w.Note("registration")
	w.registration(state, expires, code)
	return w.Bytes()
}

func (w *Writer) registration(state string, expires int64, code int) {
	w.Map(3)
	w.str("state", state)
	w.int("expires", expires)
	w.int("code", int64(code))
}

// AppendAccessNetworkNote appends `access_network`.
func AppendAccessNetworkNote(dst []byte, a *AccessNetwork) ([]byte, error) {
	w := NewWriter(dst)
	w.Note("access_network")
	w.accessNetwork(a)
	return w.Bytes()
}

// AppendModemNote appends `modem`.
func AppendModemNote(dst []byte, state, text string) ([]byte, error) {
	w := NewWriter(dst)
	w.Note("modem")
	w.Map(2)
	w.str("state", state)
	w.str("text", text)
	return w.Bytes()
}

// AppendDroppedNote appends `dropped`: how many notifications of one topic this client
// did not get, because it did not read.
func AppendDroppedNote(dst []byte, topic Topics, count int64) ([]byte, error) {
	w := NewWriter(dst)
	w.Note("dropped")
	w.Map(2)
	w.str("topic", topic.String())
	w.int("count", count)
	return w.Bytes()
}

// A Trace is a message on the wire, or a part of one.
type Trace struct {
	Time      int64          // ms since 1970
	Out       bool           // sent by us; else received
	Protocol  string         // sip or msrp
	Transport string         // tcp or udp: goes before both addresses
	Local     netip.AddrPort // ours
	Remote    netip.AddrPort // the peer's
	Part      int            // 0 for the first
	Last      bool           // no further part follows
	Bytes     []byte         // at most MaxTracePiece
}

// AppendTraceNote appends `trace`.
func AppendTraceNote(dst []byte, t *Trace) ([]byte, error) {
	w := NewWriter(dst)
	w.Note("trace")
	w.Map(8)
	w.int("time", t.Time)
	w.Str("dir")
	if t.Out {
		w.Str("out")
	} else {
		w.Str("in")
	}
	w.str("protocol", t.Protocol)
	w.Str("local")
	w.Endpoint(t.Transport, t.Local)
	w.Str("remote")
	w.Endpoint(t.Transport, t.Remote)
	w.int("part", int64(t.Part))
	w.bool("last", t.Last)
	w.Str("bytes")
	w.Bin(t.Bytes)
	return w.Bytes()
}
