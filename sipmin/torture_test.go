package sipmin

import (
	"bytes"
	"strings"
	"testing"
)

// torture parses a message of RFC 4475 that has to be accepted.
func torture(t *testing.T, name string) ([]byte, *Msg) {
	t.Helper()
	b := readFixture(t, vectorRoot()+"/sip-torture/"+name+".dat")
	m := new(Msg)
	if _, err := Parse(b, m, false); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return b, m
}

// want compares a span with text.
func want(t *testing.T, what string, b []byte, s Span, text string) {
	t.Helper()
	if got := string(s.In(b)); got != text {
		t.Errorf("%s: %q, want %q", what, got, text)
	}
}

// values lists all elements of all fields id.
func values(b []byte, m *Msg, id HeaderID) (all []string) {
	for i := m.Find(id, 0); i >= 0; i = m.Find(id, i+1) {
		for e, rest, ok := NextElement(b, m.Headers()[i].Value); ok; e, rest, ok = NextElement(b, rest) {
			all = append(all, string(e.In(b)))
		}
	}
	return all
}

// TestTortureWsinv: RFC 4475 §3.1.1.1, folding and white space everywhere.
func TestTortureWsinv(t *testing.T) {
	b, m := torture(t, "valid/wsinv")
	want(t, "To tag", b, m.ToTag, "1918181833n")
	want(t, "From tag", b, m.FromTag, "98asjd8")
	want(t, "From", b, m.From.URI, "sip:jdrosen@example.com")
	want(t, "branch", b, m.Via.Branch, "390skdjuw")
	want(t, "sent-by", b, m.Via.Host, "192.0.2.2")
	if m.CSeq != 9 || m.CSeqMethod != MInvite || m.Vias != 3 || m.Body.Len != 150 {
		t.Errorf("CSeq %d, %d Vias, body %d", m.CSeq, m.Vias, m.Body.Len)
	}
	if mf, _ := m.Get(HMaxForwards); string(mf.In(b)) != "0068" {
		t.Errorf("Max-Forwards %q", mf.In(b))
	}
	if s, ok := m.Get(HSubject); !ok || s.Len != 0 {
		t.Error("the empty Subject is lost")
	}
	v, ok := m.Lookup(b, "unknownheaderwithunusualvalue")
	if !ok {
		t.Error("unknown field is lost")
	}
	want(t, "unknown field", b, v, ";;,,;;,;")
	v, _ = m.Lookup(b, "NewFangledHeader")
	if got, err := Unfold(make([]byte, 0, 99), v.In(b)); string(got) != "newfangled value continued newfangled value" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	contact, _ := m.Get(HContact)
	na, err := ParseNameAddr(b, contact)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "Contact", b, na.Display, `"Quoted string \"\""`)
	q, _ := Param(b, na.Params, "q")
	want(t, "q", b, q, "0.33")
}

// TestTortureEscapes: §3.1.1.2-5, escapes are of URIs only.
func TestTortureEscapes(t *testing.T) {
	b, m := torture(t, "valid/intmeth")
	want(t, "method", b, m.MethodName, "!interesting-Method0123456789_*+`.%indeed'~")
	u, err := ParseURI(b, m.URI)
	if err != nil || m.Method != MOther {
		t.Errorf("%v, method %v", err, m.Method)
	}
	want(t, "user", b, u.User, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*")
	b, m = torture(t, "valid/esc01")
	if u, err = ParseURI(b, m.URI); err != nil {
		t.Error(err)
	}
	want(t, "user", b, u.User, "sips%3Auser%40example.com")
	contact, _ := m.Get(HContact)
	na, _ := ParseNameAddr(b, contact)
	u, _ = ParseURI(b, na.URI)
	if _, ok := u.Param(b, "lr"); !ok {
		t.Error(`"%6C%72" is lr`)
	}
	name, _ := u.Param(b, "name")
	want(t, "name", b, name, "v%61lue%25%34%31")
	b, m = torture(t, "valid/escnull")
	if c := values(b, m, HContact); len(c) != 2 || c[0] == c[1] {
		t.Errorf("Contacts %q", c)
	}
	b, m = torture(t, "valid/esc02")
	if c := values(b, m, HContact); len(c) != 2 || m.Method != MOther {
		t.Errorf("Contacts %q, method %v", c, m.Method)
	}
}

// TestTortureFraming: §3.1.1.8 and .11. Octets behind the message are not of
// it in a datagram, and the next message in a stream; NUL ends nothing.
func TestTortureFraming(t *testing.T) {
	b, m := torture(t, "valid/dblreq")
	if n, err := Parse(b, m, false); err != nil || n >= len(b) || m.Body.Len != 0 || m.Method != MRegister {
		t.Errorf("%d of %d octets, %v, %v", n, len(b), err, m.Method)
	}
	if got := feed(t, b, len(b)); !strings.HasPrefix(got, "[0,") || strings.Count(got, "[") < 1 {
		t.Error(got)
	}
	b, m = torture(t, "valid/mpart01")
	ct, _ := m.Get(HContentType)
	parts, err := OpenParts(b, ct, m.Body)
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	var part Part
	for ok := true; ok; {
		if ok, err = parts.NextPart(b, &part); ok {
			types = append(types, string(part.ContentType.In(b)))
		}
	}
	if err != nil || strings.Join(types, "|") != "text/plain|application/octet-stream" || !bytes.Contains(part.Body.In(b), []byte{0}) {
		t.Errorf("%q, %v", types, err)
	}
}

// TestTortureStatusLines: §3.1.1.12-13, 3.3.10.
func TestTortureStatusLines(t *testing.T) {
	b, m := torture(t, "valid/unreason")
	want(t, "reason", b, m.Reason, "= 2**3 * 5**2 \u043d\u043e \u0441\u0442\u043e \u0434\u0435\u0432\u044f\u043d\u043e\u0441\u0442\u043e \u0434\u0435\u0432\u044f\u0442\u044c - \u043f\u0440\u043e\u0441\u0442\u043e\u0435")
	if m.Request || m.Status != 200 || m.Answerable() {
		t.Errorf("request %v, status %d", m.Request, m.Status)
	}
	b, m = torture(t, "valid/noreason")
	want(t, "reason", b, m.Reason, "")
	if m.Status != 100 {
		t.Errorf("status %d", m.Status)
	}
	_, m = torture(t, "valid/bcast")
	if m.Vias != 2 || m.Status != 200 {
		t.Errorf("%d Vias, status %d", m.Vias, m.Status)
	}
}

// TestTortureAddresses: §3.1.1.6, .7, .9, 3.3.4, 3.3.12-14.
func TestTortureAddresses(t *testing.T) {
	b, m := torture(t, "valid/lwsdisp")
	want(t, "display", b, m.From.Display, "caller")
	b, m = torture(t, "valid/semiuri")
	u, _ := ParseURI(b, m.URI)
	want(t, "user", b, u.User, "user;par=u%40example.net")
	_, m = torture(t, "valid/longreq")
	if m.Vias != 34 {
		t.Errorf("%d Vias", m.Vias)
	}
	b, m = torture(t, "valid/unksm2")
	want(t, "To", b, m.To.URI, "isbn:2983792873")
	want(t, "From", b, m.From.URI, "http://www.example.com")
	for name, inURI := range map[string]bool{"valid/cparam01": false, "valid/cparam02": true} {
		b, m = torture(t, name)
		contact, _ := m.Get(HContact)
		na, _ := ParseNameAddr(b, contact)
		u, _ := ParseURI(b, na.URI)
		_, ofField := Param(b, na.Params, "unknownparam")
		if _, ofURI := u.Param(b, "unknownparam"); ofURI != inURI || ofField == inURI {
			t.Errorf("%s: in the URI %v, of the field %v", name, ofURI, ofField)
		}
	}
	b, m = torture(t, "valid/regescrt")
	contact, _ := m.Get(HContact)
	na, _ := ParseNameAddr(b, contact)
	u, _ = ParseURI(b, na.URI)
	want(t, "headers", b, u.Headers, "Route=%3Csip:sip.example.com%3E")
}

// TestIPv6: RFC 5118 §4.3, 4.4, 4.5, 4.7, 4.9.
func TestIPv6(t *testing.T) {
	read := func(name string) ([]byte, *Msg) {
		b := readFixture(t, vectorRoot()+"/sip-ipv6/valid/"+name+".dat")
		m := new(Msg)
		if _, err := Parse(b, m, false); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return b, m
	}
	b, m := read("port-ambiguous")
	u, _ := ParseURI(b, m.URI)
	a, _ := u.Addr(b)
	if u.HasPort || a.String() != "2001:db8::10:5070" {
		t.Errorf("%v port %d", a, u.Port)
	}
	b, m = read("port-unambiguous")
	u, _ = ParseURI(b, m.URI)
	if a, _ = u.Addr(b); u.Port != 5070 || a.String() != "2001:db8::10" {
		t.Errorf("%v port %d", a, u.Port)
	}
	for _, name := range []string{"via-received-param-no-delim", "via-received-param-with-delim"} {
		b, m = read(name)
		if a, ok := m.Via.ReceivedAddr(b); !ok || a.String() != "2001:db8::9:255" {
			t.Errorf("%s: received %v, %v", name, a, ok)
		}
	}
	if _, m = read("mult-ip-in-header"); m.Vias != 2 && m.Vias != 3 {
		t.Errorf("%d Vias", m.Vias)
	}
	b, m = read("ipv4-mapped-ipv6")
	if a, ok := m.Via.Addr(b); !ok || !a.Is4In6() {
		t.Errorf("sent-by %v, %v", a, ok)
	}
}
