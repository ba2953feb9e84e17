package qmi

// A Location is where the modem is attached. The zero Location is no coverage. Locations are
// compared with ==.
type Location struct {
	Radio   Radio
	PLMN    PLMN
	Located bool   // Area and ID are known
	Area    uint32 // LAC or TAC: 16 bits, 24 on NR
	ID      uint64 // cell identity: 16 bits on GSM, 28 on UMTS and LTE, 36 on NR
	EARFCN  uint32 // of LTE where HasChannel
	Band    uint16 // of LTE and NR by 3GPP's number, 0 where it is not known

	HasChannel bool
}

// An attachment is the answers of one poll.
type attachment struct {
	system   ServingSystem
	cells    CellLocation
	coverage SystemInfo
	band     uint16
}

// location makes a Location of what the answers agree on: the cell location first, because it is
// complete, then system info, then the serving system.
func (a *attachment) location() Location {
	if !a.system.Registered() {
		return Location{}
	}
	l := Location{Radio: a.system.Radio(), PLMN: a.system.PLMN, Band: a.band}
	switch l.Radio {
	case RadioLTE:
		a.lte(&l)
	case RadioNR:
		if c := a.cells.NR; c.PLMN.Valid() {
			l.PLMN, l.Area, l.ID, l.Located = c.PLMN, c.TAC, c.CID, true
		}
	case RadioUMTS:
		a.gsm(&l, &a.cells.UMTS, &a.coverage.UMTS)
	case RadioGSM:
		a.gsm(&l, &a.cells.GSM, &a.coverage.GSM)
	}
	return l
}

func (a *attachment) lte(l *Location) {
	s := a.coverage.LTE
	switch c := a.cells.LTE; {
	case c.PLMN.Valid():
		l.PLMN, l.Area, l.ID, l.Located = c.PLMN, uint32(c.TAC), uint64(c.CID), true
		l.EARFCN, l.HasChannel = c.EARFCN, true
	case s.PLMN.Valid() && s.HasTAC && s.HasCID:
		l.PLMN, l.Area, l.ID, l.Located = s.PLMN, s.TAC, uint64(s.CID), true
	case a.system.HasTAC && a.system.HasCID:
		l.Area, l.ID, l.Located = uint32(a.system.TAC), uint64(a.system.CID), true
	}
}

// gsm is for GSM and UMTS. The cell location of UMTS may lack the RNC, the upper 12 bits.
func (a *attachment) gsm(l *Location, c *GSMCell, s *Coverage) {
	if c.PLMN.Valid() {
		l.PLMN = c.PLMN
	} else if s.PLMN.Valid() {
		l.PLMN = s.PLMN
	}
	switch {
	case c.PLMN.Valid() && c.Full:
		l.Area, l.ID, l.Located = uint32(c.LAC), uint64(c.CID), true
	case s.HasLAC && s.HasCID:
		l.Area, l.ID, l.Located = uint32(s.LAC), uint64(s.CID), true
	case a.system.HasLAC && a.system.HasCID:
		l.Area, l.ID, l.Located = uint32(a.system.LAC), uint64(a.system.CID), true
	}
}
