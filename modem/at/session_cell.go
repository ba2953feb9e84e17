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

// conclude makes the cell of the last poll's answers.
func (s *Session) conclude() {
	r := s.best()
	if r == nil {
		s.note(Cell{})
		return
	}
	c := Cell{Access: s.accessOf(r), PLMN: s.op.PLMN, Located: r.Located, Area: r.Area, ID: r.ID}
	if v := s.serving; v.Access != AccessNone {
		c.Duplex = v.Duplex
		if v.Located {
			c.Access, c.Located, c.Area, c.ID = v.Access, true, v.Area, v.ID
		}
		if v.PLMN.Valid() {
			c.PLMN = v.PLMN
		}
	}
	s.note(c)
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
