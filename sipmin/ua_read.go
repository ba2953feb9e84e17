package sipmin

import "time"

// What the UA reads of the message at hand.

// greatestRetryAfter clamps a Retry-After: no message waits longer by default.
const greatestRetryAfter = 24 * time.Hour

// header returns the value of the first field id, nil if there is none.
func (u *UA) header(id HeaderID) []byte {
	if s, ok := u.msg.Get(id); ok {
		return s.In(u.raw)
	}
	return nil
}

// lists tells whether a comma-separated header holds a token, in any case.
func (u *UA) lists(id HeaderID, token string) bool {
	for i := u.msg.Find(id, 0); i >= 0; i = u.msg.Find(id, i+1) {
		rest := u.msg.Headers()[i].Value
		for {
			elem, after, ok := NextElement(u.raw, rest)
			if !ok {
				break
			}
			if EqualFold(elem.In(u.raw), token) {
				return true
			}
			rest = after
		}
	}
	return false
}

// listed tells whether a comma-separated list of ours holds a token.
func listed[T ~string | ~[]byte](list string, token T) bool {
	for len(list) > 0 {
		end := 0
		for end < len(list) && list[end] != ',' {
			end++
		}
		elem := list[:end]
		list = list[min(end+1, len(list)):]
		for len(elem) > 0 && elem[0] == ' ' {
			elem = elem[1:]
		}
		for len(elem) > 0 && elem[len(elem)-1] == ' ' {
			elem = elem[:len(elem)-1]
		}
		if EqualFold(elem, token) {
			return true
		}
	}
	return false
}

// methods returns the bits of the methods that Allow lists.
func (u *UA) methods() (bits uint32) {
	for i := u.msg.Find(HAllow, 0); i >= 0; i = u.msg.Find(HAllow, i+1) {
		rest := u.msg.Headers()[i].Value
		for {
			elem, after, ok := NextElement(u.raw, rest)
			if !ok {
				break
			}
			if m := MethodOf(elem.In(u.raw)); m != MOther {
				bits |= 1 << m
			}
			rest = after
		}
	}
	return bits
}

// interval reads Session-Expires; 0 is none or one that cannot be read.
func (u *UA) interval() (time.Duration, Refresher) {
	s, ok := u.msg.Get(HSessionExpires)
	if !ok {
		return 0, RefresherNone
	}
	n, who, err := ParseSessionExpires(u.raw, s)
	if err != nil {
		return 0, RefresherNone
	}
	return seconds(n, greatestInterval), who
}

// minSE reads Min-SE; 0 is none.
func (u *UA) minSE() time.Duration {
	s, ok := u.msg.Get(HMinSE)
	if !ok {
		return 0
	}
	n, _, err := ParseSessionExpires(u.raw, s)
	if err != nil {
		return 0
	}
	return seconds(n, greatestInterval)
}

// retryAfter reads Retry-After, clamped; 0 is none.
func (u *UA) retryAfter() time.Duration {
	s, ok := u.msg.Get(HRetryAfter)
	if !ok {
		return 0
	}
	n, err := ParseRetryAfter(u.raw, s)
	if err != nil {
		return 0
	}
	return seconds(n, greatestRetryAfter)
}

// seconds is n seconds, at most most. The clamp comes before the
// multiplication, which may overflow.
func seconds(n uint32, most time.Duration) time.Duration {
	if uint64(n) > uint64(most/time.Second) {
		return most
	}
	return time.Duration(n) * time.Second
}

// cause reads the cause of the first Reason header that has one, 0 for none.
func (u *UA) cause() uint16 {
	for i := u.msg.Find(HReason, 0); i >= 0; i = u.msg.Find(HReason, i+1) {
		rest := u.msg.Headers()[i].Value
		for {
			elem, after, ok := NextElement(u.raw, rest)
			if !ok {
				break
			}
			if n := u.causeOf(elem); n != 0 {
				return n
			}
			rest = after
		}
	}
	return 0
}

// causeOf reads one value of Reason: protocol *(SEMI reason-params), RFC 3326.
func (u *UA) causeOf(elem Span) uint16 {
	b := elem.In(u.raw)
	for i, c := range b {
		if c == ';' {
			v, _ := Param(u.raw, span(int(elem.Off)+i+1, elem.End()), "cause")
			n, _ := ParseUint(v.In(u.raw), 999)
			return uint16(n)
		}
	}
	return 0
}

// hasBody tells whether the message at hand has a body.
func (u *UA) hasBody() bool { return u.msg.Body.Len > 0 }

// mediaType returns the type without its parameters.
func mediaType[T ~string | ~[]byte](b T) T {
	for i := range len(b) {
		switch b[i] {
		case ';', ' ', '\t', '\r', '\n':
			return b[:i]
		}
	}
	return b
}
