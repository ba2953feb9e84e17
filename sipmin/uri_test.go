package sipmin

import (
	"net/netip"
	"strings"
	"testing"
)

// whole is the span of all of s.
func whole(s string) Span { return span(0, len(s)) }

func TestParseURIParts(t *testing.T) {
	tests := []struct {
		uri                                   string
		scheme                                Scheme
		user, password, host, params, headers string
		port                                  uint16
	}{
		{"sip:alice@atlanta.com", SchemeSIP, "alice", "", "atlanta.com", "", "", 0},
		{"sip:alice:secretword@atlanta.com;transport=tcp", SchemeSIP, "alice", "secretword", "atlanta.com", "transport=tcp", "", 0},
		{"sips:1212@gateway.com:5061?subject=x&priority=urgent", SchemeSIPS, "1212", "", "gateway.com", "", "subject=x&priority=urgent", 5061},
		{"sip:+1-212-555-1212:1234@gateway.com;user=phone", SchemeSIP, "+1-212-555-1212", "1234", "gateway.com", "user=phone", "", 0},
		{"sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com", SchemeSIP, "", "", "atlanta.com", "method=REGISTER", "to=alice%40atlanta.com", 0},
		{"sip:alice;day=tuesday@atlanta.com", SchemeSIP, "alice;day=tuesday", "", "atlanta.com", "", "", 0},
		{"sip:user;par=u%40example.net@example.com", SchemeSIP, "user;par=u%40example.net", "", "example.com", "", "", 0},
		{"sip:a?b@c", SchemeSIP, "a?b", "", "c", "", "", 0},
		{"sip:[2001:db8::10:5070]", SchemeSIP, "", "", "[2001:db8::10:5070]", "", "", 0},
		{"sip:[2001:db8::10]:5070", SchemeSIP, "", "", "[2001:db8::10]", "", "", 5070},
		{"sip:u@[::ffff:192.0.2.10]:19823", SchemeSIP, "u", "", "[::ffff:192.0.2.10]", "", "", 19823},
		{"sip:192.0.2.1:0", SchemeSIP, "", "", "192.0.2.1", "", "", 0},
		{"tel:+358-555-1234567;isub=1411", SchemeTel, "+358-555-1234567", "", "", "isub=1411", "", 0},
		{"tel:*#06#", SchemeTel, "*#06#", "", "", "", "", 0},
		{"urn:service:sos", SchemeOther, "", "", "", "", "", 0},
		{"nobodyKnowsThisScheme:totallyopaquecontent", SchemeOther, "", "", "", "", "", 0},
	}
	for _, tt := range tests {
		b := []byte(tt.uri)
		u, err := ParseURI(b, whole(tt.uri))
		if err != nil {
			t.Errorf("%s: %v", tt.uri, err)
			continue
		}
		got := [...]string{string(u.User.In(b)), string(u.Password.In(b)), string(u.Host.In(b)), string(u.Params.In(b)), string(u.Headers.In(b))}
		if want := [...]string{tt.user, tt.password, tt.host, tt.params, tt.headers}; got != want || u.Scheme != tt.scheme || u.Port != tt.port {
			t.Errorf("%s: %q port %d scheme %d; want %q", tt.uri, got, u.Port, u.Scheme, want)
		}
	}
}

func TestParseURIRefuses(t *testing.T) {
	for _, s := range []string{
		"", "*", ":", "sip", "sip:", "sip:@h", "sip:a@", "sip:a@b@c", "a@b", "1sip:a", "<sip:a>", `"sip:a"`,
		"sip:2001:db8::10", "sip:[2001:db8::10", "sip:[2001:db8:::10]", "sip:[::1%25eth0]", "sip:[]", "sip:[1.2.3.4]",
		"sip:h:", "sip:h:x", "sip:h:65536", "sip:h:-1", "sip:h: 1", "sip:h:99999999999999999999", "sip:h:5060port",
		"sip:h;a b", "sip:h; lr", "sip:h\r\n", "sip:h\x00", "sip:\xc3\xa9@b", "sip:h>", "sip:h;p=\"x\"", "sip:a@h?b@c", "sip:a@h;x@y",
		"sip:256.1.1.1", "sip:1.2.3", "sip:a(b@h:1:2", "sip:a:b[c@h", "sip:a[b@h", "tel:", "tel:+", "tel:-", "tel:x", "tel:+1 2", "tel:++1", "isbn:",
		"sip:h" + strings.Repeat(";a", MaxParams+1), "sip:h?a" + strings.Repeat("&a", MaxParams), "tel:1" + strings.Repeat(";a", MaxParams+1),
		"tel:+" + strings.Repeat("1", MaxURI), "sip:" + strings.Repeat("a", MaxURI) + "@h",
	} {
		if u, err := ParseURI([]byte(s), whole(s)); err == nil {
			t.Errorf("%.60q is accepted: %+v", s, u)
		}
	}
}

// TestEqualURI: the sets of RFC 3261 §19.1.4, and what RFC 3966 §4 adds.
func TestEqualURI(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true},
		{"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true},
		{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com", "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
		{"sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
		{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
		{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
		{"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
		{"sip:a@h", "sips:a@h", false},
		{"sip:a@h", "sip:h", false},
		{"sip:a:p@h", "sip:a@h", false},
		{"sip:a@h;maddr=1.2.3.4", "sip:a@h", false},
		{"sip:a@h;user=phone", "sip:a@h", false},
		{"sip:a%3Bb@h", "sip:a;b@h", false},
		{"sip:a%3Bb@h", "sip:a%3bb@h", true},
		{"sip:a@h;%6C%72", "sip:a@h;lr", true},
		{"sip:a@[2001:0DB8:0:0::1]:5060", "sip:a@[2001:db8::1]:5060", true},
		{"sip:a@[2001:db8::1]", "sip:a@[2001:db8::2]", false},
		{"tel:+1-201-555-0123", "tel:+12015550123", true},
		{"tel:+12015550123", "tel:+12015550124", false},
		{"tel:7042;phone-context=example.com", "tel:7042;phone-context=EXAMPLE.com", true},
		{"tel:7042;phone-context=example.com", "tel:7042", false},
		{"tel:+1", "sip:+1@h", false},
		{"urn:service:sos", "urn:service:sos", true},
		{"urn:service:sos", "urn:service:soS", false},
		{"*", "*", true},
		{"*", "sip:a", false},
	}
	for _, tt := range tests {
		a, b := []byte(tt.a), []byte(tt.b)
		if got := EqualURIText(a, whole(tt.a), b, whole(tt.b)); got != tt.want {
			t.Errorf("%s = %s: %v", tt.a, tt.b, got)
		}
		if got := EqualURIText(b, whole(tt.b), a, whole(tt.a)); got != tt.want {
			t.Errorf("%s = %s: %v", tt.b, tt.a, got)
		}
	}
}

// TestParseAddrLikeNetip: netip is the reference, but for zones.
func TestParseAddrLikeNetip(t *testing.T) {
	for _, s := range []string{
		"1.2.3.4", "0.0.0.0", "255.255.255.255", "256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1..2.3", "1.2.3.", "",
		"::", "::1", "1::", "2001:db8::1", "2001:DB8:0:0:0:0:0:1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1::3:4:5:6:7:8", "1:2:3:4::5:6:7:8", ":::", "1:::2", "::1::", ":1", "1:", "12345::", "g::",
		"::1.2.3.4", "::ffff:192.0.2.1", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "1.2.3.4::", "2001:db8:::192.0.2.1",
		"2001:db8::192.0.2.1", "::1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8::",
	} {
		want, err := netip.ParseAddr(s)
		if got, ok := parseAddr([]byte(s)); ok != (err == nil) || got != want {
			t.Errorf("%q: %v, %v; netip: %v, %v", s, got, ok, want, err)
		}
	}
	if a, ok := parseAddr([]byte("[::1]")); !ok || a != netip.IPv6Loopback() {
		t.Errorf("[::1]: %v, %v", a, ok)
	}
	if _, ok := parseAddr([]byte("[1.2.3.4]")); ok {
		t.Error("[1.2.3.4] is accepted")
	}
}
