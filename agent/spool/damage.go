package spool

import "strconv"

// A Damage is one place that cannot be read.
type Damage struct {
	File   string
	Offset int64
	Octets int64
	ID     uint64 // of the message that is lost, where that could still be read; else 0
	Torn   bool   // the end of a log that a power cut left: it was never confirmed to anybody
}

// String is one line about it.
func (d Damage) String() string {
	t := d.File + ": " + strconv.FormatInt(d.Octets, 10) + " octets at " + strconv.FormatInt(d.Offset, 10)
	if d.Torn {
		return t + " were never written to the end"
	}
	if d.ID != 0 {
		return t + " (message " + strconv.FormatUint(d.ID, 10) + ") are damaged"
	}
	return t + " are damaged"
}

// Damaged lists what was found unreadable since Open, at most 64 places.
func (s *Spool) Damaged() []Damage { return s.damaged }

// noteRecord adds the record of a message.
func (s *Spool) noteRecord(m *slot) {
	s.note(Damage{File: segmentName(m.seq), Offset: int64(m.off), Octets: recordOverhead + int64(m.n), ID: m.id})
}

// note adds to the list, each place once.
func (s *Spool) note(d Damage) {
	for i := range s.damaged {
		if s.damaged[i].File == d.File && s.damaged[i].Offset == d.Offset {
			return
		}
	}
	if len(s.damaged) < maxDamages {
		s.damaged = append(s.damaged, d)
	}
}
