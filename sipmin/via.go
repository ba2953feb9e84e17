package sipmin

import (
	"bytes"
	"net/netip"
)

// A Via is one value of a Via field (RFC 3261 §20.42).
type Via struct {
	Transport Span   // "UDP"
	Host      Span   // as spelled, brackets of IPv6 included
	Params    Span   // after the first ";"
	Branch    Span   // empty: none
	Received  Span   // as spelled; see [Via.ReceivedAddr]
	Port      uint16 // of sent-by, 0 if not given
	RPort     uint16 // value of rport, 0 if it has none (RFC 3581 §3)
	HasRPort  bool   // rport is there, with or without value
}

// Addr returns the host of sent-by if it is an IP address.
func (v Via) Addr(b []byte) (netip.Addr, bool) { return parseAddr(v.Host.In(b)) }

// ReceivedAddr returns the address of the received parameter, which may stand
// in brackets (RFC 5118 §4.5).
func (v Via) ReceivedAddr(b []byte) (netip.Addr, bool) { return parseAddr(v.Received.In(b)) }

// Cookie begins the branch of every RFC 3261 transaction (§8.1.1.7).
const Cookie = "z9hG4bK"

// HasCookie reports whether the branch can be the key of a transaction: the
// magic cookie and something after it. Otherwise RFC 3261 §17.2.3 compares
// the fields of RFC 2543.
func (v Via) HasCookie(b []byte) bool {
	branch := v.Branch.In(b)
	return len(branch) > len(Cookie) && string(branch[:len(Cookie)]) == Cookie
}

// ParseVia reads one Via value: sent-protocol LWS sent-by *( ; via-params ).
// The version is not looked at: a request of another one is answered by it.
func ParseVia(b []byte, s Span) (Via, error) {
	var v Via
	s = trim(b, int(s.Off), s.End())
	end := withoutComment(b, s)
	name, i, ok := scanSlash(b, int(s.Off), end)
	if !ok || !EqualFold(name.In(b), "SIP") {
		return Via{}, ErrVia
	}
	if _, i, ok = scanSlash(b, i, end); !ok {
		return Via{}, ErrVia
	}
	j := i
	for j < end && is(b[j], cToken) {
		j++
	}
	v.Transport = span(i, j)
	if i = skipLWS(b, j, end); i == j || v.Transport.Len == 0 {
		return Via{}, ErrVia
	}
	if i = v.scanSentBy(b, i, end); i < 0 || i < end && b[i] != ';' {
		return Via{}, ErrVia
	}
	if i < end {
		v.Params = trim(b, i+1, end)
	}
	if !v.readParams(b) {
		return Via{}, ErrVia
	}
	return v, nil
}

// withoutComment returns the end of s without a comment there, which RFC 2543
// §6.40 let follow the parameters.
func withoutComment(b []byte, s Span) int {
	if end := s.End(); s.Len > 0 && b[end-1] == ')' {
		if open := bytes.LastIndexByte(s.In(b), '('); open > 0 && isLWS(b[int(s.Off)+open-1]) {
			return trim(b, int(s.Off), int(s.Off)+open).End()
		}
	}
	return s.End()
}

// scanSlash reads token SLASH, where SLASH has white space on both sides.
func scanSlash(b []byte, i, end int) (name Span, next int, ok bool) {
	j := i
	for j < end && is(b[j], cToken) {
		j++
	}
	name = span(i, j)
	if j = skipLWS(b, j, end); name.Len == 0 || j == end || b[j] != '/' {
		return Span{}, end, false
	}
	return name, skipLWS(b, j+1, end), true
}

// scanSentBy reads host [ COLON port ] and returns what follows, or -1.
func (v *Via) scanSentBy(b []byte, i, end int) int {
	j := scanHost(b, i, end)
	if j < 0 {
		return -1
	}
	v.Host = span(i, j)
	if j = skipLWS(b, j, end); j < end && b[j] == ':' {
		var ok bool
		if v.Port, j, ok = scanPort(b, skipLWS(b, j+1, end), end); !ok {
			return -1
		}
		j = skipLWS(b, j, end)
	}
	return j
}

// readParams finds the parameters that matter to a receiver. A branch that is
// there is not empty.
func (v *Via) readParams(b []byte) bool {
	ok := true
	for rest := v.Params; ok; {
		name, value, next, sound := soundParam(b, rest)
		if name.Len == 0 {
			return sound
		}
		switch n := name.In(b); {
		case EqualFold(n, "branch"):
			v.Branch = value
			ok = value.Len > 0
		case EqualFold(n, "received"):
			v.Received = value
		case EqualFold(n, "rport"):
			v.HasRPort = true
			if value.Len > 0 {
				var p uint32
				p, ok = ParseUint(value.In(b), 65535)
				v.RPort = uint16(p)
			}
		}
		rest = next
	}
	return ok
}
