package spool

import "encoding/binary"

// A seenID stands for one forgotten message that must not come again: a peer's, or one of the
// host's with a ClientID. seq 0: not on flash, or in the batch.
type seenID struct {
	hash, id uint64
	seq      uint32
}

// A ring holds the newest seenIDs; the oldest gives way.
type ring struct {
	ids    []seenID
	next   int // where the next goes once the ring is full
	max    int
	byHash index
}

func (r *ring) init(n int) {
	r.max = n
	r.byHash = newIndex(n, func(p int32) uint64 { return r.ids[p].hash })
}

// keyOf hashes who sent what, with the salt of this spool: nobody outside can make two ids
// that collide. It is never 0.
func (s *Spool) keyOf(tag byte, a, b []byte) uint64 {
	s.hash.Reset()
	s.hash.Write(s.salt[:])
	s.sum[0] = tag
	binary.LittleEndian.PutUint32(s.sum[1:], uint32(len(a)))
	s.hash.Write(s.sum[:5])
	s.hash.Write(a)
	s.hash.Write(b)
	return max(1, binary.LittleEndian.Uint64(s.hash.Sum(s.sum[:0])))
}

// seenKey returns the key by which an entry is known when it comes again: (Peer, IMDNID), or
// (Peer, MessageID) where there is no IMDNID, of an incoming one, ClientID of an outgoing one;
// 0 where it has none.
func (s *Spool) seenKey(e *Entry) uint64 {
	switch {
	case e.Dir == In && len(e.IMDNID) > 0:
		return s.keyOf('s', e.Peer, e.IMDNID)
	case e.Dir == In && len(e.MessageID) > 0:
		return s.keyOf('m', e.Peer, e.MessageID)
	case e.Dir == Out && len(e.ClientID) > 0:
		return s.keyOf('c', nil, e.ClientID)
	}
	return 0
}

// duplicate returns the id of the message with this key that was stored before; 0 for none.
// Where its record still is there, the texts themselves decide.
func (s *Spool) duplicate(key uint64, e *Entry) uint64 {
	if key == 0 {
		return 0
	}
	if p := s.ring.byHash.get(key); p >= 0 {
		return s.ring.ids[p].id
	}
	p := s.bySeen.get(key)
	if p < 0 {
		return 0
	}
	id := s.slots[p].id
	b, err := s.record(p)
	if err != nil {
		if err == ErrDamaged { // it may come again
			return 0
		}
		return id
	}
	var old Entry
	if ParseEntry(b, &old) != nil || !sameMessage(&old, e) {
		return 0
	}
	return id
}

// sameMessage reports whether two entries are known by the same texts.
func sameMessage(a, b *Entry) bool {
	if a.Dir == Out {
		return b.Dir == Out && string(a.ClientID) == string(b.ClientID)
	}
	if string(a.Peer) != string(b.Peer) || string(a.IMDNID) != string(b.IMDNID) || b.Dir != In {
		return false
	}
	return len(a.IMDNID) > 0 || string(a.MessageID) == string(b.MessageID)
}

// Repeats returns the id of the message that the last Append or Finish found to have been
// stored before.
func (s *Spool) Repeats() uint64 { return s.repeats }

// FindClient returns the id of the outgoing message with this ClientID, live or forgotten;
// 0 for none.
func (s *Spool) FindClient(clientID []byte) uint64 {
	if s.closed || len(clientID) == 0 {
		return 0
	}
	e := Entry{Dir: Out, ClientID: clientID}
	return s.duplicate(s.seenKey(&e), &e)
}

// remember adds a seen id whose record is in segment seq, or in the batch, and returns its
// place.
func (s *Spool) remember(hash, id uint64, seq uint32) int32 {
	r := &s.ring
	if p := r.byHash.get(hash); p >= 0 {
		s.move(&r.ids[p].seq, seq)
		r.ids[p].id = id
		return p
	}
	p := int32(len(r.ids))
	if len(r.ids) < r.max {
		r.ids = append(r.ids, seenID{})
	} else {
		p = int32(r.next)
		r.next = (r.next + 1) % r.max
		r.byHash.remove(p)
		s.need(r.ids[p].seq, -1)
		s.live -= seenSize
	}
	r.ids[p] = seenID{hash, id, seq}
	r.byHash.put(p)
	s.need(seq, 1)
	s.live += seenSize
	return p
}
