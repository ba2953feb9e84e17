package uicc

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// vector reads a file of the vectors; what is missing from a folder of the environment is skipped.
func vector(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("IMSAGENT_VECTORS")
	if dir == "" {
		dir = filepath.Join("..", "testdata", "vectors")
	}
	b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if os.IsNotExist(err) && os.Getenv("IMSAGENT_VECTORS") != "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// value returns what stands behind "key =" in a text.
func value(text, key string) string {
	for _, l := range strings.Split(text, "\n") {
		if k, v, ok := strings.Cut(l, "="); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// answers are what each answer comes to; the one with Kc is disputed, see DISPUTED.tsv.
var answers = map[string]error{
	"get-response-61": ErrMore, "len-beyond": ErrSyntax, "mac-failure": ErrMAC, "not-supported": ErrConditions, "ok-with-kc": nil,
	"res-len-0": ErrSyntax, "res-len-17": ErrSyntax, "truncated": ErrStatus, "wrong-context": ErrContext, "wrong-le-6c": ErrLe,
}

func TestVectorsAuthenticate(t *testing.T) {
	n := 0
	for _, row := range strings.Split(vector(t, "aka/index.tsv"), "\n") {
		path := strings.Split(row, "\t")[0]
		name, ok := strings.CutPrefix(path, "aka/usim-authenticate/")
		if !ok {
			continue
		}
		n++
		t.Run(name, func(t *testing.T) {
			b := unhex(t, value(vector(t, path), "response_hex"))
			octets, sw, err := Split(b)
			if err != nil {
				t.Fatal(err)
			}
			a, err := ParseAuthenticate(octets, sw)
			if want, known := answers[strings.TrimSuffix(name, ".kv")]; known && err != want {
				t.Errorf("%v, want %v", err, want)
			}
			if err != nil && len(a.RES()) > 0 {
				t.Error("RES in spite of an error")
			}
		})
	}
	if n == 0 {
		t.Error("no answer in the index")
	}
}

// The sets of TS 35.207 and 35.208: command and answers.
func TestVectorsMilenageAnswers(t *testing.T) {
	for _, part := range strings.Split(vector(t, "modem/aka_milenage.txt"), "\n[")[1:] {
		name, set, _ := strings.Cut(part, "]")
		t.Run(name, func(t *testing.T) {
			rand, autn := [16]byte(unhex(t, value(set, "RAND"))), [16]byte(unhex(t, value(set, "AUTN")))
			if got := hex.EncodeToString(AppendAuthenticate(nil, &rand, &autn)); got != value(set, "APDU") {
				t.Errorf("command %s", got)
			}
			a, err := ParseAuthenticate(unhex(t, value(set, "RESP_OK")), 0x9000)
			if err != nil || hex.EncodeToString(a.RES()) != value(set, "RES") || hex.EncodeToString(a.CK[:]) != value(set, "CK") ||
				hex.EncodeToString(a.IK[:]) != value(set, "IK") || a.Resync {
				t.Errorf("%+v, %v", a, err)
			}
			a, err = ParseAuthenticate(unhex(t, value(set, "RESP_SYNC")), 0x9000)
			if err != nil || !a.Resync || hex.EncodeToString(a.AUTS[:]) != value(set, "AUTS") || len(a.RES()) != 0 {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
}

// oFono's answers, of which every strict prefix is malformed.
func TestVectorsAPDU(t *testing.T) {
	text := vector(t, "modem/apdu_auth_parse.txt")
	for key, res := range map[string]string{"umts_success": "ffeeddccbbaa1122", "umts_success_kc": "ffeeddccbbaa1122", "umts_sync_fail": ""} {
		b := unhex(t, value(text, key))
		a, err := ParseAuthenticate(b, 0x9000)
		if err != nil || hex.EncodeToString(a.RES()) != res || a.Resync != (res == "") {
			t.Errorf("%s: %+v, %v", key, a, err)
		}
		whole := len(unhex(t, value(text, "umts_success")))
		if key == "umts_sync_fail" {
			whole = len(b)
		}
		for i := range whole {
			if _, err := ParseAuthenticate(b[:i], 0x9000); err != ErrSyntax {
				t.Errorf("%s cut at %d: %v", key, i, err)
			}
		}
	}
	if _, err := ParseAuthenticate(unhex(t, value(text, "gsm_success")), 0x9000); err != ErrSyntax {
		t.Errorf("GSM: %v", err)
	}
}

// phonesim answers AUTHENTICATE without a status word, and failures with one.
func TestSplitWithoutStatus(t *testing.T) {
	for text, want := range map[string]error{
		"DB0827b89b1859b269e110cccf2de3757c6582bcdb0c5883d85fed10e8b0ac9bb182adcf70899900ef45e43c": nil,
		"DC0Ed9b4da9d95c072eae11ff7731d49": nil,
		"9862":                             ErrMAC,
		"DB08A54211D5E3BA50BF10B40BA9A3C58B2A05BBF0D987B21BF8CB10F769BCD751044604127672711C6D34419000": nil,
	} {
		b, sw, err := Split(unhex(t, text))
		if err != nil {
			t.Error(text, err)
		}
		if a, err := ParseAuthenticate(b, sw); err != want || err == nil && !a.Resync && len(a.RES()) != 8 {
			t.Errorf("%s: %+v, %v", text, a, err)
		}
	}
	if _, _, err := Split([]byte{0x90}); err != ErrSyntax {
		t.Error(err)
	}
}

func TestCheck(t *testing.T) {
	for sw, want := range map[uint16]error{0x9000: nil, 0x9110: nil, 0x6135: ErrMore, 0x9F04: ErrMore, 0x6C26: ErrLe, 0x9862: ErrMAC, 0x9864: ErrContext,
		0x6982: ErrConditions, 0x6A82: ErrNotFound, 0x6D00: ErrStatus, 0: ErrStatus} {
		if err := Check(sw); err != want {
			t.Errorf("%04x: %v, want %v", sw, err, want)
		}
	}
	for e := ErrMAC; e <= ErrAbsent; e++ {
		if len(e.Error()) < 10 {
			t.Error(e)
		}
	}
}

func TestFiles(t *testing.T) {
	for text, want := range map[string]string{
		"61184F10A0000000871002FFF605FF89000001FF50045553494D":                         "a0000000871002fff605ff89000001ff", // Vi
		"61194f10a0000000871002ffffffff890709000050055553696d31ffffffffffffffffffffff": "a0000000871002ffffffff8907090000", // softsim
		"61184F10A0000000871004FFFFFFFF890619000050044953494DFFFFFFFFFFFFFF":           "a0000000871004ffffffff8906190000", // phonesim
		"ffffffff": "", "61": "", "6102": "", "61024F10": "", "00": "",
	} {
		aid, err := ParseDir(unhex(t, text))
		if hex.EncodeToString(aid) != want || (err == nil) != (want != "") {
			t.Errorf("%s: %x, %v", text, aid, err)
		}
	}
	for text, want := range map[string]string{"084940340838994604": "404438083996440", "080910100000000010": "001010000000001",
		"ffffffffffffffffff": "", "08": "", "": "", "08a940340838994604": ""} {
		if got, err := ParseIMSI(unhex(t, text)); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for text, want := range map[string]int{"00000002": 2, "01000803": 3, "000000": 0, "00000000": 0, "00ffff02": 2} {
		if got, _ := ParseMNCLength(unhex(t, text)); got != want {
			t.Errorf("%s: %d", text, got)
		}
	}
	for text, want := range map[string]string{"8003612e62ffff": "a.b", "ffff": "", "8000": "", "80ff61": "", "800361 0d0a": "", "8003613c62": "", "8103612e62": ""} {
		if got, err := ParseText(unhex(t, text)); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
}

func TestDerive(t *testing.T) {
	for _, c := range []struct {
		imsi string
		mnc  int
		impi string
	}{
		{"404438083996440", 2, "404438083996440@ims.mnc043.mcc404.3gppnetwork.org"},
		{"404438083996440", 0, "404438083996440@ims.mnc043.mcc404.3gppnetwork.org"},
		{"310410123456789", 3, "310410123456789@ims.mnc410.mcc310.3gppnetwork.org"},
		{"310410123456789", 0, "310410123456789@ims.mnc410.mcc310.3gppnetwork.org"},
		{"405861123456789", 0, "405861123456789@ims.mnc861.mcc405.3gppnetwork.org"},
		{"405010123456789", 0, "405010123456789@ims.mnc001.mcc405.3gppnetwork.org"},
		{"12", 0, ""}, {"40443808399644\r\n", 2, ""},
	} {
		id := Identity{IMSI: c.imsi}
		id.Derive(c.mnc)
		if id.IMPI != c.impi || c.impi != "" && (len(id.IMPU) != 1 || id.IMPU[0] != "sip:"+c.impi || c.impi != c.imsi+"@"+id.Domain) {
			t.Errorf("%s %d: %+v", c.imsi, c.mnc, id)
		}
	}
	id := Identity{IMSI: "310410123456789", IMPI: "a@b", IMPU: []string{"sip:a@b"}, Domain: "b", ISIM: true}
	if id.Derive(3); id.IMPI != "a@b" || id.Domain != "b" || len(id.IMPU) != 1 {
		t.Errorf("an ISIM's identity was replaced: %+v", id)
	}
}

func TestIMEI(t *testing.T) {
	for line, want := range map[string]string{
		"490154203237518": "490154203237518", `+CGSN: "490154203237518"`: "490154203237518", "49015420323751": "490154203237518",
		"4901542032375101": "490154203237518", "490154203237518,NL2A62Z0N5": "490154203237518", "490154203237510": "490154203237518", "356936001568843,NL2A62Z0N5": "", "359225050039973": "359225050039973",
		"490154203237517": "", "AT+CGSN": "", "0x6744775": "", "1234567890": "", "49015420323751812345678901234567": "", "": "",
		"\r\nX:3 y": "",
	} {
		got, err := ParseIMEI(line)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", line, got, err, want)
		}
	}
	if got := InstanceID("490154203237518"); got != "urn:gsma:imei:49015420-323751-0" {
		t.Error(got)
	}
	for line, want := range map[string]string{"460028563800461": "460028563800461", "+CIMI: 460028563800461": "460028563800461", "46000\r\nX": "", "ERROR": ""} {
		if got, _ := ParseIMSIText(line); got != want {
			t.Errorf("%q: %q", line, got)
		}
	}
}

// FuzzAnswer gives octets to every parser of a card's answers.
func FuzzAnswer(f *testing.F) {
	f.Add(unhex(f, "db08ffeeddccbbaa11221000112233445566778899aabbccddeeff100123456789abcdeffedcba98765432109000"))
	f.Add(unhex(f, "dc0edeeabeefdeeabeefdeeabeefdeea"))
	f.Add(unhex(f, "61184F10A0000000871002FFF605FF89000001FF50045553494D"))
	f.Add(unhex(f, "084940340838994604"))
	f.Add(unhex(f, "8003612e62ffff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		octets, sw, err := Split(b)
		if err == nil && len(octets) != len(b) && len(octets) != len(b)-2 {
			t.Error("Split lost octets")
		}
		if a, err := ParseAuthenticate(octets, sw); err == nil && !a.Resync && (len(a.RES()) < 4 || len(a.RES()) > 16) {
			t.Errorf("RES of %d", len(a.RES()))
		}
		ParseDir(b)
		if s, err := ParseIMSI(b); err == nil && (!decimal(s) || len(s) > 15) {
			t.Errorf("IMSI %q", s)
		}
		if s, err := ParseText(b); err == nil && strings.ContainsAny(s, "\r\n \"<>") {
			t.Errorf("text %q", s)
		}
		if s, err := ParseIMEI(string(b)); err == nil && (!decimal(s) || len(s) != 15) {
			t.Errorf("IMEI %q", s)
		}
	})
}

func TestNothingAllocates(t *testing.T) {
	b := unhex(t, "db08ffeeddccbbaa11221000112233445566778899aabbccddeeff100123456789abcdeffedcba98765432109000")
	dst := make([]byte, 0, 64)
	var rand, autn [16]byte
	if n := testing.AllocsPerRun(100, func() {
		octets, sw, _ := Split(b)
		ParseAuthenticate(octets, sw)
		AppendAuthenticate(dst, &rand, &autn)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
