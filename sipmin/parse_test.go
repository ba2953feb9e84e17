package sipmin

import (
	"slices"
	"strings"
	"testing"
)

// TestParseSeed: the INVITE of the reference trace, compact names last.
func TestParseSeed(t *testing.T) {
	b := readFixture(t, vectorRoot()+"/ims/seed/01-invite.sip")
	var m Msg
	n, err := Parse(b, &m, true)
	if err != nil || n != len(b) {
		t.Fatalf("%d, %v", n, err)
	}
	if !m.Request || m.Method != MInvite || m.CSeq != 1 || m.Vias != 1 || !m.Answerable() {
		t.Errorf("%+v", m)
	}
	want(t, "URI", b, m.URI, "sip:+14448880000@sharetechnote.com;user=phone")
	want(t, "Call-ID", b, m.CallID, "508868544@2001::1:4c16:9c0f:4986:9e6d")
	want(t, "From tag", b, m.FromTag, "284849603")
	want(t, "To tag", b, m.ToTag, "")
	want(t, "branch", b, m.Via.Branch, "z9hG4bK2563646430smg")
	for id, text := range map[HeaderID]string{
		HConversationID: "6b79b8bc937e4985b1dffd062b687bd7", HContributionID: "d5e4121aeec2cc59546ebaef8966ef185a2f37f0",
		HPPreferredService: "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.session", HContentType: "application/sdp", HSupported: "timer",
		HAcceptContact: `*;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"`,
	} {
		if v, ok := m.Get(id); !ok || string(v.In(b)) != text {
			t.Errorf("%s: %q, want %q", id.Name(false), v.In(b), text)
		}
	}
	if !strings.HasPrefix(string(m.Body.In(b)), "v=0\r\n") {
		t.Errorf("body %q", m.Body.In(b))
	}
}

func TestLookup(t *testing.T) {
	b := sound("X-One: 1", "x-ONE: 2", "Subject: s")
	var m Msg
	if _, err := Parse(b, &m, false); err != nil {
		t.Fatal(err)
	}
	if v, ok := m.Lookup(b, "X-one"); !ok || string(v.In(b)) != "1" {
		t.Errorf("%q, %v", v.In(b), ok)
	}
	if _, ok := m.Lookup(b, "X-Two"); ok {
		t.Error("a field that is not there")
	}
	if _, ok := m.Get(HOther); ok || m.Find(HSubject, -1) != len(m.Headers())-1 || m.Find(HSubject, 999) != -1 {
		t.Error("Get or Find")
	}
}

// TestParseField: values of field captures that later stages rely on.
func TestParseField(t *testing.T) {
	read := func(name string) ([]byte, *Msg) {
		b := readFixture(t, vectorRoot()+"/ims/"+name)
		m := new(Msg)
		if _, err := Parse(b, m, false); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return b, m
	}
	b, m := read("suite/sprout-20.sip")
	if got := values(b, m, HPAssociatedURI); len(got) != 2 || got[1] != "<sip:uri2@example.com;uriparam2>;aiparam2" {
		t.Errorf("P-Associated-URI %q", got)
	}
	b, m = read("suite/sprout-23.sip")
	if got := values(b, m, HServiceRoute); len(got) != 2 || !strings.HasPrefix(got[1], "<sip:sprout2.example.com:5054;lr;o") {
		t.Errorf("Service-Route %q", got)
	}
	b, m = read("trace/cmcc-200-register.sip")
	if got := values(b, m, HPAssociatedURI); len(got) != 2 {
		t.Errorf("P-Associated-URI on two lines: %q", got)
	}
	b, m = read("suite/sprout-14.sip")
	se, _ := m.Get(HSessionExpires)
	if s, r, err := ParseSessionExpires(b, se); s != 600 || r != RefresherUAC || err != nil {
		t.Errorf("Session-Expires %d %d %v", s, r, err)
	}
	b, m = read("secagree/06-503-retry-after.sip")
	ra, _ := m.Get(HRetryAfter)
	if s, err := ParseRetryAfter(b, ra); s < 86400 || err != nil {
		t.Errorf("Retry-After %d %v", s, err)
	}
	b, m = read("trace/cmcc-invite-unterminated-quotes.sip")
	contact, _ := m.Get(HContact)
	na, err := ParseNameAddr(b, contact)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := Param(b, na.Params, "+sip.instance")
	want(t, "instance", b, v, "<urn:uuid:95CAE616-2C2E-466B-BE73-87BD2BFC3C64>")
	if v, ok := m.Get(HPEarlyMedia); !ok || string(v.In(b)) != "supported" {
		t.Error("the quote swallowed the next field")
	}
	_, m = read("suite/colibria-notify-two-content-types.sip")
	if m.Find(HContentType, m.Find(HContentType, 0)+1) < 0 {
		t.Error("only one Content-Type")
	}
	b, m = read("suite/sprout-invite-multipart-good.sip")
	ct, _ := m.Get(HContentType)
	if err := CheckMultipart(b, ct, m.Body); err != nil {
		t.Error(err)
	}
}

// sound is a whole request with the fields in between, each without CRLF.
func sound(fields ...string) []byte {
	return []byte("MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:c@d>;tag=1\r\nTo: <sip:a@b>\r\n" +
		"Call-ID: x\r\nCSeq: 1 MESSAGE\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\nbody")
}

// TestParseDefects: each defect alone, its error and place; the request is
// answerable with all of them.
func TestParseDefects(t *testing.T) {
	many := strings.Split(strings.Repeat("X: y|", MaxHeaders), "|")
	routes := strings.Repeat("<sip:r>,", MaxRoutes) + "<sip:r>"
	tests := []struct {
		name   string
		fields []string
		want   Error
	}{
		{"none", []string{"l : 4"}, 0},
		{"length below the datagram", []string{"l: 3"}, 0},
		{"+4", []string{"l: +4"}, ErrContentLength},
		{"0x4", []string{"l: 0x4"}, ErrContentLength},
		{"4, 4", []string{"l: 4, 4"}, ErrContentLength},
		{"4 4", []string{"l: 4 4"}, ErrContentLength},
		{"no length", []string{"l:"}, ErrContentLength},
		{"65536", []string{"l: 65536"}, ErrContentLength},
		{"two equal", []string{"l: 4", "Content-Length: 4"}, ErrDuplicate},
		{"two different", []string{"Content-Length: 4", "Content-Length : 3"}, ErrDuplicate},
		{"too long", []string{"l: 5"}, ErrBody},
		{"second Call-ID", []string{"i: y"}, ErrDuplicate},
		{"same Call-ID", []string{"i: x"}, 0},
		{"second From", []string{"From : <sip:c@d>;tag=2"}, ErrDuplicate},
		{"no colon", []string{"Subject"}, ErrHeader},
		{"no name", []string{": x"}, ErrHeader},
		{"blank in a name", []string{"Sub ject: x"}, ErrHeader},
		{"empty value", []string{"Subject:"}, 0},
		{"bare LF", []string{"Subject: a\nP-Asserted-Identity: <sip:m@h>"}, ErrLineEnd},
		{"bare CR", []string{"Subject: a\rb"}, ErrLineEnd},
		{"CR CR LF", []string{"Subject: a\r"}, ErrLineEnd},
		{"Max-Forwards 256", []string{"Max-Forwards: 256"}, ErrMaxForwards},
		{"Max-Forwards 0", []string{"Max-Forwards: 0"}, 0},
		{"bad second Via", []string{"v: SIP/2.0/UDP"}, ErrVia},
		{"empty Via value", []string{"v: SIP/2.0/UDP h,,SIP/2.0/UDP h"}, ErrVia},
		{"255 Vias", []string{"v: " + strings.Repeat("SIP/2.0/UDP h,", 253) + "SIP/2.0/UDP h"}, 0},
		{"256 Vias", []string{"v: " + strings.Repeat("SIP/2.0/UDP h,", 254) + "SIP/2.0/UDP h"}, ErrTooManyValues},
		{"128 fields", many[:MaxHeaders-5], 0},
		{"129 fields", many[:MaxHeaders-4], ErrTooMany},
		{"32 routes", []string{"Route: " + routes[8:]}, 0},
		{"33 routes", []string{"Route: " + routes}, ErrTooManyValues},
		{"33 routes on two lines", []string{"Record-Route: " + routes[8:], "Record-Route: <sip:r>"}, ErrTooManyValues},
		{"long field", []string{"X: " + strings.Repeat("x", MaxLine-3)}, 0},
		{"too long a field", []string{"X: " + strings.Repeat("x", MaxLine-2)}, ErrLineTooLong},
		{"too long a head", slices.Repeat([]string{"X: " + strings.Repeat("x", MaxLine-3)}, 4), ErrHeadTooLong},
	}
	for _, tt := range tests {
		b := sound(tt.fields...)
		var m Msg
		n, err := Parse(b, &m, false)
		if e, _ := err.(Error); e != tt.want || !m.Answerable() || n < 0 || n > len(b) {
			t.Errorf("%s: %v at %d, answerable %v; want %v", tt.name, err, n, m.Answerable(), tt.want)
		}
		if e, _ := err.(Error); e != 0 && e.Status() != 400 {
			t.Errorf("%s: status %d", tt.name, e.Status())
		}
	}
}

func TestParseStartLines(t *testing.T) {
	const rest = "\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:c@d>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 BYE\r\n\r\n"
	tests := []struct {
		line   string
		want   Error
		status uint16 // proposed
	}{
		{"BYE sip:a@b SIP/2.0", 0, 0}, {"BYE sip:a@b sip/2.0", 0, 0}, {"BYE tel:+1 SIP/2.0", 0, 0},
		{"BYE sip:a@b SIP/3.0", ErrVersion, 505}, {"BYE sip:a@b SIP/2.1", ErrVersion, 505}, {"BYE sip:a@b SIP/2", ErrStartLine, 400},
		{"BYE sip:a@b HTTP/1.1", ErrStartLine, 400}, {"BYE sip:a@b", ErrStartLine, 400}, {"BYE", ErrStartLine, 400},
		{"BYE  sip:a@b SIP/2.0", ErrURI, 400}, {"BYE sip:a@b  SIP/2.0", ErrURI, 400}, {"BYE sip:a@b SIP/2.0 ", ErrStartLine, 400},
		{" BYE sip:a@b SIP/2.0", ErrStartLine, 400}, {"BYE sip:a@bSIP/2.0", ErrStartLine, 400}, {"B(E sip:a@b SIP/2.0", ErrStartLine, 400},
		{"BYE <sip:a@b> SIP/2.0", ErrURI, 400}, {"BYE sip:a@b; lr SIP/2.0", ErrURI, 400}, {"BYE sip:a@b?Route=x SIP/2.0", ErrURI, 400},
		{"BYE a@b SIP/2.0", ErrURI, 400}, {"BYE sip:" + strings.Repeat("a", MaxURI) + " SIP/2.0", ErrURITooLong, 414},
		{"BYE sip:" + strings.Repeat("a", MaxLine) + " SIP/2.0", ErrURITooLong, 414},
		{"bye sip:a@b SIP/2.0", ErrCSeqMethod, 400},
		{"SIP/2.0 200 OK", 0, 0}, {"SIP/2.0 200 ", 0, 0}, {"SIP/2.0 200", 0, 0}, {"SIP/2.0 699 x", 0, 0},
		{"SIP/2.0 99 x", ErrStatus, 0}, {"SIP/2.0 099 x", ErrStatus, 0}, {"SIP/2.0 700 x", ErrStatus, 0}, {"SIP/2.0 -200 x", ErrStatus, 0},
		{"SIP/2.0  200 OK", ErrStatus, 0}, {"SIP/2.0 2000 OK", ErrStatus, 0}, {"SIP/2.0 0200 OK", ErrStatus, 0}, {"SIP/2.0 200OK", ErrStatus, 0},
		{"SIP/2.0 4294967496 OK", ErrStatus, 0}, {"SIP/2.0", ErrStatus, 0}, {"SIP/1.0 200 OK", ErrVersion, 0},
	}
	for _, tt := range tests {
		var m Msg
		_, err := Parse([]byte(tt.line+rest), &m, false)
		e, _ := err.(Error)
		if e != tt.want {
			t.Errorf("%.60q: %v, want %v", tt.line, err, tt.want)
		}
		if got := m.Answerable() && e != 0; got != (tt.status != 0) || got && e.Status() != tt.status {
			t.Errorf("%.60q: answerable %v, status %d; want %d", tt.line, got, e.Status(), tt.status)
		}
	}
}

// TestParseMissing: which fields a message cannot be without, and what an
// answer cannot be without.
func TestParseMissing(t *testing.T) {
	fields := []string{"Via: SIP/2.0/UDP h;branch=z9hG4bK1", "From: <sip:c@d>;tag=1", "To: <sip:a@b>", "Call-ID: x", "CSeq: 1 BYE"}
	for i, gone := range fields {
		rest := strings.Join(slices.Delete(slices.Clone(fields), i, i+1), "\r\n") + "\r\n\r\n"
		var m Msg
		if _, err := Parse([]byte("BYE sip:a@b SIP/2.0\r\n"+rest), &m, false); err != ErrMissing {
			t.Errorf("without %s: %v", gone, err)
		}
		if want := i >= 1 && i <= 3; m.Answerable() != want {
			t.Errorf("without %s: answerable %v", gone, !want)
		}
		if _, err := Parse([]byte("SIP/2.0 200 OK\r\n"+rest), &m, false); err != ErrMissing || m.Answerable() {
			t.Errorf("response without %s: %v, answerable %v", gone, err, m.Answerable())
		}
	}
	var m Msg
	ack := []byte("ACK sip:a@b SIP/2.0\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\n")
	if _, err := Parse(ack, &m, false); err != ErrCSeqMethod || m.Answerable() {
		t.Errorf("an ACK is never answered: %v, %v", err, m.Answerable())
	}
}

func TestParseNothing(t *testing.T) {
	for _, s := range []string{"", "\r\n", "\r\n\r\n", "\n"} {
		var m Msg
		if n, err := Parse([]byte(s), &m, false); n != 0 || err != ErrKeepAlive {
			t.Errorf("datagram %q: %d, %v", s, n, err)
		}
		if n, err := Parse([]byte(s), &m, true); n != 0 || err != ErrShort {
			t.Errorf("stream %q: %d, %v", s, n, err)
		}
	}
	var m Msg
	if _, err := Parse(make([]byte, MaxMessage+1), &m, false); err != ErrMessageTooLong {
		t.Error(err)
	}
	if _, err := Parse([]byte(strings.Repeat("\r\n", MaxMessage)), &m, true); err != ErrMessageTooLong {
		t.Error(err)
	}
}

// TestParseGreatest: a message of exactly MaxMessage octets, and what follows
// it in the stream.
func TestParseGreatest(t *testing.T) {
	head := strings.TrimSuffix(string(sound("Content-Length: 00000")), "body")
	body := MaxMessage - len(head)
	b := []byte(strings.Replace(head, "00000", string([]byte{byte('0' + body/10000), byte('0' + body/1000%10), byte('0' + body/100%10), byte('0' + body/10%10), byte('0' + body%10)}), 1))
	b = append(b, make([]byte, body)...)
	for _, stream := range []bool{false, true} {
		var m Msg
		if n, err := Parse(b, &m, stream); n != MaxMessage || err != nil || int(m.Body.Len) != body {
			t.Errorf("stream %v: %d, %v", stream, n, err)
		}
	}
	var m Msg
	if _, err := Parse(append([]byte("\r\n"), b...), &m, true); err != ErrMessageTooLong {
		t.Errorf("a line end before: %v", err)
	}
	if n, err := Parse(append(b, b...), &m, true); n != MaxMessage || err != nil {
		t.Errorf("two: %d, %v", n, err)
	}
	if got, want := feed(t, append(b, b...), 70000), "[0,65535) [65535,131070) "+ErrShort.Error(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
