package spool

// A ref says whose place a record of the batch is.
type ref struct {
	kind  byte
	place int32         // of the slot or the seen id
	id    uint64        // of the message there
	peer  *conversation // of a conversation
	off   uint32        // in the batch
}

// Append adds an encoded entry to the batch, which the next Commit stores. dup means that a
// message of this Peer with this IMDNID, or MessageID without one (incoming), or one with this ClientID (outgoing), was
// stored before or is in the batch, and nothing was added: once Commit has returned nil,
// answer it as if it had been. Repeats tells which it was.
//
// Errors: ErrFull, ErrBatch (call Commit and then Append again), ErrEntry, ErrID.
func (s *Spool) Append(payload []byte) (dup bool, err error) {
	var e Entry
	if err := ParseEntry(payload, &e); err != nil {
		return false, err
	}
	if e.Large {
		return false, ErrEntry
	}
	return s.add(payload, &e)
}

// add puts an entry into the batch and the index.
func (s *Spool) add(payload []byte, e *Entry) (dup bool, err error) {
	m := slot{id: e.ID, changed: e.Changed, seen: s.seenKey(e), n: uint16(len(payload)), code: e.Code, state: e.State, reason: e.Reason}
	if e.Large {
		m.body = e.Size
	}
	switch {
	case s.closed:
		return false, ErrClosed
	case s.slotOf(e.ID) >= 0 || !e.Large && s.open[e.ID] != nil:
		return false, ErrID
	}
	if s.repeats = s.duplicate(m.seen, e); s.repeats != 0 {
		return true, nil
	}
	switch {
	case s.messages >= s.maxSlots || s.needed()+m.cost() > s.limit():
		return false, ErrFull
	case len(s.pend) > 0 && len(s.pend)+recordOverhead+len(payload) > SegmentSize-headerSize:
		return false, ErrBatch
	case !s.allows(len(s.pend) + recordOverhead + len(payload)):
		return false, ErrFull
	}
	m.off = uint32(len(s.pend))
	s.pend = frame(s.pend, kindEntry, payload, nil)
	p := s.addSlot(m)
	s.refs = append(s.refs, ref{kind: kindEntry, place: p, id: e.ID, off: m.off})
	s.awaited++
	s.high = max(s.high, e.ID)
	return false, nil
}

// Commit stores the batch: one write and one fdatasync. After an error (an *Error) nothing
// of the batch is stored, and all that was stored before is as it was.
//
// When it fills a segment it also cleans the oldest ones, after the batch is durable; a
// failure of that is not an error, it is tried again with the next segment.
func (s *Spool) Commit() error {
	if s.closed {
		return ErrClosed
	}
	if err := s.sticky; err != nil {
		s.sticky = nil
		s.rollback()
		return fault("commit", err)
	}
	if s.unsaved {
		s.resave()
	}
	before := s.nextSeq
	if err := s.flush(true); err != nil {
		return fault("commit", err)
	}
	if s.nextSeq != before {
		_ = s.maintain(0)
	}
	return nil
}

// flush writes the batch at the end of the log; sync makes it durable. After an error the
// batch is rolled back.
func (s *Spool) flush(sync bool) error {
	if len(s.pend) == 0 {
		return nil
	}
	if size := s.sizeFor(len(s.pend)); !s.fits(len(s.pend)) && s.disk+size > s.maxBytes {
		_ = s.maintain(size)
	}
	err := s.room(len(s.pend))
	if noSpace(err) {
		s.tight = true
		_ = s.maintain(0)
		s.tight = false
		err = s.room(len(s.pend))
	}
	if err != nil {
		s.rollback()
		return err
	}
	s.salt.seal(s.pend, s.head.seq, s.head.end)
	if s.synced() {
		s.pend[frameLen(s.pend)-1] = recordDurable
	}
	_, err = s.headFile.WriteAt(s.pend, s.head.end)
	s.dirty = true
	if err == nil && (sync || s.newDir) {
		err = s.syncHead()
	}
	if err != nil {
		s.abandon()
		s.rollback()
		return err
	}
	s.settleBatch()
	if !s.unsaved && s.synced() {
		s.dropGone()
	}
	return nil
}

// settleBatch notes where the records of the batch now are.
func (s *Spool) settleBatch() {
	seq := s.head.seq
	for i := range s.refs {
		r := &s.refs[i]
		switch r.kind {
		case kindEntry:
			m := &s.slots[r.place]
			s.move(&m.seq, seq)
			m.off = uint32(s.head.end) + r.off
		case kindMark:
			s.loosen(r.id)
		case kindForget:
			if r.place < 0 {
				s.loosen(r.id)
			} else if q := &s.ring.ids[r.place]; q.id == r.id {
				s.move(&q.seq, seq)
			}
		case kindConversation:
			if r.peer.order > 0 { // not dropped meanwhile
				s.move(&r.peer.seq, seq)
			}
		}
	}
	s.head.end += int64(len(s.pend))
	if !s.dirty && !s.newDir {
		s.head.safe = s.head.end
	}
	s.clearBatch()
}

// loosen notes that a record about a message was written without being synced.
func (s *Spool) loosen(id uint64) {
	if s.dirty {
		s.loose = append(s.loose, id)
	}
}

// rollback takes the entries of the batch out of the index. What Mark, Forget and
// SetConversation changed in memory stays; it is written again with the next batch.
func (s *Spool) rollback() {
	for i := range s.refs {
		r := &s.refs[i]
		switch {
		case r.kind == kindEntry:
			if body := s.slots[r.place].body; body > 0 {
				s.removeBody(r.id, bodyFileSize(body))
			}
			s.dropSlot(r.place)
			continue
		case r.kind == kindMark && s.slots[r.place].id == r.id:
			s.slots[r.place].unsaved = true
		case r.kind == kindForget && r.place < 0:
			s.lost = append(s.lost, r.id)
		}
		s.unsaved = true
	}
	s.clearBatch()
}

func (s *Spool) clearBatch() {
	clear(s.refs)
	s.pend, s.refs, s.awaited = s.pend[:0], s.refs[:0], 0
}

// early makes room in the batch, or settles it, before its Commit; that then reports how it
// went.
func (s *Spool) early() error {
	waiting := s.awaited > 0
	err := s.flush(true)
	if err != nil && waiting {
		s.sticky = err
	}
	return err
}
