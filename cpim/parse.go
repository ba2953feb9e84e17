package cpim

import "bytes"

// Parse reads the whole message b. On an error n is the offset of the line at fault;
// otherwise it is where the content begins, and the content is the rest of b.
func Parse(b []byte, m *Message) (n int, err error) {
	if n, err = ParseHead(b, m); err == ErrShort {
		err = ErrNoContent
	}
	return n, err
}

// ParseHead reads the two header blocks at the front of b and returns where the content
// begins. On [ErrShort] n is 0: call again when b has grown; that happens at most up to
// [MaxHead] octets. On another error n is the offset of the line at fault. ParseHead neither
// allocates nor keeps b.
func ParseHead(b []byte, m *Message) (n int, err error) {
	m.reset()
	p := parser{b: b, m: m}
	if n, err = p.block(0, false); err != nil {
		return n, err
	}
	if m.n == 0 {
		return 0, ErrNoHeaders
	}
	if !m.NoSeparator {
		if n, err = p.block(n, true); err != nil {
			return n, err
		}
	}
	m.content = n
	return m.imdn(b)
}

// reset forgets the last message; headers beyond n are never read.
func (m *Message) reset() {
	m.MessageID, m.Notify, m.NoSeparator, m.content, m.n = Span{}, 0, false, 0, 0
}

type parser struct {
	b []byte
	m *Message
}

// block reads headers from b[n] to the blank line that ends them, and returns what follows.
func (p *parser) block(n int, mime bool) (int, error) {
	first := p.m.n
	for {
		line, next, err := p.line(n)
		switch {
		case err != nil:
			return next, err
		case line.Len == 0:
			return next, nil
		case isBlank(p.b[line.Off]) && p.m.n > first:
			// RFC 5438 §8.3 prints a folded Content-type; message headers are never folded
			// (RFC 3862 §2.2), so there it can only be meant the same way.
			h := &p.m.headers[p.m.n-1]
			h.Value = trim(p.b, int(h.Value.Off), int(line.Off)+int(line.Len))
		default:
			if at, err := p.header(line, mime); err != nil {
				return at, err
			}
		}
		n = next
	}
}

// line returns the line at b[n] without its end, and where the next one begins.
func (p *parser) line(n int) (line Span, next int, err error) {
	rest := p.b[n:min(len(p.b), MaxHead)]
	end := bytes.IndexByte(rest, '\n')
	if end < 0 && len(p.b) >= MaxHead {
		return Span{}, n, ErrTooLong
	}
	if end < 0 {
		return Span{}, 0, ErrShort
	}
	next = n + end + 1
	if end > 0 && rest[end-1] == '\r' {
		end--
	}
	for i, c := range rest[:end] {
		// "This mechanism MUST be used to code control characters in a header" (§2.3).
		if c < ' ' && c != '\t' || c == 0x7f {
			return Span{}, n + i, ErrControl
		}
	}
	return between(n, n+end), next, nil
}

// header adds one line.
func (p *parser) header(line Span, mime bool) (at int, err error) {
	at, end := int(line.Off), int(line.Off)+int(line.Len)
	colon := bytes.IndexByte(line.In(p.b), ':')
	if colon < 0 && mime {
		return at, ErrMIMEHeader // what is not a header here would be lost text
	}
	if colon < 0 {
		return at, nil
	}
	if p.m.n == MaxHeaders {
		return at, ErrTooManyHeaders
	}
	name := trim(p.b, at, at+colon)
	h := Header{Name: name, MIME: mime || isContent(name.In(p.b))}
	p.m.NoSeparator = p.m.NoSeparator || h.MIME && !mime
	at += colon + 1
	if !h.MIME {
		h.Prefix, h.Name = splitName(p.b, name)
		h.Params = params(p.b, at, end)
		at += int(h.Params.Len)
	}
	h.Value = trim(p.b, at, end)
	p.m.scopeOf(p.b, &h, p.m.n)
	p.m.headers[p.m.n] = h
	p.m.n++
	return 0, nil
}

// isContent reports whether name is one of MIME's (RFC 2045 §9), which no message header
// may be.
func isContent(name []byte) bool {
	const prefix = "Content-"
	return len(name) > len(prefix) && equalFold(name[:len(prefix)], prefix)
}

// splitName divides "prefix.Name" at its dot (RFC 3862 §3.6).
func splitName(b []byte, s Span) (prefix, name Span) {
	dot := bytes.IndexByte(s.In(b), '.')
	if dot < 0 {
		return Span{}, s
	}
	at := int(s.Off)
	return between(at, at+dot), between(at+dot+1, at+int(s.Len))
}

// params returns the parameters at b[from], up to the space that ends them; they are there
// only if a semicolon follows the colon at once.
func params(b []byte, from, end int) Span {
	if from == end || b[from] != ';' {
		return Span{}
	}
	quoted := false
	for i := from; i < end; i++ {
		switch {
		case b[i] == '"':
			quoted = !quoted
		case b[i] == '\\' && quoted:
			i++
		case b[i] == ' ' && !quoted:
			return between(from, i)
		}
	}
	return between(from, end)
}

// scopeOf finds the namespace of h, which is header number at.
//
// "A namespace prefix declaration MUST precede any use of that prefix" (RFC 3862 §3.4), so
// only the headers before it count, and of those the last.
func (m *Message) scopeOf(b []byte, h *Header, at int) {
	h.scope = scopeUnknown
	if h.Prefix.Len == 0 {
		h.scope = scopeCore
	}
	if h.Prefix.Len == 0 && string(h.Name.In(b)) == "NS" {
		return // else a default namespace could not be changed back
	}
	for i := at - 1; i >= 0; i-- {
		ns := &m.headers[i]
		if ns.MIME || ns.Prefix.Len > 0 || string(ns.Name.In(b)) != "NS" {
			continue
		}
		if prefix, _ := splitNS(b, ns.Value); bytes.Equal(prefix.In(b), h.Prefix.In(b)) {
			h.scope = uint8(i)
			return
		}
	}
}

// splitNS divides the value of an NS header, [ Name-prefix ] "<" URI ">" (RFC 3862 §4.6).
func splitNS(b []byte, v Span) (prefix, uri Span) {
	at, end := int(v.Off), int(v.Off)+int(v.Len)
	for i, c := range v.In(b) {
		switch {
		case c == '<':
			close := bytes.IndexByte(b[at+i:end], '>')
			if close < 0 {
				close = end - at - i
			}
			return trim(b, at, at+i), trim(b, at+i+1, at+i+close)
		case c == ' ' && bytes.IndexByte(b[at+i:end], '<') < 0: // "NS: imdn urn:…" without <>
			return between(at, at+i), trim(b, at+i, end)
		}
	}
	return Span{}, v
}
