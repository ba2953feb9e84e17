package sipmin

import (
	"bytes"
	"testing"
)

// seeds gives the fixtures to a fuzz target.
func seeds(f *testing.F) {
	for _, r := range fixtures(f) {
		if len(r.text) <= 16<<10 {
			f.Add(r.text)
		}
	}
}

// inside fails unless s lies in a buffer of n octets.
func inside(t *testing.T, s Span, n int) {
	t.Helper()
	if s.End() > n {
		t.Fatalf("span [%d,%d) in %d octets", s.Off, s.End(), n)
	}
}

// FuzzParse: what holds for any datagram and any stream.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, stream := range []bool{false, true} {
			var m, again Msg
			n, err := Parse(b, &m, stream)
			if n < 0 || n > len(b) || err == ErrShort && (n != 0 || !stream) {
				t.Fatalf("%d of %d octets, %v", n, len(b), err)
			}
			for _, h := range m.Headers() {
				inside(t, h.Name, len(b))
				inside(t, h.Value, len(b))
			}
			for _, s := range []Span{m.MethodName, m.URI, m.Reason, m.Body, m.CallID, m.FromTag, m.ToTag, m.From.URI, m.To.Params, m.Via.Branch} {
				inside(t, s, len(b))
			}
			if m.Answerable() && (!m.Request || m.Method == MAck || m.Via.Host.Len == 0) {
				t.Fatalf("answerable: %+v", m)
			}
			readAll(b, &again)
			if err != nil {
				continue
			}
			accepted(t, b, &m)
			// What follows a message must not change how it is read.
			if n2, err := Parse(b[:n:n], &again, stream); n2 != n || err != nil || again != m {
				t.Fatalf("the %d octets alone: %d, %v", n, n2, err)
			}
		}
	})
}

// accepted checks what Parse promises of a message without defect.
func accepted(t *testing.T, b []byte, m *Msg) {
	if m.CallID.Len == 0 || m.From.URI.Len == 0 || m.To.URI.Len == 0 || m.Via.Host.Len == 0 || m.Vias == 0 || m.CSeqMethod == 0 {
		t.Fatalf("mandatory field missing: %+v", m)
	}
	if m.Request == (m.Status != 0) || m.Request && m.URI.Len == 0 {
		t.Fatalf("neither request nor response: %+v", m)
	}
	for _, h := range m.Headers() {
		v := h.Value.In(b)
		for i, c := range v {
			if c == '\n' && (i+1 == len(v) || v[i-1] != '\r' || v[i+1] != ' ' && v[i+1] != '\t') {
				t.Fatalf("%q is no folding", v)
			}
		}
		// Whatever was received can be written again, and says the same.
		w := NewWriter(make([]byte, 0, len(v)+64), false)
		w.HeaderBytes(HSubject, v)
		w.Body("", nil)
		if out, err := w.Bytes(); err != nil || bytes.Count(out, []byte("\r\n")) != 3 {
			t.Fatalf("%q is written as %q, %v", v, out, err)
		}
	}
}

// FuzzFramer: a stream means the same in two pieces, octet by octet and whole,
// and what the Framer calls a message Parse does not find short.
func FuzzFramer(f *testing.F) {
	for _, r := range fixtures(f) {
		if len(r.text) <= 4<<10 {
			f.Add(append(append(bytes.Clone(r.text), "\r\n"...), r.text...), len(r.text)/2)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		if len(b) > 20000 {
			return
		}
		want := feed(t, b, len(b))
		if cut > 0 && cut < len(b) {
			if got := feed(t, b, cut); got != want {
				t.Fatalf("cut at %d: %s; whole: %s", cut, got, want)
			}
		}
		if got := feed(t, b, 0); got != want && len(b) > 0 {
			t.Fatalf("octet by octet: %s; whole: %s", got, want)
		}
		var fr Framer
		if n, err := fr.Frame(b); err == nil && skipLineEnds(b, 0) == 0 {
			var m Msg
			if n2, err := Parse(b, &m, true); err == nil && n2 != n {
				t.Fatalf("Frame %d, Parse %d", n, n2)
			}
			if _, err := Parse(b[:n], &m, false); err == ErrBody || err == ErrContentLength || err == ErrNoBlankLine {
				t.Fatalf("a frame of %d octets: %v", n, err)
			}
		}
	})
}

// FuzzURI: parts lie in the URI, and what is accepted equals itself.
func FuzzURI(f *testing.F) {
	for _, r := range vectorRows(f, "uris") {
		if len(r.text) < MaxURI {
			f.Add(r.text)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > MaxMessage {
			return
		}
		u, err := ParseURI(b, span(0, len(b)))
		if err != nil {
			return
		}
		for _, s := range []Span{u.SchemeName, u.User, u.Password, u.Host, u.Params, u.Headers} {
			inside(t, s, len(b))
		}
		if bytes.ContainsAny(b, " \r\n\t<>\"\x00") || len(b) > MaxURI {
			t.Fatalf("%q is accepted", b)
		}
		if u.Scheme != SchemeOther && !twice(b, u.Params) && !EqualURI(b, u, b, u) {
			t.Fatalf("%q does not equal itself", b)
		}
		if (u.Scheme == SchemeSIP || u.Scheme == SchemeSIPS) && u.Host.Len == 0 {
			t.Fatalf("%q has no host", b)
		}
	})
}

// twice reports whether a parameter occurs twice, which RFC 3261 §19.1.1
// forbids; such a URI need not equal itself.
func twice(b []byte, params Span) bool {
	for name, value, rest, ok := NextParam(b, params); ok; name, value, rest, ok = NextParam(b, rest) {
		if v, _ := uriParam(b, params, name.In(b)); v != value {
			return true
		}
	}
	return false
}

// FuzzFields: the parsers of values, whose walks must end.
func FuzzFields(f *testing.F) {
	for _, r := range fixtures(f) {
		var m Msg
		Parse(r.text, &m, false)
		for _, h := range m.Headers() {
			if h.Value.Len < 512 {
				f.Add(h.Value.In(r.text))
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > MaxMessage {
			return
		}
		s := span(0, len(b))
		readValue(b, s)
		for rest, n := s, 0; ; n++ {
			name, value, next, ok := NextParam(b, rest)
			if !ok {
				break
			}
			inside(t, name, len(b))
			inside(t, value, len(b))
			if n > len(b) {
				t.Fatal("the walk does not end")
			}
			rest = next
		}
		if na, err := ParseNameAddr(b, s); err == nil {
			inside(t, na.URI, len(b))
			inside(t, na.Params, len(b))
			if na.URI.Len == 0 {
				t.Fatalf("%q has no URI", b)
			}
		}
		if v, err := ParseVia(b, s); err == nil && (v.Host.Len == 0 || v.Transport.Len == 0) {
			t.Fatalf("%q is a Via", b)
		}
	})
}

// FuzzMultipart: parts lie in the body, in order, and do not overlap.
func FuzzMultipart(f *testing.F) {
	f.Add("multipart/mixed;boundary=b", []byte("--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b--\r\n"))
	f.Add(`multipart/mixed;boundary="a b"`, []byte("--a b\r\n\r\n--a b--"))
	for _, r := range fixtures(f) {
		var m Msg
		Parse(r.text, &m, false)
		if ct, ok := m.Get(HContentType); ok && isMultipart(ct.In(r.text)) {
			f.Add(string(ct.In(r.text)), m.Body.In(r.text))
		}
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		b := append([]byte(contentType), body...)
		if len(b) > MaxMessage {
			return
		}
		ct, text := span(0, len(contentType)), span(len(contentType), len(b))
		_ = CheckMultipart(b, ct, text)
		p, err := OpenParts(b, ct, text)
		if err != nil {
			return
		}
		at := int(text.Off)
		for n := 0; ; n++ {
			var part Part
			if ok, err := p.NextPart(b, &part); !ok || err != nil {
				return
			}
			inside(t, part.Body, len(b))
			if int(part.Body.Off) < at || n >= MaxParts {
				t.Fatalf("part %d at %d, the last ended at %d", n, part.Body.Off, at)
			}
			at = part.Body.End()
		}
	})
}

// FuzzWriter: whatever is given to it, a message that it finishes is read as
// it was meant.
func FuzzWriter(f *testing.F) {
	f.Add("sip:a@b", "hello", "X-Y", "z", []byte("body"))
	f.Add("sip:a b", "a\r\nb", "X Y", "\x00", []byte{0})
	f.Fuzz(func(t *testing.T, uri, subject, name, value string, body []byte) {
		w := NewWriter(make([]byte, 0, 8192), len(body)%2 == 0)
		w.RequestLine(MMessage, uri)
		w.Header(HVia, "SIP/2.0/UDP h;branch=z9hG4bK1")
		w.Header(HFrom, "<sip:c@d>;tag=1")
		w.Header(HTo, "<sip:a@b>")
		w.Header(HCallID, "x")
		w.Header(HCSeq, "1 MESSAGE")
		w.Header(HSubject, subject)
		if id := HeaderOf([]byte(name)); id != HOther {
			name = "X-" + name
		}
		w.Extension(name, value)
		w.Body("text/plain", body)
		out, err := w.Bytes()
		if err != nil {
			return
		}
		var m Msg
		n, err := Parse(out, &m, true)
		if e, _ := err.(Error); e != 0 && e != ErrURI && e != ErrURITooLong && e != ErrLineTooLong {
			t.Fatalf("%q: %v", out, err)
		} else if e == 0 && n != len(out) {
			t.Fatalf("%q: %d of %d octets", out, n, len(out))
		} else if e == 0 && (!bytes.Equal(m.Body.In(out), body) || len(m.Headers()) != 9) {
			t.Fatalf("%q: body %q, %d fields", out, m.Body.In(out), len(m.Headers()))
		}
	})
}
