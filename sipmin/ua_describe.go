package sipmin

import (
	"strconv"
	"time"
)

// Describe appends one line for every call and transaction that is alive: what
// it is, its state, and the seconds until its next timer.
func (u *UA) Describe(dst []byte, now time.Time) []byte {
	for i := range u.calls {
		c := &u.calls[i]
		if c.state == callFree {
			continue
		}
		dst = append(dst, "call "...)
		dst = strconv.AppendUint(dst, uint64(c.index), 10)
		dst = append(dst, ' ')
		dst = append(dst, [...]string{"free", "inviting", "ringing", "answered", "confirmed"}[c.state]...)
		if c.quiet {
			dst = append(dst, " leaving"...)
		}
		dst = append(dst, " to "...)
		dst = append(dst, c.d.get(dRemote)...)
		dst = appendLeft(dst, c.deadline(), now)
	}
	for i := range u.txns {
		t := &u.txns[i]
		if !t.live() {
			continue
		}
		dst = append(dst, "transaction "...)
		dst = strconv.AppendUint(dst, uint64(t.index), 10)
		dst = append(dst, ' ')
		dst = append(dst, t.method.String()...)
		dst = append(dst, [...]string{"", " client ", " client ", " server ", " server "}[t.kind]...)
		dst = append(dst, [...]string{"", "calling", "trying", "proceeding", "completed", "confirmed", "accepted", "terminated"}[t.state]...)
		dst = appendLeft(dst, t.deadline(), now)
	}
	return dst
}

// appendLeft ends a line with the time until a deadline.
func appendLeft(dst []byte, at, now time.Time) []byte {
	if at.IsZero() {
		return append(dst, ", no timer\n"...)
	}
	dst = append(dst, ", "...)
	dst = strconv.AppendFloat(dst, at.Sub(now).Seconds(), 'f', 1, 64)
	return append(dst, " s\n"...)
}
