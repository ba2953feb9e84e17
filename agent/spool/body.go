package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"strconv"
	"strings"
)

// blockSize is how many octets of a body share one check. The checks follow the body, four
// octets each, little endian: CRC-32C over salt, id, number of the block, and its octets.
const blockSize = 4096

// A body is a file between Begin and Finish.
type body struct {
	f    File
	size int64 // furthest octet written
	lost error // a part could not be written: Finish returns it
}

func bodyName(id uint64) string {
	t := strconv.FormatUint(id, 16)
	return strings.Repeat("0", 16-len(t)) + t + bodyExt
}

// bodyFileSize is the length of the file of a body of n octets.
func bodyFileSize(n int64) int64 { return n + 4*((n+blockSize-1)/blockSize) }

func (k *salt) blockCheck(id uint64, block int64, b []byte) uint32 {
	return crc32.Update(k.place(uint32(block), int64(id)), castagnoli, b)
}

// Begin opens a file for the body of message id, to be written by WriteAt. The id is on
// flash when Begin returns, so it is not given out again after a crash. A batch is written
// with it; Commit still has to be called for its outcome. ErrID, ErrBusy, ErrFull, or an
// *Error.
func (s *Spool) Begin(id uint64) error {
	switch {
	case s.closed:
		return ErrClosed
	case id == 0 || s.slotOf(id) >= 0 || s.open[id] != nil:
		return ErrID
	case len(s.open) >= MaxBodies:
		return ErrBusy
	case s.messages >= s.maxSlots || s.needed() >= s.limit():
		return ErrFull
	}
	s.high = max(s.high, id)
	if len(s.pend)+recordOverhead+8 > maxPending {
		if err := s.early(); err != nil {
			return fault("begin", err)
		}
	}
	s.pend = frame(s.pend, kindHigh, binary.LittleEndian.AppendUint64(nil, id), nil)
	if err := s.early(); err != nil {
		return fault("begin", err)
	}
	f, err := s.fs.Open(bodyName(id), true)
	if err != nil {
		return fault("begin", err)
	}
	s.open[id] = &body{f: f}
	return nil
}

// WriteAt writes octets of an unfinished body; parts may come in any order and overlap.
// ErrNotFound, ErrFull, or an *Error; after one of the last two Finish fails with it too.
// That every octet was written is the caller's to know: what was not reads as zero.
func (s *Spool) WriteAt(id uint64, p []byte, off int64) error {
	b := s.open[id]
	if b == nil || off < 0 {
		return ErrNotFound
	}
	grown := max(b.size, off+int64(len(p)))
	more := bodyFileSize(grown) - bodyFileSize(b.size)
	if off > s.maxBytes || more > 0 && s.needed()+more > s.limit() {
		b.lost = ErrFull
		return ErrFull
	}
	if s.disk+more > s.maxBytes {
		if _ = s.maintain(more); s.disk+more > s.maxBytes {
			b.lost = ErrFull
			return ErrFull
		}
	}
	s.disk, s.bodies, b.size = s.disk+more, s.bodies+more, grown
	if _, err := b.f.WriteAt(p, off); err != nil {
		b.lost = fault("write body", err)
		return b.lost
	}
	return nil
}

// Trim takes the first n octets of an unfinished body away, once their number is known: what
// follows them moves to the front. ErrNotFound, ErrEntry (there are fewer), or an *Error;
// after that Finish fails with it too.
func (s *Spool) Trim(id uint64, n int64) error {
	b := s.open[id]
	switch {
	case b == nil:
		return ErrNotFound
	case n < 0 || n > b.size:
		return ErrEntry
	}
	if err := s.shift(b, n); err != nil {
		b.lost = fault("trim body", err)
		return b.lost
	}
	less := bodyFileSize(b.size) - bodyFileSize(b.size-n)
	s.disk, s.bodies, b.size = s.disk-less, s.bodies-less, b.size-n
	return nil
}

// shift moves the octets from n on to the front of the file, and cuts it.
func (s *Spool) shift(b *body, n int64) error {
	for at := int64(0); at+n < b.size; at += blockSize {
		part := s.block[:min(blockSize, b.size-n-at)]
		if got, err := b.f.ReadAt(part, at+n); got < len(part) {
			return err
		}
		if _, err := b.f.WriteAt(part, at); err != nil {
			return err
		}
	}
	return b.f.Truncate(b.size - n)
}

// Finish adds the entry of a begun body (Large, Size octets, at least one) to the batch; the
// body itself is on flash when it returns. It is Append otherwise. On dup or an error but
// ErrBatch the body is discarded.
func (s *Spool) Finish(payload []byte) (dup bool, err error) {
	var e Entry
	if err := ParseEntry(payload, &e); err != nil {
		return false, err
	}
	b := s.open[e.ID]
	if b == nil {
		return false, ErrNotFound
	}
	dup, err = s.finish(payload, &e, b)
	if err == ErrBatch {
		return false, err
	}
	if dup || err != nil {
		s.Discard(e.ID)
		return dup, err
	}
	b.f.Close()
	delete(s.open, e.ID)
	return false, nil
}

func (s *Spool) finish(payload []byte, e *Entry, b *body) (dup bool, err error) {
	if b.lost != nil {
		return false, b.lost
	}
	if !e.Large || e.Size != b.size || e.Size == 0 {
		return false, ErrEntry
	}
	if s.repeats = s.duplicate(s.seenKey(e), e); s.repeats != 0 {
		return true, nil
	}
	err = s.sum4096(e.ID, b)
	if err == nil {
		err = b.f.Sync()
	}
	if err == nil {
		err = s.fs.SyncDir()
	}
	if err != nil {
		return false, fault("finish", err)
	}
	return s.add(payload, e)
}

// sum4096 writes the checks behind the body.
func (s *Spool) sum4096(id uint64, b *body) error {
	for at := int64(0); at < b.size; at += blockSize {
		part := s.block[:min(blockSize, b.size-at)]
		if n, err := b.f.ReadAt(part, at); n < len(part) {
			return err
		}
		var sum [4]byte
		binary.LittleEndian.PutUint32(sum[:], s.salt.blockCheck(id, at/blockSize, part))
		if _, err := b.f.WriteAt(sum[:], b.size+at/blockSize*4); err != nil {
			return err
		}
	}
	return nil
}

// Discard drops an unfinished body.
func (s *Spool) Discard(id uint64) {
	b := s.open[id]
	if b == nil {
		return
	}
	b.f.Close()
	delete(s.open, id)
	s.removeBody(id, bodyFileSize(b.size))
}

// removeBody deletes a body. One that stays is tried again with those of forgotten messages.
func (s *Spool) removeBody(id uint64, size int64) {
	s.reader.forget(bodyName(id))
	if err := s.fs.Remove(bodyName(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.gone = append(s.gone, goneBody{id, size})
		return
	}
	s.bodies -= size
	s.disk -= size
}

// settleGone makes the end of large messages durable and deletes their bodies.
func (s *Spool) settleGone() error {
	if s.unsaved {
		s.resave()
		return s.flush(true)
	}
	if s.head != nil {
		if err := s.syncHead(); err != nil {
			s.abandon()
			return err
		}
	}
	s.dropGone()
	return nil
}

// dropGone deletes the bodies of messages whose end is durable.
func (s *Spool) dropGone() {
	gone := s.gone
	s.gone = s.gone[len(gone):]
	for _, g := range gone {
		s.removeBody(g.id, g.size)
	}
	if len(s.gone) == 0 {
		s.gone = gone[:0]
	}
}

// loadBody reads from the file of a body, checking every block that it touches.
func (s *Spool) loadBody(m *slot, off int64, dst []byte) (n int, err error) {
	name := bodyName(m.id)
	f, err := s.file(name)
	if err != nil {
		return 0, fault("load", err)
	}
	for n < len(dst) && off < m.body {
		block := off / blockSize
		part := s.block[:min(blockSize, m.body-block*blockSize)]
		var sum [4]byte
		if err := readBoth(f, part, block*blockSize, sum[:], m.body+4*block); err != nil && !errors.Is(err, io.EOF) {
			return n, fault("load", err)
		} else if err != nil || binary.LittleEndian.Uint32(sum[:]) != s.salt.blockCheck(m.id, block, part) {
			s.note(Damage{File: name, Offset: block * blockSize, Octets: int64(len(part)), ID: m.id})
			return n, ErrDamaged
		}
		k := copy(dst[n:], part[off-block*blockSize:])
		n, off = n+k, off+int64(k)
	}
	return n, nil
}

// readBoth reads a block and its check.
func readBoth(f File, block []byte, at int64, sum []byte, sumAt int64) error {
	if n, err := f.ReadAt(block, at); n < len(block) {
		return err
	}
	if n, err := f.ReadAt(sum, sumAt); n < len(sum) {
		return err
	}
	return nil
}
