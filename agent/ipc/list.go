package ipc

// A MessagesWriter writes the response of `messages` entry by entry, as many as fit.
type MessagesWriter struct {
	w     Writer
	count int // where the number of entries stands
	n     int
}

// tail is what [MessagesWriter.Bytes] writes after the entries: the key `more` and a bool.
const tail = 1 + 4 + 1

// NewMessagesWriter starts the response to request id in dst, up to its capacity or
// MaxFrame octets, whichever is less.
func NewMessagesWriter(dst []byte, id uint32) MessagesWriter {
	most := min(cap(dst), len(dst)+MaxFrame)
	m := MessagesWriter{w: NewWriter(dst[:len(dst):most])}
	m.w.begin(id)
	m.w.Map(2)
	m.w.Str("messages")
	m.w.raw([]byte{0xdc, 0, 0}) // array 16, counted at the end
	m.count = len(m.w.b) - 2
	return m
}

// Add writes one entry. Where it does not fit, nothing is written and Add returns false:
// the entry belongs to the next response.
func (m *MessagesWriter) Add(e *Message) bool {
	before := m.w
	if m.w.message(e, true); m.w.full || cap(m.w.b)-len(m.w.b) < tail {
		m.w = before
		return false
	}
	m.n++
	return true
}

// Len is the number of entries written.
func (m *MessagesWriter) Len() int { return m.n }

// Bytes completes the response; more says that entries are left for another request with
// `after`. With [ErrNoRoom] dst is unchanged.
func (m *MessagesWriter) Bytes(more bool) ([]byte, error) {
	m.w.bool("more", more)
	if !m.w.full {
		m.w.b[m.count], m.w.b[m.count+1] = byte(m.n>>8), byte(m.n)
	}
	return m.w.Bytes()
}

// A HeaderWriter makes the encoded map that is [Message.Headers].
type HeaderWriter struct {
	w     Writer
	count int
	n     int
}

// NewHeaderWriter starts an empty map in dst.
func NewHeaderWriter(dst []byte) HeaderWriter {
	h := HeaderWriter{w: NewWriter(dst)}
	h.w.raw([]byte{0xde, 0, 0}) // map 16, counted at the end
	h.count = len(h.w.b) - 2
	return h
}

// Add writes one header. Where it does not fit, nothing is written and Add returns false.
func (h *HeaderWriter) Add(name, value []byte) bool {
	before := h.w
	h.w.Text(name)
	if h.w.Text(value); h.w.full {
		h.w = before
		return false
	}
	h.n++
	return true
}

// Bytes completes the map. With [ErrNoRoom] dst is unchanged.
func (h *HeaderWriter) Bytes() ([]byte, error) {
	if !h.w.full {
		h.w.b[h.count], h.w.b[h.count+1] = byte(h.n>>8), byte(h.n)
	}
	return h.w.Bytes()
}
