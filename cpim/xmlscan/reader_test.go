package xmlscan

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// dump prints the tokens of a document, one a line, and how it ended.
func dump(b []byte) string {
	var sb strings.Builder
	var r Reader
	r.Reset(b)
	for {
		t, err := r.Next()
		switch {
		case err != nil:
			fmt.Fprintf(&sb, "%v\n", err)
			return sb.String()
		case t.Kind == Done:
			return sb.String()
		case t.Kind == Start:
			fmt.Fprintf(&sb, "%d <{%s}%s", t.Depth, r.Space(), t.Name.In(b))
			for _, a := range r.attrs[:r.nattr] {
				v, _ := r.AppendValue(make([]byte, 0, 64), a.value)
				fmt.Fprintf(&sb, " %s=%q", a.name.In(b), v)
			}
			sb.WriteString(">\n")
		case t.Kind == End:
			fmt.Fprintf(&sb, "%d </{%s}%s>\n", t.Depth, r.Space(), t.Name.In(b))
		case t.Kind == Text:
			v, _ := r.AppendText(make([]byte, 0, 64), t)
			fmt.Fprintf(&sb, "%d %q\n", t.Depth, v)
		}
	}
}

func TestTokens(t *testing.T) {
	for _, c := range []struct{ name, doc, want string }{
		{"empty element", `<a/>`, "1 <{}a>\n1 </{}a>\n"},
		{"declaration and BOM", "\ufeff<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n<a/>\n", "1 <{}a>\n1 </{}a>\n"},
		{"blank before the declaration", "\r\n<?xml version=\"1.0\"?><a/>", "1 <{}a>\n1 </{}a>\n"},
		{"default namespace and its end", `<a xmlns="u"><b xmlns=""/><c/></a>`,
			"1 <{u}a xmlns=\"u\">\n2 <{}b xmlns=\"\">\n2 </{}b>\n2 <{u}c>\n2 </{u}c>\n1 </{u}a>\n"},
		{"prefix bound anew", `<p:a xmlns:p="u"><p:b xmlns:p="v"/><p:c/></p:a>`,
			"1 <{u}a xmlns:p=\"u\">\n2 <{v}b xmlns:p=\"v\">\n2 </{v}b>\n2 <{u}c>\n2 </{u}c>\n1 </{u}a>\n"},
		{"references", `<a b="&lt;&#x41;&quot;">&amp;&#66;&gt;&apos;</a>`, "1 <{}a b=\"<A\\\"\">\n1 \"&B>'\"\n1 </{}a>\n"},
		{"CDATA", `<a><![CDATA[<b>&amp;]]]]><![CDATA[>]]></a>`, "1 <{}a>\n1 \"<b>&amp;]]\"\n1 \">\"\n1 </{}a>\n"},
		{"comments and instructions", "<!-- a --><?p q?><a><!----><?p?></a><!-- z -->", "1 <{}a>\n1 </{}a>\n"},
		{"line ends", "<a>x\r\ny\rz\n</a>", "1 <{}a>\n1 \"x\\ny\\nz\\n\"\n1 </{}a>\n"},
		{"blanks in tags", "<a\n b = 'c'\t></a\r\n>", "1 <{}a b=\"c\">\n1 </{}a>\n"},
		{"quotes in the other quotes", `<a b='"' c="'"/>`, "1 <{}a b=\"\\\"\" c=\"'\">\n1 </{}a>\n"},
		{"other letters", "<é日.-1/>", "1 <{}é日.-1>\n1 </{}é日.-1>\n"},

		{"nothing", "", "xmlscan: no element\n"},
		{"only blanks", " \n", "xmlscan: no element\n"},
		{"text before the root", "x<a/>", "xmlscan: text or element outside the root\n"},
		{"text after the root", "<a/>x", "1 <{}a>\n1 </{}a>\nxmlscan: text or element outside the root\n"},
		{"two roots", "<a/><b/>", "1 <{}a>\n1 </{}a>\nxmlscan: text or element outside the root\n"},
		{"CDATA outside", "<![CDATA[x]]><a/>", "xmlscan: text or element outside the root\n"},
		{"DOCTYPE", "<!DOCTYPE a><a/>", "xmlscan: document type declaration\n"},
		{"DOCTYPE inside", "<a><!DOCTYPE a></a>", "1 <{}a>\nxmlscan: document type declaration\n"},
		{"wrong end", "<a></b>", "1 <{}a>\nxmlscan: end tag of another element\n"},
		{"end alone", "</a>", "xmlscan: end tag of another element\n"},
		{"crossed", "<a><b></a></b>", "1 <{}a>\n2 <{}b>\nxmlscan: end tag of another element\n"},
		{"other prefix at the end", `<p:a xmlns:p="u" xmlns:q="u"></q:a>`, "1 <{u}a xmlns:p=\"u\" xmlns:q=\"u\">\nxmlscan: end tag of another element\n"},
		{"not ended", "<a>x", "1 <{}a>\n1 \"x\"\nxmlscan: document ends inside an element\n"},
		{"attribute twice", "<a b='' b=''/>", "xmlscan: malformed markup\n"},
		{"no blank between attributes", "<a b=''c=''/>", "xmlscan: malformed markup\n"},
		{"no quotes", "<a b=c/>", "xmlscan: malformed markup\n"},
		{"no value", "<a b/>", "xmlscan: malformed markup\n"},
		{"< in a value", "<a b='<'/>", "xmlscan: malformed markup\n"},
		{"]]> in text", "<a>]]></a>", "1 <{}a>\nxmlscan: malformed markup\n"},
		{"-- in a comment", "<a><!-- -- --></a>", "1 <{}a>\nxmlscan: malformed markup\n"},
		{"second declaration", "<a><?xml version='1.0'?></a>", "1 <{}a>\nxmlscan: malformed markup\n"},
		{"number as a name", "<1/>", "xmlscan: malformed markup\n"},
		{"two colons", `<a:b:c xmlns:a="u"/>`, "xmlscan: malformed markup\n"},
		{"unknown entity", "<a>&b;</a>", "1 <{}a>\nxmlscan: unknown entity or character reference\n"},
		{"lone ampersand", "<a b='x & y'/>", "xmlscan: unknown entity or character reference\n"},
		{"surrogate", "<a>&#xD800;</a>", "1 <{}a>\nxmlscan: unknown entity or character reference\n"},
		{"reference beyond Unicode", "<a>&#x110000;&#99999999999999999999;</a>", "1 <{}a>\nxmlscan: unknown entity or character reference\n"},
		{"NUL by reference", "<a>&#0;</a>", "1 <{}a>\nxmlscan: unknown entity or character reference\n"},
		{"control character", "<a>\x01</a>", "xmlscan: character not allowed\n"},
		{"not UTF-8", "<a>\xff</a>", "xmlscan: not UTF-8\n"},
		{"other encoding", "<?xml version='1.0' encoding='UTF-16'?><a/>", "xmlscan: not UTF-8\n"},
		{"version 2", "<?xml version='2.0'?><a/>", "xmlscan: malformed markup\n"},
		{"prefix not declared", "<p:a/>", "xmlscan: namespace prefix not declared\n"},
		{"prefix of a sibling", "<a><p:b xmlns:p='u'/><p:c/></a>", "1 <{}a>\n2 <{u}b xmlns:p=\"u\">\n2 </{u}b>\nxmlscan: namespace prefix not declared\n"},
		{"empty prefix URI", "<a xmlns:p=''/>", "xmlscan: namespace prefix not declared\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := dump([]byte(c.doc)); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	attributes := func(n int) string {
		var sb strings.Builder
		for i := range n {
			fmt.Fprintf(&sb, " a%d=''", i)
		}
		return "<r" + sb.String() + "/>"
	}
	nested := func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }
	declared := func(n int) string {
		var open strings.Builder
		for i := range n {
			if i%16 == 0 {
				if i > 0 {
					open.WriteString(">")
				}
				open.WriteString("<a")
			}
			fmt.Fprintf(&open, " xmlns:p%d='u'", i)
		}
		return open.String() + ">" + strings.Repeat("</a>", (n+15)/16)
	}
	for _, c := range []struct {
		name string
		good string
		bad  string
		err  Error
	}{
		{"depth", nested(MaxDepth), nested(MaxDepth + 1), ErrDepth},
		{"attributes", attributes(MaxAttributes), attributes(MaxAttributes + 1), ErrAttributes},
		{"namespaces", declared(MaxNamespaces), declared(MaxNamespaces + 1), ErrNamespaces},
		{"document", "<a>" + strings.Repeat("x", MaxDocument-7) + "</a>", "<a>" + strings.Repeat("x", MaxDocument-6) + "</a>", ErrTooLong},
	} {
		if err := walk([]byte(c.good)); err != nil {
			t.Errorf("%s: at the limit: %v", c.name, err)
		}
		if err := walk([]byte(c.bad)); err != c.err {
			t.Errorf("%s: beyond the limit: %v, want %v", c.name, err, c.err)
		}
	}
}

// walk reads a document to its end.
func walk(b []byte) error {
	var r Reader
	r.Reset(b)
	for {
		if t, err := r.Next(); err != nil || t.Kind == Done {
			return err
		}
	}
}

func TestVectorsXML(t *testing.T) {
	for _, v := range vectors(t, "attacks", "attacks/xml/") {
		t.Run(v.path, func(t *testing.T) {
			began := time.Now()
			first := walk(v.b)
			if took := time.Since(began); took > 50*time.Millisecond && !raceEnabled {
				t.Errorf("took %v", took)
			}
			if again := walk(v.b); again != first {
				t.Fatalf("a second run gives %v after %v", again, first)
			}
			if v.verdict == "accept" && first != nil || v.verdict == "reject" && first == nil {
				t.Errorf("%v", first)
			}
		})
	}
}

func TestAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, v := range vectors(t, "attacks", "attacks/xml/") {
		if a := testing.AllocsPerRun(5, func() { walk(v.b) }); a != 0 {
			t.Errorf("%s: %v allocations", v.path, a)
		}
	}
}

func TestLeafAndSkip(t *testing.T) {
	var r Reader
	r.Reset([]byte("<a><b>x<c>no</c>&amp;<!-- -->y</b><d><e><f/></e></d><g/></a>"))
	next := func(want string) {
		t.Helper()
		for {
			tok, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if tok.Kind == Start {
				if got := string(tok.Name.In(r.b)); got != want {
					t.Fatalf("<%s>, want <%s>", got, want)
				}
				return
			}
		}
	}
	next("a")
	next("b")
	if got, err := r.Leaf(make([]byte, 0, 3)); err != nil || string(got) != "x&y" {
		t.Errorf("%q, %v", got, err)
	}
	next("d")
	if err := r.Skip(); err != nil {
		t.Error(err)
	}
	next("g")
	if got, err := r.Leaf(nil); err != nil || len(got) != 0 {
		t.Errorf("%q, %v", got, err)
	}

	r.Reset([]byte("<a><b>long</b><c/></a>"))
	next("a")
	next("b")
	if got, err := r.Leaf(make([]byte, 0, 3)); err != ErrNoRoom || len(got) != 0 {
		t.Errorf("%q, %v", got, err)
	}
	next("c")
	r.Reset([]byte("<a><b>"))
	next("a")
	if err := r.Skip(); err != ErrTruncated {
		t.Error(err)
	}
}

func TestAppendEscaped(t *testing.T) {
	const text, want = "<a b=\"c\">&\t\n\r\x00é\xff", "&lt;a b=&quot;c&quot;&gt;&amp;&#9;&#10;&#13;\ufffdé\ufffd"
	got, err := AppendEscaped(make([]byte, 0, len(want)), []byte(text))
	if err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
	for room := range len(want) {
		if got, err := AppendEscaped(make([]byte, 0, room), []byte(text)); err != ErrNoRoom || len(got) != 0 {
			t.Fatalf("in %d octets: %q, %v", room, got, err)
		}
	}
}

// FuzzReader: the reader ends, its tokens nest, and what it resolves fits its token.
func FuzzReader(f *testing.F) {
	for _, v := range vectors(f, "attacks", "attacks/xml/") {
		if len(v.b) <= MaxDocument {
			f.Add(v.b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Reader
		r.Reset(b)
		for depth, steps := 0, 0; ; steps++ {
			tok, err := r.Next()
			if r.Offset() < 0 || r.Offset() > len(b) || steps > 2*len(b)+2 {
				t.Fatalf("step %d at %d of %d octets", steps, r.Offset(), len(b))
			}
			if err != nil || tok.Kind == Done {
				if err == nil && depth != 0 {
					t.Fatalf("done at depth %d", depth)
				}
				if _, again := r.Next(); again != err {
					t.Fatalf("%v, then %v", err, again)
				}
				return
			}
			switch tok.Kind {
			case Start:
				depth++
			case Text:
				if got, err := r.AppendText(make([]byte, 0, tok.Text.Len), tok); err != nil || len(got) > int(tok.Text.Len) {
					t.Fatalf("%q gives %q, %v", tok.Text.In(b), got, err)
				}
			}
			if tok.Depth != depth || depth > MaxDepth {
				t.Fatalf("%+v at depth %d", tok, depth)
			}
			if tok.Kind == End {
				depth--
			}
		}
	})
}

func TestErrorsNameTheirClause(t *testing.T) {
	for e := ErrTooLong; e <= ErrNoRoom; e++ {
		if e.Error() == "xmlscan: " || e.Clause() == "" {
			t.Errorf("error %d: %q, %q", e, e.Error(), e.Clause())
		}
	}
	if Error(200).Error() == "" || Error(200).Clause() != "" {
		t.Error("an unknown error has a clause")
	}
}

func BenchmarkReader(b *testing.B) {
	doc := fixture(b, "attacks/xml/pjsip-seed-dialog_info.xml")
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if err := walk(doc); err != nil {
			b.Fatal(err)
		}
	}
}
