package msrp

import (
	"bytes"
	"time"
)

// An Outgoing is a message to be sent.
type Outgoing struct {
	Tag         uint32 // the caller's name of it in events; not 0
	MessageID   []byte // copied
	ContentType string
	Size        int64 // octets, at least 1
	Success     bool  // ask for success reports
	Failure     Report
	Overtake    bool // may go between the chunks of messages queued before it (IMDN, isComposing)
	Envelope    bool // ContentType is that of an envelope: a 415 is about what is inside, and the type stays in use
}

type outState uint8

const (
	outFree   outState = iota
	outActive          // octets are still to be written or to be answered
	outTold            // sent; kept for the reports that may come
)

// outgoing is a message in the queue.
type outgoing struct {
	Outgoing
	id      ident // Message-ID
	state   outState
	seq     uint32
	sent    int64 // octets written
	waiting int   // chunks not yet answered
}

// Queue takes a message over. The caller keeps its octets and gives them to AppendChunk. The
// errors are [ErrClosed], [ErrFull], [ErrID] (no valid Message-ID, Tag or Size), [ErrRefused]
// (the peer answered 415 to this type before: "The sender should not send any further
// messages with the same content-type for the duration of the session", §10.6).
func (s *Session) Queue(now time.Time, o *Outgoing) error {
	switch {
	case s.dead:
		return ErrClosed
	case o.Tag == 0 || o.Size < 1 || !validID(o.MessageID) || s.find(o.Tag) >= 0:
		return ErrID
	case o.ContentType == "" || len(o.ContentType) > MaxType:
		return ErrType
	case s.isRefused(o.ContentType):
		return ErrRefused
	}
	i := s.freeOut()
	if i < 0 {
		return ErrFull
	}
	s.forget(i) // a response that is still to come means nothing any more
	s.seq++
	s.out[i] = outgoing{Outgoing: *o, state: outActive, seq: s.seq}
	s.out[i].id.set(o.MessageID)
	s.out[i].MessageID = nil
	return nil
}

func validID(id []byte) bool { return len(id) <= MaxID && isIdent(id) }

func (s *Session) isRefused(ctype string) bool {
	for i := range s.nRefused {
		t := s.refused[i].octets()
		if len(ctype) >= len(t) && equalFold(t, ctype[:len(t)]) && (len(ctype) == len(t) || ctype[len(t)] == ';' || ctype[len(t)] == ' ') {
			return true
		}
	}
	return false
}

// freeOut returns a place in the queue, if need be that of the oldest message that is only
// kept for its reports.
func (s *Session) freeOut() int {
	oldest := -1
	for i := range s.out {
		switch s.out[i].state {
		case outFree:
			return i
		case outTold:
			if oldest < 0 || s.out[i].seq < s.out[oldest].seq {
				oldest = i
			}
		}
	}
	return oldest
}

// find returns the active message with this tag, or -1.
func (s *Session) find(tag uint32) int {
	for i := range s.out {
		if s.out[i].state == outActive && s.out[i].Tag == tag {
			return i
		}
	}
	return -1
}

// Want says which octets the next chunk needs: at most n from off of the message tag. They
// may be fetched at leisure; AppendChunk then tells whether they are still wanted.
func (s *Session) Want() (tag uint32, off int64, n int, ok bool) {
	i := s.next()
	if i < 0 {
		return 0, 0, 0, false
	}
	m := &s.out[i]
	return m.Tag, m.sent, int(min(m.Size-m.sent, ChunkSize)), true
}

// next chooses the message whose turn it is: the oldest, but before it the oldest of those
// that may overtake.
func (s *Session) next() int {
	if s.dead || !s.up {
		return -1
	}
	best := -1
	for i := range s.out {
		m := &s.out[i]
		if m.state != outActive || m.sent == m.Size {
			continue
		}
		if best < 0 || before(m, &s.out[best]) {
			best = i
		}
	}
	if best >= 0 && s.freeTxn() < 0 && !(s.open.on && s.open.msg == best) {
		return -1
	}
	return best
}

func before(a, b *outgoing) bool {
	if a.Overtake != b.Overtake {
		return a.Overtake
	}
	return a.seq < b.seq
}

// Abort gives a message up. It says nothing of it any more; the peer is told by "#" where
// part of the message is already out.
func (s *Session) Abort(tag uint32) {
	i := s.find(tag)
	if i < 0 {
		return
	}
	m := &s.out[i]
	if m.sent > 0 && m.sent < m.Size && !(s.open.on && s.open.msg == i) && !s.dead {
		var r report
		r.id = m.id
		r.how, r.ask = m.Failure, m.Success
		s.reports.push(r)
	}
	s.forget(i)
}

// forget frees place i and what refers to it.
func (s *Session) forget(i int) {
	for j := range s.flight {
		if s.flight[j].used && s.flight[j].msg == i && !(s.open.on && s.open.txn == j) {
			s.flight[j].used = false
		}
	}
	if s.open.on && s.open.msg == i {
		s.open.dropped = true
	}
	s.out[i] = outgoing{}
}

// InFlight returns how many transactions wait for their response.
func (s *Session) InFlight() (n int) {
	for i := range s.flight {
		if s.flight[i].used {
			n++
		}
	}
	return n
}

// fail ends a message with an error.
func (s *Session) fail(i int, code uint16, local bool) {
	s.emit(Event{Kind: EvFailed, Tag: s.out[i].Tag, Code: code, Local: local})
	if code == 415 && !s.out[i].Envelope && s.nRefused < len(s.refused) {
		var mem [MaxType]byte
		s.refused[s.nRefused].set(bareType(mem[:copy(mem[:], s.out[i].ContentType)]))
		s.nRefused++
	}
	s.forget(i)
}

// settle completes message i once its last octet is out and every chunk is taken.
func (s *Session) settle(i int) {
	m := &s.out[i]
	if m.state != outActive || m.sent < m.Size || m.Failure == ReportYes && m.waiting > 0 || s.open.on && s.open.msg == i {
		return
	}
	s.emit(Event{Kind: EvSent, Tag: m.Tag, Size: m.Size})
	if m.Success {
		m.state = outTold
		return
	}
	m.state = outTold // an error may still come, from behind the next hop
}

// sameID reports whether m has this Message-ID.
func (m *outgoing) sameID(id []byte) bool { return bytes.Equal(id, m.id.octets()) }
