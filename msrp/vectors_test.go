package msrp

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// vectors is the folder of the test vectors: $IMSAGENT_VECTORS, or the copy in testdata.
func vectors() string {
	if dir := os.Getenv("IMSAGENT_VECTORS"); dir != "" {
		return dir
	}
	return "testdata/vectors"
}

// vector reads one file of the set; what ends in .gz is unpacked.
func vector(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectors(), path))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return b
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return b
}

// table reads a file of tab separated columns without its first line.
func table(t testing.TB, path string) (rows [][]string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectors(), path))
	if os.IsNotExist(err) && os.Getenv("IMSAGENT_VECTORS") != "" {
		return nil // a folder of the environment need not have every group
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimRight(string(b), "\n"), "\n") {
		if i > 0 {
			rows = append(rows, strings.Split(line, "\t"))
		}
	}
	if len(rows) == 0 {
		t.Fatalf("%s: no rows", path)
	}
	return rows
}

// cuts calls f with the stream whole, octet by octet, and in every two parts.
func cuts(stream []byte, f func(name string, parts [][]byte)) {
	f("whole", [][]byte{stream})
	var octets [][]byte
	for i := range stream {
		octets = append(octets, stream[i:i+1])
	}
	f("octets", octets)
	step := 1 + int(int64(len(stream))*int64(len(stream))>>24) // every split of what is not huge
	for i := 1; i < len(stream); i += step {
		f(strconv.Itoa(i), [][]byte{stream[:i], stream[i:]})
	}
}

// frameText is a request or response as the oracle writes it; a body that is not there is
// another thing than an empty one.
func frameText(h *Head, buf []byte) string {
	kind, body := string(h.Name.In(buf)), "-|-"
	if h.Method == MNone {
		kind = fmt.Sprintf("%03d", h.Status)
	}
	if h.HasBody {
		body = "0|0"
	}
	return fmt.Sprintf("%s|%s|?|%d|%s", h.TID.In(buf), kind, h.Headers, body)
}

// frames reads a stream and returns what it holds, and how it ends.
func frames(parts [][]byte) (all []string, err error, fresh bool) {
	var r Reader
	var head, body string
	for _, b := range parts {
		for {
			n, it, e := r.Next(b)
			if b = b[n:]; e != nil {
				return all, e, false
			}
			switch it.Kind {
			case ItemHead:
				head, body = frameText(it.Head, it.Buf), ""
			case ItemBody:
				body += string(it.Data)
			case ItemEnd:
				f := strings.Split(head, "|")
				f[2] = string(it.Flag)
				if f[4] != "-" {
					sum := sha256.Sum256([]byte(body))
					f[4], f[5] = strconv.Itoa(len(body)), hex.EncodeToString(sum[:8])
				}
				all = append(all, strings.Join(f, "|"))
			}
			if it.Kind == ItemNone {
				break
			}
		}
	}
	return all, nil, r.Fresh()
}

// TestVectorsFraming holds the reader against the oracle: for every row that is to be
// accepted all messages, with the same headers, bodies and flags, however the stream is cut.
func TestVectorsFraming(t *testing.T) {
	verdicts := map[string]string{}
	for _, row := range table(t, "msrp/index.tsv") {
		verdicts[row[0]] = row[4]
	}
	for _, row := range table(t, "msrp/framing-oracle.tsv") {
		path, count := row[0], row[2]
		t.Run(path, func(t *testing.T) {
			if v := verdicts[path]; v != "accept" && v != "incomplete" {
				t.Skip("the session test has the verdict of this row: " + v)
			}
			want := strings.Split(row[4], " ; ")
			cuts(vector(t, path), func(name string, parts [][]byte) {
				got, err, fresh := frames(parts)
				if err != nil || strconv.Itoa(len(got)) != count || fresh != (row[1] == "done") {
					t.Fatalf("cut %s: %d messages, want %s; fresh %v; %v", name, len(got), count, fresh, err)
				}
				for i, w := range want {
					if w != "" && !strings.HasPrefix(w, "…") && got[i] != w {
						t.Fatalf("cut %s: message %d is\n%s want\n%s", name, i, got[i], w)
					}
				}
			})
		})
	}
}

// An outcome is all that a stream did to a session.
type outcome struct {
	Messages []string // complete ones, as their agent would see them
	Codes    []string // of our responses
	Reports  int      // REPORTs we sent
	Events   []string
	Err      error // the connection must be closed
	Fresh    bool
}

// edgeConfig is the session that the edge cases assume.
func edgeConfig() *Config {
	return &Config{
		Local:   "msrp://alice.example.com:7394/2s93i93idj;tcp",
		Remote:  "msrp://bob.example.com:8493/si438dsaodes;tcp",
		Accept:  "message/cpim text/plain application/octet-stream application/im-iscomposing+xml",
		MaxSize: 65536, Entropy: countingEntropy(),
	}
}

// configFor is the session that a row is meant for: that of its own paths where it does not
// come from this set's assumptions.
func configFor(path string, stream []byte) *Config {
	cfg := edgeConfig()
	if strings.Contains(path, "/suite/") || strings.Contains(path, "/rfc/") || strings.Contains(path, "/seed/") {
		to, from := lineValue(stream, "To-Path: "), lineValue(stream, "From-Path: ")
		if validPath([]byte(to)) && validPath([]byte(from)) && !strings.Contains(to, " ") {
			cfg.Local, cfg.Remote = to, from
		}
	}
	return cfg
}

func lineValue(stream []byte, name string) string {
	_, rest, _ := strings.Cut(string(stream), name)
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

// countingEntropy is as random as a test needs.
func countingEntropy() func([]byte) {
	n := uint32(1)
	return func(dst []byte) {
		for i := range dst {
			n = n*1664525 + 1013904223
			dst[i] = byte(n >> 24)
		}
	}
}

var epoch = time.Unix(1_700_000_000, 0)

// play gives a stream to a session and takes every message.
func play(t testing.TB, s *Session, parts [][]byte) (o outcome) {
	var r Reader
	bodies := map[int][]byte{}
	for _, b := range parts {
		for o.Err == nil {
			n, it, err := r.Next(b)
			if b = b[n:]; err != nil {
				o.Err = err
				break
			}
			switch it.Kind {
			case ItemHead:
				s.Head(epoch, it.Buf, it.Head)
			case ItemBody:
				s.Body(epoch, it.Data)
			case ItemEnd:
				s.End(epoch, it.Flag)
			}
			o.take(t, s, bodies)
			if it.Kind == ItemNone {
				break
			}
		}
	}
	o.Fresh = r.Fresh()
	return o
}

// take drains the session.
func (o *outcome) take(t testing.TB, s *Session, bodies map[int][]byte) {
	for {
		e, ok := s.Next()
		if !ok {
			break
		}
		switch e.Kind {
		case EvPiece:
			b := bodies[e.Slot]
			if n := int(e.Off) + len(e.Data); n > len(b) {
				b = append(b, make([]byte, n-len(b))...)
			}
			copy(b[e.Off:], e.Data)
			bodies[e.Slot] = b
		case EvMessage:
			o.Messages = append(o.Messages, string(bodies[e.Slot][:e.Size]))
			delete(bodies, e.Slot)
			s.Accept(epoch, e.Slot, 200)
		case EvAborted:
			delete(bodies, e.Slot)
			o.Events = append(o.Events, fmt.Sprintf("aborted %d", e.Code))
		case EvOpen:
		default:
			o.Events = append(o.Events, fmt.Sprintf("%d tag %d code %d", e.Kind, e.Tag, e.Code))
		}
	}
	var mem [4096]byte
	for more := true; more; {
		var b []byte
		b, more = s.AppendPending(epoch, mem[:0])
		for _, line := range strings.Split(string(b), "\r\n") {
			f := strings.Fields(line)
			switch {
			case len(f) < 3 || f[0] != "MSRP":
			case f[2] == "REPORT":
				o.Reports++
			case f[2] != "SEND":
				o.Codes = append(o.Codes, f[2])
			}
		}
	}
}

func (o *outcome) String() string {
	return fmt.Sprintf("messages %q codes %v reports %d events %v err %v fresh %v", o.Messages, o.Codes, o.Reports, o.Events, o.Err, o.Fresh)
}

var codeWords = regexp.MustCompile(`\b(400|403|408|413|415|481|501|506)\b`)

// TestVectors plays each row of the msrp group and of the attacks to a session.
func TestVectors(t *testing.T) {
	for _, index := range []string{"msrp/index.tsv", "attacks/index.tsv"} {
		for _, row := range table(t, index) {
			path, verdict, expect := row[0], row[4], row[5]
			if !strings.HasPrefix(path, "msrp/") && !strings.HasPrefix(path, "attacks/msrp") {
				continue
			}
			t.Run(path, func(t *testing.T) {
				stream := vector(t, path)
				var first *outcome
				var s Session
				cuts(stream, func(name string, parts [][]byte) {
					if err := s.Init(epoch, configFor(path, stream)); err != nil {
						t.Fatal(err)
					}
					o := play(t, &s, parts)
					if first == nil {
						first = &o
					} else if o.String() != first.String() {
						t.Fatalf("cut %s: %v\nwhole: %v", name, &o, first)
					}
				})
				judge(t, path, verdict, expect, first)
			})
		}
	}
}

func judge(t *testing.T, path, verdict, expect string, o *outcome) {
	switch verdict {
	case "accept":
		if o.Err != nil || !o.Fresh && !strings.Contains(path, "trailing") {
			t.Errorf("%v; want it taken: %s", o, expect)
		}
		judgeAccepted(t, path, o)
	case "reject":
		if n := len(o.Messages); n > 0 && !strings.Contains(path, "chunk-1000-open") {
			t.Errorf("%v; want nothing delivered: %s", o, expect)
		}
		if codes := codeWords.FindAllString(expect, -1); len(codes) > 0 && o.Err == nil {
			for _, c := range o.Codes {
				if c != "200" && !slices.Contains(codes, c) {
					t.Errorf("%v; want %s", o, expect)
				}
			}
		}
		if o.Err == nil && !refused(o, expect) && bytes.Contains(vector(t, path), []byte("\nFrom-Path: msrp")) {
			t.Errorf("%v; nothing was refused: %s", o, expect)
		}
	case "incomplete":
		if len(o.Messages) > 0 {
			t.Errorf("%v; want nothing delivered: %s", o, expect)
		}
	}
}

// refused reports whether something of the stream was: by an error code, or by silence where
// the expectation is silence.
func refused(o *outcome, expect string) bool {
	for _, c := range o.Codes {
		if c != "200" {
			return true
		}
	}
	return len(o.Codes) == 0 && (strings.Contains(expect, "ignore") || strings.Contains(expect, "drop") || strings.Contains(expect, "cannot answer")) ||
		strings.Contains(expect, "bounded")
}

// judgeAccepted checks what must come of an accepted edge case: its expectation in figures.
func judgeAccepted(t *testing.T, path string, o *outcome) {
	w, ok := accepted[strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))]
	if !ok || !strings.Contains(path, "/edge/") && !strings.HasPrefix(path, "attacks/msrp/") {
		return
	}
	if w.messages != nil && !slices.Equal(o.Messages, w.messages) {
		t.Errorf("messages %q, want %q", o.Messages, w.messages)
	}
	if got := strings.Join(o.Codes, " "); got != w.codes {
		t.Errorf("codes %q, want %q", got, w.codes)
	}
	if o.Reports != w.reports {
		t.Errorf("%d reports, want %d", o.Reports, w.reports)
	}
}
