package spool

import (
	"bytes"
	"encoding/binary"
)

// A found is one place of a segment: a good record, or octets that are none.
type found struct {
	off, end int
	kind     byte
	payload  []byte // nil: damage
	durable  bool   // a good record: all before it was durable when it was written
	tail     bool   // damage: no good record follows
	torn     bool   // damage: it looks like what a power cut leaves
	id       uint64 // damage: the id of an entry whose head is good; else 0
}

// scan calls f with every record of a segment and every damaged place between them, in
// order. It returns where the next record may be written: behind the last good one.
func (k *salt) scan(b []byte, seq uint32, f func(found)) (end int) {
	for off := headerSize; off < len(b); {
		if k.check(b[off:], seq, int64(off)) == recordGood {
			n := frameLen(b[off:])
			f(found{off: off, end: off + n, kind: b[off+1], payload: payload(b[off:]), durable: b[off+n-1] == recordDurable})
			off += n
			continue
		}
		next := k.resync(b, seq, off+1)
		if next < 0 {
			k.tail(b, seq, off, f)
			return off
		}
		f(found{off: off, end: next, torn: !isEnd(b[next-1]) || zeroSector(b, off, next), id: k.hint(b, seq, off)})
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
	f(found{off: off, end: end, tail: true, torn: !whole || zeroSector(b, off, end), id: k.hint(b, seq, off)})
}

// sectorSize is what flash writes whole or not at all, at the least.
const sectorSize = 512

// zeroSector reports whether a sector in [off, end), or what of it lies there, is still what
// the segment was filled with; or the first octet, which no flipped bit makes zero.
func zeroSector(b []byte, off, end int) bool {
	if b[off] == 0 {
		return true
	}
	for off < end {
		next := min(off/sectorSize*sectorSize+sectorSize, end)
		if bytes.Trim(b[off:next], "\x00") == nil {
			return true
		}
		off = next
	}
	return false
}

// wholeByMark reports whether b looks like one record or more written to the end, though
// the first one's head fails its check: a cut record does not end in the end mark that its
// length points at.
func wholeByMark(b []byte) bool {
	if len(b) < recordOverhead {
		return false
	}
	if n := frameLen(b); n <= len(b) && isEnd(b[n-1]) {
		return true
	}
	return isEnd(b[len(b)-1])
}

// hint returns the id of a damaged entry whose head still is good.
func (k *salt) hint(b []byte, seq uint32, off int) uint64 {
	v := k.check(b[off:], seq, int64(off))
	if v != recordBad && v != recordShort || b[off+1] != kindEntry || len(b) < off+recordHead+8 {
		return 0
	}
	return binary.LittleEndian.Uint64(b[off+recordHead:])
}
