package at

import "bytes"

// MaxFields is the most comma-separated fields of a line that are looked at; the rest is ignored.
const MaxFields = 32

// A list is the fields of a line after its prefix. Quotes are still there.
type list struct {
	field [MaxFields][]byte
	n     int
}

// at returns field i without surrounding space and quotes, nil beyond the last.
func (l *list) at(i int) []byte {
	if i >= l.n {
		return nil
	}
	return unquote(l.field[i])
}

// quoted reports whether field i is a string constant.
func (l *list) quoted(i int) bool { return i < l.n && len(l.field[i]) > 0 && l.field[i][0] == '"' }

// unquote removes space, then one pair of quotes, then space again.
func unquote(f []byte) []byte {
	f = bytes.TrimSpace(f)
	if len(f) > 0 && f[0] == '"' {
		f = bytes.TrimSuffix(f[1:], []byte{'"'})
	}
	return bytes.TrimSpace(f)
}

// fields cuts "+PREFIX: a,"b,c",d" at the commas outside quotes. A backslash in quotes takes the
// meaning from what follows (V.250 §5.4.2.2). ok is false if the line has another prefix.
func fields(line []byte, prefix string) (l list, ok bool) {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte(prefix))
	if rest = bytes.TrimLeft(rest, " "); !ok || len(rest) == 0 || rest[0] != ':' {
		return l, false
	}
	return rawFields(rest[1:])
}

// rawFields cuts a line without prefix as fields does; ok is always true.
func rawFields(rest []byte) (l list, ok bool) {
	start, inside := 0, false
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '\\' && inside:
			i++
		case c == '"':
			inside = !inside
		case c == ',' && !inside:
			l.add(rest[start:i])
			start = i + 1
		}
	}
	l.add(rest[start:])
	return l, true
}

func (l *list) add(f []byte) {
	if l.n < MaxFields {
		l.field[l.n] = bytes.TrimSpace(f)
		l.n++
	}
}

// number reads one to nine decimal digits.
func number(f []byte) (v int, ok bool) {
	if len(f) == 0 || len(f) > 9 {
		return 0, false
	}
	for _, c := range f {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = 10*v + int(c-'0')
	}
	return v, true
}

// hexNumber reads one to sixteen hexadecimal digits of either case.
func hexNumber(f []byte) (v uint64, ok bool) {
	if len(f) == 0 || len(f) > 16 {
		return 0, false
	}
	for _, c := range f {
		d, isHex := nibble(c)
		if !isHex {
			return 0, false
		}
		v = v<<4 | uint64(d)
	}
	return v, true
}

func nibble(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}
