package at

// best returns the registration that tells the cell: of the packet domains, the newest system
// first. The circuit-switched one counts only where the modem has no other: beside LTE it names
// another area.
func (s *Session) best() *Registration {
	for d := FiveGS; d <= PS; d++ {
		if s.reg[d].Registered() {
			return &s.reg[d]
		}
	}
	if !s.have[FiveGS] && !s.have[EPS] && !s.have[PS] && s.reg[CS].Registered() {
		return &s.reg[CS]
	}
	return nil
}

// conclude reports the cell of the last poll's answers, or that it is the same.
func (s *Session) conclude() {
	s.noteRegistration()
	if c := s.polledCell(); !s.known || c != s.cell {
		s.note(c)
	} else {
		s.notes.push(Note{Kind: NoteSame})
	}
}

// polledCell makes the cell of the last poll's answers.
func (s *Session) polledCell() Cell {
	r := s.best()
	if r == nil {
		return Cell{}
	}
	c := Cell{Access: s.accessOf(r), PLMN: s.op.PLMN, Located: r.Located, Area: r.Area, ID: r.ID}
	if v := s.serving; v.Access != AccessNone {
		c.Duplex, c.Band = v.Duplex, v.Band
		if v.Located {
			c.Access, c.Located, c.Area, c.ID = v.Access, true, v.Area, v.ID
		}
		if v.PLMN.Valid() {
			c.PLMN = v.PLMN
		}
	}
	return c
}

// accessOf returns the radio access of a registration; where its line does not tell, the
// domain's, the operator's or the size of the cell identity does.
func (s *Session) accessOf(r *Registration) Access {
	if a := access(r.AcT); a != AccessNone {
		return a
	}
	switch {
	case r.Domain == FiveGS:
		return NR
	case r.Domain == EPS:
		return EUTRAN
	case access(s.op.AcT) != AccessNone:
		return access(s.op.AcT)
	case r.Located && r.ID > 0xFFFF:
		return UTRAN
	}
	return GERAN
}

// note reports the cell if it is new.
func (s *Session) note(c Cell) {
	if s.known && c == s.cell {
		return
	}
	s.cell, s.known = c, true
	s.notes.push(Note{Kind: NoteCell, Cell: c})
}

// A Registered is the modem's registration of all domains together.
type Registered uint8

// The states of registration, from worst to best.
const (
	RegUnknown Registered = iota
	RegIdle
	RegSearching
	RegDenied
	RegLimited // SMS only, emergency only
	RegRoaming
	RegHome
)

// registeredOf is what <stat> means (TS 27.007 §10.1.22).
var registeredOf = [...]Registered{0: RegIdle, 1: RegHome, 2: RegSearching, 3: RegDenied, 4: RegUnknown, 5: RegRoaming,
	6: RegLimited, 7: RegLimited, 8: RegLimited, 9: RegHome, 10: RegRoaming, 11: RegLimited}

// noteRegistration reports the best state of the domains if it is new.
func (s *Session) noteRegistration() {
	state := RegUnknown
	if r := s.best(); r != nil {
		state = registeredOf[r.Stat]
	} else {
		for d, r := range s.reg {
			if v := registeredOf[r.Stat]; s.have[d] && v > state && v < RegRoaming {
				state = v
			}
		}
	}
	if state != s.registration {
		s.registration = state
		s.notes.push(Note{Kind: NoteRegistered, Reg: state})
	}
}
