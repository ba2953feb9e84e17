package sipmin

import (
	"bytes"
	"net/netip"
)

// Scheme is the kind of a URI.
type Scheme uint8

// The schemes that are told apart.
const (
	SchemeOther Scheme = iota
	SchemeSIP
	SchemeSIPS
	SchemeTel
)

// A URI is a parsed URI. Of a tel URI User is the number; of a SchemeOther
// nothing but SchemeName is set. Escapes are untouched: they never become
// delimiters.
type URI struct {
	Scheme     Scheme
	HasPort    bool
	Port       uint16 // 0 if not given
	SchemeName Span
	User       Span // empty: none; may hold ";" and "?"
	Password   Span
	Host       Span // as spelled, brackets of IPv6 included
	Params     Span // after the first ";", for NextParam and Param
	Headers    Span // after the "?"
}

// Addr returns the host if it is an IP address.
func (u URI) Addr(b []byte) (netip.Addr, bool) { return parseAddr(u.Host.In(b)) }

// ParseURI reads the URI that s covers: RFC 3261 §19.1.1 for sip and sips, RFC
// 3966 §3 for tel; of any other, that it has a scheme and only octets of URIs.
// In a user part an escape need not be whole; nobody decodes it.
func ParseURI(b []byte, s Span) (URI, error) {
	if s.Len > MaxURI {
		return URI{}, ErrURITooLong
	}
	i, end := int(s.Off), s.End()
	colon := scanScheme(b, i, end)
	if colon < 0 {
		return URI{}, ErrURI
	}
	u := URI{SchemeName: span(i, colon)}
	name := u.SchemeName.In(b)
	ok := true
	switch {
	case EqualFold(name, "sip"):
		u.Scheme = SchemeSIP
		ok = u.parseSIP(b, colon+1, end)
	case EqualFold(name, "sips"):
		u.Scheme = SchemeSIPS
		ok = u.parseSIP(b, colon+1, end)
	case EqualFold(name, "tel"):
		u.Scheme = SchemeTel
		ok = u.parseTel(b, colon+1, end)
	default:
		ok = plain(b[colon+1 : end])
	}
	if !ok {
		return URI{}, ErrURI
	}
	return u, nil
}

// scanScheme returns the offset of the colon after a scheme, or -1 (RFC 3261
// §25.1: ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )).
func scanScheme(b []byte, i, end int) int {
	for j := i; j < end; j++ {
		switch c := b[j]; {
		case is(c, cAlpha):
		case j > i && (is(c, cDigit) || c == '+' || c == '-' || c == '.'):
		case j > i && c == ':':
			return j
		default:
			return -1
		}
	}
	return -1
}

// plain reports whether s is not empty and has only octets that may occur in a
// URI at all: visible ASCII without quote and angle brackets.
func plain(s []byte) bool { return all(s, cURI) }

// parseSIP reads [ userinfo "@" ] hostport uri-parameters [ headers ]. "@" is
// nowhere legal but after userinfo, so that ";" and "?" before it belong to
// the user.
func (u *URI) parseSIP(b []byte, i, end int) bool {
	if at := bytes.IndexByte(b[i:end], '@'); at >= 0 {
		if !u.parseUserinfo(b, i, i+at) {
			return false
		}
		i += at + 1
	}
	j := scanHost(b, i, end)
	if j < 0 {
		return false
	}
	u.Host = span(i, j)
	if j < end && b[j] == ':' {
		if u.Port, j, u.HasPort = scanPort(b, j+1, end); !u.HasPort {
			return false
		}
	}
	if j < end && b[j] == ';' {
		j = u.scanParams(b, j+1, end)
	}
	if j >= 0 && j < end && b[j] == '?' {
		u.Headers = span(j+1, end)
		return plain(b[j:end]) && bytes.IndexByte(b[j:end], '@') < 0 && bytes.Count(b[j:end], []byte{'&'}) < MaxParams
	}
	return j == end
}

// parseUserinfo reads user [ ":" password ].
func (u *URI) parseUserinfo(b []byte, i, end int) bool {
	colon := i
	for colon < end && b[colon] != ':' {
		colon++
	}
	u.User = span(i, colon)
	if colon < end {
		u.Password = span(colon+1, end)
	}
	for _, c := range u.Password.In(b) {
		if !is(c, cUser) && c != '%' && c != ':' {
			return false
		}
	}
	for _, c := range u.User.In(b) {
		if !is(c, cUser) && c != '%' && c != '`' {
			return false
		}
	}
	return u.User.Len > 0
}

// scanParams sets Params and returns where they end, or -1.
func (u *URI) scanParams(b []byte, i, end int) int {
	j := i
	for j < end && b[j] != '?' {
		if c := b[j]; !is(c, cParam) && c != '%' && c != ';' && c != '=' {
			return -1
		}
		j++
	}
	if j-i >= MaxParams && bytes.Count(b[i:j], []byte{';'}) >= MaxParams {
		return -1
	}
	u.Params = span(i, j)
	return j
}

// parseTel reads a number and its parameters. A local number without
// phone-context is taken: peers send it.
func (u *URI) parseTel(b []byte, i, end int) bool {
	semi := i
	for semi < end && b[semi] != ';' {
		semi++
	}
	u.User = span(i, semi)
	if semi < end {
		u.Params = span(semi+1, end)
	}
	number := u.User.In(b)
	if len(number) > 0 && number[0] == '+' {
		number = number[1:]
	}
	return all(number, cPhone) && (u.Params.Len == 0 || plain(u.Params.In(b))) && bytes.Count(b[semi:end], []byte{';'}) <= MaxParams && bytes.ContainsAny(number, "0123456789abcdefABCDEF*#")
}
