package modemtest

import "slices"

// Identifiers of the card's applications, of the shape that softsim and phonesim have.
var (
	aidUSIM = octets("a0000000871002ffffffff8907090000")
	aidISIM = octets("a0000000871004ffffffff8906190000")
)

// uim answers the card's service.
func (s *state) uim(q *message) []byte {
	ok := slices.Clone(resultOK)
	switch q.id {
	case 0x002E:
		return append(ok, tlv(1, q.tlvs[1])...)
	case 0x002F:
		return append(ok, s.cardStatus()...)
	case 0x0026:
		return s.verifyPIN(q)
	}
	return resultBadCommand
}

// verifyPIN answers Verify PIN: TLV 02 is the PIN's number and its digits.
func (s *state) verifyPIN(q *message) []byte {
	v := q.tlvs[2]
	switch {
	case !s.sim:
		return resultUninitial
	case len(v) < 2 || int(v[1]) != len(v)-2:
		return resultMissing
	case s.pin == "" || s.tries == 0:
		return resultBadPIN
	case string(v[2:]) == s.pin:
		s.pin, s.tries = "", 3
		return resultOK
	}
	s.tries--
	return append(slices.Clone(resultBadPIN), tlv(0x10, []byte{byte(s.tries), 10})...)
}

// cardStatus returns TLV 10: a card with USIM and ISIM, or none.
func (s *state) cardStatus() []byte {
	if !s.sim {
		return tlv(0x10, octets("ffff ffff ffff ffff 01 00 00 00 00 00 00"))
	}
	appState, pin := byte(7), byte(3) // ready; PIN 1 disabled
	switch {
	case s.tries == 0:
		appState, pin = 3, 4
	case s.pin != "":
		appState, pin = 2, 1
	}
	app := func(kind, state byte, aid []byte) []byte {
		out := append([]byte{kind, state, 0, 0, 0, 0, byte(len(aid))}, aid...)
		return append(out, 0, pin, byte(s.tries), 10, 1, 3, 10)
	}
	return tlv(0x10, octets("0000 ffff ffff ffff 01 01 03 00 00 00 02"), app(2, appState, aidUSIM), app(5, 1, aidISIM))
}
