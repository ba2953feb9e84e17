package ipc

import (
	"bytes"
	"encoding/binary"
)

// ValidField reports what is wrong with text that may end up in a header: a control
// character (C0, DEL and C1 alike, so CR, LF and NUL). 0: nothing. The text is UTF-8.
func ValidField(b []byte) Error {
	if isPlain(b) {
		return 0
	}
	return control(b)
}

// control reports the first control character of b, if there is one.
func control(b []byte) Error {
	for i, c := range b {
		if c < ' ' || c == 0x7f || c == 0xc2 && i+1 < len(b) && b[i+1] < 0xa0 {
			return ErrControl
		}
	}
	return 0
}

// isPlain reports whether b is nothing but visible ASCII and blanks, which nearly all text
// is: then it is UTF-8 and free of control characters, whatever its grammar.
func isPlain(b []byte) bool {
	for i := 0; i+8 <= len(b); i += 8 {
		if special(binary.LittleEndian.Uint64(b[i:])) {
			return false
		}
	}
	if len(b) >= 8 { // the rest, with some that have been seen
		return !special(binary.LittleEndian.Uint64(b[len(b)-8:]))
	}
	for _, c := range b {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// special reports whether one of eight octets is below SP, or DEL or above.
func special(x uint64) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	return ((x-ones*' ')|x|(x+ones))&tops != 0
}

// ValidAddress reports what is wrong with the address of a peer: a SIP or tel URI, or a
// number with `+`. 0: nothing. A URI is to be parsed by its own grammar where it is used;
// what passes here cannot end a line, a quoted string, or the angle brackets around it.
func ValidAddress(b []byte) Error { return firstError(ValidField(b), address(b)) }

// address is ValidAddress for text without control characters.
func address(b []byte) Error {
	i := bytes.IndexByte(b, ':')
	switch {
	case i == 3 && isWord(b[:i], "sip") || i == 4 && isWord(b[:i], "sips"):
		return validSIP(b[i+1:])
	case i == 3 && isWord(b[:i], "tel"):
		number, params, _ := bytes.Cut(b[i+1:], semicolon)
		return firstError(validNumber(number, true), validURIText(params))
	}
	return validNumber(b, false)
}

// validSIP checks what follows the scheme (RFC 3261 §25.1): a host after at most one `@`.
func validSIP(b []byte) Error {
	if err := validURIText(b); err != 0 {
		return err
	}
	at := bytes.IndexByte(b, '@')
	host := b[at+1:]
	if at == 0 || len(host) == 0 || host[0] == ';' || host[0] == '?' || bytes.IndexByte(host, '@') >= 0 {
		return ErrGrammar
	}
	return 0
}

// validURIText checks the characters of a URI: `reserved`, `unreserved`, escapes, and the
// brackets of an IPv6 reference (RFC 3261 §25.1).
func validURIText(b []byte) Error {
	for i := run(b, 0, inURI); i < len(b); i = run(b, i+3, inURI) {
		if b[i] != '%' || i+2 >= len(b) || !isHex(b[i+1]) || !isHex(b[i+2]) {
			return ErrGrammar
		}
		// An escaped control character would be one again after unescaping.
		if b[i+1] < '2' || b[i+1] == '7' && b[i+2]|0x20 == 'f' {
			return ErrControl
		}
	}
	return 0
}

// validNumber checks a global number (RFC 3966 §3): `+`, digits, and visual separators
// where they are allowed; at most 15 digits (E.164 §6.1) count, more is no number.
func validNumber(b []byte, separators bool) Error {
	if len(b) == 0 || b[0] != '+' {
		return ErrGrammar
	}
	digits := 0
	for _, c := range b[1:] {
		switch {
		case '0' <= c && c <= '9':
			digits++
		case separators && (c == '-' || c == '.' || c == '(' || c == ')'):
		default:
			return ErrGrammar
		}
	}
	if digits == 0 || digits > 15 {
		return ErrGrammar
	}
	return 0
}

// ValidContentType reports what is wrong with a media type (RFC 2045 §5.1). 0: nothing.
func ValidContentType(b []byte) Error { return firstError(ValidField(b), contentType(b)) }

// contentType is ValidContentType for text without control characters.
func contentType(b []byte) Error {
	i := token(b, 0)
	if i == 0 || i == len(b) || b[i] != '/' {
		return ErrGrammar
	}
	j := token(b, i+1)
	if j == i+1 {
		return ErrGrammar
	}
	for i = blanks(b, j); i < len(b); i = blanks(b, i) {
		if b[i] != ';' {
			return ErrGrammar
		}
		if i = parameter(b, blanks(b, i+1)); i < 0 {
			return ErrGrammar
		}
	}
	return 0
}

// parameter returns the end of the parameter at b[i], or -1.
func parameter(b []byte, i int) int {
	j := token(b, i)
	if j == i || j == len(b) || b[j] != '=' {
		return -1
	}
	i = j + 1
	if i < len(b) && b[i] == '"' {
		return quoted(b, i)
	}
	if j = token(b, i); j == i {
		return -1
	}
	return j
}

// quoted returns the end of the quoted string at b[i], or -1.
func quoted(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// ValidHeaderName reports what is wrong with the name of a CPIM header that the host
// supplies. 0: nothing. It must have a prefix ("MyFeatures.PANI"): the names without one,
// and those of the prefix imdn, are the agent's own.
func ValidHeaderName(b []byte) Error { return firstError(ValidField(b), headerName(b)) }

// headerName is ValidHeaderName for text without control characters.
func headerName(b []byte) Error {
	prefix, name, _ := bytes.Cut(b, dot)
	if len(prefix) == 0 || len(name) == 0 || isWord(prefix, "imdn") {
		return ErrGrammar
	}
	for _, c := range b {
		if octets[c]&inName == 0 {
			return ErrGrammar
		}
	}
	return 0
}

// IsText reports whether bodies of this content type, the empty one being the default
// text/plain;charset=UTF-8, are text, which must be UTF-8.
func IsText(contentType []byte) bool {
	return len(contentType) == 0 || len(contentType) > 5 && isWord(contentType[:5], "text/")
}

var (
	semicolon = []byte(";")
	dot       = []byte(".")
)

// Classes of octets.
const (
	inURI   = 1 << iota // reserved, unreserved and brackets of RFC 3261 §25.1, without escapes
	inName              // NAMECHAR of RFC 3862 §3.6, and the dot after a prefix
	inToken             // token of RFC 2045 §5.1
)

var octets = func() (t [256]uint8) {
	for c := range t {
		if isAlnum(byte(c)) {
			t[c] = inURI | inName | inToken
		}
	}
	for class, marks := range map[uint8]string{inURI: "-_.!~*'();/?:@&=+$,[]", inName: "!#$%&'*+-^_`|~.", inToken: "!#$%&'*+-.^_`{|}~"} {
		for i := range len(marks) {
			t[marks[i]] |= class
		}
	}
	return t
}()

func firstError(errs ...Error) Error {
	for _, e := range errs {
		if e != 0 {
			return e
		}
	}
	return 0
}

func token(b []byte, i int) int { return run(b, i, inToken) }

// run returns the end of the octets of a class that begin at b[i].
func run(b []byte, i int, class uint8) int {
	for ; i+4 <= len(b); i += 4 {
		if p := b[i : i+4]; octets[p[0]]&octets[p[1]]&octets[p[2]]&octets[p[3]]&class == 0 {
			break
		}
	}
	for i < len(b) && octets[b[i]]&class != 0 {
		i++
	}
	return i
}

func blanks(b []byte, i int) int {
	for i < len(b) && b[i] == ' ' {
		i++
	}
	return i
}

// isWord compares with a word in lower case, ignoring ASCII case.
func isWord(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i, c := range b {
		if c != word[i] && (c < 'A' || c > 'Z' || c+'a'-'A' != word[i]) {
			return false
		}
	}
	return true
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}
