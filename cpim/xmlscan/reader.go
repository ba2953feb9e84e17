package xmlscan

import (
	"bytes"
	"unicode/utf8"
)

// Limits (L12).
const (
	MaxDocument   = 16 << 10 // octets; ErrTooLong
	MaxDepth      = 16       // open elements; ErrDepth
	MaxAttributes = 32       // of one tag, namespace declarations among them; ErrAttributes
	MaxNamespaces = 64       // declarations in scope; ErrNamespaces
)

// A Span is the range [Off, Off+Len) of the document.
type Span struct{ Off, Len uint16 }

// In returns the octets of s in b, capped, so that appending cannot overwrite what follows.
func (s Span) In(b []byte) []byte {
	end := int(s.Off) + int(s.Len)
	return b[s.Off:end:end]
}

// A Kind says what a token is.
type Kind uint8

// Kinds of token.
const (
	Start Kind = iota + 1 // a start tag; an empty element gives a Start and an End
	End                   // an end tag
	Text                  // character data, raw: see [Reader.AppendText]
	Done                  // the document has ended well
)

// A Token is one step through the document.
type Token struct {
	Kind  Kind
	CDATA bool // Text is literal
	Depth int  // of the element that begins, ends or holds the text; the root has 1
	Name  Span // of an element, without its prefix
	Text  Span
}

// A Reader reads one document at a time. The zero Reader reads an empty one.
type Reader struct {
	b     []byte
	pos   int
	depth int
	root  bool // it has begun
	empty bool // the tag just returned was <a/>
	err   error
	last  element // of the Start or End just returned
	open  [MaxDepth]element
	nattr int
	attrs [MaxAttributes]attribute
	nns   int
	ns    [MaxNamespaces]binding
}

type element struct {
	qname, local, space Span
	nns                 int // declarations in scope outside it
}

type attribute struct{ name, value Span }

type binding struct{ prefix, uri Span }

// Reset starts to read b, which must not change until the reader is done with it. A
// document that cannot be read at all is reported by the first Next.
func (r *Reader) Reset(b []byte) {
	r.b, r.pos, r.depth, r.root, r.empty, r.nattr, r.nns = b, 0, 0, false, false, 0, 0
	r.last = element{}
	r.err = r.prolog()
}

// prolog checks the characters and reads the XML declaration.
func (r *Reader) prolog() error {
	switch {
	case len(r.b) > MaxDocument:
		return ErrTooLong
	case !utf8.Valid(r.b):
		return ErrEncoding
	}
	for _, c := range r.b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return ErrCharacter
		}
	}
	if r.at("\ufeff") {
		r.pos += len("\ufeff")
	}
	r.blanks()
	if !r.at("<?xml") || len(r.b) == r.pos+5 || !isBlank(r.b[r.pos+5]) {
		return nil
	}
	r.pos += 5
	return r.declaration()
}

// declaration reads what follows <?xml (XML 1.0 §2.8).
func (r *Reader) declaration() error {
	if err := r.attributes(); err != nil {
		return err
	}
	if !r.at("?>") {
		return ErrSyntax
	}
	r.pos += 2
	version, _ := r.Attr("version")
	if !bytes.HasPrefix(version.In(r.b), []byte("1.")) {
		return ErrSyntax
	}
	encoding, ok := r.Attr("encoding")
	if ok && !isUTF8(encoding.In(r.b)) {
		return ErrEncoding
	}
	r.nattr = 0
	return nil
}

// isUTF8 reports whether a document that declares this encoding may be read as UTF-8, which
// its octets are. ISO-8859-1 is declared by peers that send ASCII.
func isUTF8(name []byte) bool {
	return equalFold(name, "utf-8") || equalFold(name, "us-ascii") || equalFold(name, "iso-8859-1")
}

// Offset is how far the reader has come; after an error, near the fault.
func (r *Reader) Offset() int { return r.pos }

// Next returns the next token. After an error or Done it returns the same again.
func (r *Reader) Next() (t Token, err error) {
	if r.err == nil {
		t, r.err = r.next()
	}
	return t, r.err
}

func (r *Reader) next() (Token, error) {
	if r.empty {
		r.empty = false
		return r.pop(), nil
	}
	for r.pos < len(r.b) {
		t, err := r.step()
		if t.Kind != 0 || err != nil {
			return t, err
		}
	}
	switch {
	case r.depth > 0:
		return Token{}, ErrTruncated
	case !r.root:
		return Token{}, ErrNoRoot
	}
	return Token{Kind: Done}, nil
}

// step reads one piece; a token without a kind means: skipped.
func (r *Reader) step() (Token, error) {
	switch {
	case r.b[r.pos] != '<':
		return r.text()
	case r.at("<!--"):
		return Token{}, r.comment()
	case r.at("<![CDATA["):
		return r.cdata()
	case r.at("<!"):
		return Token{}, ErrDoctype // nothing else can begin so (XML 1.0 §2.8)
	case r.at("<?"):
		return Token{}, r.instruction()
	case r.at("</"):
		return r.endTag()
	}
	return r.startTag()
}

// text reads up to the next tag.
func (r *Reader) text() (Token, error) {
	from := r.pos
	end := bytes.IndexByte(r.b[from:], '<')
	if end < 0 {
		end = len(r.b) - from
	}
	r.pos += end
	s := r.b[from:r.pos]
	if r.depth == 0 {
		if len(bytes.TrimLeft(s, " \t\r\n")) > 0 {
			return Token{}, ErrOutside
		}
		return Token{}, nil
	}
	// "]]>" MUST NOT appear in content except to end a CDATA section (XML 1.0 §2.4).
	if bytes.Contains(s, []byte("]]>")) {
		return Token{}, ErrSyntax
	}
	if err := checkReferences(s); err != nil {
		return Token{}, err
	}
	return Token{Kind: Text, Depth: r.depth, Text: between(from, r.pos)}, nil
}

func (r *Reader) comment() error {
	end := bytes.Index(r.b[r.pos+4:], []byte("--"))
	if end < 0 {
		return ErrTruncated
	}
	r.pos += 4 + end + 2
	if !r.at(">") { // "the string "--" MUST NOT occur within comments" (XML 1.0 §2.5)
		return ErrSyntax
	}
	r.pos++
	return nil
}

func (r *Reader) cdata() (Token, error) {
	if r.depth == 0 {
		return Token{}, ErrOutside
	}
	from := r.pos + len("<![CDATA[")
	end := bytes.Index(r.b[from:], []byte("]]>"))
	if end < 0 {
		return Token{}, ErrTruncated
	}
	r.pos = from + end + 3
	return Token{Kind: Text, CDATA: true, Depth: r.depth, Text: between(from, from+end)}, nil
}

// instruction skips a processing instruction (XML 1.0 §2.6).
func (r *Reader) instruction() error {
	r.pos += 2
	target := r.name()
	if target.Len == 0 || equalFold(target.In(r.b), "xml") {
		return ErrSyntax
	}
	end := bytes.Index(r.b[r.pos:], []byte("?>"))
	if end < 0 {
		return ErrTruncated
	}
	r.pos += end + 2
	return nil
}

// Space returns the URI of the namespace of the element just begun or ended; empty for none.
func (r *Reader) Space() []byte { return r.last.space.In(r.b) }

// Is reports whether the element of t has this namespace and local name.
func (r *Reader) Is(t Token, space, local string) bool {
	return string(t.Name.In(r.b)) == local && string(r.Space()) == space
}

// Attr returns the raw value of an attribute of the start tag just returned, by its name as
// written, prefix included.
func (r *Reader) Attr(name string) (value Span, ok bool) {
	for _, a := range r.attrs[:r.nattr] {
		if string(a.name.In(r.b)) == name {
			return a.value, true
		}
	}
	return Span{}, false
}

// Skip reads on past the end of the element whose Start was just returned.
func (r *Reader) Skip() error {
	for depth := r.depth; r.depth >= depth; {
		if t, err := r.Next(); err != nil {
			return err
		} else if t.Kind == Done {
			return ErrTruncated
		}
	}
	return nil
}

// Leaf appends the text of the element whose Start was just returned, and reads on past its
// end; elements inside are skipped. It appends within the capacity of dst: on [ErrNoRoom]
// dst comes back unchanged, and the element has still been read to its end.
func (r *Reader) Leaf(dst []byte) ([]byte, error) {
	var full error
	for w := dst; ; {
		t, err := r.Next()
		switch {
		case err != nil:
			return dst, err
		case t.Kind == Start:
			if err = r.Skip(); err != nil {
				return dst, err
			}
		case t.Kind == Text && full == nil:
			w, full = r.AppendText(w, t)
		case t.Kind == End && full != nil:
			return dst, full
		case t.Kind == End:
			return w, nil
		}
	}
}

func (r *Reader) at(s string) bool {
	return len(r.b)-r.pos >= len(s) && string(r.b[r.pos:r.pos+len(s)]) == s
}

// blanks skips white space and reports whether there was any.
func (r *Reader) blanks() (some bool) {
	for r.pos < len(r.b) && isBlank(r.b[r.pos]) {
		r.pos++
		some = true
	}
	return some
}

func between(from, to int) Span { return Span{uint16(from), uint16(to - from)} }

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func equalFold(a []byte, s string) bool {
	if len(a) != len(s) {
		return false
	}
	for i, c := range a {
		if lower(c) != lower(s[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
