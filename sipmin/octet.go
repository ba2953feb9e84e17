package sipmin

// class is a set of character classes of RFC 3261 §25.1.
type class uint16

const (
	cToken class = 1 << iota // token
	cUser                    // unreserved / user-unreserved, and "#" (seen in dial strings)
	cParam                   // param-unreserved / unreserved, of a URI parameter
	cHost                    // hostname, and "_" (seen in the field)
	cDigit                   // DIGIT
	cHex                     // HEXDIG
	cAlpha                   // ALPHA
	cPhone                   // phonedigit-hex and visual separators of RFC 3966 §3
	cTag                     // visible, but for what ends a parameter
	cURI                     // visible ASCII without quote and angle brackets
	cBare                    // not blank, control, quote or angle bracket
	cValue                   // cBare, but for comma and backslash: an unquoted parameter value
	cWord                    // not blank or control
	cStop                    // what a scan outside quotes and brackets must look at
)

// classes maps each octet to its classes.
var classes = func() (t [256]class) {
	set := func(c class, s string) {
		for i := range len(s) {
			t[s[i]] |= c
		}
	}
	const digits, hex = "0123456789", "abcdefABCDEF"
	const alpha = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	const mark = "-_.!~*'()"
	set(cToken, alpha+digits+"-.!%*_+`'~")
	set(cUser, alpha+digits+mark+"&=+$,;?/#")
	set(cParam, alpha+digits+mark+"[]/:&+$")
	set(cHost, alpha+digits+"-._")
	set(cDigit, digits)
	set(cHex, digits+hex)
	set(cAlpha, alpha)
	for c := 0x21; c < 0x7f; c++ {
		if c != '"' && c != ',' && c != ';' && c != '<' && c != '>' && c != '\\' {
			t[c] |= cTag
		}
	}
	for c := 0x21; c < 0x7f; c++ {
		if c != '"' && c != '<' && c != '>' {
			t[c] |= cURI
		}
	}
	for c := 0x21; c < 256; c++ {
		if c != 0x7f {
			t[c] |= cWord
		}
		if c != 0x7f && c != '"' && c != '<' && c != '>' {
			t[c] |= cBare
			if c != ',' && c != '\\' {
				t[c] |= cValue
			}
		}
	}
	set(cPhone, digits+hex+"*#-.()")
	set(cStop, "\",;<\\")
	return t
}()

func is(c byte, k class) bool { return classes[c]&k != 0 }

// all reports whether s is not empty and consists of octets of class k.
func all(s []byte, k class) bool {
	for _, c := range s {
		if classes[c]&k == 0 {
			return false
		}
	}
	return len(s) > 0
}

// isLWS reports whether c is white space of a field's value; CR and LF are
// there only as part of folding.
func isLWS(c byte) bool { return c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n') }

func lower(c byte) byte { return lowered[c] }

// lowered maps each octet to itself, ASCII capitals to their small letters.
var lowered = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if 'A' <= t[i] && t[i] <= 'Z' {
			t[i] += 'a' - 'A'
		}
	}
	return t
}()

// EqualFold reports whether a equals s but for the case of ASCII letters,
// which is how SIP compares tokens (RFC 3261 §7.3.1).
func EqualFold[A, S ~string | ~[]byte](a A, s S) bool {
	if len(a) != len(s) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(s[i]) {
			return false
		}
	}
	return true
}
