package cpim

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestVectorsCPIM(t *testing.T) {
	want := oracle(t, "cpim/split-oracle.tsv")
	for _, v := range vectors(t, "cpim", "cpim/") {
		t.Run(v.path, func(t *testing.T) { checkVector(t, v, want[v.path]) })
	}
}

func TestVectorsAttacks(t *testing.T) {
	for _, v := range vectors(t, "attacks", "attacks/cpim/") {
		t.Run(v.path, func(t *testing.T) { checkVector(t, v, nil) })
	}
}

// checkVector asserts the verdict, the oracle, and what holds for every input.
func checkVector(t *testing.T, v vector, want map[string]string) {
	t.Helper()
	var m, again Message
	n, err := Parse(v.b, &m)
	if n2, err2 := Parse(v.b, &again); n2 != n || err2 != err || again != m {
		t.Fatalf("a second run gives %d, %v after %d, %v", n2, err2, n, err)
	}
	if err == nil {
		_, err = m.AppendContent(make([]byte, 0, len(v.b)), v.b)
	}
	switch {
	case v.verdict == "accept" && err != nil:
		t.Fatalf("offset %d: %v", n, err)
	case v.verdict == "reject" && err == nil:
		t.Fatalf("accepted: %d headers, content %.60q", m.n, m.Content(v.b))
	case v.verdict != "accept" || want == nil:
		return
	}
	mime := 0
	for _, h := range m.Headers() {
		if h.MIME {
			mime++
		}
	}
	sum := sha256.Sum256(m.Content(v.b))
	got := []string{strconv.Itoa(m.n - mime), strconv.Itoa(mime), strconv.Itoa(len(m.Content(v.b))), hex.EncodeToString(sum[:8])}
	for i, column := range []string{"headers", "mime_headers", "content_len", "content_sha256_16"} {
		if got[i] != want[column] {
			t.Errorf("%s is %s, the oracle has %s", column, got[i], want[column])
		}
	}
}

// TestVectorsHeadSplit feeds every accepted message octet by octet, as chunks of MSRP may bring
// it: each part of the head must ask for more, and none may be taken for a whole head.
func TestVectorsHeadSplit(t *testing.T) {
	for _, v := range vectors(t, "cpim", "cpim/") {
		if v.verdict != "accept" {
			continue
		}
		t.Run(v.path, func(t *testing.T) {
			var whole, m Message
			head, err := ParseHead(v.b, &whole)
			if err != nil {
				t.Fatal(err)
			}
			for i := range head {
				if n, err := ParseHead(v.b[:i], &m); n != 0 || err != ErrShort {
					t.Fatalf("%d of %d octets: %d, %v", i, head, n, err)
				}
			}
			for i := head; i <= len(v.b); i++ {
				if n, err := ParseHead(v.b[:i], &m); n != head || err != nil || m != whole {
					t.Fatalf("%d octets, head %d: %d, %v", i, head, n, err)
				}
			}
		})
	}
}

func TestParseAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, v := range vectors(t, "cpim", "cpim/") {
		room := make([]byte, 0, len(v.b)+1)
		a := testing.AllocsPerRun(20, func() {
			var m Message
			if _, err := Parse(v.b, &m); err != nil {
				return
			}
			m.AppendContent(room, v.b)
			m.Unmet(v.b, nil)
			for _, h := range m.Headers() {
				ParseAddress(v.b, h.Value)
				ParseTime(h.Value.In(v.b))
			}
		})
		if a != 0 {
			t.Errorf("%s: %v allocations", v.path, a)
		}
	}
}

// message joins lines with CRLF.
func message(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n")) }

func TestTraceHello(t *testing.T) {
	b := fixture(t, "cpim/seed/hello.cpim")
	var m Message
	if _, err := Parse(b, &m); err != nil {
		t.Fatal(err)
	}
	if got := string(m.MessageID.In(b)); got != "wYcJuXBbGOfCtBqIPQqz0I" {
		t.Errorf("Message-ID %q", got)
	}
	if m.Notify != PositiveDelivery|Display {
		t.Errorf("Notify %b", m.Notify)
	}
	if v, ok := m.Lookup(b, "mailto:RCSFeatures@test.com", "PANI"); !ok || string(v.In(b)) != "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000" {
		t.Errorf("PANI %q", v.In(b))
	}
	if !IsType(m.ContentType(b), "text/plain") || m.Disposition(b) != nil || m.Encoded(b) {
		t.Errorf("Content-Type %q", m.ContentType(b))
	}
	v, _ := m.Lookup(b, "", "From")
	if a := ParseAddress(b, v); string(a.URI.In(b)) != "sip:anonymous@anonymous.invalid" || a.Display.Len != 0 {
		t.Errorf("From %q", a.URI.In(b))
	}
	if string(m.Content(b)) != "Hello" {
		t.Errorf("content %q", m.Content(b))
	}
}

// TestNamespaceIsItsURI: RFC 3862 §3.4 says that these have exactly the same meaning, and
// what must not have it.
func TestNamespaceIsItsURI(t *testing.T) {
	const uri = "http://id.acme.widgets/wily-headers/"
	for _, c := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"prefix", []string{"NS: acme <" + uri + ">", "acme.runner-trap: set"}, "set"},
		{"another prefix", []string{"NS: widget <" + uri + ">", "widget.runner-trap: set"}, "set"},
		{"default", []string{"NS: <" + uri + ">", "runner-trap: set"}, "set"},
		{"default changed back", []string{"NS: <urn:x>", "NS: <" + uri + ">", "runner-trap: set"}, "set"},
		{"no space", []string{"NS: a<" + uri + ">", "a.runner-trap: set"}, "set"},
		{"no angle brackets", []string{"NS: a " + uri, "a.runner-trap: set"}, "set"},
		{"bound again", []string{"NS: a <urn:evil>", "NS: a <" + uri + ">", "a.runner-trap: set"}, "set"},
		{"bound to another afterwards", []string{"NS: a <" + uri + ">", "a.runner-trap: set", "NS: a <urn:evil>", "a.runner-trap: no"}, "set"},
		{"declared late", []string{"a.runner-trap: set", "NS: a <" + uri + ">"}, ""},
		{"undeclared", []string{"acme.runner-trap: set"}, ""},
		{"of another URI", []string{"NS: acme <urn:x>", "acme.runner-trap: set"}, ""},
		{"no prefix", []string{"NS: acme <" + uri + ">", "runner-trap: set"}, ""},
		{"case of the name", []string{"NS: acme <" + uri + ">", "acme.Runner-Trap: set"}, ""},
		{"case of the prefix", []string{"NS: acme <" + uri + ">", "Acme.runner-trap: set"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := message(append(append([]string{"From: <im:a@b>"}, c.lines...), "", "Content-Type: text/plain", "", "x")...)
			var m Message
			if _, err := Parse(b, &m); err != nil {
				t.Fatal(err)
			}
			v, ok := m.Lookup(b, uri, "runner-trap")
			if string(v.In(b)) != c.want || ok != (c.want != "") {
				t.Errorf("%q, %v", v.In(b), ok)
			}
		})
	}
}

func TestFormsOfTheHead(t *testing.T) {
	for _, c := range []struct {
		name     string
		b        []byte
		err      error
		typ, out string
		merged   bool
	}{
		{"RFC 3862", message("From: <im:a@b>", "", "Content-Type: text/plain", "", "x"), nil, "text/plain", "x", false},
		{"no blank line", message("From: <im:a@b>", "Content-Type: text/plain", "", "x"), nil, "text/plain", "x", true},
		{"no blank line, a blank line in the text", message("From: <im:a@b>", "content-TYPE: text/plain", "", "x", "", "y"), nil, "text/plain", "x\r\n\r\ny", true},
		{"MIME header first", message("Content-Type: text/plain", "From: <im:a@b>", "", "x"), nil, "text/plain", "x", true},
		{"LF alone", []byte("From: <im:a@b>\n\nContent-Type: text/plain\n\nx"), nil, "text/plain", "x", false},
		{"no MIME header", message("From: <im:a@b>", "", "", "x"), nil, "", "x", false},
		{"folded MIME header", message("From: <im:a@b>", "", "Content-Type: multipart/mixed;", "\tboundary=\"b\"", "", "x"), nil, "multipart/mixed;\r\n\tboundary=\"b\"", "x", false},
		{"empty content", message("From: <im:a@b>", "", "Content-Type: text/plain", "", ""), nil, "text/plain", "", false},
		{"no content", message("From: <im:a@b>", "", "Content-Type: text/plain", ""), ErrNoContent, "", "", false},
		{"nothing", nil, ErrNoContent, "", "", false},
		{"blank lines", message("", "", ""), ErrNoHeaders, "", "", false},
		{"text where MIME headers should be", message("From: <im:a@b>", "", "hello", "", "x"), ErrMIMEHeader, "", "", false},
		{"bare CR", []byte("From: <im:a@b>\rTo: <im:c@d>\r\n\r\nContent-Type: text/plain\r\n\r\nx"), ErrControl, "", "", false},
		{"NUL", message("From: <im:a\x00@b>", "", "Content-Type: text/plain", "", "x"), ErrControl, "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m Message
			_, err := Parse(c.b, &m)
			if err != c.err {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if err == nil && (string(m.ContentType(c.b)) != c.typ || string(m.Content(c.b)) != c.out || m.NoSeparator != c.merged) {
				t.Errorf("%q, %q, %v", m.ContentType(c.b), m.Content(c.b), m.NoSeparator)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	head := func(headers, octets int) []byte {
		var b bytes.Buffer
		for range headers - 1 {
			b.WriteString("X: y\r\n")
		}
		b.WriteString("\r\nContent-Type: ")
		b.WriteString(strings.Repeat("x", octets-b.Len()-4))
		b.WriteString("\r\n\r\n")
		return b.Bytes()
	}
	var m Message
	for _, c := range []struct {
		headers, octets int
		err             error
	}{{MaxHeaders, 1000, nil}, {MaxHeaders + 1, 1000, ErrTooManyHeaders}, {2, MaxHead, nil}, {2, MaxHead + 1, ErrTooLong}} {
		if _, err := Parse(head(c.headers, c.octets), &m); err != c.err {
			t.Errorf("%d headers, %d octets: %v, want %v", c.headers, c.octets, err, c.err)
		}
	}
	// A head that never ends is refused as soon as the limit is reached, not asked for.
	if _, err := ParseHead(bytes.Repeat([]byte("a"), MaxHead-1), &m); err != ErrShort {
		t.Errorf("one octet below the limit: %v", err)
	}
	if _, err := ParseHead(bytes.Repeat([]byte("a"), MaxHead), &m); err != ErrTooLong {
		t.Errorf("at the limit: %v", err)
	}
	for _, size := range []int{MaxMessageID, MaxMessageID + 1} {
		b := message("NS: imdn <urn:ietf:params:imdn>", "imdn.Message-ID: "+strings.Repeat("i", size), "", "", "")
		if _, err := Parse(b, &m); (err == nil) != (size == MaxMessageID) {
			t.Errorf("Message-ID of %d octets: %v", size, err)
		}
	}
	// The content has no limit here: it may be longer than a Span reaches.
	b := append(head(2, 100), make([]byte, 1<<17)...)
	if n, err := Parse(b, &m); err != nil || n != 100 || len(m.Content(b)) != 1<<17 {
		t.Errorf("long content: %d, %v", n, err)
	}
}

func TestDispositions(t *testing.T) {
	for value, want := range map[string]Notify{
		"positive-delivery, display":                     PositiveDelivery | Display,
		"positive-delivery,negative-delivery,processing": PositiveDelivery | NegativeDelivery | Processing,
		"display, display ,display":                      Display,
		"Display;x=y":                                    Display,
		"":                                               0,
		" , ,":                                           0,
		"interworking, positive-delivery-x":              0,
	} {
		if got := ParseNotify([]byte(value)); got != want {
			t.Errorf("%q: %b, want %b", value, got, want)
		}
	}
}

func TestRequire(t *testing.T) {
	const uri = "mid:MessageFeatures@id.foo.com"
	for _, c := range []struct {
		require string
		known   []Feature
		unmet   string
	}{
		{"MyFeatures.VitalMessageOption", nil, "MyFeatures.VitalMessageOption"},
		{"MyFeatures.VitalMessageOption", []Feature{{uri, "VitalMessageOption"}}, ""},
		{"Subject,DateTime , MyFeatures.VitalMessageOption", []Feature{{uri, "VitalMessageOption"}}, ""},
		{"Subject,Mood", nil, "Mood"},
		{"Other.VitalMessageOption", []Feature{{uri, "VitalMessageOption"}}, "Other.VitalMessageOption"},
		{"", nil, ""},
	} {
		b := message("NS: MyFeatures <"+uri+">", "Require: "+c.require, "", "Content-Type: text/plain", "", "x")
		var m Message
		if _, err := Parse(b, &m); err != nil {
			t.Fatal(err)
		}
		if name, unmet := m.Unmet(b, c.known); string(name.In(b)) != c.unmet || unmet != (c.unmet != "") {
			t.Errorf("Require: %s: %q, %v", c.require, name.In(b), unmet)
		}
	}
}

func TestSubjectHasALanguage(t *testing.T) {
	b := fixture(t, "cpim/rfc/3862-5.1.cpim")
	var m Message
	if _, err := Parse(b, &m); err != nil {
		t.Fatal(err)
	}
	i := m.Find(b, Core, "Subject", 0)
	j := m.Find(b, Core, "Subject", i+1)
	if i < 0 || j < 0 || m.Find(b, Core, "Subject", j+1) >= 0 {
		t.Fatalf("Subjects at %d and %d", i, j)
	}
	h := m.Headers()[j]
	if string(h.Params.In(b)) != ";lang=fr" || string(h.Value.In(b)) != "beau temps prevu pour aujourd'hui" {
		t.Errorf("%q %q", h.Params.In(b), h.Value.In(b))
	}
	if name, unmet := m.Unmet(b, nil); !unmet || string(name.In(b)) != "MyFeatures.VitalMessageOption" {
		t.Errorf("unmet %q", name.In(b))
	}
}

// FuzzParse states what holds for any input.
func FuzzParse(f *testing.F) {
	for _, v := range vectors(f, "cpim", "cpim/") {
		if len(v.b) < MaxHead {
			f.Add(v.b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var m, again Message
		n, err := Parse(b, &m)
		if n < 0 || n > len(b) {
			t.Fatalf("offset %d of %d octets", n, len(b))
		}
		if err != nil {
			_ = err.Error()
			return
		}
		for _, h := range m.Headers() {
			_, _ = h.Prefix.In(b[:n]), h.Params.In(b[:n]) // must not panic
			if bytes.ContainsAny(h.Name.In(b[:n]), "\r\n\x00") || bytes.Contains(h.Value.In(b[:n]), []byte("\n\n")) {
				t.Fatalf("header %q: %q", h.Name.In(b), h.Value.In(b))
			}
			ParseAddress(b, h.Value).check(t, b)
		}
		// What follows the head must not change how it is read.
		if n2, err := ParseHead(b[:n:n], &again); n2 != n || err != nil || again != m {
			t.Fatalf("the head alone: %d, %v", n2, err)
		}
		room := make([]byte, 0, len(b))
		if out, err := m.AppendContent(room, b); err == nil && len(out) > len(m.Content(b)) {
			t.Fatal("decoded content is longer than encoded")
		} else if err == ErrNoRoom {
			t.Fatal("no room for decoded content")
		}
	})
}

func (a Address) check(t *testing.T, b []byte) { _, _ = a.Display.In(b), a.URI.In(b) }

func BenchmarkParse(b *testing.B) {
	msg, err := os.ReadFile("testdata/vectors/cpim/seed/hello.cpim")
	if err != nil {
		b.Fatal(err)
	}
	var m Message
	b.SetBytes(int64(len(msg)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(msg, &m); err != nil {
			b.Fatal(err)
		}
	}
}
