package sipmin

import (
	"math"
	"net/netip"
	"strings"
	"testing"
)

func TestParseNameAddr(t *testing.T) {
	tests := []struct{ text, display, uri, params string }{
		{"sip:a@b", "", "sip:a@b", ""},
		{" sip:a@b;tag=x ", "", "sip:a@b", "tag=x"},
		{"sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n", "", "sip:vivekg@chair-dnrc.example.com", "tag    = 1918181833n"},
		{"<sip:a@b;x=y>", "", "sip:a@b;x=y", ""},
		{"<sip:a@b>;tag=x", "", "sip:a@b", "tag=x"},
		{"A. G. Bell <sip:agb@bell-telephone.com> ;tag=a48s", "A. G. Bell", "sip:agb@bell-telephone.com", "tag=a48s"},
		{`"J Rosenberg \\\""       <sip:jdrosen@example.com>` + "\r\n  ;\r\n  tag = 98asjd8", `"J Rosenberg \\\""`, "sip:jdrosen@example.com", "tag = 98asjd8"},
		{`"a, b <sip:x>" <sip:y>`, `"a, b <sip:x>"`, "sip:y", ""},
		{"caller<sip:caller@example.com>;tag=323", "caller", "sip:caller@example.com", "tag=323"},
		{"J\xc3\xbcrgen <sip:j@b>", "J\xc3\xbcrgen", "sip:j@b", ""},
		{"isbn:2983792873", "", "isbn:2983792873", ""},
		{"<http://www.example.com>;tag=1", "", "http://www.example.com", "tag=1"},
		{`"Joe" <sip:joe@example.org>;;;;`, `"Joe"`, "sip:joe@example.org", ";;;"},
		{"<sip:a?x=y>", "", "sip:a?x=y", ""},
	}
	for _, tt := range tests {
		b := []byte(tt.text)
		na, err := ParseNameAddr(b, whole(tt.text))
		got := [...]string{string(na.Display.In(b)), string(na.URI.In(b)), string(na.Params.In(b))}
		if want := [...]string{tt.display, tt.uri, tt.params}; err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", tt.text, got, err, want)
		}
	}
	for _, s := range []string{
		"", "<", "<>", "<sip:a", "sip:a>", `"a <sip:b>`, `"a" sip:b`, `"a"`, "*", "a@b", "<a@b>", "< sip:a@b >", "Bell, Alexander <sip:a@b>",
		"<sip:a> x", "<sip:a>, <sip:b>", "sip:a?b=c", "sip:a,b", "sip:a b", "<sip:a<b>", "<sip:>", "sip:", "a:b <sip:c>",
	} {
		if na, err := ParseNameAddr([]byte(s), whole(s)); err == nil {
			t.Errorf("%q is accepted: %+v", s, na)
		}
	}
}

// list joins what a walk over elements gives.
func list(s string) string {
	var all []string
	b := []byte(s)
	for e, rest, ok := NextElement(b, whole(s)); ok; e, rest, ok = NextElement(b, rest) {
		all = append(all, string(e.In(b)))
	}
	return strings.Join(all, "|")
}

func TestNextElement(t *testing.T) {
	for s, want := range map[string]string{
		"":                        "",
		" , ,":                    "",
		"a":                       "a",
		"a,b , c":                 "a|b|c",
		",a,,b,":                  "a|b",
		`"a,b" <sip:x>,c`:         `"a,b" <sip:x>|c`,
		`<sip:a,b>;x=",",<sip:c>`: `<sip:a,b>;x=","|<sip:c>`,
		`"a\",b",c`:               `"a\",b"|c`,
		`a;x="never closed, b`:    `a;x="never closed, b`,
		`<sip:a, b`:               `<sip:a, b`,
		`a;x=\"y\",b`:             `a;x=\"y\"|b`,
		"a\r\n ,\r\n\tb":          "a|b",
	} {
		if got := list(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestParam(t *testing.T) {
	tests := []struct {
		params, name, value string
		present             bool
	}{
		{"tag=x", "tag", "x", true},
		{"TAG = x ;lr", "tag", "x", true},
		{";;a;;tag=x;;", "tag", "x", true},
		{"lr", "lr", "", true},
		{"lr;tag=x", "tag", "x", true},
		{"a=b", "b", "", false},
		{"", "a", "", false},
		{`+g.3gpp.icsi-ref="urn%3Aurn-7%3Ax";q=1`, "+g.3gpp.icsi-ref", "urn%3Aurn-7%3Ax", true},
		{`a="x;b=1";b=2`, "b", "2", true},
		{`a="x\";b=1";b=2`, "b", "2", true},
		{`a=\"x\";b=2`, "a", "x", true},
		{`a=\"x\";b=2`, "b", "2", true},
		{`+sip.instance="<urn:uuid:95CAE616>`, "+sip.instance", "<urn:uuid:95CAE616>", true},
		{`a="`, "a", "", true},
		{`a=""`, "a", "", true},
		{`a="\"`, "a", `\"`, true},
		{"a=1=2", "a", "1=2", true},
		{"tag=\r\n x", "tag", "x", true},
		{"\u212a=1", "k", "", false}, // KELVIN SIGN is no "k"
	}
	for _, tt := range tests {
		b := []byte(tt.params)
		v, ok := Param(b, whole(tt.params), tt.name)
		if string(v.In(b)) != tt.value || ok != tt.present {
			t.Errorf("%q in %q: %q, %v; want %q, %v", tt.name, tt.params, v.In(b), ok, tt.value, tt.present)
		}
	}
}

func TestParseVia(t *testing.T) {
	tests := []struct {
		text, transport, host, branch, received string
		port                                    uint16
		hasRPort                                bool
		rport                                   uint16
	}{
		{"SIP/2.0/UDP h", "UDP", "h", "", "", 0, false, 0},
		{"SIP/2.0/TCP [2001:db8::9:1]:5060;branch=z9hG4bKas3;transport=TCP", "TCP", "[2001:db8::9:1]", "z9hG4bKas3", "", 5060, false, 0},
		{"SIP  /    2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw", "UDP", "192.0.2.2", "390skdjuw", "", 0, false, 0},
		{"SIP/2.0/UDP h : 5061 ; rport ; received=2001:db8::9:255;;branch=\"x\"", "UDP", "h", "x", "2001:db8::9:255", 5061, true, 0},
		{"SIP/2.0/UDP h;rport=9988;received=[2001:db8::9:255]", "UDP", "h", "", "[2001:db8::9:255]", 0, true, 9988},
		{"SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw", "UDP", "c.example.com", "z9hG4bKkdjuw", "", 0, false, 0},
		{"SIP/2.0/UNKNOWN t5.example.com", "UNKNOWN", "t5.example.com", "", "", 0, false, 0},
		{"SIP/2.0/TCP h:5060;maddr=192.168.102.5 (NTA 1.0)", "TCP", "h", "", "", 5060, false, 0},
	}
	for _, tt := range tests {
		b := []byte(tt.text)
		v, err := ParseVia(b, whole(tt.text))
		got := [...]string{string(v.Transport.In(b)), string(v.Host.In(b)), string(v.Branch.In(b)), string(v.Received.In(b))}
		if want := [...]string{tt.transport, tt.host, tt.branch, tt.received}; err != nil || got != want ||
			v.Port != tt.port || v.HasRPort != tt.hasRPort || v.RPort != tt.rport {
			t.Errorf("%q: %q %+v %v; want %q", tt.text, got, v, err, want)
		}
		if a, ok := v.ReceivedAddr(b); ok != (tt.received != "") || ok && a != netip.MustParseAddr("2001:db8::9:255") {
			t.Errorf("%q: received %v, %v", tt.text, a, ok)
		}
	}
	for _, s := range []string{
		"", "SIP", "SIP 2.0 TCP h", "SIP/2.0 h", "SIP/2.0/UDP", "SIP/2.0/UDPh", "SIP/2.0/ h", "HTTP/1.1/TCP h", "SIP/2.0/UDP h x", "SIP/2.0/UDP h:",
		"SIP/2.0/UDP h:5060port", "SIP/2.0/UDP h:65536", "SIP/2.0/UDP h;branch=", "SIP/2.0/UDP h;branch=\"x", "SIP/2.0/UDP h;rport=x",
		"SIP/2.0/UDP h;rport=65536", "SIP/2.0/UDP p1@h", "SIP/2.0/UDP 2001:db8::1", "SIP/2.0/UDP h;=x", "SIP/2.0/UDP h;a=b c", "SIP/2.0/UDP [::1",
		";", "SIP/2.0/UDP h (x", "(x)", "SIP/2.0/UDP h,SIP/2.0/UDP i",
	} {
		if v, err := ParseVia([]byte(s), whole(s)); err == nil {
			t.Errorf("%q is accepted: %+v", s, v)
		}
	}
	for branch, want := range map[string]bool{"z9hG4bK1": true, "z9hG4bK": false, "z9hg4bk1": false, "1": false} {
		s := "SIP/2.0/UDP h;branch=" + branch
		if v, _ := ParseVia([]byte(s), whole(s)); v.HasCookie([]byte(s)) != want {
			t.Errorf("%s: cookie %v", branch, !want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "007": 7, "70": 70, "255": 255, "256": -1, "": -1, "-1": -1, "+5": -1, "0x5": -1, "5 ": -1, "5.0": -1, "4294967301": -1,
		"18446744073709551617": -1,
	} {
		if v, ok := ParseUint([]byte(s), 255); ok != (want >= 0) || ok && int64(v) != want {
			t.Errorf("%q: %d, %v; want %d", s, v, ok, want)
		}
	}
	for s, want := range map[string]int64{"0": 0, "3600": 3600, "4294967295": math.MaxUint32, "99999999999999999999": math.MaxUint32, "-1": -1, "": -1, "1e3": -1} {
		if v, ok := ParseSeconds([]byte(s)); ok != (want >= 0) || ok && int64(v) != want {
			t.Errorf("%q seconds: %d, %v; want %d", s, v, ok, want)
		}
	}
}

func TestCSeqAndRAck(t *testing.T) {
	for s, want := range map[string]string{
		"1 INVITE": "INVITE", "0009\r\n  INVITE": "INVITE", " 4294967295\tRE%47IST%45R ": "RE%47IST%45R",
		"4294967296 ACK": "", "INVITE": "", "1": "", "1INVITE": "", "1 INVITE x": "", "-1 ACK": "", "": "", "1 IN;V": "",
	} {
		_, name, err := ParseCSeq([]byte(s), whole(s))
		if got := string(name.In([]byte(s))); got != want || (err == nil) != (want != "") {
			t.Errorf("CSeq %q: %q, %v", s, got, err)
		}
	}
	s := "776656 1 INVITE"
	r, c, m, err := ParseRAck([]byte(s), whole(s))
	if r != 776656 || c != 1 || string(m.In([]byte(s))) != "INVITE" || err != nil {
		t.Errorf("RAck: %d %d %v %v", r, c, m, err)
	}
	for _, s := range []string{"", "1", "1 2", "1 INVITE", "x 1 INVITE", "1 2 A B", "4294967296 1 INVITE"} {
		if _, _, _, err := ParseRAck([]byte(s), whole(s)); err != ErrNumber {
			t.Errorf("RAck %q: %v", s, err)
		}
	}
}

func TestSessionExpiresAndRetryAfter(t *testing.T) {
	tests := []struct {
		text    string
		seconds int64
		r       Refresher
	}{
		{"1800", 1800, RefresherNone}, {"4000;refresher=uac", 4000, RefresherUAC}, {"1800 ; Refresher=UAS", 1800, RefresherUAS},
		{"600;other-param=10;refresher=uac;more-param=42", 600, RefresherUAC}, {"9223372037", math.MaxUint32, RefresherNone},
		{"90;refresher=proxy", 90, RefresherNone}, {"-1", -1, 0}, {"", -1, 0}, {"x", -1, 0}, {"1 2", -1, 0}, {";refresher=uac", -1, 0},
	}
	for _, tt := range tests {
		s, r, err := ParseSessionExpires([]byte(tt.text), whole(tt.text))
		if (err == nil) != (tt.seconds >= 0) || err == nil && (int64(s) != tt.seconds || r != tt.r) {
			t.Errorf("Session-Expires %q: %d %d %v", tt.text, s, r, err)
		}
	}
	for s, want := range map[string]int64{
		"18000;duration=3600": 18000, "120 (I'm in a meeting)": 120, "0": 0, "949302838503028349304023988": math.MaxUint32,
		"": -1, "x": -1, "1x": -1, "-5": -1, "5 x": -1, "Wed, 04 Apr 2001 19:00:00 GMT": -1, "120(": 120,
	} {
		v, err := ParseRetryAfter([]byte(s), whole(s))
		if (err == nil) != (want >= 0) || err == nil && int64(v) != want {
			t.Errorf("Retry-After %q: %d, %v", s, v, err)
		}
	}
}

func TestUnfold(t *testing.T) {
	for s, want := range map[string]string{"a": "a", "a\r\n b": "a b", "a\r\n \t\r\n\tb c": "a b c", "a  b": "a  b", "": ""} {
		got, err := Unfold(make([]byte, 0, len(want)), []byte(s))
		if string(got) != want || err != nil {
			t.Errorf("%q: %q, %v", s, got, err)
		}
		if len(want) > 0 {
			if got, err := Unfold(make([]byte, 0, len(want)-1), []byte(s)); len(got) != 0 || err != ErrNoRoom {
				t.Errorf("%q without room: %q, %v", s, got, err)
			}
		}
	}
}

func TestHeaderNames(t *testing.T) {
	for id := HVia; id < numHeaders; id++ {
		name, compact := id.Name(false), id.Name(true)
		if len(name) > maxName || name == "" {
			t.Errorf("%d %q", id, name)
		}
		for _, s := range []string{name, strings.ToUpper(name), strings.ToLower(name), compact, strings.ToUpper(compact)} {
			if got := HeaderOf([]byte(s)); got != id {
				t.Errorf("%q is %d, want %d (%s)", s, got, id, name)
			}
		}
	}
	for _, s := range []string{"", "z", "C%6Fntact", "Vi", "Viaa", "Content-Length ", strings.Repeat("x", 300), "\u212a"} {
		if got := HeaderOf([]byte(s)); got != HOther {
			t.Errorf("%q is %s", s, got.Name(false))
		}
	}
	if HOther.Name(false) != "" || numHeaders.Name(true) != "" {
		t.Error("a name for no field")
	}
	// RFC 3261 §7.3.3 and §20; RFC 3515, 3841, 3892, 4028, 6665.
	for compact, long := range map[string]string{
		"a": "Accept-Contact", "b": "Referred-By", "c": "Content-Type", "d": "Request-Disposition", "e": "Content-Encoding", "f": "From",
		"i": "Call-ID", "j": "Reject-Contact", "k": "Supported", "l": "Content-Length", "m": "Contact", "o": "Event", "r": "Refer-To",
		"s": "Subject", "t": "To", "u": "Allow-Events", "v": "Via", "x": "Session-Expires",
	} {
		if id := HeaderOf([]byte(compact)); id.Name(false) != long {
			t.Errorf("%s is %q, want %s", compact, id.Name(false), long)
		}
	}
}

func TestMethods(t *testing.T) {
	for m := MInvite; m < MOther; m++ {
		if got := MethodOf([]byte(m.String())); got != m {
			t.Errorf("%s is %d, want %d", m, got, m)
		}
	}
	for _, s := range []string{"", "invite", "INVITEX", "RE%47IST%45R"} {
		if got := MethodOf([]byte(s)); got != MOther {
			t.Errorf("%q is %s", s, got)
		}
	}
	if Method(0).String() != "" || MOther.String() != "" || Method(200).String() != "" {
		t.Error("a name for no method")
	}
}

func TestErrors(t *testing.T) {
	for e := ErrShort; e < numErrors; e++ {
		if e.Text() == "" || e.Ref() == "" || e.Error() != "sipmin: "+e.Text() {
			t.Errorf("%d: %q %q", e, e.Error(), e.Ref())
		}
		if s := e.Status(); s != 0 && (s < 400 || s > 599) {
			t.Errorf("%v: status %d", e, s)
		}
	}
	if Error(250).Error() != "sipmin: no error" {
		t.Error(Error(250))
	}
	err := Locate(ErrVia, []byte("Via: x\r\n\x01"), 3)
	if got := err.Error(); got != `sipmin: malformed Via at octet 3, near ": x\r\n\x01" (RFC 3261 §20.42)` {
		t.Error(got)
	}
	if err.Unwrap() != ErrVia || Locate(ErrVia, nil, 9).Off != 0 || Locate(ErrVia, nil, -1).Off != 0 {
		t.Error("place out of range")
	}
}
