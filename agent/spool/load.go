package spool

import (
	"cmp"
	"errors"
	"io"
	"slices"
)

// A reader keeps one file open for reading.
type reader struct {
	name   string
	f      File
	cached uint64 // place of the record in scratch: number of the segment << 32 | offset; 0: none
}

func (r *reader) close() {
	if r.f != nil {
		r.f.Close()
	}
	*r = reader{}
}

// forget closes the file if it is this one.
func (r *reader) forget(name string) {
	if r.name == name {
		r.close()
	}
}

// file opens a file for reading, or returns the one that is open.
func (s *Spool) file(name string) (File, error) {
	if s.head != nil && name == segmentName(s.head.seq) {
		return s.headFile, nil
	}
	if s.reader.f != nil && s.reader.name == name {
		return s.reader.f, nil
	}
	f, err := s.fs.Open(name, false)
	if err != nil {
		return nil, err
	}
	cached := s.reader.cached
	s.reader.close()
	s.reader = reader{name: name, f: f, cached: cached}
	return f, nil
}

// segmentFile opens a segment for reading, or returns it if it is open.
func (s *Spool) segmentFile(seq uint32) (File, error) {
	if s.head != nil && seq == s.head.seq {
		return s.headFile, nil
	}
	return s.file(segmentName(seq))
}

// record returns the encoded entry of a slot as it was written, in scratch or in the batch.
// ErrDamaged, noted, or an error of the file system.
func (s *Spool) record(p int32) ([]byte, error) {
	m := &s.slots[p]
	if m.seq == 0 {
		return payload(s.pend[m.off:]), nil
	}
	place := uint64(m.seq)<<32 | uint64(m.off)
	b := s.scratch[:recordOverhead+int(m.n)]
	if s.reader.cached == place {
		return payload(b), nil
	}
	f, err := s.segmentFile(m.seq)
	if err != nil {
		return nil, err
	}
	s.reader.cached = 0
	if n, err := f.ReadAt(b, int64(m.off)); n < len(b) && !errors.Is(err, io.EOF) {
		return nil, err
	} else if n < len(b) || s.salt.check(b, m.seq, int64(m.off)) != recordGood || frameLen(b) != len(b) {
		s.noteRecord(m)
		return nil, ErrDamaged
	}
	s.reader.cached = place
	return payload(b), nil
}

// Each calls f with every live entry in ascending order of id, with its present state, until
// f returns false. The entry and its views are valid until f returns; f must not call methods
// of the Spool. A large body is not in it. An entry that cannot be read is left out and
// listed by Damaged.
func (s *Spool) Each(f func(*Entry) bool) error {
	if s.closed {
		return ErrClosed
	}
	order := make([]int32, 0, s.messages)
	for p := range s.slots {
		if s.slots[p].id != 0 {
			order = append(order, int32(p))
		}
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(s.slots[a].id, s.slots[b].id) })
	var e Entry
	for _, p := range order {
		b, err := s.record(p)
		if err != nil && err != ErrDamaged { // it may pass, the others need not wait for that
			s.noteRecord(&s.slots[p])
		}
		if err != nil {
			continue
		}
		if ParseEntry(b, &e) != nil { // cannot be: it was parsed before it was written
			continue
		}
		m := &s.slots[p]
		e.State, e.Reason, e.Code, e.Changed = m.state, m.reason, m.code, m.changed
		if !f(&e) {
			break
		}
	}
	return nil
}

// LoadEntry appends the encoded entry, with its present state, within the capacity of dst.
// ErrNoRoom (dst unchanged), ErrNotFound, ErrDamaged, or an *Error.
func (s *Spool) LoadEntry(dst []byte, id uint64) ([]byte, error) {
	p := s.slotOf(id)
	if s.closed || p < 0 {
		return dst, ErrNotFound
	}
	m := &s.slots[p]
	if int(m.n) > cap(dst)-len(dst) {
		return dst, ErrNoRoom
	}
	b, err := s.record(p)
	if err == ErrDamaged {
		return dst, err
	}
	if err != nil {
		return dst, fault("load", err)
	}
	out := append(dst, b...)
	patchEntry(out[len(dst):], &mark{m.state, m.reason, m.code, m.changed})
	return out, nil
}

// Load copies body octets from offset off into dst and returns how many there were: less
// than len(dst) only at the end of the body. ErrNotFound, ErrDamaged, or an *Error.
func (s *Spool) Load(id uint64, off int64, dst []byte) (n int, err error) {
	p := s.slotOf(id)
	if s.closed || p < 0 || off < 0 {
		return 0, ErrNotFound
	}
	if s.slots[p].body > 0 {
		return s.loadBody(&s.slots[p], off, dst)
	}
	b, err := s.record(p)
	if err == ErrDamaged {
		return 0, err
	}
	if err != nil {
		return 0, fault("load", err)
	}
	var e Entry
	if ParseEntry(b, &e) != nil {
		return 0, ErrDamaged
	}
	return copy(dst, e.Body[min(off, int64(len(e.Body))):]), nil
}
