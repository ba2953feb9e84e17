package spool

import "encoding/binary"

// An ending says that nothing behind offset end counts in the segments [from, to]: a batch
// was refused there, and nobody knows what of it is on flash. The next segment begins with it.
type ending struct{ from, to, end uint32 }

const (
	endSize    = 12
	maxEndings = 4 // see abandon for why two are enough
	maxEnds    = recordOverhead + maxEndings*endSize
)

// endHere notes where an abandoned segment ends.
func (s *Spool) endHere(g *segment) {
	end := uint32(max(g.safe, headerSize))
	if n := len(s.ends); n > 0 && s.ends[n-1].end == headerSize && end == headerSize {
		s.ends[n-1].to = g.seq
		return
	}
	s.ends = append(s.ends, ending{g.seq, g.seq, end})
}

// endsLen is the length of the record that tells them.
func (s *Spool) endsLen() int {
	if len(s.ends) == 0 {
		return 0
	}
	return recordOverhead + len(s.ends)*endSize
}

// appendEnds appends that record, sealed, to the header of segment seq.
func (s *Spool) appendEnds(b []byte, seq uint32) []byte {
	if len(s.ends) == 0 {
		return b
	}
	var p []byte
	for _, e := range s.ends {
		p = binary.LittleEndian.AppendUint32(p, e.from)
		p = binary.LittleEndian.AppendUint32(p, e.to)
		p = binary.LittleEndian.AppendUint32(p, e.end)
	}
	at := len(b)
	b = frame(b, kindEnd, p, nil)
	s.salt.seal(b[at:], seq, int64(at))
	return b
}

// parseEnds reads that record, if b has one behind its header h, and limits the segments
// found before.
func (s *Spool) parseEnds(b []byte, h *header) {
	if len(b) <= headerSize || h.salt.check(b[headerSize:], h.seq, headerSize) != recordGood || b[headerSize+1] != kindEnd {
		return
	}
	le := binary.LittleEndian
	for p := payload(b[headerSize:]); len(p) >= endSize; p = p[endSize:] {
		for _, g := range s.segs {
			if g.seq >= le.Uint32(p) && g.seq <= le.Uint32(p[4:]) && g.seq != h.seq {
				g.limit = max(headerSize, int64(le.Uint32(p[8:])))
			}
		}
	}
}
