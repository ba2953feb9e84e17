package cpim

import (
	"bytes"
	"encoding/base64"
)

// Encoded reports whether the content must be decoded with [Message.AppendContent] before
// it is what Content-Type says.
func (m *Message) Encoded(b []byte) bool {
	v, ok := m.MIME(b, "Content-Transfer-Encoding")
	return ok && !isIdentity(v.In(b))
}

// isIdentity reports whether the encoding is none (RFC 2045 §6.2).
func isIdentity(v []byte) bool {
	return len(v) == 0 || equalFold(v, "7bit") || equalFold(v, "8bit") || equalFold(v, "binary")
}

// AppendContent appends the content of the whole message b, decoded, within the capacity of
// dst. On [ErrNoRoom] and [ErrEncoding] dst comes back unchanged. Decoded content is never
// longer than encoded.
func (m *Message) AppendContent(dst, b []byte) ([]byte, error) {
	v, _ := m.MIME(b, "Content-Transfer-Encoding")
	content := m.Content(b)
	switch encoding := v.In(b); {
	case isIdentity(encoding):
		w := writer{b: dst}
		if w.bytes(content); w.full {
			return dst, ErrNoRoom
		}
		return w.b, nil
	case equalFold(encoding, "base64"):
		return appendBase64(dst, content)
	case equalFold(encoding, "quoted-printable"):
		return appendQuoted(dst, content)
	}
	return dst, ErrEncoding
}

// appendBase64 decodes RFC 2045 §6.8; line ends inside are skipped.
func appendBase64(dst, src []byte) ([]byte, error) {
	src = bytes.TrimSpace(src)
	n := len(dst)
	room := dst[n:cap(dst)]
	if base64.StdEncoding.DecodedLen(len(src)) > len(room) {
		return dst, ErrNoRoom
	}
	size, err := base64.StdEncoding.Decode(room, src)
	if err != nil {
		return dst, ErrEncoding
	}
	return dst[:n+size], nil
}

// appendQuoted decodes RFC 2045 §6.7: =XX is an octet, = at the end of a line joins it with
// the next.
func appendQuoted(dst, src []byte) ([]byte, error) {
	w := writer{b: dst}
	for i := 0; i < len(src); {
		if src[i] != '=' {
			w.byte(src[i])
			i++
			continue
		}
		size, octet, soft := quoted(src[i:])
		if size == 0 {
			return dst, ErrEncoding
		}
		if !soft {
			w.byte(octet)
		}
		i += size
	}
	if w.full {
		return dst, ErrNoRoom
	}
	return w.b, nil
}

// quoted reads what begins with '=': size is 0 if it is nothing.
func quoted(s []byte) (size int, octet byte, soft bool) {
	switch {
	case len(s) == 1: // the content ended in a soft line break
		return 1, 0, true
	case s[1] == '\n':
		return 2, 0, true
	case len(s) > 2 && s[1] == '\r' && s[2] == '\n':
		return 3, 0, true
	case len(s) > 2:
		if v, ok := hex2(s[1], s[2]); ok {
			return 3, v, false
		}
	}
	return 0, 0, false
}

func hex2(high, low byte) (byte, bool) {
	v, ok := hex4([]byte{'0', '0', high, low})
	return byte(v), ok
}
