package qmi

import (
	"net/netip"
	"slices"
	"testing"
)

// response writes a response by hand: service, message and TLVs in hexadecimal.
func response(t testing.TB, s Service, message uint16, tlvs string) ([]byte, *Frame) {
	t.Helper()
	v := unhex(t, tlvs)
	n := len(v) + 12
	b := []byte{1, byte(n), byte(n >> 8), 0x80, byte(s), 1, 2, 1, 0, byte(message), byte(message >> 8), byte(len(v)), byte(len(v) >> 8)}
	b = append(b, v...)
	return b, one(t, b)
}

const success = "02 0400 0000 0000"

// A bearer for IMS, with its P-CSCFs as addresses of both families and as a name.
func TestBearer(t *testing.T) {
	b, f := response(t, WDS, WDSGetCurrentSettings, success+
		"25 1100 2001 0db8 0000 0001 0000 0000 0000 0005 40"+
		"27 1000 2001 0db8 0000 0000 0000 0000 0000 0053"+
		"28 1000 0000 0000 0000 0000 0000 0000 0000 0000"+
		"15 0400 08 08 08 08 2b 0100 06 29 0400 dc05 0000 22 0100 01 2c 0100 00"+
		"2e 1100 01 2001 0db8 0000 0000 0000 0000 0000 0002"+
		"23 0900 02 0100000a 0200000a"+
		"24 0b00 01 0800 7063736366 2e78 79")
	s, err := ParseBearer(b, f)
	if err != nil {
		t.Fatal(err)
	}
	if s.Address != netip.MustParseAddr("2001:db8:0:1::5") || s.Prefix != 64 || s.MTU != 1500 || s.Family != 6 || !s.FromPCO || s.Signal {
		t.Errorf("%+v", s)
	}
	if want := []netip.Addr{netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("2001:db8::53")}; !slices.Equal(s.DNS(), want) {
		t.Errorf("DNS %v", s.DNS())
	}
	if want := []netip.Addr{netip.MustParseAddr("2001:db8::2"), netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")}; !slices.Equal(s.PCSCF(), want) {
		t.Errorf("P-CSCF %v", s.PCSCF())
	}
	if n := s.PCSCFNames(); len(n) != 1 || string(n[0].In(b)) != "pcscf.xy" {
		t.Errorf("names %v", n)
	}
}

func TestBearerStart(t *testing.T) {
	b, f := response(t, WDS, WDSStartNetwork, success+"01 0400 78563412")
	if s, err := ParseStarted(b, f); err != nil || s.Handle != 0x12345678 {
		t.Errorf("%+v, %v", s, err)
	}
	b, f = response(t, WDS, WDSStartNetwork, "02 0400 0100 0e00 10 0200 0200 11 0400 0600 3300")
	if s, err := ParseStarted(b, f); err != Failure(14) || s.EndReason != 2 || s.EndType != 6 || s.Verbose != 51 {
		t.Errorf("%+v, %v", s, err)
	}
	b, f = response(t, WDS, WDSPacketServiceStatus, success+"01 0100 02")
	if s, err := ParsePacketStatus(b, f); err != nil || s != 2 {
		t.Errorf("%d, %v", s, err)
	}
}

// A card with USIM and ISIM.
const card = "10 4b00 0000 ffff ffff ffff 01 01 03 00 00 00 02" +
	"02 07 0b 00 00 00 10 a0000000871002ffffffff8907090000 00 02 03 0a 01 03 0a" +
	"05 01 00 00 00 00 10 a0000000871004ffffffff8906190000 00 01 03 0a 00 03 0a"

func TestCardStatus(t *testing.T) {
	b, f := response(t, UIM, UIMGetCardStatus, success+card)
	c, err := ParseCardStatus(b, f)
	if err != nil || c.State != CardPresent || len(c.Apps()) != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	if a := c.Find(AppISIM); a == nil || string(a.AID()) != string(unhex(t, "a0000000871004ffffffff8906190000")) || a.PIN1 != 1 || a.Tries != 3 {
		t.Errorf("ISIM %+v", a)
	}
	if a := c.Find(AppUSIM); a == nil || a.State != 7 {
		t.Errorf("USIM %+v", a)
	}
	b, f = response(t, UIM, UIMGetCardStatus, success+"10 0f00 ffff ffff ffff ffff 01 00 00 00 00 00 00")
	if c, err = ParseCardStatus(b, f); err != nil || c.State != CardAbsent || c.Find(AppUSIM) != nil {
		t.Errorf("absent: %+v, %v", c, err)
	}
}

func TestLogicalChannel(t *testing.T) {
	b, f := response(t, UIM, UIMOpenLogicalChannel, success+"10 0100 02 11 0200 9000")
	if c, sw, err := ParseChannel(b, f); c != 2 || sw != 0x9000 || err != nil {
		t.Errorf("%d %04x %v", c, sw, err)
	}
	b, f = response(t, UIM, UIMSendAPDU, success+"10 0600 0400 dc00 9000")
	if a, err := ParseAPDU(b, f); err != nil || a.SW != 0x9000 || string(a.Octets.In(b)) != "\xdc\x00" {
		t.Errorf("%+v, %v", a, err)
	}
	checkBuilt(t, "send", unhex(t, "01 1e00 00 0b 01 00 0100 3b00 1200 10 0100 02 02 0700 0500 00a4040000 01 0100 01"), func(d []byte) ([]byte, error) {
		return AppendSendAPDU(d, 1, 1, 2, unhex(t, "00a4040000"))
	})
}

// An NR cell: the PLMN in BCD, the area with its high octet first, an identity of 36 bits.
func TestNRCell(t *testing.T) {
	b, f := response(t, NAS, NASGetCellLocationInfo, success+
		"2e 0400 30b60700 2f 1600 64f000 46550b 0030c270 01000000 8503 0000 0000 0000")
	c, err := ParseCellLocation(b, f)
	if err != nil || string(c.NR.PLMN.Digits()) != "46000" || c.NR.TAC != 0x46550B || c.NR.CID != 0x170C23000 || c.NR.PCI != 901 || c.NR.ARFCN != 505392 {
		t.Errorf("%+v, %v", c.NR, err)
	}
	b, f = response(t, NAS, NASGetRFBandInfo, success+"01 0b00 02 08 9600 7ea9 0c 0301 0000")
	for radio, want := range map[Radio]uint16{RadioLTE: 42, RadioNR: 41, RadioUMTS: 0} {
		if got, err := ParseBand(b, f, radio); got != want || err != nil {
			t.Errorf("band of %d: %d, %v", radio, got, err)
		}
	}
}

func TestRadio(t *testing.T) {
	for list, want := range map[string]Radio{"08": RadioLTE, "0c": RadioNR, "080c": RadioLTE, "0c08": RadioLTE, "05": RadioUMTS, "04": RadioGSM, "": RadioNone} {
		v := unhex(t, list)
		tlv := append([]byte{1, byte(5 + len(v)), 0, 1, 1, 1, 2, byte(len(v))}, v...)
		b, f := response(t, NAS, NASGetServingSystem, success+hexOf(tlv))
		if s, err := ParseServingSystem(b, f); err != nil || s.Radio() != want || !s.Registered() {
			t.Errorf("%s: %d, %v", list, s.Radio(), err)
		}
	}
}

func hexOf(b []byte) (s string) {
	for _, c := range b {
		s += string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15])
	}
	return s
}

func TestOwnIMS(t *testing.T) {
	for octets, want := range map[string]RegistrationStatus{"12 0400 0200 0000": IMSRegistered, "12 0400 0000 0000": IMSNotRegistered, "": IMSUnknown, "12 0400 0900 0000": IMSUnknown} {
		b, f := response(t, IMSA, IMSAGetRegistrationStatus, success+octets)
		if s, err := ParseRegistrationStatus(b, f); s != want || err != nil {
			t.Errorf("%s: %d, %v", octets, s, err)
		}
	}
	b, f := response(t, IMS, IMSGetServices, success+"18 0100 01")
	if on, err := ParseRegistrationEnabled(b, f); !on || err != nil {
		t.Errorf("%v, %v", on, err)
	}
	checkBuilt(t, "off", unhex(t, "01 1000 00 12 01 00 0100 8f00 0400 18 0100 00"), func(d []byte) ([]byte, error) {
		return AppendSetRegistration(d, 1, 1, false)
	})
}

func TestErrorTexts(t *testing.T) {
	for e := ErrShort; e <= ErrNoAnswer; e++ {
		if len(e.Error()) < 8 {
			t.Errorf("%d: %q", e, e.Error())
		}
	}
	for f, want := range map[Failure]string{0: "qmi: no error", 5: "qmi: client ids exhausted", 61441: "qmi: error 61441", 16: "qmi: error 16"} {
		if f.Error() != want {
			t.Errorf("%q, want %q", f.Error(), want)
		}
	}
}
