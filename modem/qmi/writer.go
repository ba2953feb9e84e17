package qmi

import "encoding/binary"

// A Writer builds one frame within the capacity of its destination. Once there was no room, it
// writes no more, and Frame says so.
type Writer struct {
	dst  []byte
	buf  []byte
	ctl  bool
	tlv  int // where the open TLV begins, 0 for none
	full bool
}

// NewRequest begins a request of a client, to be appended to dst. A service above 255 makes a
// frame of marker 02.
func NewRequest(dst []byte, s Service, client uint8, txn, message uint16) Writer {
	w := Writer{dst: dst, buf: dst[len(dst):cap(dst)][:0], ctl: s == CTL}
	if s > 0xFF {
		w.U8(2)
		w.U16(0)
		w.U16(uint16(s))
	} else {
		w.U8(1)
		w.U16(0)
		w.U8(0)
		w.U8(uint8(s))
	}
	w.U8(client)
	w.U8(0) // a request
	if w.ctl {
		w.U8(uint8(txn))
	} else {
		w.U16(txn)
	}
	w.U16(message)
	w.U16(0)
	return w
}

// TLV begins a TLV; the one before it ends.
func (w *Writer) TLV(kind uint8) {
	w.end()
	w.tlv = len(w.buf)
	w.U8(kind)
	w.U16(0)
}

// end writes the length of the open TLV.
func (w *Writer) end() {
	if w.tlv > 0 && !w.full {
		binary.LittleEndian.PutUint16(w.buf[w.tlv+1:], uint16(len(w.buf)-w.tlv-3))
	}
	w.tlv = 0
}

// Bytes writes octets.
func (w *Writer) Bytes(v []byte) {
	if w.full = w.full || len(v) > cap(w.buf)-len(w.buf) || len(w.buf)+len(v) > MaxFrame; !w.full {
		w.buf = append(w.buf, v...)
	}
}

// Text writes the octets of a string.
func (w *Writer) Text(v string) {
	if w.full = w.full || len(v) > cap(w.buf)-len(w.buf) || len(w.buf)+len(v) > MaxFrame; !w.full {
		w.buf = append(w.buf, v...)
	}
}

// U8 writes an octet.
func (w *Writer) U8(v uint8) {
	if w.full = w.full || len(w.buf) == cap(w.buf) || len(w.buf) == MaxFrame; !w.full {
		w.buf = append(w.buf, v)
	}
}

// U16 writes two octets, the low one first.
func (w *Writer) U16(v uint16) {
	w.U8(uint8(v))
	w.U8(uint8(v >> 8))
}

// U32 writes four octets, the low one first.
func (w *Writer) U32(v uint32) {
	w.U16(uint16(v))
	w.U16(uint16(v >> 16))
}

// Flag writes 1 or 0.
func (w *Writer) Flag(v bool) {
	if v {
		w.U8(1)
	} else {
		w.U8(0)
	}
}

// Field writes a whole TLV.
func (w *Writer) Field(kind uint8, v []byte) {
	w.TLV(kind)
	w.Bytes(v)
}

// Frame returns dst with the finished frame, or dst as it was and ErrNoRoom.
func (w *Writer) Frame() ([]byte, error) {
	w.end()
	if w.full {
		return w.dst, ErrNoRoom
	}
	size := 7
	if w.ctl {
		size = 6
	}
	binary.LittleEndian.PutUint16(w.buf[1:], uint16(len(w.buf)-1))
	binary.LittleEndian.PutUint16(w.buf[muxHeader+size-2:], uint16(len(w.buf)-muxHeader-size))
	return w.dst[:len(w.dst)+len(w.buf)], nil
}

// AppendRequest appends a request without TLVs.
func AppendRequest(dst []byte, s Service, client uint8, txn, message uint16) ([]byte, error) {
	w := NewRequest(dst, s, client, txn, message)
	return w.Frame()
}
