package sipmin

import "bytes"

// scanLine finds the line at b[i]: it ends at end, the next one begins at
// next. A line that b ends in is ErrNoBlankLine. CR or LF alone is ErrLineEnd;
// LF then ends the line all the same, so that an answer can be made.
//
// With trust set nobody looks for a CR inside the line: the caller counts.
func scanLine(b []byte, i int, trust bool) (end, next int, err Error) {
	lf := bytes.IndexByte(b[i:], '\n')
	if lf < 0 {
		return len(b), len(b), ErrNoBlankLine
	}
	end, next = i+lf, i+lf+1
	if lf == 0 || b[end-1] != '\r' {
		return end, next, ErrLineEnd
	}
	if end--; !trust && bytes.IndexByte(b[i:end], '\r') >= 0 {
		return end, next, ErrLineEnd
	}
	return end, next, 0
}

// scanField finds the field at b[i] with the lines that continue it:
//
//	"Header fields can be extended over multiple lines by preceding each extra
//	line with at least one SP or horizontal tab (HT)." (RFC 3261 §7.3.1)
func scanField(b []byte, i int, trust bool) (end, next int, err Error) {
	end, next, err = scanLine(b, i, trust)
	for end > i && next < len(b) && (b[next] == ' ' || b[next] == '\t') {
		var e Error
		if end, next, e = scanLine(b, next, trust); err == 0 {
			err = e
		}
	}
	return end, next, err
}

// splitField divides a field at its colon. Blanks before the colon are legal
// (HCOLON, RFC 3261 §25.1).
func splitField(b []byte, i, end int) (h Header, ok bool) {
	colon := bytes.IndexByte(b[i:end], ':')
	if colon < 0 {
		return Header{}, false
	}
	to := i + colon
	for to > i && isLWS(b[to-1]) {
		to--
	}
	id := HeaderOf(b[i:to]) // a name that has an ID is a token
	if id == HOther && !all(b[i:to], cToken) {
		return Header{}, false
	}
	return Header{id, span(i, to), trim(b, i+colon+1, end)}, true
}

// skipLineEnds returns the offset of the first octet that is neither CR nor LF.
//
//	"Implementations processing SIP messages over stream-oriented transports
//	MUST ignore any CRLF appearing before the start-line." (RFC 3261 §7.5)
func skipLineEnds(b []byte, i int) int {
	for i < len(b) && (b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}
