package qmi

import (
	"bytes"
	"strings"
	"testing"
)

// What libqmi's tests expect of their frames.
func TestVectorsMessage(t *testing.T) {
	for name, want := range map[string]struct {
		frames int
		err    error
	}{
		"test_message_parse_wrong_qmux": {0, ErrMarker}, "test_message_parse_tiny": {0, ErrShort},
		"test_message_parse_short": {0, ErrShort}, "test_message_parse_complete.": {1, nil},
		"test_message_parse_complete_and_short": {1, ErrShort}, "test_message_parse_complete_and_complete": {2, nil},
		"test_message_parse_wrong_tlv": {1, nil}, "test_message_parse_missing_size": {1, nil},
		"test_message_parse_string_with_crlf": {1, nil}, "test_message_parse_string_with_trailing_nul": {1, nil},
		"test_message_parse_string_with_trailing_tab": {1, nil}, "test_message_parse_signed_int": {1, nil},
		"test_message_parse_empty_fixed_string": {1, nil}, "test_message_16bit_service_indication.ssc": {1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := find(t, "modem/qmi_message.hex", name)
			frames := 0
			var err error
			for len(b) > 0 && err == nil {
				var f Frame
				var n int
				if n, err = Parse(b, &f); err == nil {
					b = b[n:]
					frames++
				}
			}
			if frames != want.frames || err != want.err {
				t.Errorf("%d frames, %v; want %d, %v", frames, err, want.frames, want.err)
			}
		})
	}
}

// Values in the frames of libqmi's tests.
func TestMessageValues(t *testing.T) {
	text := func(name string, kind uint8) string {
		b := find(t, "modem/qmi_message.hex", name)
		r, _ := one(t, b).Find(b, kind)
		return string(r.Text().In(b))
	}
	if got := text("test_message_parse_string_with_crlf", 1); got != "$GPGSA,A,1,,,,,,,,,,,,,,,*1E" {
		t.Errorf("%q", got)
	}
	if got := text("test_message_parse_string_with_trailing_nul", 0x12); got != "SWI9X30C_02.33.03.00" {
		t.Errorf("%q", got)
	}
	if got := text("test_message_parse_string_with_trailing_tab", 1); got != "EM12-AW" {
		t.Errorf("%q", got)
	}
	b := find(t, "modem/qmi_message.hex", "test_message_16bit_service_indication.ssc")
	f := one(t, b)
	if f.Service != 0x190 || f.Client != 3 || f.Kind != Indication || f.Txn != 1 || f.Message != 0x21 {
		t.Errorf("%+v", f)
	}
	r, _ := f.Find(b, 2)
	if v := r.Counted16(); !r.OK() || !bytes.Equal(v, []byte{0, 1, 2, 3, 4}) {
		t.Errorf("%x", v)
	}
	b = find(t, "modem/qmi_message.hex", "test_message_parse_empty_fixed_string")
	f = one(t, b)
	r, ok := f.Find(b, 0x19)
	var c Coverage
	if c.read(&r, true); !ok || c.PLMN.Valid() || !c.HasTAC || c.TAC != 0xBE4D || c.CID != 0x02E7F60C {
		t.Errorf("network id of NULs: %+v", c)
	}
	b = find(t, "modem/qmi_message.hex", "test_message_parse_missing_size")
	r, _ = one(t, b).Find(b, 0x11)
	if r.U8(); r.Counted16() != nil || r.OK() {
		t.Error("a size was read that is not there")
	}
}

// Our requests equal those that qmicli was recorded to send.
func TestVectorsRequests(t *testing.T) {
	gw := GW
	isim := []uint16{0x3F00, 0x7FFF, 0x6F02}
	plain := func(s Service, message uint16) func([]byte) ([]byte, error) {
		return func(d []byte) ([]byte, error) { return AppendRequest(d, s, 1, 1, message) }
	}
	want := map[string]func([]byte) ([]byte, error){
		"--dms-get-ids": plain(DMS, DMSGetIDs), "--dms-uim-get-imsi": plain(DMS, DMSUIMGetIMSI),
		"--dms-uim-get-iccid": plain(DMS, DMSUIMGetICCID), "--dms-get-operating-mode": plain(DMS, DMSGetOperatingMode),
		"--nas-get-cell-location-info": plain(NAS, NASGetCellLocationInfo), "--nas-get-system-info": plain(NAS, NASGetSystemInfo),
		"--nas-get-serving-system": plain(NAS, NASGetServingSystem), "--nas-get-rf-band-info": plain(NAS, NASGetRFBandInfo),
		"--nas-get-home-network": plain(NAS, NASGetHomeNetwork), "--uim-get-card-status": plain(UIM, UIMGetCardStatus),
		"--uim-read-transparent=0x3F00,0x7FFF,0x6F02": func(d []byte) ([]byte, error) {
			return AppendReadTransparent(d, 1, 1, gw, isim, 0, 0)
		},
		"--uim-read-transparent=0x3F00,0x7FFF,0x6F07": func(d []byte) ([]byte, error) {
			return AppendReadTransparent(d, 1, 1, gw, []uint16{0x3F00, 0x7FFF, 0x6F07}, 0, 0)
		},
		"--uim-get-file-attributes=0x3F00,0x7FFF,0x6F04": func(d []byte) ([]byte, error) {
			return AppendGetFileAttributes(d, 1, 1, gw, []uint16{0x3F00, 0x7FFF, 0x6F04})
		},
		"--wds-start-network=apn=ims,ip-type=6": func(d []byte) ([]byte, error) {
			return AppendStartNetwork(d, 1, 1, Start{Family: 6, APN: "ims"})
		},
		"--wds-start-network=3gpp-profile=2,ip-type=4": func(d []byte) ([]byte, error) {
			return AppendStartNetwork(d, 1, 1, Start{Profile: 2, Family: 4})
		},
		"--wds-get-current-settings": func(d []byte) ([]byte, error) {
			return AppendGetCurrentSettings(d, 1, 1, 0x0000E330)
		},
		"--wds-get-packet-service-status": plain(WDS, WDSPacketServiceStatus),
		"--wds-get-profile-list=3gpp":     func(d []byte) ([]byte, error) { return AppendGetProfileList(d, 1, 1) },
		"--wds-get-lte-attach-parameters": plain(WDS, WDSGetLTEAttachParameters),
		"--wds-modify-profile=3gpp,2,apn=ims,pdp-type=IPV4V6": func(d []byte) ([]byte, error) {
			return AppendModifyProfile(d, 1, 1, 2, "ims")
		},
		"--wds-bind-mux-data-port=mux-id=1,ep-iface-number=4,ep-type=hsusb": func(d []byte) ([]byte, error) {
			return AppendBindMux(d, 1, 1, 2, 4, 1)
		},
		"--uim-change-provisioning-session=session-type=primary-gw-provisioning,activate=yes,slot=1,aid=A0:00:00:00:87:10:02:FF:FF:FF:FF:89:07:09:00:00": func(d []byte) ([]byte, error) {
			return AppendChangeProvisioning(d, 1, 1, unhex(t, "a0000000871002ffffffff8907090000"), true)
		},
	}
	seen := 0
	for _, r := range records(t, "modem/qmi_requests_qmicli.txt") {
		name := strings.TrimPrefix(r.name, "qmicli ")
		if len(r.octet) == 0 {
			continue
		}
		seen++
		build := want[name]
		if build == nil {
			t.Errorf("no request for %s", name)
			continue
		}
		checkBuilt(t, name, r.octet, build)
	}
	if seen < 20 {
		t.Errorf("%d requests seen", seen)
	}
}

// checkBuilt expects a frame behind what was in the destination, and nothing without room.
func checkBuilt(t *testing.T, name string, want []byte, build func([]byte) ([]byte, error)) {
	t.Helper()
	got, err := build(append(make([]byte, 0, 256), "xy"...))
	if err != nil || string(got[:2]) != "xy" || !bytes.Equal(got[2:], want) {
		t.Errorf("%s:\n%x, %v, want\n%x", name, got, err, want)
	}
	if got, err := build(make([]byte, 0, len(want)-1)); err != ErrNoRoom || len(got) != 0 {
		t.Errorf("%s without room: %x, %v", name, got, err)
	}
}

func TestVectorsCTL(t *testing.T) {
	const file = "modem/qmi_ctl_proxy.hex"
	for _, c := range []struct {
		name  string
		build func([]byte) ([]byte, error)
	}{
		{"test_fixture_setup.expected line 121", func(d []byte) ([]byte, error) { return AppendProxyOpen(d, 0xFF, "/dev/virtual/qmi\x00\x00\x00\x00") }},
		{"test_fixture_setup.expected line 172", func(d []byte) ([]byte, error) { return AppendAllocate(d, 0xFF, 0xFF) }},
		{"test_fixture_teardown.expected", func(d []byte) ([]byte, error) { return AppendRelease(d, 0xFF, 0xFF, 1) }},
	} {
		checkBuilt(t, c.name, find(t, file, c.name), c.build)
	}
}

func TestVectorsCTLAnswers(t *testing.T) {
	const file = "modem/qmi_ctl_proxy.hex"
	b := find(t, file, "test_fixture_setup.response line 138")
	if f := one(t, b); f.Kind != Response || f.Message != CTLInternalProxyOpen || f.Txn != 0xFF || f.Result(b) != nil {
		t.Errorf("proxy open: %+v", f)
	}
	for _, name := range []string{"test_fixture_setup.response line 189", "test_fixture_teardown.response"} {
		b := find(t, file, name)
		if s, c, err := ParseClient(b, one(t, b)); s != 0xFF || c != 1 || err != nil {
			t.Errorf("%s: %d, %d, %v", name, s, c, err)
		}
	}
}

func TestVectorsAuthenticate(t *testing.T) {
	const file = "modem/qmi_uim_auth.txt"
	challenge := unhex(t, "1023553cbe9637a89d218ae64dae47bf351055f328b43577b9b94a9ffac354dfafb3")
	checkBuilt(t, "USIM", find(t, file, "composed request USIM"), func(d []byte) ([]byte, error) {
		return AppendAuthenticate(d, 1, 1, GW, Context3G, challenge)
	})
	checkBuilt(t, "ISIM", find(t, file, "composed request ISIM"), func(d []byte) ([]byte, error) {
		return AppendAuthenticate(d, 1, 2, Card{6, unhex(t, "a0000000871004ffffffff8906190000")}, ContextIMS, challenge)
	})
	for name, want := range map[string]struct {
		octets string
		sw     uint16
		err    error
	}{
		"composed response OK":   {"db08a54211d5e3ba50bf10b40ba9a3c58b2a05bbf0d987b21bf8cb10f769bcd751044604127672711c6d3441", 0x9000, nil},
		"composed response sync": {"dc0eba853f3c123ccf44e93596e355c6", 0x9000, nil},
		"composed response MAC":  {"", 0x9862, FailureInternal},
	} {
		b := find(t, file, name)
		f := new(Frame)
		if _, err := Parse(b, f); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		a, err := ParseAnswer(b, f)
		if !bytes.Equal(a.Octets.In(b), unhex(t, want.octets)) || a.SW != want.sw || (err == nil) != (want.err == nil) {
			t.Errorf("%s: %x %04x %v", name, a.Octets.In(b), a.SW, err)
		}
	}
}
