package sipmin

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// feed gives a stream to a Framer in two pieces (cut > 0), or octet by octet
// (cut == 0), and describes every message and how it ended. Keep-alives are
// left out: how many octets of them come at once depends on the pieces.
func feed(t testing.TB, b []byte, cut int) string {
	t.Helper()
	var f Framer
	var sb strings.Builder
	at, have := 0, cut
	for {
		if cut == 0 {
			have = max(have, at)
		}
		n, err := f.Frame(b[at:have])
		switch {
		case err == ErrShort && have < len(b) && cut > 0:
			have = len(b)
		case err == ErrShort && have < len(b):
			have++
		case err != nil:
			fmt.Fprintf(&sb, "%v", err)
			return sb.String()
		case n <= 0 || n > have-at:
			t.Fatalf("Frame of %d octets returned %d", have-at, n)
		default:
			if skipLineEnds(b[at:at+n], 0) != n {
				fmt.Fprintf(&sb, "[%d,%d) ", at, at+n)
			}
			at += n
		}
	}
}

// fixtures are all messages of all groups.
func fixtures(t testing.TB) (rows []vectorRow) {
	for _, g := range []string{"sip-torture", "sip-ipv6", "sip-suite", "ims"} {
		rows = append(rows, vectorRows(t, g)...)
	}
	return append(rows, attackRows(t)...)
}

// TestVectorsSplits: the result does not depend on how the octets arrive, for
// the message alone and for two in a row with a keep-alive between them.
func TestVectorsSplits(t *testing.T) {
	for _, r := range fixtures(t) {
		t.Run(r.path(), func(t *testing.T) {
			b := r.text[:min(len(r.text), 70000)]
			two := append(append(bytes.Clone(b), "\r\n\r\n"...), b...)
			for _, stream := range [][]byte{b, two} {
				want := feed(t, stream, len(stream))
				if got := feed(t, stream, 0); got != want {
					t.Errorf("octet by octet: %s; whole: %s", got, want)
				}
				step := max(1, len(stream)/8000) // every cut below 16000 octets
				if raceEnabled {
					step *= 40 // for time
				} else if testing.Short() {
					step *= 8
				}
				for cut := 1; cut < len(stream); cut += step {
					if got := feed(t, stream, cut); got != want {
						t.Fatalf("cut at %d: %s; whole: %s", cut, got, want)
					}
				}
			}
		})
	}
}

// TestVectorsPrefixes: no proper prefix of a message is a message; on a stream
// it asks for more.
func TestVectorsPrefixes(t *testing.T) {
	for _, r := range fixtures(t) {
		var m Msg
		n, err := Parse(r.text, &m, true)
		if err != nil {
			continue
		}
		t.Run(r.path(), func(t *testing.T) {
			if n2, err := Parse(r.text[:n], &m, false); n2 != n || err != nil {
				t.Errorf("as a datagram: %d, %v; want %d", n2, err, n)
			}
			for i := range n {
				if k, err := Parse(r.text[:i], &m, true); err != ErrShort || k != 0 {
					t.Fatalf("stream of %d of %d octets: %d, %v; want ErrShort", i, n, k, err)
				}
				if _, err := Parse(r.text[:i:i], &m, false); err == nil {
					t.Fatalf("datagram of %d of %d octets is accepted", i, n)
				}
			}
		})
	}
}

// TestVectorsTruncated: every prefix of every fixture, in a buffer of just that
// size, is read without reaching beyond it.
func TestVectorsTruncated(t *testing.T) {
	for _, r := range fixtures(t) {
		var m Msg
		for i := 0; i < min(len(r.text), 2000); i++ {
			b := r.text[:i:i]
			Parse(b, &m, false)
			for _, h := range m.Headers() {
				h.Value.In(b)
			}
		}
	}
}

func TestParseAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, r := range fixtures(t) {
		t.Run(r.path(), func(t *testing.T) {
			var m Msg
			if a := testing.AllocsPerRun(10, func() { readAll(r.text, &m) }); a != 0 {
				t.Errorf("%v allocations, want 0", a)
			}
		})
	}
}

// readAll reads a message with everything this package can read of it.
func readAll(b []byte, m *Msg) {
	var f Framer
	f.Frame(b)
	Parse(b, m, true)
	if _, err := Parse(b, m, false); err != nil {
		return
	}
	for _, h := range m.Headers() {
		readValue(b, h.Value)
	}
	EqualURIText(b, m.From.URI, b, m.To.URI)
	if ct, ok := m.Get(HContentType); ok {
		CheckMultipart(b, ct, m.Body)
	}
}

// readValue gives a value to every parser of values.
func readValue(b []byte, s Span) {
	for elem, rest, ok := NextElement(b, s); ok; elem, rest, ok = NextElement(b, rest) {
		if na, err := ParseNameAddr(b, elem); err == nil {
			Param(b, na.Params, "tag")
			if u, err := ParseURI(b, na.URI); err == nil {
				u.Addr(b)
				u.Param(b, "lr")
				EqualURI(b, u, b, u)
			}
		}
		if v, err := ParseVia(b, elem); err == nil {
			v.Addr(b)
			v.ReceivedAddr(b)
		}
	}
	ParseCSeq(b, s)
	ParseRAck(b, s)
	ParseSessionExpires(b, s)
	ParseRetryAfter(b, s)
}

// TestFramerLinear: a stream that arrives octet by octet, the largest message
// there is and a megabyte of keep-alives cost what they are long.
func TestFramerLinear(t *testing.T) {
	head := "INVITE sip:a@b SIP/2.0\r\n" + strings.Repeat("X: "+strings.Repeat("y", 300)+"\r\n", 100) + "l: 30000\r\n\r\n"
	stream := append([]byte(head), make([]byte, 30000)...)
	start := time.Now()
	if got, want := feed(t, stream, 0), fmt.Sprintf("[0,%d) %v", len(stream), ErrShort); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := feed(t, bytes.Repeat([]byte("\r\n"), 1<<19), 0); got != ErrShort.Error() {
		t.Error(got)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("took %v", d)
	}
}

func TestFramerPing(t *testing.T) {
	tests := []struct {
		stream string
		pings  int
	}{
		{"\r\n", 0}, {"\n", 0}, {"\r\n\r\n", 1}, {"\r\n\n\r\n", 0}, {"\r\r\n\r\n", 1}, {"\r\n\r\n\r\n\r\n", 2},
		{"\r\n\r\r\n\r\n", 1}, {"\n\r\n\r\n", 1},
	}
	for _, tt := range tests {
		var f Framer
		pings := 0
		for i := range tt.stream {
			if n, err := f.Frame([]byte(tt.stream[i : i+1])); n != 1 || err != nil {
				t.Fatalf("%q: %d, %v", tt.stream, n, err)
			}
			if f.Ping() {
				pings++
			}
		}
		if pings != tt.pings {
			t.Errorf("%q: %d pings, want %d", tt.stream, pings, tt.pings)
		}
		var g Framer
		if n, err := g.Frame([]byte(tt.stream)); n != len(tt.stream) || err != nil || g.Ping() != (tt.pings > 0) {
			t.Errorf("%q at once: %d, %v, ping %v", tt.stream, n, err, g.Ping())
		}
	}
	var f Framer
	if n, err := f.Frame([]byte("\r\nOPTIONS")); n != 2 || err != nil {
		t.Errorf("line end before a message: %d, %v", n, err)
	}
}

// TestFramerEnds: what ends a stream, and as soon as it is sure.
func TestFramerEnds(t *testing.T) {
	long := strings.Repeat("x", MaxLine+10)
	tests := []struct {
		name, stream string
		want         error
	}{
		{"TLS", "\x16\x03\x01\x02\x00\x01", ErrStartLine},
		{"HTTP", "GET / HTTP/1.1\r\n", ErrStartLine},
		{"bare LF", "OPTIONS sip:a SIP/2.0\n", ErrLineEnd},
		{"bare CR", "OPTIONS sip:a SIP/2.0\r\nSubject: a\rb\r\n", ErrLineEnd},
		{"endless start line", "OPTIONS sip:" + long, ErrLineTooLong},
		{"endless field", "OPTIONS sip:a SIP/2.0\r\nSubject: " + long, ErrLineTooLong},
		{"endless folding", "OPTIONS sip:a SIP/2.0\r\nSubject: " + strings.Repeat("x\r\n ", MaxLine/4), ErrLineTooLong},
		{"endless head", "OPTIONS sip:a SIP/2.0\r\n" + strings.Repeat("Subject: x\r\n", MaxHead/12), ErrHeadTooLong},
		{"no Content-Length", "OPTIONS sip:a SIP/2.0\r\nSubject: x\r\n\r\n", ErrNoLength},
		{"two", "OPTIONS sip:a SIP/2.0\r\nl: 0\r\nContent-Length : 0\r\n\r\n", ErrDuplicate},
		{"+5", "OPTIONS sip:a SIP/2.0\r\nl: +5\r\n\r\n", ErrContentLength},
		{"0x5", "OPTIONS sip:a SIP/2.0\r\nl: 0x5\r\n\r\n", ErrContentLength},
		{"list", "OPTIONS sip:a SIP/2.0\r\nl: 5, 5\r\n\r\n", ErrContentLength},
		{"empty", "OPTIONS sip:a SIP/2.0\r\nl:\r\n\r\n", ErrContentLength},
		{"folded number", "OPTIONS sip:a SIP/2.0\r\nl: 5\r\n 5\r\n\r\n", ErrContentLength},
		{"2^32+5", "OPTIONS sip:a SIP/2.0\r\nl: 4294967301\r\n\r\n", ErrContentLength},
		{"2^64", "OPTIONS sip:a SIP/2.0\r\nl: 18446744073709551616\r\n\r\n", ErrContentLength},
		{"65536", "OPTIONS sip:a SIP/2.0\r\nl: 65536\r\n\r\n", ErrContentLength},
		{"above MaxMessage", "OPTIONS sip:a SIP/2.0\r\nl: 65535\r\n\r\n", ErrMessageTooLong},
		{"incomplete body", "OPTIONS sip:a SIP/2.0\r\nl: 2\r\n\r\nx", ErrShort},
		{"nothing", "", ErrShort},
	}
	for _, tt := range tests {
		for _, cut := range []int{0, len(tt.stream)} {
			if got := feed(t, []byte(tt.stream), cut); got != tt.want.Error() {
				t.Errorf("%s: %s, want %v", tt.name, got, tt.want)
			}
		}
	}
}
