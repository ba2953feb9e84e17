package spool

import "encoding/binary"

// A seenID stands for one forgotten incoming message. seq 0: not on flash, or in the batch.
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

// seenKey returns the key of an incoming entry's (Peer, IMDNID); 0 where it has none.
func (s *Spool) seenKey(e *Entry) uint64 {
	if e.Dir != In || len(e.IMDNID) == 0 {
		return 0
	}
	return s.keyOf('s', e.Peer, e.IMDNID)
}

// clientKey returns the key of an outgoing entry's ClientID; 0 where it has none.
func (s *Spool) clientKey(e *Entry) uint64 {
	if e.Dir != Out || len(e.ClientID) == 0 {
		return 0
	}
	return s.keyOf('c', nil, e.ClientID)
}

// duplicate reports whether an entry with this key was stored before. Where its record still
// is there, the texts themselves decide.
func (s *Spool) duplicate(key uint64, e *Entry) bool {
	if key == 0 {
		return false
	}
	if s.ring.byHash.get(key) >= 0 {
		return true
	}
	p := s.bySeen.get(key)
	if p < 0 {
		return false
	}
	b, err := s.record(p)
	if err != nil {
		return err != ErrDamaged // a damaged one may come again
	}
	var old Entry
	return ParseEntry(b, &old) == nil && string(old.Peer) == string(e.Peer) && string(old.IMDNID) == string(e.IMDNID)
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
