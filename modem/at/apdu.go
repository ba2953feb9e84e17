package at

import "bytes"

// AppendAPDU appends the octets in an answer to +CSIM or +CGLA (TS 27.007 §8.17, §8.43): a length in
// characters and hexadecimal digits. The digits may stand without quotes, or without the length;
// the length is not trusted, the digits are.
func AppendAPDU(dst, line []byte) ([]byte, error) {
	l, ok := fields(line, "+CSIM")
	if !ok {
		l, ok = fields(line, "+CGLA")
	}
	if !ok || l.n == 0 || l.n > 2 {
		return dst, ErrSyntax
	}
	return appendOctets(dst, bytes.Trim(l.at(l.n-1), `"`))
}

// ParseRestricted reads an answer to +CRSM (TS 27.007 §8.18): two status words in decimal, and
// the octets, if there are some, appended to dst.
func ParseRestricted(dst, line []byte) (octets []byte, sw uint16, err error) {
	l, ok := fields(line, "+CRSM")
	sw1, ok1 := number(l.at(0))
	sw2, ok2 := number(l.at(1))
	if !ok || !ok1 || !ok2 || sw1 > 0xFF || sw2 > 0xFF {
		return dst, 0, ErrSyntax
	}
	if f := l.at(2); len(f) > 0 {
		if dst, err = appendOctets(dst, f); err != nil {
			return dst, 0, err
		}
	}
	return dst, uint16(sw1)<<8 | uint16(sw2), nil
}

// ParseChannel reads the session id in an answer to +CCHO (TS 27.007 §8.45), which some modems
// give without the prefix; ids of up to ten digits were recorded.
func ParseChannel(line []byte) (session int64, err error) {
	f := bytes.TrimSpace(line)
	if l, ok := fields(line, "+CCHO"); ok {
		f = l.at(0)
	}
	f = unquote(f)
	if len(f) == 0 || len(f) > 10 {
		return 0, ErrSyntax
	}
	for _, c := range f {
		if c < '0' || c > '9' {
			return 0, ErrSyntax
		}
		session = 10*session + int64(c-'0')
	}
	if session == 0 {
		return 0, ErrSyntax
	}
	return session, nil
}

// appendOctets appends what hexadecimal digits stand for.
func appendOctets(dst, hex []byte) ([]byte, error) {
	if len(hex) == 0 || len(hex)%2 != 0 {
		return dst, ErrSyntax
	}
	if cap(dst)-len(dst) < len(hex)/2 {
		return dst, ErrNoRoom
	}
	for i := 0; i < len(hex); i += 2 {
		hi, ok1 := nibble(hex[i])
		lo, ok2 := nibble(hex[i+1])
		if !ok1 || !ok2 {
			return dst, ErrSyntax
		}
		dst = append(dst, hi<<4|lo)
	}
	return dst, nil
}

// AppendHex appends octets as hexadecimal digits, as +CSIM and +CGLA want them.
func AppendHex(dst, octets []byte) []byte {
	for _, c := range octets {
		dst = appendHex(dst, uint64(c), 2)
	}
	return dst
}
