package xmlscan

import "bytes"

// startTag reads <name attributes> or <name attributes/>.
func (r *Reader) startTag() (Token, error) {
	r.pos++
	qname := r.name()
	switch {
	case qname.Len == 0:
		return Token{}, ErrSyntax
	case r.depth == 0 && r.root:
		return Token{}, ErrOutside
	case r.depth == MaxDepth:
		return Token{}, ErrDepth
	}
	e := element{qname: qname, nns: r.nns}
	if err := r.attributes(); err != nil {
		return Token{}, err
	}
	if r.at("/>") {
		r.empty = true
		r.pos++
	}
	if !r.at(">") {
		return Token{}, ErrSyntax
	}
	r.pos++
	if err := r.declare(); err != nil {
		return Token{}, err
	}
	if err := r.resolve(&e); err != nil {
		return Token{}, err
	}
	r.open[r.depth] = e
	r.depth++
	r.root = true
	r.last = e
	return Token{Kind: Start, Depth: r.depth, Name: e.local}, nil
}

// endTag reads </name>.
func (r *Reader) endTag() (Token, error) {
	r.pos += 2
	name := r.name()
	r.blanks()
	switch {
	case r.pos == len(r.b):
		return Token{}, ErrTruncated
	case name.Len == 0 || r.b[r.pos] != '>':
		return Token{}, ErrSyntax
	case r.depth == 0 || !bytes.Equal(name.In(r.b), r.open[r.depth-1].qname.In(r.b)):
		return Token{}, ErrMismatch
	}
	r.pos++
	return r.pop(), nil
}

// pop ends the innermost element.
func (r *Reader) pop() Token {
	r.depth--
	r.last = r.open[r.depth]
	r.nns, r.nattr = r.last.nns, 0
	return Token{Kind: End, Depth: r.depth + 1, Name: r.last.local}
}

// attributes reads name="value" pairs up to what cannot begin one.
func (r *Reader) attributes() error {
	for r.nattr = 0; ; r.nattr++ {
		blanks := r.blanks()
		if r.pos == len(r.b) {
			return ErrTruncated
		}
		switch r.b[r.pos] {
		case '>', '/', '?':
			return nil
		}
		switch {
		case !blanks:
			return ErrSyntax
		case r.nattr == MaxAttributes:
			return ErrAttributes
		}
		a, err := r.attribute()
		if err != nil {
			return err
		}
		for _, b := range r.attrs[:r.nattr] {
			if bytes.Equal(a.name.In(r.b), b.name.In(r.b)) {
				return ErrSyntax // "unique att spec" (XML 1.0 §3.1)
			}
		}
		r.attrs[r.nattr] = a
	}
}

func (r *Reader) attribute() (a attribute, err error) {
	a.name = r.name()
	r.blanks()
	if a.name.Len == 0 || !r.at("=") {
		return a, ErrSyntax
	}
	r.pos++
	r.blanks()
	if !r.at(`"`) && !r.at("'") {
		return a, ErrSyntax
	}
	from := r.pos + 1
	end := bytes.IndexByte(r.b[from:], r.b[r.pos])
	if end < 0 {
		return a, ErrTruncated
	}
	a.value = between(from, from+end)
	if bytes.IndexByte(a.value.In(r.b), '<') >= 0 { // "no < in attribute values" (§3.1)
		return a, ErrSyntax
	}
	r.pos = from + end + 1
	return a, checkReferences(a.value.In(r.b))
}

// declare adds the namespace declarations of the tag just read to those in scope.
func (r *Reader) declare() error {
	for _, a := range r.attrs[:r.nattr] {
		name := a.name.In(r.b)
		if !bytes.HasPrefix(name, []byte("xmlns")) || len(name) > 5 && name[5] != ':' {
			continue
		}
		if r.nns == MaxNamespaces {
			return ErrNamespaces
		}
		prefix := Span{}
		if len(name) > 5 {
			prefix = between(int(a.name.Off)+6, int(a.name.Off)+len(name))
			if a.value.Len == 0 { // "no prefix undeclaring" (Namespaces in XML §5)
				return ErrPrefix
			}
		}
		r.ns[r.nns] = binding{prefix, a.value}
		r.nns++
	}
	return nil
}

// resolve divides e's name at its colon and finds the namespace.
func (r *Reader) resolve(e *element) error {
	prefix := Span{}
	e.local = e.qname
	if colon := bytes.IndexByte(e.qname.In(r.b), ':'); colon >= 0 {
		at := int(e.qname.Off)
		prefix, e.local = between(at, at+colon), between(at+colon+1, at+int(e.qname.Len))
		if colon == 0 || e.local.Len == 0 || bytes.IndexByte(e.local.In(r.b), ':') >= 0 {
			return ErrSyntax
		}
	}
	for i := r.nns - 1; i >= 0; i-- {
		if bytes.Equal(r.ns[i].prefix.In(r.b), prefix.In(r.b)) {
			e.space = r.ns[i].uri
			return nil
		}
	}
	if prefix.Len > 0 {
		return ErrPrefix
	}
	return nil
}

// name reads a Name (XML 1.0 §2.3); empty if there is none. Beyond ASCII every letter is
// taken.
func (r *Reader) name() Span {
	from := r.pos
	for r.pos < len(r.b) {
		c := r.b[r.pos]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == ':' || c >= 0x80
		if !letter && (r.pos == from || c != '-' && c != '.' && (c < '0' || c > '9')) {
			break
		}
		r.pos++
	}
	return between(from, r.pos)
}
