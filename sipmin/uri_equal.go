package sipmin

import "bytes"

// EqualURI compares two URIs, each with the buffer it was parsed from, by RFC
// 3261 §19.1.4; tel URIs by RFC 3966 §4. Other schemes never match here: see
// [EqualURIText]. The relation is not transitive, as the RFC notes.
func EqualURI(a []byte, ua URI, b []byte, ub URI) bool {
	if ua.Scheme != ub.Scheme {
		return false
	}
	switch ua.Scheme {
	case SchemeSIP, SchemeSIPS:
		return equalSIP(a, ua, b, ub)
	case SchemeTel:
		return equalNumber(ua.User.In(a), ub.User.In(b)) &&
			paramsAgree(a, ua.Params, b, ub.Params, true) && paramsAgree(b, ub.Params, a, ua.Params, true)
	}
	return false
}

// EqualURIText compares the URIs that two spans cover. The same octets are
// equal, whatever they are; otherwise EqualURI decides.
func EqualURIText(a []byte, sa Span, b []byte, sb Span) bool {
	if bytes.Equal(sa.In(a), sb.In(b)) {
		return true
	}
	ua, errA := ParseURI(a, sa)
	ub, errB := ParseURI(b, sb)
	return errA == nil && errB == nil && EqualURI(a, ua, b, ub)
}

func equalSIP(a []byte, ua URI, b []byte, ub URI) bool {
	return equalEscaped(ua.User.In(a), ub.User.In(b), false) &&
		equalEscaped(ua.Password.In(a), ub.Password.In(b), false) &&
		equalHost(ua.Host.In(a), ub.Host.In(b)) &&
		ua.HasPort == ub.HasPort && ua.Port == ub.Port &&
		paramsAgree(a, ua.Params, b, ub.Params, false) && paramsAgree(b, ub.Params, a, ua.Params, false) &&
		headersIn(a, ua.Headers, b, ub.Headers) && headersIn(b, ub.Headers, a, ua.Headers)
}

// equalHost compares addresses as addresses and names without regard to case.
func equalHost(a, b []byte) bool {
	x, isA := parseAddr(a)
	y, isB := parseAddr(b)
	if isA || isB {
		return isA && isB && x == y
	}
	return equalEscaped(a, b, true)
}

// equalEscaped compares texts in which "Characters other than those in the
// "reserved" set are equivalent to their "%" HEX HEX encoding".
func equalEscaped(a, b []byte, fold bool) bool {
	for len(a) > 0 && len(b) > 0 {
		x, escX, n := unescape(a)
		y, escY, m := unescape(b)
		if fold {
			x, y = lower(x), lower(y)
		}
		if x != y || escX != escY {
			return false
		}
		a, b = a[n:], b[m:]
	}
	return len(a) == len(b)
}

// unescape returns the first character of s and its length there. escaped
// tells a reserved character from its encoding.
func unescape(s []byte) (c byte, escaped bool, n int) {
	if len(s) < 3 || s[0] != '%' || !is(s[1], cHex) || !is(s[2], cHex) {
		return s[0], false, 1
	}
	c = unhex(s[1])<<4 | unhex(s[2])
	return c, bytes.IndexByte([]byte(";/?:@&=+$,"), c) >= 0, 3
}

// paramsAgree checks each parameter of a against b. "Any uri-parameter
// appearing in both URIs must match"; those that mustMatch names, and all if
// strict, must appear in both (RFC 3261 §19.1.4, RFC 3966 §4).
func paramsAgree(a []byte, pa Span, b []byte, pb Span, strict bool) bool {
	for {
		name, value, rest, ok := NextParam(a, pa)
		if !ok {
			return true
		}
		other, present := uriParam(b, pb, name.In(a))
		if present && !equalEscaped(value.In(a), other.In(b), true) {
			return false
		}
		if !present && (strict || mustMatch(name.In(a))) {
			return false
		}
		pa = rest
	}
}

// mustMatch reports whether a parameter that one URI has must be in the other.
func mustMatch(name []byte) bool {
	for _, s := range [...]string{"user", "ttl", "method", "maddr", "transport"} {
		if equalEscaped(name, []byte(s), true) {
			return true
		}
	}
	return false
}

// uriParam is Param for the parameters of URIs, whose names may be escaped.
func uriParam(b []byte, params Span, name []byte) (value Span, present bool) {
	for {
		n, v, rest, ok := NextParam(b, params)
		if !ok {
			return Span{}, false
		}
		if equalEscaped(n.In(b), name, true) {
			return v, true
		}
		params = rest
	}
}

// Param returns the value of a parameter of the URI ("lr", "transport").
func (u URI) Param(b []byte, name string) (value Span, present bool) {
	rest := u.Params
	for {
		n, v, next, ok := NextParam(b, rest)
		if !ok {
			return Span{}, false
		}
		if equalEscapedName(n.In(b), name) {
			return v, true
		}
		rest = next
	}
}

// equalEscapedName is equalEscaped against a plain name.
func equalEscapedName(a []byte, name string) bool {
	for i := range len(name) {
		if len(a) == 0 {
			return false
		}
		c, _, n := unescape(a)
		if lower(c) != lower(name[i]) {
			return false
		}
		a = a[n:]
	}
	return len(a) == 0
}

// headersIn reports whether each header of a is in b. "Any present header
// component MUST be present in both URIs and match" (RFC 3261 §19.1.4).
func headersIn(a []byte, ha Span, b []byte, hb Span) bool {
	for i := int(ha.Off); i < ha.End(); {
		j := indexByte(a, i, ha.End(), '&')
		if !headerIn(a[i:j], hb.In(b)) {
			return false
		}
		i = j + 1
	}
	return true
}

func headerIn(h, list []byte) bool {
	for i := 0; i < len(list); {
		j := indexByte(list, i, len(list), '&')
		if equalEscaped(h, list[i:j], true) {
			return true
		}
		i = j + 1
	}
	return false
}

// indexByte returns the offset of the first c in b[i:end], or end.
func indexByte(b []byte, i, end int, c byte) int {
	if j := bytes.IndexByte(b[i:end], c); j >= 0 {
		return i + j
	}
	return end
}

// equalNumber compares telephone numbers without visual separators and case
// (RFC 3966 §4).
func equalNumber(a, b []byte) bool {
	for {
		for len(a) > 0 && separator(a[0]) {
			a = a[1:]
		}
		for len(b) > 0 && separator(b[0]) {
			b = b[1:]
		}
		if len(a) == 0 || len(b) == 0 {
			return len(a) == len(b)
		}
		if lower(a[0]) != lower(b[0]) {
			return false
		}
		a, b = a[1:], b[1:]
	}
}

func separator(c byte) bool { return c == '-' || c == '.' || c == '(' || c == ')' }
