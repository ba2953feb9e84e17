package modemtest

import (
	"bytes"
	"slices"
)

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
	case 0x0044:
		return ok
	case 0x0020, 0x0021, 0x0034, 0x003B, 0x003F, 0x0042:
		if !s.sim || s.pin != "" {
			return resultUninitial
		}
		return s.uimCard(q)
	}
	return resultBadCommand
}

// uimCard answers what goes to an application of the card.
func (s *state) uimCard(q *message) []byte {
	switch q.id {
	case 0x0020, 0x0021:
		return s.uimRead(q)
	case 0x0034:
		return s.uimAuthenticate(q)
	case 0x0042: // TLV 10: counted identifier
		v := q.tlvs[0x10]
		if len(v) < 1 || len(v) != 1+int(v[0]) {
			return resultMissing
		}
		open := s.card.apdu(octets("0070000001"))
		if len(open) != 3 {
			return resultInternal
		}
		sw := s.card.apdu(append([]byte{open[0], 0xA4, 4, 0x0C, v[0]}, v[1:]...))
		if sw[0] != 0x90 {
			s.card.opened[open[0]] = false
			return append(slices.Clone(resultInternal), tlv(0x11, sw)...)
		}
		return append(append(slices.Clone(resultOK), tlv(0x10, []byte{open[0]})...), tlv(0x11, sw)...)
	case 0x003B: // TLV 10: channel; 02: counted command
		ch, v := q.tlvs[0x10], q.tlvs[2]
		if len(ch) != 1 || len(v) < 6 || ch[0] != v[2]&3 {
			return resultMissing
		}
		out := s.card.apdu(v[2:])
		return append(slices.Clone(resultOK), tlv(0x10, le(2, uint64(len(out))), out)...)
	}
	if ch := q.tlvs[0x11]; len(ch) == 1 && ch[0] >= 1 && ch[0] <= 3 && s.card.opened[ch[0]] {
		s.card.opened[ch[0]] = false
		return resultOK
	}
	return resultMissing
}

// application returns which one TLV 01 names: type and counted identifier. Type 0 is the one that the
// modem uses itself.
func (s *state) application(v []byte) ([]byte, bool) {
	switch {
	case len(v) < 2 || len(v) != 2+int(v[1]):
		return nil, false
	case v[0] == 0:
		return aidUSIM, true
	case v[0] == s.profile.uimSession && bytes.Equal(v[2:], aidISIM) && s.card.isim:
		return aidISIM, true
	}
	return nil, false
}

// uimRead answers Read Transparent and Read Record: TLV 02 is the file, 03 offset or record, and length.
func (s *state) uimRead(q *message) []byte {
	app, known := s.application(q.tlvs[1])
	file, what := q.tlvs[2], q.tlvs[3]
	if !known || len(file) < 3 || len(file) != 3+int(file[2]) || len(what) != 4 {
		return resultMissing
	}
	content, records := s.card.file(selection{app: app, file: int(file[0]) | int(file[1])<<8})
	n := int(what[0])
	switch {
	case content == nil && records == nil:
		return append(slices.Clone(resultNoFile), tlv(0x10, octets("6a82"))...)
	case q.id == 0x0021 && (n == 0 || n > len(records)):
		return append(slices.Clone(resultInternal), tlv(0x10, octets("6a83"))...)
	case q.id == 0x0021:
		content = records[n-1]
	}
	return append(append(slices.Clone(resultOK), tlv(0x10, octets("9000"))...), tlv(0x11, le(2, uint64(len(content))), content)...)
}

// uimAuthenticate answers Authenticate: TLV 02 is the context, 3 of the USIM and 11 of the ISIM, and
// the counted challenge.
func (s *state) uimAuthenticate(q *message) []byte {
	app, known := s.application(q.tlvs[1])
	v := q.tlvs[2]
	context := byte(3)
	if bytes.Equal(app, aidISIM) {
		context = 11
	}
	switch {
	case s.profile.noAuthenticate:
		return resultBadCommand
	case !known || len(v) != 37 || v[0] != context || v[1] != 34 || v[3] != 16 || v[20] != 16:
		return resultMissing
	}
	out, sw := s.card.sub.Authenticate(v[4:20], v[21:37])
	if sw != 0x9000 {
		return append(slices.Clone(resultInternal), tlv(0x10, []byte{byte(sw >> 8), byte(sw)})...)
	}
	return append(append(slices.Clone(resultOK), tlv(0x10, octets("9000"))...), tlv(0x11, le(2, uint64(len(out))), out)...)
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
	list := [][]byte{octets("0000 ffff ffff ffff 01 01 03 00 00 00 01"), app(2, appState, aidUSIM)}
	if s.card.isim {
		list[0][len(list[0])-1] = 2
		list = append(list, app(5, 1, aidISIM))
	}
	return tlv(0x10, list...)
}
