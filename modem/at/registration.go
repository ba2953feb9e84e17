package at

import "bytes"

// A Domain is what a registration line is about, by its prefix.
type Domain uint8

// The domains of TS 27.007 §7.2, §10.1.20, §10.1.22 and §10.1.47, the best source of the cell first.
const (
	FiveGS  Domain = iota // +C5GREG
	EPS                   // +CEREG
	PS                    // +CGREG
	CS                    // +CREG; its area is not that of the packet domain
	Domains               // how many there are
)

var domainPrefix = [Domains]string{FiveGS: "+C5GREG", EPS: "+CEREG", PS: "+CGREG", CS: "+CREG"}

// NoAcT is the access technology of a line that does not tell it.
const NoAcT = 0xFF

// A Registration is what a +CREG, +CGREG, +CEREG or +C5GREG line says.
type Registration struct {
	Domain  Domain
	Stat    uint8 // 0 idle, 1 home, 2 searching, 3 denied, 4 unknown, 5 roaming, 6 to 11 restricted forms
	AcT     uint8 // 0 to 13 of TS 27.007 §7.3, or NoAcT
	Located bool  // Area and ID were both there
	Area    uint32
	ID      uint64
}

// Registered reports whether IMS can be used: home or roaming, also where CS fallback is not
// preferred. SMS-only, emergency and restricted service are not.
func (r Registration) Registered() bool {
	return r.Stat == 1 || r.Stat == 5 || r.Stat == 9 || r.Stat == 10
}

// ParseRegistration parses one registration line; read says that it may answer a read command
// and not be unsolicited.
//
// A read answer has <n> before <stat>, an unsolicited line has not; some modems send either in
// the form of the other, so the form is told by the fields and read decides what they leave open.
func ParseRegistration(line []byte, read bool) (Registration, error) {
	r := Registration{Domain: Domains, AcT: NoAcT}
	var l list
	for d, p := range domainPrefix {
		if f, ok := fields(line, p); ok {
			l, r.Domain = f, Domain(d)
		}
	}
	i := 0
	if r.Domain != Domains && l.readShape(read) {
		i = 1
	}
	stat, ok := number(l.at(i))
	if !ok || stat > 11 {
		return r, ErrSyntax
	}
	r.Stat = uint8(stat)
	l.locate(&r, i+1)
	return r, nil
}

// readShape reports whether the first field is <n> and the second <stat>. A second field in
// quotes, of letters or above 11 is a LAC or TAC; so is one of three or four digits ("0001")
// where no read command is pending.
func (l *list) readShape(read bool) bool {
	n, ok := number(l.at(0))
	if !ok || n > 5 || l.n < 2 || l.quoted(1) {
		return false
	}
	stat, ok := number(l.at(1))
	if digits := len(l.at(1)); !ok || stat > 11 || digits > 4 || digits > 2 && !read {
		return false
	}
	return true
}

// locate reads the area, the cell and the access technology from field i on.
func (l *list) locate(r *Registration, i int) {
	// Novatel E362 puts the RAC between the TAC and the cell: "1F00, 20 ,79D903 ,7".
	id := i + 1
	if l.n == i+4 && len(l.at(i+1)) <= 2 && len(l.at(i+2)) > 2 {
		id++
	}
	area, okArea := hexNumber(l.at(i))
	cell, okCell := hexNumber(l.at(id))
	if okArea && okCell && area <= 0xFFFFFF {
		r.Area, r.ID, r.Located = uint32(area), cell, true
	}
	if !okArea && okCell { // Gobi 1000: a space inside the LAC
		r.ID = cell
	}
	if act, ok := number(l.at(id + 1)); ok && act <= 13 {
		r.AcT = uint8(act)
	}
}

// isRegistration reports whether a line begins like a registration line.
func isRegistration(line []byte) bool {
	p := prefix(line)
	for _, d := range domainPrefix {
		if bytes.Equal(p, []byte(d)) {
			return true
		}
	}
	return false
}

// access returns the radio access of an AcT number (TS 27.007 §7.3); AccessNone if it is not one.
func access(act uint8) Access {
	switch act {
	case 0, 1, 3, 8:
		return GERAN
	case 2, 4, 5, 6:
		return UTRAN
	case 7, 9, 10, 13: // 13 is EN-DC, whose anchor is E-UTRA
		return EUTRAN
	case 11, 12:
		return NR
	}
	return AccessNone
}
