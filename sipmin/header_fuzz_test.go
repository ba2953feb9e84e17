package sipmin

import (
	"bytes"
	"fmt"
	"testing"
)

// seedHeaders gives the values of some fields of all fixtures to a fuzz target.
func seedHeaders(f *testing.F, ids ...HeaderID) {
	for _, r := range fixtures(f) {
		var m Msg
		Parse(r.text, &m, false)
		for _, id := range ids {
			for i := m.Find(id, 0); i >= 0; i = m.Find(id, i+1) {
				if v := m.Headers()[i].Value; v.Len < 512 {
					f.Add(v.In(r.text))
				}
			}
		}
	}
}

// between is a value with octets before and behind it that would change it, if they were looked at.
func between(value []byte) (b []byte, s Span) {
	const before, behind = "\"<(1;", ">\")1;,:\r\n "
	b = append(append([]byte(before), value...), behind...)
	return b, span(len(before), len(before)+len(value))
}

// texts are spans as what they hold; each must lie in the value.
func texts(t *testing.T, b []byte, value Span, spans ...Span) (all []string) {
	t.Helper()
	for _, s := range spans {
		if s.Len > 0 && (s.Off < value.Off || s.End() > value.End()) {
			t.Fatalf("span [%d,%d) of a value in [%d,%d)", s.Off, s.End(), value.Off, value.End())
		}
		all = append(all, string(s.In(b)))
	}
	return all
}

// sameEverywhere reads a value alone, and between others, and returns what both say.
func sameEverywhere(t *testing.T, value []byte, read func(b []byte, s Span) string) string {
	t.Helper()
	alone := read(value[:len(value):len(value)], span(0, len(value)))
	b, s := between(value)
	if got := read(b, s); got != alone {
		t.Fatalf("%q is %s, between others %s", value, alone, got)
	}
	return alone
}

// FuzzVia: a Via depends on its own octets alone, its parts lie in it, and a Via made of them
// has the same parts.
func FuzzVia(f *testing.F) {
	seedHeaders(f, HVia)
	f.Fuzz(func(t *testing.T, value []byte) {
		if len(value) > MaxLine {
			return
		}
		again := ""
		read := func(b []byte, s Span) string {
			v, err := ParseVia(b, s)
			if err != nil {
				return err.Error()
			}
			x := texts(t, b, s, v.Transport, v.Host, v.Params, v.Branch, v.Received)
			if x[0] == "" || x[1] == "" || bytes.ContainsAny([]byte(x[0]+x[1]), " \t\r\n,;\"") {
				t.Fatalf("%q: transport %q, host %q", value, x[0], x[1])
			}
			again = "SIP/2.0/" + x[0] + " " + x[1]
			if v.Port != 0 {
				again += fmt.Sprintf(":%d", v.Port)
			}
			if x[2] != "" {
				again += ";" + x[2]
			}
			return fmt.Sprintf("%q %d %d %v", x, v.Port, v.RPort, v.HasRPort)
		}
		first := sameEverywhere(t, value, read)
		if wrote := again; wrote != "" {
			if got := sameEverywhere(t, []byte(wrote), read); got != first {
				t.Fatalf("%q is %s; written %q it is %s", value, first, wrote, got)
			}
		}
	})
}

// FuzzNameAddr: as FuzzVia, for From, To, Contact, Route, Record-Route and P-Asserted-Identity.
func FuzzNameAddr(f *testing.F) {
	seedHeaders(f, HFrom, HTo, HContact, HRoute, HRecordRoute, HPAssertedIdentity)
	f.Fuzz(func(t *testing.T, value []byte) {
		if len(value) > MaxLine {
			return
		}
		again := ""
		read := func(b []byte, s Span) string {
			na, err := ParseNameAddr(b, s)
			if err != nil {
				return err.Error()
			}
			x := texts(t, b, s, na.Display, na.URI, na.Params)
			if x[1] == "" || bytes.ContainsAny([]byte(x[1]), "<>\r\n") {
				t.Fatalf("%q: URI %q", value, x[1])
			}
			tag, _ := Param(b, na.Params, "tag")
			again = x[0] + " <" + x[1] + ">"
			if x[2] != "" {
				again += ";" + x[2]
			}
			return fmt.Sprintf("%q %q", x, tag.In(b))
		}
		first := sameEverywhere(t, value, read)
		if wrote := again; wrote != "" {
			if got := sameEverywhere(t, []byte(wrote), read); got != first {
				t.Fatalf("%q is %s; written %q it is %s", value, first, wrote, got)
			}
		}
	})
}

// FuzzNumbers: CSeq, RAck, Session-Expires, Min-SE and Retry-After depend on their own octets
// alone, and what they say, written again, says the same. No number wraps.
func FuzzNumbers(f *testing.F) {
	seedHeaders(f, HCSeq, HRAck, HSessionExpires, HMinSE, HRetryAfter)
	for _, s := range []string{"4294967296 INVITE", "4294967301;refresher=uas", "18446744073709551617", "1 4294967297 INVITE", "-1", "+5", "0x5", "5 (a (b) c);duration=4294967296"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		if len(value) > MaxLine {
			return
		}
		for _, read := range []func(b []byte, s Span) (string, string){readCSeq, readRAck, readSessionExpires, readRetryAfter} {
			wrote := ""
			first := sameEverywhere(t, value, func(b []byte, s Span) (said string) {
				said, wrote = read(b, s)
				return said
			})
			if wrote == "" {
				continue
			}
			if got, _ := read([]byte(wrote), span(0, len(wrote))); got != first {
				t.Fatalf("%q is %s; written %q it is %s", value, first, wrote, got)
			}
		}
	})
}

func readCSeq(b []byte, s Span) (said, wrote string) {
	n, name, err := ParseCSeq(b, s)
	if err != nil {
		return err.Error(), ""
	}
	return fmt.Sprintf("%d %q", n, name.In(b)), fmt.Sprintf("%d %s", n, name.In(b))
}

func readRAck(b []byte, s Span) (said, wrote string) {
	rseq, cseq, method, err := ParseRAck(b, s)
	if err != nil {
		return err.Error(), ""
	}
	return fmt.Sprintf("%d %d %q", rseq, cseq, method.In(b)), fmt.Sprintf("%d %d %s", rseq, cseq, method.In(b))
}

func readSessionExpires(b []byte, s Span) (said, wrote string) {
	n, r, err := ParseSessionExpires(b, s)
	if err != nil {
		return err.Error(), ""
	}
	return fmt.Sprint(n, r), fmt.Sprint(n, [...]string{"", ";refresher=uac", ";refresher=uas"}[r])
}

func readRetryAfter(b []byte, s Span) (said, wrote string) {
	n, err := ParseRetryAfter(b, s)
	if err != nil {
		return err.Error(), ""
	}
	return fmt.Sprint(n), fmt.Sprint(n)
}
