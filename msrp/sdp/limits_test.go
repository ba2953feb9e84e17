package sdp

import (
	"fmt"
	"strings"
	"testing"
)

// limited is a description with more in it.
func limited(types, path, more string) string {
	return "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=message 7394 TCP/MSRP *\r\na=accept-types:" + types + "\r\na=path:" + path + "\r\n" + more
}

// TestLimits: L5, and what bounds the attributes of MSRP (CVE-2023-24033 and its like): the
// limit is taken, one more is refused with its error.
func TestLimits(t *testing.T) {
	const uri = "msrp://192.0.2.1:7394/x;tcp"
	for name, c := range map[string]struct {
		text func(n int) string
		most int
		err  error
	}{
		"octets": {func(n int) string {
			s := limited("*", uri, "")
			for n-len(s) > 1000 {
				s += "b=" + strings.Repeat("x", 996) + "\r\n"
			}
			return s + "b=" + strings.Repeat("x", n-len(s)-4) + "\r\n"
		}, MaxBody, ErrSize},
		"lines":      {func(n int) string { return limited("*", uri, strings.Repeat("b=x\r\n", n-8)) }, MaxLines, ErrSize},
		"media":      {func(n int) string { return limited("*", uri, strings.Repeat("m=audio 1 RTP/AVP 0\r\n", n-1)) }, MaxMedias, ErrMedia},
		"attributes": {func(n int) string { return limited("*", uri, strings.Repeat("a=x\r\n", n-2)) }, MaxAttributes, ErrAttributes},
		"types": {func(n int) string {
			s := ""
			for i := range n {
				s += fmt.Sprintf("text/x%d ", i)
			}
			return limited(s[:len(s)-1], uri, "")
		}, MaxTypes, ErrTypes},
		"URIs of a path": {func(n int) string { return limited("*", strings.Repeat(uri+" ", n-1)+uri, "") }, MaxURIs, ErrPath},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse([]byte(c.text(c.most))); err != nil {
				t.Errorf("%d: %v", c.most, err)
			}
			if _, err := Parse([]byte(c.text(c.most + 1))); err != c.err {
				t.Errorf("%d: %v, want %v", c.most+1, err, c.err)
			}
		})
	}
}
