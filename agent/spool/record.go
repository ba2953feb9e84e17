package spool

import (
	"encoding/binary"
	"hash/crc32"
)

// Kinds of records. The numbers are on flash: they may grow, not change.
const (
	kindEntry        = 1 // an encoded entry
	kindMark         = 2 // id 8, state 1, reason 1, code 2, changed 8
	kindForget       = 3 // id 8, hash of (Peer, IMDNID) or of the ClientID 8, or 0
	kindSeen         = 4 // pairs like kindForget, of messages forgotten before
	kindConversation = 5 // length of peer 2, peer, id
	kindHigh         = 6 // id 8: it and all below are in use
	kindEnd          = 7 // first and last number 4, offset 4, once or more: nothing behind it counts in those segments
	kindVoid         = 8 // says nothing
)

// Shape of a record.
const (
	recordMark     = 0xC5
	recordEnd      = 0x5C
	recordDurable  = 0xA3 // instead of it: all before the record was durable when it was written
	recordHead     = 12
	recordOverhead = recordHead + 1
	seenSize       = 16 // octets of one pair in a kindSeen record
	markSize       = 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A salt makes the checks of one spool differ from those of any other.
type salt [16]byte

// place returns the check that a record's place begins with.
func (k *salt) place(seq uint32, off int64) uint32 {
	var b [len(k) + 12]byte
	copy(b[:], k[:])
	binary.LittleEndian.PutUint32(b[len(k):], seq)
	binary.LittleEndian.PutUint64(b[len(k)+4:], uint64(off))
	sum := ^uint32(0) // octet by octet: what crc32.Checksum is given goes to the heap
	for _, v := range b {
		sum = castagnoli[byte(sum)^v] ^ sum>>8
	}
	return ^sum
}

// frame appends a record whose checks are still missing: payload is a then b.
func frame(dst []byte, kind byte, a, b []byte) []byte {
	dst = append(dst, recordMark, kind)
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(a)+len(b)))
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
	dst = append(dst, a...)
	dst = append(dst, b...)
	return append(dst, recordEnd)
}

// frameLen returns the length of the record that begins b, trusting its head.
func frameLen(b []byte) int { return recordOverhead + int(binary.LittleEndian.Uint16(b[2:])) }

// seal writes the checks of the records in b, which will stand at off of segment seq.
func (k *salt) seal(b []byte, seq uint32, off int64) {
	for len(b) > 0 {
		n := frameLen(b)
		head := crc32.Update(k.place(seq, off), castagnoli, b[:4])
		binary.LittleEndian.PutUint32(b[4:], head)
		binary.LittleEndian.PutUint32(b[8:], crc32.Update(head, castagnoli, b[recordHead:n-1]))
		b, off = b[n:], off+int64(n)
	}
}

// A verdict says what stands at one place of a segment.
type verdict uint8

const (
	recordNone  verdict = iota // no record, or one with a damaged head
	recordShort                // a good head, but the record does not reach its end mark
	recordBad                  // a good head, the whole length, and a payload that fails its check
	recordGood
)

// check judges the record that b begins with.
func (k *salt) check(b []byte, seq uint32, off int64) verdict {
	if len(b) < recordOverhead || b[0] != recordMark {
		return recordNone
	}
	head := crc32.Update(k.place(seq, off), castagnoli, b[:4])
	if binary.LittleEndian.Uint32(b[4:]) != head {
		return recordNone
	}
	n := frameLen(b)
	if n > len(b) {
		return recordShort
	}
	if binary.LittleEndian.Uint32(b[8:]) == crc32.Update(head, castagnoli, b[recordHead:n-1]) {
		return recordGood
	}
	if !isEnd(b[n-1]) {
		return recordShort
	}
	return recordBad
}

// isEnd reports whether a record may end in c.
func isEnd(c byte) bool { return c == recordEnd || c == recordDurable }

// payload returns what a record that was found good holds.
func payload(b []byte) []byte { return b[recordHead : frameLen(b)-1] }
