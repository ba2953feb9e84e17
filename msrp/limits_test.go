package msrp

import (
	"fmt"
	"strings"
	"testing"
)

// heads builds a SEND with more lines after its paths.
func heads(tid, more string) string {
	return "MSRP " + tid + " SEND\r\nTo-Path: " + edgeConfig().Local + "\r\nFrom-Path: " + edgeConfig().Remote + "\r\nMessage-ID: limit\r\n" + more + "-------" + tid + "$\r\n"
}

// headFault is what the reader says of the first request in a stream.
func headFault(text string) error {
	var r Reader
	for b := []byte(text); ; {
		n, it, err := r.Next(b)
		if b = b[n:]; err != nil || it.Kind == ItemNone {
			return err
		}
		if it.Kind == ItemHead {
			if it.Head.Fault != 0 {
				return it.Head.Fault
			}
			return nil
		}
	}
}

// TestLimitsOfHeads: L6; at the limit a head is read, and one more is refused with its error.
func TestLimitsOfHeads(t *testing.T) {
	lines := func(n int) string { // n octets of lines that are each short enough
		text := ""
		for n > 1005 {
			text, n = text+"X: "+strings.Repeat("x", 995)+"\r\n", n-1000
		}
		return text + "X: " + strings.Repeat("x", n-5) + "\r\n"
	}
	least := len(heads("tid0", "")) // an end-line ends the head of what has no body
	for name, c := range map[string]struct {
		text func(n int) string
		most int
		err  error
	}{
		"line":       {func(n int) string { return heads("tid0", "X: "+strings.Repeat("x", n-3)+"\r\n") }, MaxLine, ErrLine},
		"head":       {func(n int) string { return heads("tid0", lines(n-least)) }, MaxHead, ErrHead},
		"headers":    {func(n int) string { return heads("tid0", strings.Repeat("X: x\r\n", n-3)) }, MaxHeaders, ErrHeaders},
		"identifier": {func(n int) string { return heads(strings.Repeat("t", n), "") }, MaxID, ErrStart},
	} {
		t.Run(name, func(t *testing.T) {
			most := 0
			for n := max(4, c.most-40); n <= c.most+40; n++ {
				if headFault(c.text(n)) == nil {
					most = n
				}
			}
			if d := c.most - most; d < 0 || d > 2 {
				t.Errorf("%d is taken, the limit is %d", most, c.most)
			}
			if err := headFault(c.text(most + 3)); err != c.err {
				t.Errorf("above: %v, want %v", err, c.err)
			}
		})
	}
}

// TestLimitsOfMessages: L7 and L9; a message above max-size, a scattered one, and one more than
// may be unfinished get 413, and the octets that one may bring do not depend on what it claims.
func TestLimitsOfMessages(t *testing.T) {
	open := func(s *Session) {
		if err := s.Init(epoch, edgeConfig()); err != nil {
			t.Fatal(err)
		}
	}
	chunk := func(id string, from int64, total string) []byte {
		return []byte(strings.Replace(heads("tid0", fmt.Sprintf("Byte-Range: %d-*/%s\r\nContent-Type: text/plain\r\n\r\nab\r\n", from, total)), "limit", id, 1))
	}
	more := func(b []byte) []byte { return []byte(strings.Replace(string(b), "tid0$", "tid0+", 1)) }
	var s Session
	open(&s)
	for i := range MaxOpen + 1 {
		o := play(t, &s, [][]byte{more(chunk(fmt.Sprintf("m%d", i), 1, "100"))})
		if want := []string{"200", "413"}[i/MaxOpen]; len(o.Codes) != 1 || o.Codes[0] != want {
			t.Errorf("open message %d: %v, want %s", i+1, o.Codes, want)
		}
	}
	open(&s)
	for i := range MaxRanges + 1 {
		o := play(t, &s, [][]byte{more(chunk("scattered", int64(i*4+1), "1000"))})
		if want := []string{"200", "413"}[i/MaxRanges]; len(o.Codes) != 1 || o.Codes[0] != want {
			t.Errorf("range %d: %v, want %s", i+1, o.Codes, want)
		}
	}
	for total, want := range map[string]string{"65536": "200", "65537": "413", "9223372036854775807": "413", "18446744073709551617": "400 413"} {
		open(&s)
		if o := play(t, &s, [][]byte{more(chunk("large", 1, total))}); len(o.Codes) != 1 || !strings.Contains(want, o.Codes[0]) {
			t.Errorf("of %s octets: %v, want %s", total, o.Codes, want)
		}
	}
	open(&s)
	if o := play(t, &s, [][]byte{chunk("beyond", 65536, "*")}); len(o.Codes) != 1 || o.Codes[0] != "413" {
		t.Errorf("octets behind the limit: %v", o.Codes)
	}
	for size, want := range map[int]string{MaxBody: "[501] []", MaxBody + 1: "[501] [8 tag 0 code 413]"} {
		open(&s)
		text := strings.Replace(heads("tid0", "Content-Type: text/plain\r\n\r\n"+strings.Repeat("x", size)+"\r\n"), " SEND", " OTHER", 1)
		if o := play(t, &s, [][]byte{[]byte(text)}); fmt.Sprint(o.Codes, o.Events) != want {
			t.Errorf("another method with %d octets: %v %v, want %s", size, o.Codes, o.Events, want)
		}
	}
}
