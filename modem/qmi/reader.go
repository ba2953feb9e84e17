package qmi

import "encoding/binary"

// A Reader reads the value of one TLV from its beginning. What goes beyond the end reads as zero
// and makes OK false for good.
type Reader struct {
	b   []byte
	off int // of b in the frame's buffer
	bad bool
}

// OK reports whether everything asked for was there.
func (r *Reader) OK() bool { return !r.bad }

// Len returns how many octets are left.
func (r *Reader) Len() int { return len(r.b) }

// Bytes returns the next n octets, nil if there are fewer.
func (r *Reader) Bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	v := r.b[:n:n]
	r.b, r.off = r.b[n:], r.off+n
	return v
}

// span returns the place of octets that were read last.
func (r *Reader) span(v []byte, trimmed int) Span {
	return Span{uint16(r.off - len(v) - trimmed), uint16(len(v))}
}

// U8 returns the next octet.
func (r *Reader) U8() uint8 {
	if v := r.Bytes(1); v != nil {
		return v[0]
	}
	return 0
}

// U16 returns the next two octets, the low one first.
func (r *Reader) U16() uint16 {
	if v := r.Bytes(2); v != nil {
		return binary.LittleEndian.Uint16(v)
	}
	return 0
}

// U32 returns the next four octets, the low one first.
func (r *Reader) U32() uint32 {
	if v := r.Bytes(4); v != nil {
		return binary.LittleEndian.Uint32(v)
	}
	return 0
}

// U64 returns the next eight octets, the low one first.
func (r *Reader) U64() uint64 {
	if v := r.Bytes(8); v != nil {
		return binary.LittleEndian.Uint64(v)
	}
	return 0
}

// Flag returns whether the next octet is not zero.
func (r *Reader) Flag() bool { return r.U8() != 0 }

// Counted8 returns octets whose number stands before them in one octet.
func (r *Reader) Counted8() []byte { return r.Bytes(int(r.U8())) }

// Counted16 returns octets whose number stands before them in two.
func (r *Reader) Counted16() []byte { return r.Bytes(int(r.U16())) }

// Text returns the place of all that is left as text, without the NUL, TAB and line ends that
// modems append.
func (r *Reader) Text() Span {
	v := r.Bytes(len(r.b))
	whole := len(v)
	for len(v) > 0 && v[len(v)-1] <= ' ' {
		v = v[:len(v)-1]
	}
	return r.span(v, whole-len(v))
}

// err returns ErrValue if something was not there.
func (r *Reader) err() error {
	if r.bad {
		return ErrValue
	}
	return nil
}
