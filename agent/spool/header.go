package spool

import (
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// version is that of the files. A reader refuses what is newer than itself.
const version = 1

const magic = "imsspool"

// Layout of one copy of a segment header: magic 8, version 2, flags 2, number 4, salt 16,
// highest id 8, check 4, zero 4. It stands twice.
const (
	headerCopy = 48
	headerSize = 2 * headerCopy
	flagsAt    = 10
)

// olderSynced is the flag of a segment that was made after all that counts of the older ones
// had been synced. Segments without it were made by a version that did not do so.
const olderSynced = 1

// A header is what a segment says about itself.
type header struct {
	seq  uint32
	salt salt
	high uint64 // highest message id that was in use when the segment was made

	olderSynced bool
}

// append appends both copies.
func (h *header) append(dst []byte) []byte {
	flags := uint16(0)
	if h.olderSynced {
		flags = olderSynced
	}
	for range 2 {
		start := len(dst)
		dst = append(dst, magic...)
		dst = binary.LittleEndian.AppendUint16(dst, version)
		dst = binary.LittleEndian.AppendUint16(dst, flags)
		dst = binary.LittleEndian.AppendUint32(dst, h.seq)
		dst = append(dst, h.salt[:]...)
		dst = binary.LittleEndian.AppendUint64(dst, h.high)
		dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
		dst = append(dst, 0, 0, 0, 0)
	}
	return dst
}

// parseHeader reads the first good copy. newer means that the file was written by a later
// version: its check need not be where ours is, so both copies' word is enough.
func parseHeader(b []byte) (h header, ok, newer bool) {
	votes := 0
	for i := range 2 {
		if len(b) < (i+1)*headerCopy {
			break
		}
		c := b[i*headerCopy : (i+1)*headerCopy]
		if string(c[:8]) != magic {
			continue
		}
		good := crc32.Checksum(c[:40], castagnoli) == binary.LittleEndian.Uint32(c[40:])
		v := binary.LittleEndian.Uint16(c[8:])
		if v > version {
			votes++
			newer = newer || good
		}
		if good && v == version && !ok {
			h = header{seq: binary.LittleEndian.Uint32(c[12:]), salt: salt(c[16:32]), high: binary.LittleEndian.Uint64(c[32:]),
				olderSynced: binary.LittleEndian.Uint16(c[flagsAt:])&olderSynced != 0}
			ok = true
		}
	}
	// A version that keeps this layout has two copies with magic; one that does not has
	// its own first 10 octets only, and no good copy of ours.
	return h, ok, newer || !ok && votes > 0
}

// youngHeader reports whether b may be the header of a segment that a power cut kept from
// being written whole.
func youngHeader(b []byte) bool {
	for i, c := range b[:min(len(b), len(magic))] {
		if c == 0 {
			return strings.Trim(string(b[i:]), "\x00") == ""
		}
		if c != magic[i] {
			return false
		}
	}
	return true
}
