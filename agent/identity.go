package agent

import (
	"imsagent/sipmin"
)

// anonymous is the key of a peer whose identity the network withholds.
const anonymous = "anonymous"

// appendKey appends the key of the person that a URI names: E.164 where it is a tel URI,
// or a sip URI with user=phone or a +digits user; else the sip URI with the host in lower
// case and without parameters. It appends nothing to what it cannot read.
func appendKey(dst, b []byte, s sipmin.Span) []byte {
	u, err := sipmin.ParseURI(b, s)
	if err != nil {
		return dst
	}
	user := u.User.In(b)
	switch u.Scheme {
	case sipmin.SchemeTel:
		return appendNumber(dst, user)
	case sipmin.SchemeSIP, sipmin.SchemeSIPS:
		if isAnonymous(user, u.Host.In(b)) {
			return append(dst, anonymous...)
		}
		if isNumber(user) && (user[0] == '+' || isPhone(b, u)) {
			return appendNumber(dst, user)
		}
		if len(u.Host.In(b)) == 0 {
			return dst
		}
		return appendSIPKey(dst, user, u.Host.In(b))
	}
	return dst
}

func appendSIPKey(dst, user, host []byte) []byte {
	dst = append(dst, "sip:"...)
	if len(user) > 0 {
		dst = append(append(dst, user...), '@')
	}
	for _, c := range host {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}

// isAnonymous recognises the anonymous URI of RFC 3323 §4.1.1.3.
func isAnonymous(user, host []byte) bool {
	return sipmin.EqualFold(host, "anonymous.invalid") || sipmin.EqualFold(user, "anonymous") && len(host) == 0
}

func isPhone(b []byte, u sipmin.URI) bool {
	v, ok := sipmin.Param(b, u.Params, "user")
	return ok && sipmin.EqualFold(v.In(b), "phone")
}

// isNumber reports whether user is a telephone number: an optional plus sign, digits and
// visual separators (RFC 3966 §3). Parameters of the number may follow.
func isNumber(user []byte) bool {
	digits := 0
	for i, c := range user {
		switch {
		case '0' <= c && c <= '9':
			digits++
		case c == ';':
			return digits > 0
		case c == '+' && i == 0, c == '-', c == '.', c == '(', c == ')':
		default:
			return false
		}
	}
	return digits > 0
}

// appendNumber appends a number without its visual separators and parameters.
func appendNumber(dst, user []byte) []byte {
	for _, c := range user {
		if c == ';' {
			break
		}
		if c == '+' || '0' <= c && c <= '9' {
			dst = append(dst, c)
		}
	}
	return dst
}

// appendCaller appends the key of who sent a request: of P-Asserted-Identity, tel
// preferred (RFC 3325 §9.1). Without registration there is no network that asserts
// anything, and only then From counts; otherwise a request without it is anonymous.
func (c *Core) appendCaller(dst []byte, m *sipmin.Msg, raw []byte) []byte {
	start := len(dst)
	for i := m.Find(sipmin.HPAssertedIdentity, 0); i >= 0; i = m.Find(sipmin.HPAssertedIdentity, i+1) {
		dst = appendAsserted(dst, start, raw, m.Headers()[i].Value)
	}
	if len(dst) == start && !c.cfg.IMS.Register {
		dst = appendKey(dst, raw, m.From.URI)
	}
	if len(dst) == start || len(dst)-start > maxKey {
		dst = append(dst[:start], anonymous...)
	}
	return dst
}

// appendAsserted appends the best identity of one P-Asserted-Identity field: the first,
// unless a later one is a number.
func appendAsserted(dst []byte, start int, raw []byte, value sipmin.Span) []byte {
	for {
		elem, rest, ok := sipmin.NextElement(raw, value)
		if !ok {
			return dst
		}
		value = rest
		na, err := sipmin.ParseNameAddr(raw, elem)
		if err != nil {
			continue
		}
		had := len(dst) > start
		if had && dst[start] == '+' {
			return dst
		}
		end := len(dst)
		dst = appendKey(dst, raw, na.URI)
		if had && len(dst) > end && dst[end] == '+' {
			dst = append(dst[:start], dst[end:]...)
		} else if had {
			dst = dst[:end]
		}
	}
}

// userOf is the user part of a sip URI in text, or the number of a tel URI.
func userOf(uri string) string {
	b := []byte(uri)
	u, err := sipmin.ParseURI(b, sipmin.Span{Len: uint16(len(b))})
	if err != nil {
		return ""
	}
	return string(u.User.In(b))
}

// address turns what a host wrote as `to` into the key and the Request-URI of a peer: a
// SIP or tel URI, or an E.164 number. ok is false for anything else, and for whatever
// could break out of a header.
func (c *Core) address(to []byte) (key, uri string, ok bool) {
	if len(to) == 0 || len(to) > maxKey {
		return "", "", false
	}
	for _, ch := range to {
		if ch <= ' ' || ch == 0x7f || ch == '<' || ch == '>' || ch == '"' {
			return "", "", false
		}
	}
	if to[0] == '+' {
		if !isNumber(to) {
			return "", "", false
		}
		number := string(appendNumber(nil, to))
		return number, c.numberURI(number), true
	}
	b := append([]byte(nil), to...)
	k := appendKey(nil, b, sipmin.Span{Len: uint16(len(b))})
	if len(k) == 0 || string(k) == anonymous {
		return "", "", false
	}
	if k[0] == '+' {
		return string(k), c.numberURI(string(k)), true
	}
	return string(k), string(to), true
}

// numberURI is the Request-URI for a number, in the configured form.
func (c *Core) numberURI(number string) string {
	if c.cfg.IMS.RequestURI == "tel" {
		return "tel:" + number
	}
	return "sip:" + number + "@" + c.cfg.IMS.HomeDomain() + ";user=phone"
}

// uriOf is the Request-URI for a peer of whom only the key is known.
func (c *Core) uriOf(key string) string {
	if key != "" && key[0] == '+' {
		return c.numberURI(key)
	}
	return key
}
