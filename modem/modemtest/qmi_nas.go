package modemtest

import (
	"encoding/binary"
	"slices"
	"strconv"
)

// Recorded answers of DMS, without their header: libqmi's test-generated.c.
var (
	// Get IDs: IMEI 359225050039973.
	recordedIDs = octets("0204000000000013010042120e0033353932323530353030333939371008003830393937383734110f00333539323235303530303339393733")
	// Get Time.
	recordedTime = octets("020400000000000108 00410c9001ce000200 100800510ff48101010000 110800c8aab30000000000")
)

// dms answers the device's service.
func (s *state) dms(q *message) []byte {
	ok := slices.Clone(resultOK)
	switch q.id {
	case 0x0021:
		return append(ok, tlv(1, []byte(s.profile.maker))...)
	case 0x0022:
		return append(ok, tlv(1, []byte(s.profile.model))...)
	case 0x0025:
		return recordedIDs
	case 0x002D:
		return append(ok, tlv(1, []byte{0})...) // online
	case 0x002F:
		return recordedTime
	case 0x0043:
		if !s.sim || s.pin != "" {
			return resultUninitial
		}
		return append(ok, tlv(1, []byte(defaultIMSI))...)
	}
	return resultBadCommand
}

// nas answers the network's service.
func (s *state) nas(q *message) []byte {
	ok := slices.Clone(resultOK)
	switch q.id {
	case 0x0003:
		return resultOK
	case 0x0024:
		return append(ok, s.serving()...)
	case 0x0031:
		if !s.attached() {
			return resultNoInfo
		}
		return append(ok, s.cell.bandTLVs()...)
	case 0x0043:
		return append(ok, s.cell.locationTLVs(s.attached())...)
	case 0x004D:
		return append(ok, s.systemInfo()...)
	case 0x007D:
		if !s.attached() {
			return resultNoInfo
		}
		return append(ok, tlv(0x11, simTime, octets("1c 01 08"))...)
	}
	return resultBadCommand
}

// radioNumber is QMI's number of an access.
func (c cell) radioNumber() byte {
	return [...]byte{radioGSM: 4, radioWCDMA: 5, radioLTE: 8, radioNR: 12}[c.radio]
}

// serving returns the serving system, of which the first TLV is the same in answer and indication.
func (s *state) serving() []byte {
	if !s.attached() {
		return tlv(1, []byte{2, 2, 2, 2, 0}) // searching
	}
	mcc, mnc := number(s.cell.mcc, 10), number(s.cell.mnc, 10)
	network := []byte{byte(mcc), byte(mcc >> 8), byte(mnc), byte(mnc >> 8)}
	three := byte(0)
	if len(s.cell.mnc) == 3 {
		three = 1
	}
	out := tlv(1, []byte{1, 1, 1, 2, 1, s.cell.radioNumber()})
	out = append(out, tlv(0x10, []byte{1})...)
	out = append(out, tlv(0x12, network, []byte{0})...)
	return append(out, tlv(0x27, network, []byte{three})...)
}

// number reads digits that are known to be some.
func number(digits string, radix int) uint64 {
	n, _ := strconv.ParseUint(digits, radix, 64)
	return n
}

// bcd returns the PLMN in three octets: MCC2 MCC1, MNC3 MCC3, MNC2 MNC1.
func (c cell) bcd() []byte {
	d := c.mcc + c.mnc
	third := byte(0xF)
	if len(d) == 6 {
		third = d[5] - '0'
	}
	return []byte{d[1]<<4 | d[0]&15, third<<4 | d[2]&15, d[4]<<4 | d[3]&15}
}

func le(n int, v uint64) []byte {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], v)
	return b[:n]
}

// locationTLVs returns the answer to Get Cell Location Info. Of LTE it is the recorded one with
// another cell in it; GSM's is the recorded one cut down to the serving cell.
func (c cell) locationTLVs(covered bool) []byte {
	area, id := number(c.area, 16), number(c.id, 16)
	switch {
	case !covered:
		return tlv(0x10, octets("00000000 000000 0000 0000 00 ffffffff 2800 00"))
	case c.radio == radioLTE:
		out := tlv(0x13, []byte{1}, c.bcd(), le(2, area), le(4, id), le(2, c.earfcn()), octets("0000 01 3e 28 3e 01 0000 bdff 19fc 23fd 1e00"))
		out = append(out, octets("140200 0100 150200 0100 160200 0100 1e0400 ffffffff 260200 4600")...)
		return append(append(out, tlv(0x27, le(4, c.earfcn()))...), octets("280100 00 2a0400 03000000 2c0400 00000000")...)
	case c.radio == radioNR:
		out := tlv(0x2E, le(4, 504990))
		return append(out, tlv(0x2F, c.bcd(), []byte{byte(area >> 16), byte(area >> 8), byte(area)}, le(8, id), octets("8503 94ff 19fc a000"))...)
	case c.radio == radioWCDMA:
		out := tlv(0x11, le(2, id), c.bcd(), le(2, area), octets("4429 2801 b1ff faff 00 00"))
		return append(out, tlv(0x17, le(4, id))...)
	}
	return tlv(0x10, le(4, id), c.bcd(), le(2, area), octets("dd03 00 00000000 3200 00"))
}

// earfcn returns a channel: of band 42 as recorded, or of band 3.
func (c cell) earfcn() uint64 {
	if c.tdd {
		return 43390
	}
	return 1357
}

// bandTLVs returns the answer to Get RF Band Info; bands by QMI's numbers.
func (c cell) bandTLVs() []byte {
	band, channel := uint64(80), uint64(10564) // WCDMA 2100
	switch {
	case c.radio == radioLTE && c.tdd:
		band, channel = 150, c.earfcn() // E-UTRA 42
	case c.radio == radioLTE:
		band, channel = 122, c.earfcn() // E-UTRA 3
	case c.radio == radioNR && c.tdd:
		band, channel = 259, 0 // n41; its channel does not fit
	case c.radio == radioNR:
		band, channel = 252, 0 // n3
	case c.radio == radioGSM:
		band, channel = 44, 55 // E-GSM 900
	}
	return tlv(0x01, []byte{1, c.radioNumber()}, le(2, band), le(2, channel))
}

// systemInfo returns the service on each radio: of LTE as in the recorded answer.
func (s *state) systemInfo() []byte {
	status := func(r radio) []byte {
		if s.attached() && s.cell.radio == r {
			return []byte{2, 2, 0}
		}
		return []byte{0, 0, 0}
	}
	out := append(tlv(0x12, status(radioGSM)), tlv(0x13, status(radioWCDMA))...)
	out = append(out, tlv(0x14, status(radioLTE))...)
	if !s.attached() {
		return out
	}
	c := s.cell
	network := []byte(c.mcc + c.mnc)
	if len(network) == 5 {
		network = append(network, 0xFF)
	}
	area, id := number(c.area, 16), number(c.id, 16)
	head := octets("0103 0103 0100 0100")
	switch c.radio {
	case radioLTE:
		out = append(out, tlv(0x19, head, octets("00 ffff 01"), le(4, id), octets("00 0000 01"), network, []byte{1}, le(2, area))...)
		return append(out, octets("210100 01 290100 00")...)
	case radioNR:
		out = append(out, tlv(0x4A, []byte{2, 2, 0})...)
		out = append(out, tlv(0x4B, head, octets("00 ffff 01"), le(4, id), octets("00 0000 01"), network)...)
		return append(out, tlv(0x50, []byte{byte(area >> 16), byte(area >> 8), byte(area)})...)
	case radioWCDMA:
		return append(out, tlv(0x18, head, []byte{1}, le(2, area), []byte{1}, le(4, id), octets("00 0000 01"), network, octets("00 00 00 0000"))...)
	}
	return append(out, tlv(0x17, head, []byte{1}, le(2, area), []byte{1}, le(4, id), octets("00 0000 01"), network, octets("00 00 00 00 00 00"))...)
}

// simTime is what the network says of the time: 2031-08-07 13:05:09 UTC, a Thursday.
var simTime = octets("ef07 08 07 0d 05 09 03")

// Time lets the network tell the time: one hour behind UTC.
func (m *Modem) Time() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.users {
		for _, id := range c.clients[0x03] {
			m.sendQMI(c, 0x03, id, 4, []byte{0, 0}, 0x4C, append(append(tlv(1, simTime), tlv(0x10, []byte{0xFC})...), tlv(0x11, []byte{0})...))
		}
	}
}

// Refresh tells that files of the card changed: stage 2, a REFRESH that has ended with success.
func (m *Modem) Refresh() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.users {
		for _, id := range c.clients[0x0B] {
			m.sendQMI(c, 0x0B, id, 4, []byte{0, 0}, 0x33, tlv(0x10, octets("02 04 00 00 0000")))
		}
	}
}
