package at

import (
	"fmt"
	"strings"
	"testing"
)

// said is a context in one line.
func said(c *Context) string {
	var out []string
	for _, p := range c.Addresses() {
		out = append(out, p.String())
	}
	text := strings.Join(out, " ")
	if c.Gateway.IsValid() {
		text += " gw " + c.Gateway.String()
	}
	if len(c.DNS()) > 0 {
		text += fmt.Sprint(" dns ", c.DNS())
	}
	if len(c.PCSCF()) > 0 {
		text += fmt.Sprint(" pcscf ", c.PCSCF())
	}
	if c.Signalling {
		text += " signalling"
	}
	return strings.TrimSpace(text)
}

// What the recorded lines mean, by their line in the source: read by hand from TS 27.007 §10.1.23.
var contexts = map[string]string{
	"3917": "2.197.17.49/32 gw 2.197.17.49 dns [10.207.43.46 10.206.56.132]",
	"3928": "2.197.17.49/32 gw 2.197.17.49 dns [10.207.43.46]",
	"3938": "2.197.17.49/32 gw 2.197.17.49",
	"3947": "2.197.17.49/32",
	"3956": "2.197.17.49/32 gw 2.197.17.49 dns [10.207.43.46 10.206.56.132]",
	"3967": "2.197.17.49/32 gw 2.197.17.49 dns [10.207.43.46]",
	"3977": "2.197.17.49/32 gw 2.197.17.49",
	"3986": "2.197.17.49/32",
	"3994": "2.197.17.49/32",
	"4001": "fe80::25:5888:f801/128 dns [2a01:1700:2:ffff::9f01 2a01:1700:3:ffff::9822]",
	"4011": "2607:fb90:9a25:c078:ac39:bd11:b0ab:8af5/128 dns [fd00:976a::9 fd00:976a::10]",
	"4020": "2607:fb90:b59a:2c1:ad3:1b57:4fd4:21f4/128 gw fe80::b46d:57ff:fe45:4545 dns [fd00:976a::9 fd00:976a::10]",
	"4030": "dns [fd00:976a::9 fd00:976a::10]",
	"4039": "",
	"4045": "",
}

func TestVectorsContext(t *testing.T) {
	for _, row := range rows(t, "modem/at_cgcontrdp.txt") {
		want, known := contexts[row[0]]
		if !known {
			continue
		}
		var c Context
		if err := c.ParseContext(unescape(t, row[1])); err != nil || said(&c) != want {
			t.Errorf("%s: %v\n%q\nwant\n%q", row[1], err, said(&c), want)
		}
	}
}

// The recordings of IMS bearers.
func TestVectorsIMSBearer(t *testing.T) {
	want := []struct{ prefix, what string }{
		{`+CGCONTRDP: 3,6,"ims.mnc043.mcc404.gprs","36.2.129.0.111`, "2402:8100:6ffe:8ae6:0:c:de2b:3801/64 gw fe80::1"},
		{`+CGCONTRDP: 1,5,"www.mnc043.mcc404.gprs"`, "10.90.218.248/24 gw 10.90.218.1"},
		{`+CGCONTRDP: 3,6,"ims.mnc043.mcc404.gprs","36.2.129.0"`, "36.2.129.0/32"},
		{`+CGCONTRDP: 2,6,"ims.mnc410`, "2600:380:0:1::5/64 pcscf [2001:0:0:1::2] signalling"},
		{`+CGCONTRDP: 1,5,SMARTLTE`, "10.167.105.28/32 dns [10.151.151.44 10.151.151.48]"},
		{`+CGPADDR: 3,"0.0.0.0,2402`, "2402:8100:6ffe:8ae6:0:c:de2b:3801/128"},
		{`+CGPADDR: 2,"10.3.4.136"`, "10.3.4.136/32 ::188d:4d5b:c511:504c/128"},
		{`+CGPADDR: 2,0.0.0.0,0.0`, ""}, {`+CGPADDR: 2,""`, ""}, {`+CGPADDR: 1,100.67.208.145`, "100.67.208.145/32"},
	}
	text := string(load(t, "modem/at_ims_pdn.txt"))
	for _, w := range want {
		i := strings.Index(text, w.prefix)
		if i < 0 {
			t.Errorf("%s is not recorded", w.prefix)
			continue
		}
		line, _, _ := strings.Cut(text[i:], "\n")
		line, _, _ = strings.Cut(line, "    ") // a remark
		var c Context
		err := c.ParseContext([]byte(line))
		if strings.HasPrefix(line, "+CGPADDR") {
			err = c.ParseAddresses([]byte(line))
		}
		if err != nil || said(&c) != w.what {
			t.Errorf("%s: %v\n%q\nwant\n%q", line, err, said(&c), w.what)
		}
	}
	var c Context
	if err := c.ParseAddresses([]byte("+CGPADDR: 3")); err != nil || said(&c) != "" || c.CID != 3 {
		t.Errorf("too early: %v %q", err, said(&c))
	}
}

func TestContextRefused(t *testing.T) {
	for _, line := range []string{`+CGCONTRDP: 1,5,"ims","999.1.1.1.255.255.255.0","",""`, "+CGCONTRDP: ", "+CGCONTRDP: x,5,ims", `+CGCONTRDP: 1,5,"ims","1.2.3"`,
		`+CGCONTRDP: 1,5,"ims","1.2.3.4.255.0.255.0"`, `+CGCONTRDP: 1,5,"ims","fe80::1%eth0"`, "+CGCONTRDP: 1,5,\"i\x01ms\"", `+CGCONTRDP: 1,5,"ims","1.2.3.4",,"1..3.4"`,
		`+CGCONTRDP: 1,5,"` + strings.Repeat("a", 101) + `"`} {
		c := Context{CID: 9, MTU: 9}
		if err := c.ParseContext([]byte(line)); err != ErrSyntax || c != (Context{CID: 9, MTU: 9}) {
			t.Errorf("%q: %v %+v", line, err, c)
		}
	}
	c := Context{}
	for i := range 20 {
		_ = c.ParseContext([]byte(fmt.Sprintf(`+CGCONTRDP: 1,5,"ims","10.0.0.%d","","10.1.0.%d","10.2.0.%d","10.3.0.%d","10.4.0.%d"`, i, i, i, i, i)))
	}
	if len(c.Addresses()) != maxPerKind || len(c.DNS()) != maxPerKind || len(c.PCSCF()) != maxPerKind {
		t.Errorf("%q", said(&c))
	}
	if err := c.ParseContext([]byte(`+CGCONTRDP: 2,6,"ims","10.0.0.1 255.255.255.0",,,,,,1,0,1430`)); err != nil || c.MTU != 1430 || !c.Signalling {
		t.Errorf("%v %+v", err, c)
	}
}

func TestVectorsActiveAndDefined(t *testing.T) {
	active := map[int]bool{}
	for _, row := range rows(t, "modem/at_cgact.txt") {
		cid, on, err := ParseActive(unescape(t, row[1]))
		if err != nil {
			t.Errorf("%s: %v", row[1], err)
		}
		active[cid] = on
	}
	if len(active) != 3 || !active[4] || active[5] {
		t.Errorf("%v", active)
	}
	apns := map[string]int{}
	for _, row := range rows(t, "modem/at_cgdcont.txt") {
		line := unescape(t, row[1])
		cid, apn, err := ParseDefinition(line)
		test := strings.HasPrefix(string(line), "+CGDCONT: (") || strings.HasPrefix(string(line), "+CGDCONT: ( ") || strings.HasPrefix(string(line), "+CGDCONT: ,")
		if (err != nil) != test {
			t.Errorf("%s: %d %q %v", row[1], cid, apn, err)
		}
		if err == nil {
			apns[apn] = cid
		}
	}
	if apns["epc.tmobile.com"] != 2 || apns["inet.es"] != 3 || apns["telefonica.es"] != 1 {
		t.Errorf("%v", apns)
	}
}

func TestVectorsClock(t *testing.T) {
	want := map[string]string{"14/08/05,04:00:21": "2014-08-05T04:00:21Z false 0", "14/08/05,04:00:21+40": "2014-08-04T18:00:21Z true 40",
		"15/02/28,20:30:40-32": "2015-03-01T04:30:40Z true -32", "17/07/26,11:42:15+01": "2017-07-26T11:27:15Z true 1", "XX/XX/XX,XX:XX:XX+XX": "error"}
	seen := 0
	for _, row := range rows(t, "modem/at_cclk.txt") {
		line := unescape(t, row[1])
		if !strings.HasPrefix(string(line), "+CCLK:") {
			continue
		}
		w, known := want[strings.Trim(strings.TrimPrefix(string(line), "+CCLK:"), "\" \r\n")]
		c, err := ParseClock(line)
		got := fmt.Sprint(c.UTC.Format("2006-01-02T15:04:05Z07:00"), " ", c.HasZone, " ", c.Zone)
		if err != nil {
			got = "error"
		}
		if seen++; !known || got != w {
			t.Errorf("%s: %s, want %s", row[1], got, w)
		}
	}
	if seen < 19 {
		t.Errorf("%d lines", seen)
	}
	for _, line := range []string{`+CCLK: "80/01/06,00:00:12+00"`, `+CCLK: "24/02/31,00:00:00+00"`, `+CCLK: "24/13/01,00:00:00+00"`, `+CCLK: "24/01/01,00:00:00+99"`, "+CCLK:", "24/01/01,00:00:00"} {
		if c, err := ParseClock([]byte(line)); err != ErrSyntax {
			t.Errorf("%s: %v %v", line, c, err)
		}
	}
	if c, err := ParseClock([]byte(`+CCLK: "24/01/01,00:00:00--"`)); err != nil || c.HasZone {
		t.Errorf("%v %v", c, err)
	}
}

func TestZone(t *testing.T) {
	for line, want := range map[string]string{`+CTZV: +36`: "36 0", `+CTZV: "-32"`: "-32 0", `+CTZV: 24/08/05,04:00:21+40,0`: "error", `+CTZE: "+04",1,"24/08/05,04:00:21"`: "4 1",
		"+CTZEU: -20,0": "-20 0", "+CTZV:": "error", "+CTZV: +99": "error", "+CREG: 1": "error"} {
		c, err := ParseZone([]byte(line))
		got := fmt.Sprint(c.Zone, " ", c.DST)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

func TestVectorsAPDULines(t *testing.T) {
	want := map[string]string{"4301": "000063c1", "4302": "000063ca", "4303": "000063cf", "4305": "000063c1", "4306": "000063c1", "4307": "000063c1", "4310": "63cf",
		"4312": "6300", "4313": "6983", "4314": "6984", "4315": "6a86", "4316": "6a88", "4318": "000063cf", "4320": "000063cf", "4322": "63bf", "4323": "63d0"}
	for _, row := range rows(t, "modem/at_csim_pinretries.txt") {
		line := unescape(t, row[1])
		if !strings.HasPrefix(string(line), "+CSIM") {
			continue
		}
		b, err := AppendAPDU(make([]byte, 0, 16), line)
		if got := fmt.Sprintf("%x", b); err != nil || got != want[row[0]] {
			t.Errorf("%s: %v %s, want %s", row[1], err, got, want[row[0]])
		}
	}
	for _, row := range rows(t, "modem/at_crsm.txt") {
		b, sw, err := ParseRestricted(make([]byte, 0, 32), unescape(t, row[1]))
		if err != nil || sw != 0x9000 || fmt.Sprintf("%x", b) != "0054485552415941ffffffffffffffffff" {
			t.Errorf("%s: %v %04x %x", row[1], err, sw, b)
		}
	}
	for line, want := range map[string]Error{`+CSIM: 5,"db08a"`: ErrSyntax, `+CSIM: 4,"zz00"`: ErrSyntax, "+CSIM:": ErrSyntax, `+CSIM: 4,""`: ErrSyntax, "+CGLA: 1,2,3": ErrSyntax,
		`+CSIM: 9999,"` + strings.Repeat("00", 400) + `"`: ErrNoRoom, "+CREG: 1": ErrSyntax} {
		if b, err := AppendAPDU(make([]byte, 0, 300), []byte(line)); err != want || len(b) > 300 {
			t.Errorf("%.40s: %v %x", line, err, b)
		}
	}
	for line, want := range map[string]int64{"+CCHO: 1": 1, "1": 1, "+CCHO: 257": 257, "+CCHO: 1465853795": 1465853795, "+CCHO: 0": 0, "+CCHO: -1": 0, "+CCHO:": 0, "RING": 0, "12345678901": 0} {
		if got, err := ParseChannel([]byte(line)); got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %d %v, want %d", line, got, err, want)
		}
	}
}
