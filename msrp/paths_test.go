package msrp

import (
	"fmt"
	"strings"
	"testing"
)

// headsOf reads a stream, cut at a place, and describes each head by the texts of its Spans.
func headsOf(r *Reader, stream string, cut int) (heads []string, err error) {
	for _, part := range []string{stream[:cut], stream[cut:]} {
		b := []byte(part)
		for at := 0; ; {
			n, it, e := r.Next(b[at:])
			if at += n; e != nil {
				return heads, e
			}
			if it.Kind == ItemNone {
				break
			}
			if h := it.Head; it.Kind == ItemHead {
				heads = append(heads, fmt.Sprintf("%s %v fault %v fields %d to %q from %q id %q type %q range %d-%d/%d", h.TID.In(it.Buf), h.Method, h.Fault, h.Headers,
					h.ToPath.In(it.Buf), h.FromPath.In(it.Buf), h.MessageID.In(it.Buf), h.ContentType.In(it.Buf), h.Start, h.End, h.Total))
			}
		}
	}
	return heads, nil
}

// TestKnownPaths: a head is read alike whatever came before it on the connection, and
// wherever the stream is cut, although paths that are those of the message before are not
// read again.
func TestKnownPaths(t *testing.T) {
	const first = "MSRP aaaa SEND\r\nTo-Path: msrp://a.example:7/x;tcp\r\nFrom-Path: msrp://b.example:8/y;tcp\r\nMessage-ID: 1\r\n-------aaaa$\r\n"
	paths := "To-Path: msrp://a.example:7/x;tcp\r\nFrom-Path: msrp://b.example:8/y;tcp\r\n"
	for name, lines := range map[string]string{
		"the same":            paths,
		"another to":          strings.Replace(paths, "a.example", "c.example", 1),
		"another from":        strings.Replace(paths, "8/y", "8/z", 1),
		"a longer from":       strings.Replace(paths, "8/y;tcp\r\n", "8/y;tcp;z=1\r\n", 1),
		"a broken from":       strings.Replace(paths, "8/y;tcp", "8/y", 1),
		"other case":          strings.ToLower(paths),
		"one more blank":      strings.Replace(paths, "From-Path: ", "From-Path:  ", 1),
		"folded":              paths + " more\r\n",
		"twice":               paths + paths,
		"the other way round": "From-Path: msrp://b.example:8/y;tcp\r\nTo-Path: msrp://a.example:7/x;tcp\r\n",
		"one only":            "To-Path: msrp://a.example:7/x;tcp\r\n",
		"a field before":      "X: y\r\n" + paths,
	} {
		t.Run(name, func(t *testing.T) {
			second := "MSRP bbbbbbbb SEND\r\n" + lines + "Message-ID: 2\r\n-------bbbbbbbb$\r\n"
			want, err := headsOf(new(Reader), second, 0)
			if err != nil || len(want) != 1 {
				t.Fatalf("%q, %v", want, err)
			}
			for cut := range second {
				r := new(Reader)
				if _, err := headsOf(r, first, 0); err != nil {
					t.Fatal(err)
				}
				got, err := headsOf(r, second+first, cut)
				if err != nil || len(got) != 2 || got[0] != want[0] {
					t.Fatalf("cut at %d: %q, %v; want %q", cut, got, err, want)
				}
			}
		})
	}
}
