package msrp

import (
	"os"
	"path/filepath"
	"testing"
)

func seedStreams(f *testing.F) {
	for _, pattern := range []string{"msrp/*/*.msrp", "msrp/*/*.stream", "attacks/*/*.msrp"} {
		paths, _ := filepath.Glob("testdata/vectors/" + pattern)
		for _, path := range paths {
			b, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b, uint8(len(b)/2))
		}
	}
}

// FuzzReader: a stream cut in two, or into octets, is the same stream; spans stay inside
// their buffer; every octet is used or the stream is refused.
func FuzzReader(f *testing.F) {
	seedStreams(f)
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		at := min(int(cut), len(b))
		whole, err, fresh := frames([][]byte{b})
		for _, parts := range [][][]byte{{b[:at], b[at:]}, octets(b)} {
			got, err2, fresh2 := frames(parts)
			if (err == nil) != (err2 == nil) || fresh != fresh2 || len(got) != len(whole) {
				t.Fatalf("cut: %d messages, %v, fresh %v; whole: %d, %v, %v", len(got), err2, fresh2, len(whole), err, fresh)
			}
			for i := range got {
				if got[i] != whole[i] {
					t.Fatalf("cut: %s, whole: %s", got[i], whole[i])
				}
			}
		}
	})
}

func octets(b []byte) (parts [][]byte) {
	for i := range b {
		parts = append(parts, b[i:i+1])
	}
	return parts
}

// FuzzSession: whatever comes, no piece lies outside the limit, what a session writes parses
// again without a fault, and the outcome does not depend on the cut.
func FuzzSession(f *testing.F) {
	seedStreams(f)
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		var s, s2 Session
		cfg := edgeConfig()
		cfg.MaxSize = 4096
		if s.Init(epoch, cfg) != nil || s2.Init(epoch, cfg) != nil {
			t.Fatal("the session does not open")
		}
		at := min(int(cut), len(b))
		o := play(t, &s, [][]byte{b})
		if o2 := play(t, &s2, [][]byte{b[:at], b[at:]}); o.String() != o2.String() {
			t.Fatalf("whole: %v\ncut: %v", &o, &o2)
		}
		for _, m := range o.Messages {
			if len(m) > 4096 {
				t.Fatalf("a message of %d octets", len(m))
			}
		}
	})
}

// FuzzRanges holds the range set against a map of octets.
func FuzzRanges(f *testing.F) {
	f.Add([]byte{4, 4, 0, 4, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		var r ranges
		var have [512]bool
		for ; len(b) >= 2; b = b[2:] {
			from, to := int64(b[0]), int64(b[0])+int64(b[1]&15)
			if !r.add(from, to) {
				continue
			}
			for i := from; i < to; i++ {
				have[i] = true
			}
		}
		var got [512]bool
		for i := range r.n {
			if r.from[i] >= r.to[i] || i > 0 && r.from[i] <= r.to[i-1] {
				t.Fatalf("not disjoint and ascending: %v %v", r.from[:r.n], r.to[:r.n])
			}
			for j := r.from[i]; j < r.to[i]; j++ {
				got[j] = true
			}
		}
		if got != have {
			t.Fatalf("%v %v", r.from[:r.n], r.to[:r.n])
		}
	})
}

// FuzzAppendChunk: whatever the octets of a message, and however they are given, what we
// write reads back as that message: the end-line never occurs in the body.
func FuzzAppendChunk(f *testing.F) {
	f.Add([]byte("\r\n-------aaaaaaaaaaaaaaaa$\r\n"), uint8(3), true)
	f.Fuzz(func(t *testing.T, body []byte, step uint8, long bool) {
		if len(body) == 0 {
			return
		}
		var s Session
		cfg := edgeConfig()
		if long {
			cfg.Chunk = 1 << 16
		}
		if s.Init(epoch, cfg) != nil {
			t.Fatal("the session does not open")
		}
		s.up = true
		// A source of randomness that repeats: half of the time it gives what the body has.
		turn := 0
		s.cfg.Entropy = func(dst []byte) {
			for i := range dst {
				dst[i] = byte(turn / 2 * (i + 1))
			}
			turn++
		}
		if err := s.Queue(epoch, &Outgoing{Tag: 1, MessageID: []byte("m1"), ContentType: "text/plain", Size: int64(len(body))}); err != nil {
			t.Fatal(err)
		}
		var got []byte
		var r Reader
		for {
			tag, off, n, ok := s.Want()
			if !ok {
				break
			}
			n = min(n, 1+int(step))
			out, err := s.AppendChunk(epoch, make([]byte, 0, 4096), tag, off, body[off:off+int64(n)])
			if err != nil {
				t.Fatal(err)
			}
			for {
				used, it, err := r.Next(out)
				if out = out[used:]; err != nil || it.Kind == ItemHead && (it.Head.Fault != 0 || it.Head.Start != int64(len(got))+1) {
					t.Fatalf("%v, %+v", err, it.Head)
				}
				if got = append(got, it.Data...); it.Kind == ItemNone {
					break
				}
			}
			for i := range s.flight {
				s.flight[i].used = s.open.on && s.open.txn == i // room for many small chunks
			}
		}
		if string(got) != string(body) || !r.Fresh() {
			t.Fatalf("%q became %q", body, got)
		}
	})
}
