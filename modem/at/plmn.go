package at

// A PLMN is a mobile network: an MCC of three digits and an MNC of two or three. The zero PLMN
// is none.
type PLMN struct {
	text [6]byte
	n    uint8
}

// NewPLMN makes a PLMN of five or six decimal digits; anything else gives none.
func NewPLMN(digits []byte) PLMN {
	var p PLMN
	if len(digits) < 5 || len(digits) > 6 {
		return p
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return p
		}
	}
	p.n = uint8(copy(p.text[:], digits))
	return p
}

// Digits returns the MCC and the MNC, nothing for none.
func (p *PLMN) Digits() []byte { return p.text[:p.n] }

// Valid reports whether p names a network; the MCC 000 is none.
func (p *PLMN) Valid() bool { return p.n != 0 && string(p.text[:3]) != "000" }
