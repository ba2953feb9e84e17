package spool

import (
	"errors"
	"syscall"
)

// A moved record and its new place, noted in the index once that is durable.
type moved struct {
	kind  byte
	place int32
	peer  *conversation
	seq   uint32
	off   uint32
}

// maintain cleans the oldest segments as far as that is worth it; need is how many octets
// of files are wanted soon.
func (s *Spool) maintain(need int64) error {
	for range len(s.segs) {
		if len(s.segs) == 0 || s.segs[0] == s.head || !s.worth(need) {
			break
		}
		s.cleaning = true
		err := s.clean()
		s.cleaning = false
		if err != nil {
			return err
		}
	}
	s.keepReserve()
	return nil
}

// worth reports whether the oldest segment should be cleaned now.
func (s *Spool) worth(need int64) bool {
	if s.segs[0].live == 0 {
		return true
	}
	for _, g := range s.segs {
		if g.bad {
			return true
		}
	}
	garbage := s.disk - s.needed() - s.reserve - s.unwritten()
	seg := int64(s.segSize)
	// Room is kept for the next segment and for the copies of the next cleaning.
	scarce := s.tight || s.disk+need+2*seg+SegmentSize > s.maxBytes
	return garbage > max(4*seg, s.live) || scarce && garbage > seg
}

// clean copies what is needed of the oldest segment to the end of the log and, when that is
// durable, deletes the segment. It is never head.
func (s *Spool) clean() error {
	if s.dirLate {
		if err := s.fs.SyncDir(); err != nil {
			return err
		}
		s.dirLate = false
	}
	if s.head == nil { // the number of the newest message and the salt need a segment
		if err := s.room(recordOverhead); err != nil {
			return err
		}
	}
	old := s.segs[0]
	moves, err := s.copyEntries(old, s.moves[:0])
	if err == nil {
		moves, err = s.copyPeers(old.seq, moves)
	}
	if err == nil {
		moves, err = s.copySeen(old.seq, moves)
	}
	s.moves = moves
	if err != nil {
		return err
	}
	if err := s.syncHead(); err != nil {
		s.abandon()
		return err
	}
	s.settleMoves(moves)
	return s.remove(old)
}

// readTries is how often a segment is tried to be cleaned before what cannot be read in it
// counts as damaged: a fault may pass, and must not keep the log from being cleaned for ever.
const readTries = 3

// copyEntries copies the live messages of a segment with their present state.
func (s *Spool) copyEntries(old *segment, moves []moved) ([]moved, error) {
	failed := false
	for p := range s.slots {
		m := &s.slots[p]
		if m.id == 0 || m.seq != old.seq {
			continue
		}
		b, err := s.record(int32(p))
		if err != nil && err != ErrDamaged {
			if !failed {
				failed = true
				old.faults++
			}
			if old.faults < readTries {
				return moves, err
			}
			s.noteRecord(m)
		}
		if err != nil {
			old.bad = true
			s.dropSlot(int32(p))
			continue
		}
		s.reader.cached = 0 // the copy in scratch is changed
		patchEntry(b, &mark{m.state, m.reason, m.code, m.changed})
		at, off, err := s.put(s.scratch[:recordOverhead+int(m.n)])
		if err != nil {
			return moves, err
		}
		moves = append(moves, moved{kind: kindEntry, place: int32(p), seq: at, off: off})
	}
	return moves, nil
}

// copyPeers copies the Conversation-IDs of a segment, and those that have no record.
func (s *Spool) copyPeers(seq uint32, moves []moved) ([]moved, error) {
	for peer, c := range s.peers {
		if c.seq != seq && c.seq != 0 {
			continue
		}
		at, off, err := s.put(frame(s.scratch[:0], kindConversation, appendPeer(nil, peer), []byte(c.id)))
		if err != nil {
			return moves, err
		}
		moves = append(moves, moved{kind: kindConversation, peer: c, seq: at, off: off})
	}
	return moves, nil
}

// seenAtOnce is how many seen ids go into one record when they are copied.
const seenAtOnce = 512

// copySeen copies the seen ids of a segment, and those that have no record.
func (s *Spool) copySeen(seq uint32, moves []moved) ([]moved, error) {
	b := s.seenRoom[:0]
	first := len(moves)
	flush := func() error {
		if len(b) == 0 {
			return nil
		}
		at, off, err := s.put(frame(s.scratch[:0], kindSeen, b, nil))
		for i := first; i < len(moves); i++ {
			moves[i].seq, moves[i].off = at, off
		}
		b, first = b[:0], len(moves)
		return err
	}
	for p := range s.ring.ids {
		q := &s.ring.ids[p]
		if q.seq != seq && q.seq != 0 {
			continue
		}
		b = appendSeen(b, q)
		moves = append(moves, moved{kind: kindSeen, place: int32(p)})
		if len(b) == seenAtOnce*seenSize {
			if err := flush(); err != nil {
				return moves, err
			}
		}
	}
	return moves, flush()
}

// put writes one record, whose checks are still missing, at the end of the log.
func (s *Spool) put(b []byte) (seq, off uint32, err error) {
	s.reader.cached = 0
	if err := s.room(len(b)); err != nil {
		return 0, 0, err
	}
	b[len(b)-1] = recordEnd
	if s.synced() {
		b[len(b)-1] = recordDurable
	}
	s.salt.seal(b, s.head.seq, s.head.end)
	s.dirty = true
	if _, err := s.headFile.WriteAt(b, s.head.end); err != nil {
		s.abandon()
		return 0, 0, err
	}
	off = uint32(s.head.end)
	s.head.end += int64(len(b))
	return s.head.seq, off, nil
}

// settleMoves notes the new places.
func (s *Spool) settleMoves(moves []moved) {
	for i := range moves {
		m := &moves[i]
		switch m.kind {
		case kindEntry:
			s.move(&s.slots[m.place].seq, m.seq)
			s.slots[m.place].off, s.slots[m.place].unsaved = m.off, false // with its present state
		case kindConversation:
			s.move(&m.peer.seq, m.seq)
		case kindSeen:
			s.move(&s.ring.ids[m.place].seq, m.seq)
		}
	}
}

// remove deletes the oldest segment, or sets it aside where something in it is damaged. Its
// end is durable before that of any later segment begins.
func (s *Spool) remove(old *segment) error {
	s.reader.forget(segmentName(old.seq))
	if old.bad {
		if err := s.setAside(old); err != nil {
			return err
		}
	} else {
		if err := s.fs.Remove(segmentName(old.seq)); err != nil {
			return err
		}
		s.disk -= old.size
	}
	s.segs = append(s.segs[:0], s.segs[1:]...)
	if err := s.fs.SyncDir(); err != nil {
		s.dirLate = true
		return err
	}
	return nil
}

// setAside keeps a segment for who wants to look at it, or deletes it where something that is
// no file has the name.
func (s *Spool) setAside(old *segment) error {
	name := segmentName(old.seq)
	err := s.fs.Rename(name, asideName)
	if errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.EEXIST) {
		if err = s.fs.Remove(name); err == nil {
			s.disk -= old.size
		}
		return err
	}
	if err == nil {
		s.disk -= s.aside
		s.aside = old.size
	}
	return err
}
