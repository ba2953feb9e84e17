package spool

import "encoding/binary"

// A found is one place of a segment: a good record, or octets that are none.
type found struct {
	off, end int
	kind     byte
	payload  []byte // nil: damage
	torn     bool   // damage at the end, never written to its own end
	id       uint64 // damage: the id of an entry whose head is good; else 0
}

// scan calls f with every record of a segment and every damaged place between them, in
// order. It returns where the next record may be written: behind the last good one.
func (k *salt) scan(b []byte, seq uint32, f func(found)) (end int) {
	for off := headerSize; off < len(b); {
		if k.check(b[off:], seq, int64(off)) == recordGood {
			n := frameLen(b[off:])
			f(found{off: off, end: off + n, kind: b[off+1], payload: payload(b[off:])})
			off += n
			continue
		}
		next := k.resync(b, seq, off+1)
		if next < 0 {
			k.tail(b, seq, off, f)
			return off
		}
		f(found{off: off, end: next, id: k.hint(b, seq, off)})
		off = next
	}
	return max(len(b), headerSize)
}

// resync returns where the next good record begins, or -1.
func (k *salt) resync(b []byte, seq uint32, from int) int {
	for off := from; off < len(b); off++ {
		if b[off] == recordMark && k.check(b[off:], seq, int64(off)) == recordGood {
			return off
		}
	}
	return -1
}

// tail reports what follows the last good record, unless it is only zeros.
func (k *salt) tail(b []byte, seq uint32, off int, f func(found)) {
	end := len(b)
	for end > off && b[end-1] == 0 {
		end--
	}
	if end == off {
		return
	}
	v := k.check(b[off:], seq, int64(off))
	whole := v == recordBad || v == recordNone && wholeByMark(b[off:end])
	f(found{off: off, end: end, torn: !whole, id: k.hint(b, seq, off)})
}

// wholeByMark reports whether b looks like one record or more written to the end, though
// the first one's head fails its check: a cut record does not end in the end mark that its
// length points at.
func wholeByMark(b []byte) bool {
	if len(b) < recordOverhead {
		return false
	}
	if n := frameLen(b); n <= len(b) && b[n-1] == recordEnd {
		return true
	}
	return b[len(b)-1] == recordEnd
}

// hint returns the id of a damaged entry whose head still is good.
func (k *salt) hint(b []byte, seq uint32, off int) uint64 {
	v := k.check(b[off:], seq, int64(off))
	if v != recordBad && v != recordShort || b[off+1] != kindEntry || len(b) < off+recordHead+8 {
		return 0
	}
	return binary.LittleEndian.Uint64(b[off+recordHead:])
}
