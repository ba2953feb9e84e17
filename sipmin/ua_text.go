package sipmin

import "net/netip"

// text writes a message into memory that it is given and never grows it. Once
// a piece does not fit, nothing more is written and full stays true.
type text struct {
	b       []byte // len: written so far; cap: the room
	compact bool
	full    bool
}

func (t *text) str(s string) {
	if t.full || len(s) > cap(t.b)-len(t.b) {
		t.full = true
		return
	}
	t.b = append(t.b, s...)
}

func (t *text) raw(b []byte) {
	if t.full || len(b) > cap(t.b)-len(t.b) {
		t.full = true
		return
	}
	t.b = append(t.b, b...)
}

func (t *text) uint(n uint64) {
	var d [20]byte
	i := len(d)
	for {
		i--
		d[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			break
		}
	}
	t.raw(d[i:])
}

// name writes a header's name, long or short, and the colon.
func (t *text) name(id HeaderID) {
	t.str(id.Name(t.compact))
	t.str(": ")
}

// line writes a whole header; an empty value writes nothing.
func (t *text) line(id HeaderID, value string) {
	if value == "" {
		return
	}
	t.name(id)
	t.str(value)
	t.str("\r\n")
}

// unfold writes a value of a message; what folds it becomes blanks.
func (t *text) unfold(b []byte) {
	at := len(t.b)
	t.raw(b)
	for i := at; i < len(t.b); i++ {
		if t.b[i] == '\r' || t.b[i] == '\n' {
			t.b[i] = ' '
		}
	}
}

// addr writes an IP address without brackets.
func (t *text) addr(a netip.Addr) {
	var d [64]byte
	t.raw(a.Unmap().WithZone("").AppendTo(d[:0]))
}

// extra writes a caller's header. One with CR or LF would be two headers: it
// spoils the message instead.
func (t *text) extra(h *ExtraHeader) {
	if !oneLine(h.Name) || !oneLine(h.Value) || h.Name == "" {
		t.full = true
		return
	}
	t.str(h.Name)
	t.str(": ")
	t.str(h.Value)
	t.str("\r\n")
}

// oneLine tells whether s may stand inside a header.
func oneLine(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == '\r' || s[i] == '\n' || s[i] == 0 {
			return false
		}
	}
	return true
}

// length writes Content-Length.
func (t *text) length(n int) {
	t.name(HContentLength)
	t.uint(uint64(n))
	t.str("\r\n")
}

// hash is the 64-bit FNV-1a of what is added, begun with a secret.
type hash uint64

func (h *hash) add(b []byte) {
	x := uint64(*h)
	for _, c := range b {
		x = (x ^ uint64(c)) * 1099511628211
	}
	*h = hash((x ^ 0xff) * 1099511628211) // keeps "ab","c" apart from "a","bc"
}

func (h *hash) addUint(n uint64) {
	x := uint64(*h)
	for range 8 {
		x = (x ^ n&0xff) * 1099511628211
		n >>= 8
	}
	*h = hash(x)
}
