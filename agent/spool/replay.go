package spool

import (
	"encoding/binary"
	"errors"
	"io"
)

// replay applies every good record of a segment; last: it is the one that may have been
// written when the power was cut.
func (s *Spool) replay(g *segment, last bool, buf []byte) error {
	n, err := s.readSegment(g, buf)
	if err != nil {
		return err
	}
	if g.limit > 0 {
		n = min(n, int(g.limit))
	}
	var holes []found
	safe := 0 // what is before this was durable before what follows was written
	g.end = int64(s.salt.scan(buf[:n], g.seq, func(f found) {
		if f.payload == nil {
			holes = append(holes, f)
			return
		}
		if f.durable {
			safe = f.off
		}
		s.apply(g, &f)
	}))
	headLost := g.bad // a power cut does not take a header that was there
	for _, f := range holes {
		torn := f.torn && !headLost && (f.tail || last) && f.off >= safe
		s.hole(g, &f, torn)
	}
	if n == len(buf) && g.size > int64(n) {
		s.note(Damage{File: segmentName(g.seq), Offset: int64(n), Octets: g.size - int64(n)})
		g.bad = true
		s.shorten(g, int64(n))
	}
	return s.cut(g)
}

// readSegment reads a segment into buf; where that fails, block by block. A block that cannot
// be read is damage, and reads as zeros.
func (s *Spool) readSegment(g *segment, buf []byte) (n int, err error) {
	name := segmentName(g.seq)
	f, err := s.file(name)
	if err != nil {
		return 0, err
	}
	n, err = f.ReadAt(buf, 0)
	if err == nil || errors.Is(err, io.EOF) {
		return n, nil
	}
	size := int(min(g.size, int64(len(buf))))
	for at := 0; at < size; at += blockSize {
		block := buf[at:min(at+blockSize, size)]
		if n, err := f.ReadAt(block, int64(at)); n < len(block) {
			clear(block)
			if !errors.Is(err, io.EOF) && (g.limit == 0 || int64(at) < g.limit) {
				s.note(Damage{File: name, Offset: int64(at), Octets: int64(len(block))})
				g.bad = true
				s.high += skipIDs
			}
		}
	}
	return size, nil
}

// hole notes a place that holds no good record, and fills it where it is the trace of a power
// cut with good records behind it: the next Open shall not take it for damage.
func (s *Spool) hole(g *segment, f *found, torn bool) {
	s.note(Damage{File: segmentName(g.seq), Offset: int64(f.off), Octets: int64(f.end - f.off), ID: f.id, Torn: torn})
	switch {
	case !torn:
		g.bad = true
		s.high += skipIDs
	case f.tail:
		g.torn = true
	case s.fill(g, f.off, f.end) != nil:
		g.bad = true
	}
}

// shorten cuts a segment that is longer than any of ours, so that it does not take the room of
// messages once it is set aside.
func (s *Spool) shorten(g *segment, size int64) {
	if f, err := s.file(segmentName(g.seq)); err == nil && f.Truncate(size) == nil {
		s.disk -= g.size - size
		g.size = size
	}
}

// fill writes records that say nothing over [off, end), and makes them durable.
func (s *Spool) fill(g *segment, off, end int) error {
	b := make([]byte, 0, end-off)
	for rest := end - off; rest > 0; rest = end - off - len(b) {
		n := min(rest, 1<<15)
		if rest-n < recordOverhead {
			n = rest
		}
		if n < recordOverhead {
			return ErrDamaged // cannot be: a hole is where records were
		}
		b = frame(b, kindVoid, make([]byte, n-recordOverhead), nil)
	}
	s.salt.seal(b, g.seq, int64(off))
	f, err := s.file(segmentName(g.seq))
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(b, int64(off)); err != nil {
		return err
	}
	return f.Sync()
}

// cut removes what a power cut left behind the last good record. Where that cannot be done
// the next segment will say where this one ends.
func (s *Spool) cut(g *segment) error {
	if !g.torn || g.bad {
		return nil
	}
	f, err := s.file(segmentName(g.seq))
	if err != nil {
		return err
	}
	if f.Truncate(g.end) != nil {
		g.closed, g.safe = true, g.end
		if len(s.ends) < maxEndings {
			s.endHere(g)
		}
		return nil
	}
	s.disk -= g.size - g.end
	g.size = g.end
	return f.Sync()
}

// apply takes one record into the index.
func (s *Spool) apply(g *segment, f *found) {
	b := f.payload
	le := binary.LittleEndian
	switch {
	case f.kind == kindEntry:
		s.applyEntry(g, f)
	case f.kind == kindMark && len(b) == markSize:
		if p := s.slotOf(le.Uint64(b)); p >= 0 {
			s.setMark(p, mark{b[8], b[9], le.Uint16(b[10:]), int64(le.Uint64(b[12:]))})
		}
	case f.kind == kindForget && len(b) == seenSize || f.kind == kindSeen:
		for ; len(b) >= seenSize; b = b[seenSize:] {
			s.applySeen(b, g.seq)
		}
	case f.kind == kindConversation && len(b) >= 2 && int(le.Uint16(b)) <= len(b)-2:
		n := 2 + int(le.Uint16(b))
		s.converse(string(b[2:n]), string(b[n:]), g.seq)
	case f.kind == kindHigh && len(b) == 8:
		s.high = max(s.high, le.Uint64(b))
	}
}

// applySeen takes one pair of id and hash: that message is forgotten.
func (s *Spool) applySeen(b []byte, seq uint32) {
	id, hash := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	s.high = max(s.high, id)
	if p := s.slotOf(id); p >= 0 {
		s.dropSlot(p)
	}
	if hash != 0 {
		s.ring.max = max(s.ring.max, len(s.ring.ids)+1) // trimmed when all are known
		s.remember(hash, id, seq)
	}
}

// applyEntry takes an entry, or the later copy of one.
func (s *Spool) applyEntry(g *segment, f *found) {
	var e Entry
	if ParseEntry(f.payload, &e) != nil {
		s.note(Damage{File: segmentName(g.seq), Offset: int64(f.off), Octets: int64(f.end - f.off)})
		g.bad = true
		return
	}
	s.high = max(s.high, e.ID)
	if p := s.slotOf(e.ID); p >= 0 {
		s.dropSlot(p)
	}
	m := slot{id: e.ID, changed: e.Changed, seen: s.seenKey(&e), seq: g.seq, off: uint32(f.off),
		n: uint16(len(f.payload)), code: e.Code, state: e.State, reason: e.Reason}
	if e.Large {
		m.body = e.Size
	}
	s.dropRefused(&e, m.seen)
	s.addSlot(m)
}

// dropRefused drops a message that e repeats: nobody would have been allowed to store e if
// the earlier one had been confirmed.
func (s *Spool) dropRefused(e *Entry, seen uint64) {
	if seen == 0 || e.Dir == In && len(e.IMDNID) == 0 { // older versions took a MessageID again
		return
	}
	if p := s.bySeen.get(seen); p >= 0 {
		s.dropSlot(p)
	}
}
