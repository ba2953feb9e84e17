package sipmin

import "bytes"

// Limits of multipart bodies, L4.
const (
	MaxParts       = 8  // parts of one body: ErrParts
	MaxNesting     = 2  // multipart in multipart: ErrNesting
	MaxBoundary    = 70 // octets, RFC 2046 §5.1.1: ErrBoundary
	MaxPartHeaders = 32 // fields of one part: ErrTooMany
)

// A Part is one body part. Fields that are absent have empty spans; a part
// without Content-Type is text/plain (RFC 2046 §5.1).
type Part struct {
	ContentType        Span
	ContentDisposition Span
	ContentID          Span
	TransferEncoding   Span
	Body               Span
}

// Parts walks the parts of a multipart body by its delimiter lines. A part's
// Content-Length is not believed.
type Parts struct {
	boundary Span
	at, end  int // what is left; at is after a delimiter line, but before the first part
	n, depth uint8
	last     bool // the closing delimiter was found
}

// OpenParts begins a walk over the body; contentType is the value of its
// Content-Type, whose boundary is needed (RFC 2046 §5.1.1).
func OpenParts(b []byte, contentType, body Span) (Parts, error) {
	p := Parts{at: int(body.Off), end: body.End(), depth: 1}
	if !isMultipart(contentType.In(b)) {
		return Parts{}, ErrBoundary
	}
	semi := indexOutside(b, int(contentType.Off), contentType.End(), ';', false)
	p.boundary, _ = Param(b, span(semi, contentType.End()), "boundary")
	text := p.boundary.In(b)
	if len(text) == 0 || len(text) > MaxBoundary || text[len(text)-1] == ' ' {
		return Parts{}, ErrBoundary
	}
	for _, c := range text {
		if c < ' ' || c >= 0x7f {
			return Parts{}, ErrBoundary
		}
	}
	return p, nil
}

// Open begins a walk over a part that is itself multipart.
func (p *Parts) Open(b []byte, part *Part) (Parts, error) {
	if p.depth >= MaxNesting {
		return Parts{}, ErrNesting
	}
	q, err := OpenParts(b, part.ContentType, part.Body)
	q.depth = p.depth + 1
	return q, err
}

// NextPart fills part with the next part; ok is false at the end. A body
// without any part is ErrMultipart; without the closing delimiter its last
// part reaches to its end.
func (p *Parts) NextPart(b []byte, part *Part) (ok bool, err error) {
	if p.n == 0 { // what comes before the first delimiter is to be ignored
		if _, found := p.delimiter(b); !found || p.last {
			return false, ErrMultipart
		}
	}
	if p.last || p.at >= p.end {
		return false, nil
	}
	if p.n == MaxParts {
		return false, ErrParts
	}
	p.n++
	from := p.at
	to, found := p.delimiter(b)
	if !found {
		p.at, p.last = p.end, true
		to = p.end
	}
	if e := part.read(b, from, to); e != 0 {
		return false, e
	}
	return true, nil
}

// delimiter finds the next delimiter line: it returns where the text before it
// ends, whose CRLF belongs to the delimiter, and moves p behind the line.
func (p *Parts) delimiter(b []byte) (to int, found bool) {
	boundary := p.boundary.In(b)
	for i := p.at; i < p.end; {
		j := bytes.Index(b[i:p.end], boundary)
		if j < 0 {
			break
		}
		i += j
		next, last, ok := p.delimiterEnd(b, i+len(boundary))
		if line := i - 2; ok && line >= p.at && b[line] == '-' && b[line+1] == '-' {
			if line == p.at {
				p.at, p.last = next, last
				return line, true
			}
			if line-2 >= p.at && b[line-2] == '\r' && b[line-1] == '\n' {
				p.at, p.last = next, last
				return line - 2, true
			}
		}
		i++
	}
	return p.end, false
}

// delimiterEnd reads what follows the boundary in a delimiter line: "--" in
// the last one, white space, and CRLF or the end of the body.
func (p *Parts) delimiterEnd(b []byte, i int) (next int, last, ok bool) {
	if i+2 <= p.end && b[i] == '-' && b[i+1] == '-' {
		i, last = i+2, true
	}
	for i < p.end && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	switch {
	case i == p.end:
		return i, last, true
	case i+2 <= p.end && b[i] == '\r' && b[i+1] == '\n':
		return i + 2, last, true
	}
	return i, last, false
}

// read fills part from b[from:to]: fields, a blank line, the body. The blank
// line may be the last thing, its CRLF then being the delimiter's.
func (part *Part) read(b []byte, from, to int) Error {
	*part = Part{}
	n := 0
	for at := from; at < to; n++ {
		end, next, e := scanField(b[:to], at, false)
		if end == at && e == 0 {
			part.Body = span(next, to)
			return 0
		}
		h, ok := splitField(b, at, end)
		switch {
		case n == MaxPartHeaders:
			return ErrTooMany
		case e != 0 || !ok:
			return ErrMultipart
		}
		part.set(h)
		at = next
	}
	part.Body = span(to, to)
	return 0
}

// set keeps the first of each field that matters.
func (part *Part) set(h Header) {
	var to *Span
	switch h.ID {
	case HContentType:
		to = &part.ContentType
	case HContentDisposition:
		to = &part.ContentDisposition
	case HContentID:
		to = &part.ContentID
	case HContentTransferEncoding:
		to = &part.TransferEncoding
	default:
		return
	}
	if to.Len == 0 {
		*to = h.Value
	}
}

// CheckMultipart walks a whole body, nested ones included, and returns what is
// wrong with it.
func CheckMultipart(b []byte, contentType, body Span) (err error) {
	var open [MaxNesting]Parts
	if open[0], err = OpenParts(b, contentType, body); err != nil {
		return err
	}
	for top := 0; top >= 0; {
		var part Part
		ok, err := open[top].NextPart(b, &part)
		switch {
		case err != nil:
			return err
		case !ok:
			top--
		case isMultipart(part.ContentType.In(b)):
			inner, err := open[top].Open(b, &part)
			if err != nil {
				return err
			}
			top++
			open[top] = inner
		}
	}
	return nil
}

func isMultipart(contentType []byte) bool {
	const prefix = "multipart/"
	return len(contentType) >= len(prefix) && EqualFold(contentType[:len(prefix)], prefix)
}
