package sipmin

import "bytes"

// version is the only one there is. It is compared without regard to case
// (RFC 3261 §7.1).
const version = "SIP/2.0"

// startLine reads b[i:end] as a request line or a status line.
func (p *parser) startLine(i, end int) {
	if end-i > MaxLine {
		p.fail(ErrURITooLong, i)
	}
	if end-i >= 4 && EqualFold(p.b[i:i+4], "SIP/") {
		p.statusLine(i, end)
		return
	}
	p.m.Request = true
	p.requestLine(i, end)
}

// requestLine reads Method SP Request-URI SP SIP-Version.
//
//	"No LWS is allowed in any of the elements." (RFC 3261 §7.1)
func (p *parser) requestLine(i, end int) {
	first := bytes.IndexByte(p.b[i:end], ' ')
	last := bytes.LastIndexByte(p.b[i:end], ' ')
	if first <= 0 || last == first {
		p.fail(ErrStartLine, i)
		first, last = max(first, 0), end-i
	}
	m := p.m
	m.MethodName = span(i, i+first)
	if !all(m.MethodName.In(p.b), cToken) {
		p.fail(ErrStartLine, i)
	}
	m.Method = MethodOf(m.MethodName.In(p.b))
	m.URI = span(min(i+first+1, i+last), i+last)
	if e := checkVersion(p.b[min(i+last+1, end):end]); e != 0 {
		p.fail(e, i+last)
	}
	var err error
	if m.Target, err = ParseURI(p.b, m.URI); err != nil {
		p.fail(err.(Error), int(m.URI.Off))
	} else if u := &m.Target; u.Headers.Len > 0 { // "not allowed" in a Request-URI, RFC 3261 §19.1.1 table 1
		p.fail(ErrURI, int(u.Headers.Off))
	}
}

// checkVersion tells another version of SIP from what is none.
func checkVersion(s []byte) Error {
	if EqualFold(s, version) {
		return 0
	}
	if len(s) < 7 || !EqualFold(s[:4], "SIP/") {
		return ErrStartLine
	}
	dot := digits(s, 4, len(s))
	if dot == 4 || dot+1 >= len(s) || s[dot] != '.' || digits(s, dot+1, len(s)) != len(s) {
		return ErrStartLine
	}
	return ErrVersion
}

// statusLine reads SIP-Version SP Status-Code SP Reason-Phrase. A missing SP
// before an empty reason is overlooked.
func (p *parser) statusLine(i, end int) {
	sp := indexByte(p.b, i, end, ' ')
	if e := checkVersion(p.b[i:sp]); e != 0 {
		p.fail(e, i)
		return
	}
	at := min(sp+1, end)
	code := digits(p.b, at, end)
	v, ok := ParseUint(p.b[at:code], 699)
	if !ok || v < 100 || code-at != 3 || code < end && p.b[code] != ' ' {
		p.fail(ErrStatus, at)
		return
	}
	p.m.Status = uint16(v)
	p.m.Reason = span(min(code+1, end), end)
}
