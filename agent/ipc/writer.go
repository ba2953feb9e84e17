package ipc

import (
	"net/netip"

	"github.com/tinylib/msgp/msgp"
)

// A Writer appends MessagePack values within the capacity of a buffer. Once a value does
// not fit, the writer is full for good: check once, with [Writer.Bytes]. Who writes a map
// or an array says first how many pairs or elements follow, and writes that many.
type Writer struct {
	dst  []byte // as it was given
	b    []byte
	full bool
}

// NewWriter returns a writer that appends to dst.
func NewWriter(dst []byte) Writer { return Writer{dst: dst, b: dst} }

// Bytes returns dst with what was written, or dst unchanged and [ErrNoRoom].
func (w *Writer) Bytes() ([]byte, error) {
	if w.full {
		return w.dst, ErrNoRoom
	}
	return w.b, nil
}

func (w *Writer) raw(p []byte) {
	if w.full = w.full || len(p) > cap(w.b)-len(w.b); !w.full {
		w.b = append(w.b, p...)
	}
}

// Map starts a map of n pairs.
func (w *Writer) Map(n int) {
	var head [5]byte
	w.raw(msgp.AppendMapHeader(head[:0], uint32(n)))
}

// Array starts an array of n elements.
func (w *Writer) Array(n int) {
	var head [5]byte
	w.raw(msgp.AppendArrayHeader(head[:0], uint32(n)))
}

// Int writes an integer in its shortest form.
func (w *Writer) Int(v int64) {
	if v >= 0 { // msgp spends an octet more on 128 to 255 and the like, for a sign
		w.Uint(uint64(v))
		return
	}
	var octets [9]byte
	w.raw(msgp.AppendInt64(octets[:0], v))
}

// Uint writes an integer in its shortest form.
func (w *Writer) Uint(v uint64) {
	var octets [9]byte
	w.raw(msgp.AppendUint64(octets[:0], v))
}

// Bool writes true or false.
func (w *Writer) Bool(v bool) {
	var octet [1]byte
	w.raw(msgp.AppendBool(octet[:0], v))
}

// Nil writes nil.
func (w *Writer) Nil() {
	var octet [1]byte
	w.raw(msgp.AppendNil(octet[:0]))
}

// Bin writes octets.
func (w *Writer) Bin(p []byte) {
	var head [5]byte
	w.raw(msgp.AppendBytesHeader(head[:0], uint32(len(p))))
	w.raw(p)
}

// Str writes a text.
func (w *Writer) Str(s string) {
	w.strHeader(len(s))
	if w.full = w.full || len(s) > cap(w.b)-len(w.b); !w.full {
		w.b = append(w.b, s...)
	}
}

// Text writes a text that is held as octets.
func (w *Writer) Text(p []byte) {
	w.strHeader(len(p))
	w.raw(p)
}

// strHeader writes the header of a str; msgp has none of its own for what is not at hand.
func (w *Writer) strHeader(n int) {
	head := [5]byte{0xdb, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
	switch {
	case n < 32:
		head[4] |= 0xa0
		w.raw(head[4:])
	case n < 1<<8:
		head[3] = 0xd9
		w.raw(head[3:])
	case n < 1<<16:
		head[2] = 0xda
		w.raw(head[2:])
	default:
		w.raw(head[:])
	}
}

// Encoded writes one value that is already encoded.
func (w *Writer) Encoded(p []byte) { w.raw(p) }

// ID writes the text of a message_id; 0 is "".
func (w *Writer) ID(id uint64) {
	var digits [20]byte
	if id == 0 {
		w.Str("")
		return
	}
	w.Text(AppendID(digits[:0], id))
}

// Session writes the text of a session; 0 is "".
func (w *Writer) Session(id uint32) {
	var digits [20]byte
	if id == 0 {
		w.Str("")
		return
	}
	w.Text(appendDecimal(digits[:0], uint64(id)))
}

// Endpoint writes transport:address:port as text, `tcp:[2001:db8::1]:5060`; the transport
// may be empty, and an invalid address is "".
func (w *Writer) Endpoint(transport string, a netip.AddrPort) {
	var text [128]byte
	if !a.IsValid() || len(transport)+len(a.Addr().Zone()) > 32 {
		w.Str("")
		return
	}
	p := append(text[:0], transport...)
	if transport != "" {
		p = append(p, ':')
	}
	w.Text(a.AppendTo(p))
}

// notify writes the array that stands for n.
func (w *Writer) notify(n Notify) {
	count := 0
	for bit := NotifyDelivery; bit <= NotifyDisplay; bit <<= 1 {
		if n&bit != 0 {
			count++
		}
	}
	w.Array(count)
	if n&NotifyDelivery != 0 {
		w.Str("delivery")
	}
	if n&NotifyDisplay != 0 {
		w.Str("display")
	}
}

// The pairs of a map, by the type of their value.
func (w *Writer) str(key, v string)         { w.Str(key); w.Str(v) }
func (w *Writer) text(key string, v []byte) { w.Str(key); w.Text(v) }
func (w *Writer) int(key string, v int64)   { w.Str(key); w.Int(v) }
func (w *Writer) bool(key string, v bool)   { w.Str(key); w.Bool(v) }
func (w *Writer) id(key string, v uint64)   { w.Str(key); w.ID(v) }
