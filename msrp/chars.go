package msrp

import (
	"bytes"
	"encoding/binary"
)

// span makes a Span of offsets that a limit has already bounded.
func span(from, to int) Span { return Span{uint16(from), uint16(to - from)} }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// equalFold compares ASCII without case. bytes.EqualFold would fold U+212A to k.
func equalFold[T []byte | string](a []byte, b T) bool {
	if len(a) != len(b) {
		return false
	}
	for i, c := range a {
		if lower(c) != lower(b[i]) {
			return false
		}
	}
	return true
}

func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && equalFold(b[:len(prefix)], prefix)
}

// Eight octets at once: ones times c is c in every octet, tops the highest bits.
const ones, tops = 0x0101010101010101, 0x8080808080808080

// below has a bit of tops set if and only if an octet of x is less than c, at most 128.
func below(x uint64, c byte) uint64 { return (x - ones*uint64(c)) &^ x & tops }

// printable reports whether b is visible ASCII.
func printable(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		x := binary.LittleEndian.Uint64(b)
		if above := x + ones; (below(x, '!')|x|above)&tops != 0 {
			return false
		}
	}
	for _, c := range b {
		if c <= ' ' || c >= 0x7F {
			return false
		}
	}
	return true
}

func alphanum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// unreserved is RFC 3986 §2.3.
func unreserved(c byte) bool {
	return alphanum(c) || c == '-' || c == '.' || c == '_' || c == '~'
}

// isIdent is what we put out as an identifier (§9), but for its length.
func isIdent(b []byte) bool {
	for _, c := range b {
		if !alphanum(c) && c != '.' && c != '-' && c != '+' && c != '%' && c != '=' {
			return false
		}
	}
	return len(b) > 0 && len(b) <= MaxID
}

// isID is what we take for a Message-ID: all that is visible. It is only ever compared.
func isID(b []byte) bool { return len(b) > 0 && len(b) <= MaxID && printable(b) }

// isTID is what we take for a transaction id: flags that are no ident-chars would make the
// end-line ambiguous, anything else visible does no harm.
func isTID(b []byte) bool {
	return isID(b) && bytes.IndexByte(b, '$') < 0 && bytes.IndexByte(b, '#') < 0
}

// isToken reports whether b is a header name: anything visible but the colon.
func isToken(b []byte) bool { return len(b) > 0 && printable(b) }

// number reads decimal digits and nothing else. It does not wrap.
func number(b []byte, most int64) (v int64, ok bool) {
	for i, c := range b {
		d := int64(c - '0')
		if c < '0' || c > '9' || i >= 18 && v > (most-d)/10 { // 18 digits always fit
			return 0, false
		}
		v = 10*v + d
	}
	return v, len(b) > 0 && v <= most
}

func trim(b []byte, from, to int) Span {
	for from < to && (b[from] == ' ' || b[from] == '\t') {
		from++
	}
	for to > from && (b[to-1] == ' ' || b[to-1] == '\t') {
		to--
	}
	return span(from, to)
}
