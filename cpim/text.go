package cpim

import "unicode/utf8"

// AppendText appends the text that a header value stands for: escapes are resolved (RFC
// 3862 §2.3), a UCS-2 pair is joined, and what is not UTF-8 becomes U+FFFD, so that the
// result is valid UTF-8. It may hold any control character, CR LF and NUL too: it is text,
// never again part of a header.
//
// It appends within the capacity of dst; on [ErrNoRoom] dst comes back unchanged. The text
// is never longer than three times the value.
func AppendText(dst, value []byte) ([]byte, error) {
	w := writer{b: dst}
	for i := 0; i < len(value); {
		r, size := utf8.DecodeRune(value[i:])
		if r == '\\' {
			r, size = escape(value[i:])
		}
		i += size
		if size == 0 {
			break
		}
		w.rune(r)
	}
	if w.full {
		return dst, ErrNoRoom
	}
	return w.b, nil
}

// escape resolves the escape at the front of s and says how long it is; 0 for a backslash
// that is the last character: "An isolated backslash that is the last character of a header
// SHOULD be ignored" (§2.3.1).
func escape(s []byte) (r rune, size int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case 'b':
		return '\b', 2
	case 't':
		return '\t', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 'u':
		if high, ok := hex4(s[2:]); ok {
			return pair(high, s[6:])
		}
	}
	// "Any unrecognized escape sequence SHOULD be treated as an instance of the character
	// following the backslash character."
	r, size = utf8.DecodeRune(s[1:])
	return r, size + 1
}

// pair joins the UCS-2 character high with a low surrogate that is escaped in rest.
func pair(high rune, rest []byte) (r rune, size int) {
	if high < 0xd800 || high > 0xdfff {
		return high, 6
	}
	if len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
		if low, ok := hex4(rest[2:]); ok && high < 0xdc00 && low >= 0xdc00 && low <= 0xdfff {
			return (high-0xd800)<<10 + low - 0xdc00 + 0x10000, 12
		}
	}
	return utf8.RuneError, 6
}

func hex4(s []byte) (v rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for _, c := range s[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= lower(c) && lower(c) <= 'f':
			c = lower(c) - 'a' + 10
		default:
			return 0, false
		}
		v = v<<4 | rune(c)
	}
	return v, true
}
