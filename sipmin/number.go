package sipmin

import "math"

// ParseUint reads a decimal number of digits only, at most most. Signs,
// blanks, other bases and the empty text are no numbers.
func ParseUint(b []byte, most uint32) (v uint32, ok bool) {
	var n uint64
	for _, c := range b {
		if !is(c, cDigit) {
			return 0, false
		}
		if n = 10*n + uint64(c-'0'); n > uint64(most) {
			return 0, false
		}
	}
	return uint32(n), len(b) > 0
}

// ParseSeconds reads delta-seconds (RFC 3261 §25.1). What exceeds 32 bits is
// the greatest value: the sender means "very long".
func ParseSeconds(b []byte) (v uint32, ok bool) {
	if !all(b, cDigit) {
		return 0, false
	}
	if v, ok = ParseUint(b, math.MaxUint32); !ok {
		return math.MaxUint32, true
	}
	return v, true
}

// digits returns the end of the digits at b[i].
func digits(b []byte, i, end int) int {
	for i < end && is(b[i], cDigit) {
		i++
	}
	return i
}

// numberThenSpace reads a number and the white space that must follow it.
func numberThenSpace(b []byte, i, end int) (v uint32, next int, ok bool) {
	j := digits(b, i, end)
	v, ok = ParseUint(b[i:j], math.MaxUint32)
	next = skipLWS(b, j, end)
	return v, next, ok && next > j
}

// token returns the span from i to the end if it is one token.
func token(b []byte, i, end int) (Span, bool) {
	return span(i, end), all(b[i:end], cToken)
}

// ParseCSeq reads the value of CSeq: number, white space, method (RFC 3261
// §20.16). All 32 bits are taken, though senders keep to 31 (§8.1.1.5).
func ParseCSeq(b []byte, s Span) (number uint32, name Span, err error) {
	s = trim(b, int(s.Off), s.End())
	v, i, ok := numberThenSpace(b, int(s.Off), s.End())
	if !ok {
		return 0, Span{}, ErrCSeq
	}
	if name, ok = token(b, i, s.End()); !ok {
		return 0, Span{}, ErrCSeq
	}
	return v, name, nil
}

// ParseRAck reads RAck: RSeq number, CSeq number, method (RFC 3262 §7.2).
func ParseRAck(b []byte, s Span) (rseq, cseq uint32, method Span, err error) {
	s = trim(b, int(s.Off), s.End())
	rseq, i, ok := numberThenSpace(b, int(s.Off), s.End())
	if !ok {
		return 0, 0, Span{}, ErrNumber
	}
	if cseq, i, ok = numberThenSpace(b, i, s.End()); !ok {
		return 0, 0, Span{}, ErrNumber
	}
	if method, ok = token(b, i, s.End()); !ok {
		return 0, 0, Span{}, ErrNumber
	}
	return rseq, cseq, method, nil
}

// Refresher says who refreshes a session (RFC 4028 §4).
type Refresher uint8

// The refreshers; RefresherNone if the parameter is absent or unknown.
const (
	RefresherNone Refresher = iota
	RefresherUAC
	RefresherUAS
)

// ParseSessionExpires reads Session-Expires, or Min-SE, in seconds (RFC 4028
// §4, §5). What exceeds 32 bits is the greatest value.
func ParseSessionExpires(b []byte, s Span) (seconds uint32, r Refresher, err error) {
	semi := indexOutside(b, int(s.Off), s.End(), ';', false)
	seconds, ok := ParseSeconds(trim(b, int(s.Off), semi).In(b))
	if !ok {
		return 0, RefresherNone, ErrNumber
	}
	v, _ := Param(b, span(semi, s.End()), "refresher")
	switch {
	case EqualFold(v.In(b), "uac"):
		r = RefresherUAC
	case EqualFold(v.In(b), "uas"):
		r = RefresherUAS
	}
	return seconds, r, nil
}

// ParseRetryAfter reads Retry-After in seconds; comment and parameters are
// skipped unread (RFC 3261 §20.33). What exceeds 32 bits is the greatest value.
func ParseRetryAfter(b []byte, s Span) (seconds uint32, err error) {
	i := skipLWS(b, int(s.Off), s.End())
	j := digits(b, i, s.End())
	seconds, ok := ParseSeconds(b[i:j])
	k := skipLWS(b, j, s.End())
	if !ok || k < s.End() && b[k] != '(' && b[k] != ';' {
		return 0, ErrNumber
	}
	return seconds, nil
}
