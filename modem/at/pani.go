package at

import "bytes"

// ParsePANI reads the cell of a P-Access-Network-Info value with a 3GPP access type or class: the
// inverse of AppendPANI, for values that are configured or given by the host. ErrSyntax is a value of
// that kind that cannot be; ErrNoCell is one of another kind, such as IEEE-802.11.
//
// The area and the cell have a fixed number of digits for each access, so what is left after the
// MCC tells whether the MNC has two or three.
func ParsePANI(value []byte) (Cell, error) {
	kind, params, _ := bytes.Cut(value, []byte{';'})
	c := cellOfType(bytes.TrimSpace(kind))
	if c.Access == AccessNone {
		return c, ErrNoCell
	}
	l := &layouts[c.Access]
	name := l.param[1 : len(l.param)-1]
	for len(params) > 0 {
		var one []byte
		one, params, _ = bytes.Cut(params, []byte{';'})
		key, v, _ := bytes.Cut(one, []byte{'='})
		if !bytes.EqualFold(bytes.TrimSpace(key), []byte(name)) {
			continue
		}
		if !c.place(bytes.Trim(bytes.TrimSpace(v), `"`), l) {
			return Cell{}, ErrSyntax
		}
	}
	return c, nil
}

// cellOfType returns an access type's or class's access and duplex mode.
func cellOfType(kind []byte) Cell {
	for a := GERAN; int(a) < len(layouts); a++ {
		l := &layouts[a]
		for d, name := range [...]string{DuplexUnknown: l.class, FDD: l.fdd, TDD: l.tdd} {
			if bytes.EqualFold(kind, []byte(name)) {
				if a == UTRAN && d == int(DuplexUnknown) {
					d = int(FDD)
				}
				return Cell{Access: a, Duplex: Duplex(d)}
			}
		}
	}
	if bytes.EqualFold(kind, []byte("3GPP-UTRAN")) {
		return Cell{Access: UTRAN}
	}
	return Cell{}
}

// place reads MCC, MNC, area and cell, and reports whether they are well-formed.
func (c *Cell) place(v []byte, l *layout) bool {
	n := len(v) - l.area - l.id
	if n != 5 && n != 6 {
		return false
	}
	area, ok1 := hexNumber(v[n : n+l.area])
	id, ok2 := hexNumber(v[n+l.area:])
	if c.PLMN = NewPLMN(v[:n]); c.PLMN.n == 0 || !ok1 || !ok2 {
		return false
	}
	c.Area, c.ID, c.Located = uint32(area), id, true
	return true
}

// Digits returns the area and the cell identity in hexadecimal, with the digits that the access has.
func (c Cell) Digits() (area, id string) {
	if c.Access == AccessNone || int(c.Access) >= len(layouts) {
		return "", ""
	}
	l := &layouts[c.Access]
	return string(appendHex(nil, uint64(c.Area), l.area)), string(appendHex(nil, c.ID, l.id))
}

// String returns the access as people call it.
func (a Access) String() string {
	return [...]string{"none", "GSM", "UMTS", "LTE", "NR"}[int(a)%5]
}

// String returns the mode; "" where it is not known.
func (d Duplex) String() string { return [...]string{"", "FDD", "TDD"}[int(d)%3] }

// AppendWLAN appends the value of P-Access-Network-Info over a WLAN within dst's capacity: the standard,
// such as "IEEE-802.11ac", and the MAC address of the access point as 12 digits (TS 24.229 §7.2A.4.3);
// all zero where it shall not be told.
func AppendWLAN(dst []byte, standard string, mac [6]byte) ([]byte, error) {
	const param = ";i-wlan-node-id="
	if cap(dst)-len(dst) < len(standard)+len(param)+2*len(mac) {
		return dst, ErrNoRoom
	}
	dst = append(append(dst, standard...), param...)
	for _, b := range mac {
		dst = append(dst, "0123456789abcdef"[b>>4], "0123456789abcdef"[b&15])
	}
	return dst, nil
}

// maxAge bounds cell-info-age in digits.
const maxAge = 10

// AppendCellularInfo appends the value of Cellular-Network-Info within dst's capacity: the last
// cell that is known while the UE uses another access, and its age in seconds (TS 24.229 §7.2.15).
// A cell whose identity is not known gives nothing: the header is for its identity.
func (c Cell) AppendCellularInfo(dst []byte, age uint32) ([]byte, error) {
	const param = ";cell-info-age="
	if c.Access == AccessNone || int(c.Access) >= len(layouts) || !c.valid() {
		return dst, nil
	}
	if cap(dst)-len(dst) < MaxPANI+len(param)+maxAge {
		return dst, ErrNoRoom
	}
	dst, err := c.AppendPANI(dst)
	if err != nil {
		return dst, err
	}
	dst = append(dst, param...)
	var digits [maxAge]byte
	i := len(digits)
	for i--; ; i-- {
		digits[i] = '0' + byte(age%10)
		if age /= 10; age == 0 {
			return append(dst, digits[i:]...), nil
		}
	}
}
