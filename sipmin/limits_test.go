package sipmin

import (
	"strings"
	"testing"
)

// TestLimitsOfMultipart: L4; the limit is taken, one more is refused with its error.
func TestLimitsOfMultipart(t *testing.T) {
	parts := func(boundary string, n, fields int) string {
		return strings.Repeat("--"+boundary+"\r\n"+strings.Repeat("X: y\r\n", fields)+"\r\nbody\r\n", n) + "--" + boundary + "--\r\n"
	}
	nested := func(depth int) string {
		text := "--b0\r\n\r\nbody\r\n--b0--\r\n"
		for i := 1; i < depth; i++ {
			b := strings.Repeat("b", i+1)
			inner := "b0"
			if i > 1 {
				inner = strings.Repeat("b", i)
			}
			text = "--" + b + "\r\nContent-Type: multipart/mixed;boundary=" + inner + "\r\n\r\n" + text + "\r\n--" + b + "--\r\n"
		}
		return text
	}
	outer := func(depth int) string {
		if depth == 1 {
			return "b0"
		}
		return strings.Repeat("b", depth)
	}
	for name, c := range map[string]struct {
		boundary, body func(n int) string
		most           int
		err            error
	}{
		"parts":    {nil, func(n int) string { return parts("b", n, 1) }, MaxParts, ErrParts},
		"fields":   {nil, func(n int) string { return parts("b", 1, n) }, MaxPartHeaders, ErrTooMany},
		"boundary": {func(n int) string { return strings.Repeat("b", n) }, func(n int) string { return parts(strings.Repeat("b", n), 1, 1) }, MaxBoundary, ErrBoundary},
		"nesting":  {outer, nested, MaxNesting, ErrNesting},
	} {
		t.Run(name, func(t *testing.T) {
			for extra, want := range []error{nil, c.err} {
				n, boundary := c.most+extra, "b"
				if c.boundary != nil {
					boundary = c.boundary(n)
				}
				ct := "multipart/mixed;boundary=" + boundary
				b := []byte(ct + c.body(n))
				if err := CheckMultipart(b, span(0, len(ct)), span(len(ct), len(b))); err != want {
					t.Errorf("%d: %v, want %v", n, err, want)
				}
			}
		})
	}
}
