package spool

import "encoding/binary"

// A mark is what Mark may change of an entry.
type mark struct {
	state, reason uint8
	code          uint16
	changed       int64
}

// Mark records that a message reached a state, without waiting for the flash: after a power
// cut the message may be back in an earlier state. It is written at once, or with the batch
// when there is one. The state counts from now on even when an error is returned.
// changed: milliseconds since 1970. ErrNotFound, or an *Error.
func (s *Spool) Mark(id uint64, state, reason uint8, code uint16, changed int64) error {
	return s.mark(id, mark{state, reason, code, changed}, 0)
}

// MarkSync is Mark for a state that nobody would repeat: it joins the batch, and the next
// Commit makes it durable. When that fails the state counts in memory only.
func (s *Spool) MarkSync(id uint64, state, reason uint8, code uint16, changed int64) error {
	return s.mark(id, mark{state, reason, code, changed}, 1)
}

func (s *Spool) mark(id uint64, m mark, awaited int) error {
	p := s.slotOf(id)
	if s.closed || p < 0 {
		return ErrNotFound
	}
	s.setMark(p, m)
	var b [markSize]byte
	m.put(&b, id)
	return fault("mark", s.control(kindMark, b[:], ref{kind: kindMark, place: p, id: id}, awaited))
}

// put encodes the mark of message id.
func (m *mark) put(b *[markSize]byte, id uint64) {
	binary.LittleEndian.PutUint64(b[:], id)
	b[8], b[9] = m.state, m.reason
	binary.LittleEndian.PutUint16(b[10:], m.code)
	binary.LittleEndian.PutUint64(b[12:], uint64(m.changed))
}

func (s *Spool) setMark(p int32, m mark) {
	t := &s.slots[p]
	t.state, t.reason, t.code, t.changed = m.state, m.reason, m.code, m.changed
}

// Forget drops a message, without waiting for the flash: after a power cut it may be back,
// under the same id. Its (Peer, IMDNID) stays known to Append. ErrNotFound, or an *Error; it
// is forgotten all the same until the spool is opened again.
func (s *Spool) Forget(id uint64) error {
	p := s.slotOf(id)
	if s.closed || p < 0 {
		return ErrNotFound
	}
	if s.slots[p].seq == 0 {
		if err := s.early(); err != nil {
			return fault("forget", err)
		}
	}
	m := s.slots[p]
	s.dropSlot(p)
	if m.body > 0 {
		s.gone = append(s.gone, goneBody{id, bodyFileSize(m.body)})
	}
	r := ref{kind: kindForget, place: -1, id: id}
	if m.seen != 0 {
		r = ref{kind: kindForget, place: s.remember(m.seen, id, 0), id: id}
	}
	var b [seenSize]byte
	binary.LittleEndian.PutUint64(b[:], id)
	binary.LittleEndian.PutUint64(b[8:], m.seen)
	if err := s.control(kindForget, b[:], r, 0); err != nil {
		return fault("forget", err)
	}
	if len(s.gone) >= maxGone && s.awaited == 0 {
		return fault("forget", s.settleGone())
	}
	return nil
}

// maxGone is how many bodies of forgotten messages may wait for a sync.
const maxGone = 16

// SetConversation keeps the Conversation-ID of a peer, without waiting for the flash. An
// empty id drops the peer. ErrEntry (above MaxPeerText), ErrFull, or an *Error.
func (s *Spool) SetConversation(peer, id string) error {
	c := s.peers[peer]
	switch {
	case s.closed:
		return ErrClosed
	case peer == "" || len(peer)+len(id) > MaxPeerText:
		return ErrEntry
	case c == nil && id == "" || c != nil && c.id == id:
		return nil
	case id != "" && s.needed()+conversationSize(peer, id) > s.limit():
		return ErrFull
	}
	c = s.converse(peer, id, 0)
	b := append(appendPeer(make([]byte, 0, 2+MaxPeerText), peer), id...)
	r := ref{}
	if c != nil {
		r = ref{kind: kindConversation, peer: c}
	}
	return fault("set conversation", s.control(kindConversation, b, r, 0))
}

// conversationSize is what a peer takes of the space.
func conversationSize(peer, id string) int64 {
	return int64(recordOverhead + 2 + len(peer) + len(id))
}

// converse sets a peer's id in memory; its record is in segment seq or in the batch. It
// returns nil where the peer was dropped.
func (s *Spool) converse(peer, id string, seq uint32) *conversation {
	if c := s.peers[peer]; c != nil {
		s.dropPeer(peer, c)
	}
	if id == "" {
		return nil
	}
	if len(s.peers) >= MaxPeers {
		s.dropOldestPeer()
	}
	s.order++
	c := &conversation{id: id, seq: seq, order: s.order}
	s.peers[peer] = c
	s.need(seq, 1)
	s.live += conversationSize(peer, id)
	return c
}

func (s *Spool) dropPeer(peer string, c *conversation) {
	s.need(c.seq, -1)
	s.live -= conversationSize(peer, c.id)
	delete(s.peers, peer)
	c.seq, c.order = 0, 0
}

func (s *Spool) dropOldestPeer() {
	var oldest *conversation
	name := ""
	for peer, c := range s.peers {
		if oldest == nil || c.order < oldest.order {
			oldest, name = c, peer
		}
	}
	s.dropPeer(name, oldest)
}

// EachConversation calls f with every peer that has a Conversation-ID until f returns false.
func (s *Spool) EachConversation(f func(peer, id string) bool) {
	for peer, c := range s.peers {
		if !f(peer, c.id) {
			return
		}
	}
}

// control writes one small record: with the batch if a Commit is to come, else at once.
// awaited: 1 if that Commit is for this record too.
func (s *Spool) control(kind byte, b []byte, r ref, awaited int) error {
	if len(s.pend)+recordOverhead+len(b) > maxPending {
		if err := s.early(); err != nil {
			return err
		}
	}
	r.off = uint32(len(s.pend))
	s.pend = frame(s.pend, kind, b, nil)
	if r.kind != 0 {
		s.refs = append(s.refs, r)
	}
	if s.awaited += awaited; s.awaited > 0 {
		return nil
	}
	before := s.nextSeq
	err := s.flush(false)
	if err == nil && s.nextSeq != before {
		_ = s.maintain(0)
	}
	return err
}

// resave adds to the batch what memory knows and no record says, as far as there is room.
func (s *Spool) resave() {
	s.unsaved = false
	for peer, c := range s.peers {
		if c.seq == 0 && s.spare(2+MaxPeerText) {
			s.refs = append(s.refs, ref{kind: kindConversation, peer: c, off: uint32(len(s.pend))})
			s.pend = frame(s.pend, kindConversation, appendPeer(nil, peer), []byte(c.id))
		}
	}
	for p := range s.ring.ids {
		q := &s.ring.ids[p]
		if q.seq == 0 && s.spare(seenSize) {
			s.refs = append(s.refs, ref{kind: kindForget, place: int32(p), id: q.id, off: uint32(len(s.pend))})
			s.pend = frame(s.pend, kindSeen, appendSeen(nil, q), nil)
		}
	}
	s.resaveMarks()
	for len(s.lost) > 0 && s.spare(seenSize) {
		id := s.lost[len(s.lost)-1]
		s.lost = s.lost[:len(s.lost)-1]
		s.refs = append(s.refs, ref{kind: kindForget, place: -1, id: id, off: uint32(len(s.pend))})
		s.pend = frame(s.pend, kindForget, appendSeen(nil, &seenID{id: id}), nil)
	}
}

func (s *Spool) resaveMarks() {
	for p := range s.slots {
		m := &s.slots[p]
		if !m.unsaved || !s.spare(markSize) {
			continue
		}
		m.unsaved = false
		var b [markSize]byte
		(&mark{m.state, m.reason, m.code, m.changed}).put(&b, m.id)
		s.refs = append(s.refs, ref{kind: kindMark, place: int32(p), id: m.id, off: uint32(len(s.pend))})
		s.pend = frame(s.pend, kindMark, b[:], nil)
	}
}

// spare reports whether a record of n octets fits the batch, and notes when it does not.
func (s *Spool) spare(n int) bool {
	if len(s.pend)+recordOverhead+n <= maxPending {
		return true
	}
	s.unsaved = true
	return false
}

func appendSeen(dst []byte, q *seenID) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, q.id)
	return binary.LittleEndian.AppendUint64(dst, q.hash)
}

// appendPeer appends the length of a peer, and the peer.
func appendPeer(dst []byte, peer string) []byte {
	return append(binary.LittleEndian.AppendUint16(dst, uint16(len(peer))), peer...)
}
