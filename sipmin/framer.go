package sipmin

import "bytes"

// A Framer finds the messages of one stream. The zero Framer is ready. It
// remembers how far it has looked, so that the work is linear in the octets,
// however they arrive.
type Framer struct {
	line  int   // start of the line looked at
	field int   // start of the field it belongs to
	seen  int   // octets without LF since line
	need  int   // length of the message, once its head is whole; else 0
	eols  uint8 // octets of CRLFCRLF seen last
	ping  bool
}

// Frame is given all octets received and not yet consumed. It returns the
// number of octets to consume: those of the message at the front, or of the
// keep-alives there (b[0] is then CR or LF; see [Framer.Ping]). ErrShort: call
// again when b has grown. Any other error ends the stream; what [Parse] makes
// of b tells whether the request in it can be answered first.
//
//	"In the case of stream-oriented transports such as TCP, the Content-Length
//	header field indicates the size of the body. The Content-Length header
//	field MUST be used with stream oriented transports." (RFC 3261 §18.3)
func (f *Framer) Frame(b []byte) (n int, err error) {
	if f.need == 0 {
		if n = f.keepAlive(b); n > 0 {
			return n, nil
		}
		if e := f.head(b); e != 0 {
			return 0, e
		}
	}
	if len(b) < f.need {
		return 0, ErrShort
	}
	n = f.need
	*f = Framer{}
	return n, nil
}

// InBody reports whether the message at the front has its whole head, and waits for its body.
func (f *Framer) InBody() bool { return f.need > 0 }

// Ping reports whether the octets that Frame just returned ended a double
// CRLF, which the side that accepted the connection answers with CRLF (RFC
// 5626 §4.4.1).
func (f *Framer) Ping() bool { return f.ping }

// keepAlive counts the line ends at the front.
func (f *Framer) keepAlive(b []byte) int {
	if f.line > 0 || f.seen > 0 {
		return 0
	}
	f.ping = false
	n := skipLineEnds(b, 0)
	for _, c := range b[:n] {
		switch want := "\r\n\r\n"[f.eols]; {
		case c == want:
			f.eols++
		case c == '\r':
			f.eols = 1
		default:
			f.eols = 0
		}
		if f.eols == 4 {
			f.eols, f.ping = 0, true
		}
	}
	return n
}

// head looks for the blank line, and sets need when it is there.
func (f *Framer) head(b []byte) Error {
	if len(b) > 0 && !is(b[0], cToken) {
		return ErrStartLine // neither a method nor SIP/2.0
	}
	for {
		lf := bytes.IndexByte(b[f.line+f.seen:], '\n')
		next := f.line + f.seen + lf + 1
		if lf < 0 {
			next = len(b)
		}
		if f.line < len(b) && b[f.line] != ' ' && b[f.line] != '\t' {
			f.field = f.line
		}
		if e := f.limits(next); e != 0 {
			return e
		}
		if lf < 0 {
			f.seen = len(b) - f.line
			return ErrShort
		}
		end, _, e := scanLine(b[:next], f.line, false)
		switch {
		case e != 0:
			return e
		case f.line == 0 && !plausible(b[:end]):
			return ErrStartLine
		case end == f.line:
			return f.body(b[:next])
		}
		f.line, f.seen = next, 0
	}
}

// limits refuses a head whose first n octets are too much already.
func (f *Framer) limits(n int) Error {
	limit, e := f.field+MaxLine+2, ErrLineTooLong
	if limit > MaxHead {
		limit, e = MaxHead, ErrHeadTooLong
	}
	if n > limit {
		return e
	}
	return 0
}

// plausible reports whether a first line is one of SIP, so that a stream of
// another protocol ends there.
func plausible(line []byte) bool {
	return len(line) > 4 && EqualFold(line[:4], "SIP/") || bytes.Contains(line, []byte(" SIP/"))
}

// body finds the one Content-Length of a whole head.
func (f *Framer) body(head []byte) Error {
	found, length := false, uint32(0)
	for i := 0; i < len(head); {
		end, next, _ := scanField(head, i, true)
		h, ok := splitField(head, i, end)
		if ok && h.ID == HContentLength {
			if found {
				return ErrDuplicate
			}
			if length, found = ParseUint(h.Value.In(head), MaxMessage); !found {
				return ErrContentLength
			}
		}
		i = next
	}
	if !found {
		return ErrNoLength
	}
	if len(head)+int(length) > MaxMessage {
		return ErrMessageTooLong
	}
	f.need = len(head) + int(length)
	return 0
}
