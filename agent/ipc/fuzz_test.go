package ipc

import (
	"testing"
	"unicode/utf8"
)

// FuzzRequest states what holds for any octets from a client.
func FuzzRequest(f *testing.F) {
	for _, b := range fixtures(f, "requests") {
		f.Add(b)
	}
	for _, bad := range refused {
		f.Add([]byte(bad.octets))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var whole, grown Framer
		n, err := whole.Frame(b)
		if n < 0 || n > len(b) || n > MaxFrame || (n > 0) != (err == nil) {
			t.Fatalf("Frame of %d octets: %d, %v", len(b), n, err)
		}
		m, merr := 0, error(ErrShort)
		for i := 0; i <= len(b) && merr == ErrShort; i++ {
			m, merr = grown.Frame(b[:i])
		}
		if m != n || merr != err {
			t.Fatalf("whole: %d, %v; octet by octet: %d, %v", n, err, m, merr)
		}
		id, known := RequestID(b)
		if err != nil {
			return
		}
		frame := b[:n:n]
		var r, again Request
		err = ParseRequest(frame, &r)
		if err == nil && (!known || id != r.ID || r.Field != 0 || r.Method == 0) {
			t.Fatalf("msgid %d, %v; read as %+v", id, known, r)
		}
		if ParseRequest(frame, &again) != err || again != r {
			t.Fatalf("read twice, differently: %+v, %+v", r, again)
		}
		if err != nil {
			if _, err := AppendFault(make([]byte, 0, 512), &r, err); err != nil {
				t.Fatal(err)
			}
			return
		}
		checkFields(t, frame, &r)
	})
}

// checkFields: what a request shows can be put where it belongs.
func checkFields(t *testing.T, b []byte, r *Request) {
	for _, s := range []Span{r.To, r.ContentType, r.ClientID, r.Mode, r.Client, r.Interface, r.AccessNetwork} {
		if text := s.In(b); !utf8.Valid(text) || ValidField(text) != 0 {
			t.Fatalf("field %q", text)
		}
	}
	if len(r.Body.In(b)) > MaxBody || r.Expires < 0 || r.Expires > MaxExpires || r.Offset < 0 || r.Limit < 0 {
		t.Fatalf("out of range: %+v", r)
	}
	for at, ok := 0, true; ok; {
		var name, value []byte
		if name, value, at, ok = NextHeader(r.Headers.In(b), at); ok && (ValidHeaderName(name) != 0 || ValidField(value) != 0) {
			t.Fatalf("header %q: %q", name, value)
		}
	}
	for _, list := range []Span{r.Addresses, r.PCSCF, r.DNS} {
		for at, ok := 0, true; ok; {
			_, at, ok = NextText(list.In(b), at)
		}
	}
}

// FuzzClient: no frame from a daemon makes the client panic.
func FuzzClient(f *testing.F) {
	for _, b := range fixtures(f, "encode") {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		framer := Framer{most: maxOpen}
		if n, err := framer.Frame(b); err == nil {
			_, _ = decodeFrame(b[:n])
		}
	})
}
