package sipmin

import "bytes"

// A parser fills one Msg. It goes on after a defect, so that the message can
// be answered, but keeps only the first.
type parser struct {
	b   []byte // ends where the message may at most end
	m   *Msg
	at  int // offset of err
	err Error
	via Error // of the topmost Via

	wary bool // look for a CR inside each line
}

// Parse reads one message from b into m.
//
// With stream false b is a datagram: octets beyond Content-Length are ignored,
// and without one the body reaches to the end ("18.3 Framing"). With stream
// true the message is at the front of b and n is the number of octets it
// occupies, line ends before it included; ErrShort asks for more (n is 0).
//
// On any other error n is the offset of the field at fault and m holds what
// could be read: see [Msg.Answerable] and [Error.Status]. A stream cannot go on
// after an error. Parse neither allocates nor retains b.
func Parse(b []byte, m *Msg, stream bool) (n int, err error) {
	*m = Msg{}
	p := parser{b: b, m: m, via: ErrMissing}
	if len(b) > MaxMessage {
		p.b = b[:MaxMessage]
		if !stream {
			p.fail(ErrMessageTooLong, 0)
		}
	}
	start := skipLineEnds(p.b, 0)
	if start == len(p.b) {
		return 0, nothing(stream, len(b))
	}
	if stream && !p.frame(start) {
		return 0, ErrShort
	}
	if n = p.message(start); p.err != 0 {
		return p.at, p.err
	}
	return n, nil
}

// nothing is the error for n octets that are line ends or less.
func nothing(stream bool, n int) Error {
	switch {
	case !stream:
		return ErrKeepAlive
	case n >= MaxMessage:
		return ErrMessageTooLong
	}
	return ErrShort
}

// frame cuts p.b to the first message of the stream; false if it is not whole.
func (p *parser) frame(start int) bool {
	var f Framer
	n, err := f.Frame(p.b[start:])
	switch e, bad := err.(Error); {
	case !bad:
		p.b = p.b[:start+n]
	case e == ErrShort && len(p.b) < MaxMessage:
		return false
	case e == ErrShort:
		p.fail(ErrMessageTooLong, start)
	default:
		p.fail(e, start+f.field)
	}
	return true
}

// message parses p.b[start:] and returns where the message ends.
func (p *parser) message(start int) int {
	body := p.head(start)
	n := p.body(body)
	p.check()
	p.m.answerable = p.m.Request && p.m.Method != MAck && p.via == 0 && p.m.first[HCSeq] != 0
	return n
}

// fail notes the first defect.
func (p *parser) fail(e Error, at int) {
	if p.err == 0 {
		p.err, p.at = e, at
	}
}

// failIf is fail for an error that may be none.
func (p *parser) failIf(e Error, at int) {
	if e != 0 {
		p.fail(e, at)
	}
}

// head parses start line and fields and returns where the body begins. A CR on
// its own is rare: where every line ends in CRLF and no field is folded, one
// count over the head shows that there is none. Else every line is looked through.
func (p *parser) head(start int) int {
	first := *p
	next := p.fields(start)
	if p.err != 0 || bytes.Count(p.b[start:next], []byte{'\r'}) != int(p.m.n)+2 { // start line and blank line
		*p, *p.m = first, Msg{}
		p.wary = true
		next = p.fields(start)
	}
	return next
}

// fields is head in one pass.
func (p *parser) fields(start int) int {
	end, next, e := scanLine(p.b, start, !p.wary)
	p.startLine(start, end)
	p.failIf(e, start)
	for at := next; at < len(p.b); at = next {
		end, next, e = scanField(p.b, at, !p.wary)
		p.failIf(e, at)
		if end == at {
			return next
		}
		if next-start > MaxHead {
			p.fail(ErrHeadTooLong, at)
		}
		p.field(at, end)
	}
	p.fail(ErrNoBlankLine, len(p.b))
	return len(p.b)
}

// field adds the field b[at:end] to the message.
func (p *parser) field(at, end int) {
	m := p.m
	h, ok := splitField(p.b, at, end)
	switch {
	case end-at > MaxLine:
		p.fail(ErrLineTooLong, at)
	case !ok:
		p.fail(ErrHeader, at)
	}
	if !ok {
		return
	}
	if m.n == MaxHeaders {
		p.fail(ErrTooMany, at)
		return
	}
	m.headers[m.n] = h
	m.n++
	if h.ID == HOther {
		return
	}
	if m.first[h.ID] == 0 {
		m.first[h.ID] = m.n
	} else if headerTable[h.ID].once && !p.repeated(h) {
		p.fail(ErrDuplicate, at)
	}
}

// repeated reports whether a second field says the same as the first, octet by
// octet; then there is one reading only. Content-Length never may.
func (p *parser) repeated(h Header) bool {
	first, _ := p.m.Get(h.ID)
	return h.ID != HContentLength && bytes.Equal(first.In(p.b), h.Value.In(p.b))
}

// body sets Body and returns where the message ends.
//
//	"If the transport packet ends before the end of the message body, this is
//	considered an error. If the message is a response, it MUST be discarded. If
//	the message is a request, the element SHOULD generate a 400 (Bad Request)
//	response." (RFC 3261 §18.3)
func (p *parser) body(at int) int {
	end := len(p.b)
	if v, ok := p.m.Get(HContentLength); ok {
		n, ok := ParseUint(v.In(p.b), MaxMessage)
		switch {
		case !ok:
			p.fail(ErrContentLength, int(v.Off))
		case int(n) > end-at:
			p.fail(ErrBody, int(v.Off))
		default:
			end = at + int(n)
		}
	}
	p.m.Body = span(at, end)
	return end
}
