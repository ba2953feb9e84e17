package qmi

// A PLMN is a mobile network: the digits of its MCC and of its MNC of two or three. The zero
// PLMN is none.
type PLMN struct {
	text [6]byte
	n    uint8
}

// Digits returns the MCC and the MNC, nothing for none.
func (p *PLMN) Digits() []byte { return p.text[:p.n] }

// Valid reports whether p names a network; the MCC 000 is none.
func (p *PLMN) Valid() bool { return p.n != 0 && string(p.text[:3]) != "000" }

func (p *PLMN) put(digit byte) {
	p.text[p.n] = '0' + digit
	p.n++
}

// bcdPLMN reads three octets: MCC2|MCC1, MNC3|MCC3, MNC2|MNC1; an MNC3 of F is an MNC of two
// digits (TS 24.008 §10.5.1.3).
func bcdPLMN(b []byte) PLMN {
	var p PLMN
	if len(b) != 3 {
		return p
	}
	for _, d := range [...]byte{b[0] & 15, b[0] >> 4, b[1] & 15, b[2] & 15, b[2] >> 4} {
		if d > 9 {
			return PLMN{}
		}
		p.put(d)
	}
	if d := b[1] >> 4; d <= 9 {
		p.put(d)
	}
	return p
}

// textPLMN reads three characters of MCC and three of MNC, of which the last is FF where there
// are two.
func textPLMN(b []byte) PLMN {
	var p PLMN
	for i, c := range b {
		if i == 5 && c == 0xFF {
			break
		}
		if c < '0' || c > '9' || i > 5 {
			return PLMN{}
		}
		p.put(c - '0')
	}
	if p.n < 5 {
		return PLMN{}
	}
	return p
}

// numberPLMN makes a PLMN of numbers; three says that the MNC has three digits.
func numberPLMN(mcc, mnc uint16, three bool) PLMN {
	var p PLMN
	if mcc > 999 || mnc > 999 {
		return p
	}
	for _, d := range [...]uint16{mcc / 100, mcc / 10 % 10, mcc % 10} {
		p.put(byte(d))
	}
	if three || mnc > 99 {
		p.put(byte(mnc / 100))
	}
	p.put(byte(mnc / 10 % 10))
	p.put(byte(mnc % 10))
	return p
}
