package xmlscan

import (
	"bytes"
	"unicode/utf8"
)

// AppendText appends the characters that a Text token stands for: references are resolved
// and line ends become LF (XML 1.0 §2.11). It appends within the capacity of dst; on
// [ErrNoRoom] dst comes back unchanged. The result is never longer than the token.
func (r *Reader) AppendText(dst []byte, t Token) ([]byte, error) {
	return appendText(dst, t.Text.In(r.b), t.CDATA)
}

// AppendValue appends the characters that the value of an attribute stands for, as
// [Reader.AppendText] does.
func (r *Reader) AppendValue(dst []byte, value Span) ([]byte, error) {
	return appendText(dst, value.In(r.b), false)
}

func appendText(dst, s []byte, literal bool) ([]byte, error) {
	w := dst
	for i := 0; i < len(s); {
		c, size := rune(s[i]), 1
		switch {
		case c == '\r' && i+1 < len(s) && s[i+1] == '\n':
			i++
			continue
		case c == '\r':
			c = '\n'
		case c == '&' && !literal:
			c, size = reference(s[i:])
		case c >= utf8.RuneSelf:
			c, size = utf8.DecodeRune(s[i:])
		}
		if size == 0 || utf8.RuneLen(c) > cap(w)-len(w) {
			return dst, ErrNoRoom
		}
		w = utf8.AppendRune(w, c)
		i += size
	}
	return w, nil
}

// checkReferences reports whether every & of s begins a reference.
func checkReferences(s []byte) error {
	for {
		at := bytes.IndexByte(s, '&')
		if at < 0 {
			return nil
		}
		_, size := reference(s[at:])
		if size == 0 {
			return ErrReference
		}
		s = s[at+size:]
	}
}

// entities are those that need no declaration (XML 1.0 §4.6).
var entities = [...]struct {
	text string
	char rune
}{{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}}

// reference reads the reference at the front of s; size is 0 if it is none.
func reference(s []byte) (char rune, size int) {
	for _, e := range entities {
		if len(s) >= len(e.text) && string(s[:len(e.text)]) == e.text {
			return e.char, len(e.text)
		}
	}
	if len(s) < 4 || s[1] != '#' {
		return 0, 0
	}
	at, base := 2, rune(10)
	if s[2] == 'x' {
		at, base = 3, 16
	}
	for from := at; at < len(s); at++ {
		if s[at] == ';' && at > from && isChar(char) {
			return char, at + 1
		}
		digit, ok := digitOf(s[at])
		if !ok || digit >= base || char > utf8.MaxRune {
			return 0, 0
		}
		char = char*base + digit
	}
	return 0, 0
}

func digitOf(c byte) (rune, bool) {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0'), true
	case 'a' <= lower(c) && lower(c) <= 'f':
		return rune(lower(c) - 'a' + 10), true
	}
	return 0, false
}

// isChar is Char of XML 1.0 §2.2.
func isChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || 0x20 <= r && r <= 0xd7ff || 0xe000 <= r && r <= 0xfffd || 0x10000 <= r && r <= utf8.MaxRune
}

// AppendEscaped appends text as character data or an attribute value within the capacity of
// dst: markup is escaped, and what XML cannot hold becomes U+FFFD. On [ErrNoRoom] dst comes
// back unchanged.
func AppendEscaped(dst, text []byte) ([]byte, error) {
	w := dst
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		i += size
		s := escaped(r)
		need := len(s)
		if s == "" {
			need = utf8.RuneLen(r)
		}
		switch {
		case need > cap(w)-len(w):
			return dst, ErrNoRoom
		case s != "":
			w = append(w, s...)
		default:
			w = utf8.AppendRune(w, r)
		}
	}
	return w, nil
}

// escaped returns how r is written, or "" if as it is.
func escaped(r rune) string {
	switch {
	case r == '<':
		return "&lt;"
	case r == '>':
		return "&gt;"
	case r == '&':
		return "&amp;"
	case r == '"':
		return "&quot;"
	case r == '\t':
		return "&#9;"
	case r == '\n':
		return "&#10;"
	case r == '\r':
		return "&#13;"
	case !isChar(r):
		return "\ufffd"
	}
	return ""
}
