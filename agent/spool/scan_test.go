package spool

import (
	"bytes"
	"encoding/hex"
	"math/bits"
	"slices"
	"strings"
	"testing"
)

// crc32c is CRC-32C (RFC 3720 appendix B.4) bit by bit, as a second opinion.
func crc32c(parts ...[]byte) uint32 {
	c := ^uint32(0)
	for _, b := range slices.Concat(parts...) {
		c ^= uint32(b)
		for range 8 {
			c = c>>1 ^ 0x82F63B78&-(c&1)
		}
	}
	return ^c
}

func TestRecordIsLaidOutAsDocumented(t *testing.T) {
	if c := crc32c(make([]byte, 32)); c != bits.ReverseBytes32(0xaa36918a) { // RFC 3720 appendix B.4
		t.Fatalf("the second opinion is wrong: %08x", c)
	}
	k := salt{0: 1, 15: 2}
	b := frame(nil, kindHigh, []byte{9, 0, 0, 0}, []byte{0, 0, 0, 0})
	k.seal(b, 0x01020304, 0x60)
	head := crc32c(k[:], []byte{4, 3, 2, 1, 0x60, 0, 0, 0, 0, 0, 0, 0}, []byte{0xC5, 6, 8, 0})
	whole := crc32c(k[:], []byte{4, 3, 2, 1, 0x60, 0, 0, 0, 0, 0, 0, 0}, []byte{0xC5, 6, 8, 0}, []byte{9, 0, 0, 0, 0, 0, 0, 0})
	want := []byte{0xC5, 6, 8, 0, byte(head), byte(head >> 8), byte(head >> 16), byte(head >> 24),
		byte(whole), byte(whole >> 8), byte(whole >> 16), byte(whole >> 24), 9, 0, 0, 0, 0, 0, 0, 0, 0x5C}
	if !bytes.Equal(b, want) {
		t.Errorf("record\n% x, want\n% x", b, want)
	}
	if k.check(b, 0x01020304, 0x60) != recordGood || k.check(b, 0x01020305, 0x60) == recordGood || k.check(b, 0x01020304, 0x61) == recordGood {
		t.Error("a record is good at its place and nowhere else")
	}
	other := salt{0: 1, 15: 3}
	if other.check(b, 0x01020304, 0x60) == recordGood {
		t.Error("a record is good in another spool")
	}
}

func TestEntryIsLaidOutAsDocumented(t *testing.T) {
	want, _ := hex.DecodeString(strings.ReplaceAll("0102030405060708 02 03 04 05 e601 0000 0100000000000000 0200000000000000 0300000000000000 0400000000000000"+
		"0100 0200 0000 0000 0000 0000 0000 0300 04000000 70 6e6e 686868 626f6479", " ", ""))
	e := Entry{ID: 0x0807060504030201, Dir: Out, State: 3, Reason: 4, Notify: 5, Code: 486, Time: 1, Expires: 2, Changed: 3, Size: 4,
		Peer: []byte("p"), Name: []byte("nn"), Headers: []byte("hhh"), Body: []byte("body")}
	b, err := AppendEntry(make([]byte, 0, len(want)), &e)
	if err != nil || !bytes.Equal(b, want) {
		t.Errorf("entry\n% x, want\n% x (%v)", b, want, err)
	}
	if b, err := AppendEntry(make([]byte, 0, len(want)-1), &e); err != ErrNoRoom || len(b) != 0 {
		t.Errorf("one octet short: %v", err)
	}
	var got Entry
	if err := ParseEntry(want, &got); err != nil || got.ID != e.ID || got.Code != 486 || string(got.Name) != "nn" || string(got.Body) != "body" {
		t.Errorf("parsed %+v, %v", got, err)
	}
	for n := range want {
		if ParseEntry(want[:n], &got) != ErrEntry {
			t.Errorf("a prefix of %d octets is taken", n)
		}
	}
	for _, bad := range []Entry{{Dir: In}, {ID: 1}, {ID: 1, Dir: 3}, {ID: 1, Dir: In, Size: 1}, {ID: 1, Dir: In, Size: -1, Large: true},
		{ID: 1, Dir: In, Large: true, Size: 1, Body: []byte("b")}} {
		if _, err := AppendEntry(make([]byte, 0, 256), &bad); err != ErrEntry {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, err := AppendEntry(nil, &Entry{ID: 1, Dir: In, Headers: make([]byte, 70_000)}); err != ErrTooLarge {
		t.Errorf("70,000 octets: %v", err)
	}
}

// threeOf is a spool with messages 1 to 3, each in a commit of its own, and its one file.
func threeOf(t *testing.T) (m *modelFS, file []byte, ends []int) {
	t.Helper()
	m = newModelFS()
	s := mustOpen(t, "", Options{FS: m})
	for range 3 {
		if err := s.store("text", 20); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, int(s.head.end))
	}
	s.Close()
	return m, m.names["00000001.log"].now, ends
}

// with opens a spool whose one segment has these octets.
func with(t *testing.T, file []byte) (*Spool, *modelFS) {
	t.Helper()
	m := newModelFS()
	n := &node{flash: slices.Clone(file), now: slices.Clone(file)}
	m.names["00000001.log"], m.flash["00000001.log"] = n, n
	return mustOpen(t, "", Options{FS: m}), m
}

func TestTornTailAtEachOctet(t *testing.T) {
	_, file, ends := threeOf(t)
	for cut := ends[1]; cut < ends[2]; cut++ {
		zeroed := slices.Clone(file)
		clear(zeroed[cut:])
		for name, b := range map[string][]byte{"zeros": zeroed, "end of file": file[:cut]} {
			s, m := with(t, b)
			want := []uint64{1, 2}
			if cut == ends[2]-1 && name == "zeros" {
				want = append(want, 3) // only the end mark is missing
			}
			if got := ids(t, s); !slices.Equal(got, want) {
				t.Errorf("cut at %d (%s): live %d", cut-ends[1], name, got)
			}
			for _, d := range s.Damaged() {
				if !d.Torn && b[cut-1] != recordEnd { // an end mark by chance
					t.Errorf("cut at %d (%s): damage %v", cut-ends[1], name, d)
				}
			}
			again(t, s, m, want)
		}
	}
}

// again stores one more message and opens the spool once more.
func again(t *testing.T, s *Spool, m *modelFS, live []uint64) {
	t.Helper()
	if err := s.store("more", 5); err != nil {
		t.Fatal(err)
	}
	live = append(slices.Clone(live), s.high)
	s.Close()
	s = mustOpen(t, "", Options{FS: m})
	if got := ids(t, s); !slices.Equal(got, live) || len(s.Damaged()) != 0 {
		t.Errorf("opened again: live %d, want %d, damage %v", got, live, s.Damaged())
	}
	s.Close()
}

// TestBitFlipInEachRecord flips one bit at every octet of every record: that record is set
// aside and told, the others are there.
func TestBitFlipInEachRecord(t *testing.T) {
	_, file, ends := threeOf(t)
	start := headerSize
	for i, end := range ends {
		for at := start; at < end; at++ {
			b := slices.Clone(file)
			b[at] ^= 1 << (at % 8)
			s, m := with(t, b)
			want := slices.DeleteFunc([]uint64{1, 2, 3}, func(id uint64) bool { return id == uint64(i+1) })
			harmless := at == end-1 // the end mark counts only where the check fails
			if harmless {
				want = []uint64{1, 2, 3}
			}
			if got := ids(t, s); !slices.Equal(got, want) {
				t.Fatalf("octet %d of record %d: live %d", at-start, i+1, got)
			}
			d := s.Damaged()
			if !harmless && (len(d) != 1 || d[0].Torn || d[0].Offset != int64(start) || d[0].Octets != int64(end-start)) {
				// A length that points elsewhere leaves only the last octet to tell the end by.
				t.Errorf("octet %d of record %d: damage %v", at-start, i+1, d)
			}
			if len(d) == 1 && at >= start+recordHead+8 && d[0].ID != uint64(i+1) {
				t.Errorf("octet %d of record %d: the message is not named: %v", at-start, i+1, d)
			}
			again(t, s, m, want)
		}
		start = end
	}
}

func TestBitFlipInTheHeader(t *testing.T) {
	_, file, _ := threeOf(t)
	for at := range headerSize {
		b := slices.Clone(file)
		b[at] ^= 1 << (at % 8)
		s, _ := with(t, b)
		if got := ids(t, s); len(got) != 3 || len(s.Damaged()) != 0 {
			t.Errorf("octet %d: live %d, damage %v", at, got, s.Damaged())
		}
	}
	b := slices.Clone(file)
	clear(b[:headerSize])
	m := newModelFS()
	n := &node{flash: b, now: b}
	m.names["00000001.log"] = n
	if _, err := Open("", Options{FS: m}); err != ErrDamaged {
		t.Errorf("both headers gone: %v", err)
	}
}

// TestBodyThatLooksLikeARecord: what a peer writes is never taken for a record of ours, even
// where the record around it is damaged.
func TestBodyThatLooksLikeARecord(t *testing.T) {
	m, file, ends := threeOf(t)
	s := mustOpen(t, "", Options{FS: m})
	e := entryOf(s.NextID(), "evil", 0)
	e.Body = slices.Concat(file[headerSize:ends[0]], file[ends[0]:ends[1]], []byte(magic))
	e.Size = int64(len(e.Body))
	appendOne(t, s, e)
	commit(t, s)
	s.Close()
	b := m.names["00000001.log"].now
	b[ends[2]+2] ^= 0x40 // its length
	s, _ = with(t, b)
	if got := ids(t, s); !slices.Equal(got, []uint64{1, 2, 3}) || len(s.Damaged()) != 1 {
		t.Errorf("live %d, damage %v", got, s.Damaged())
	}
}

func FuzzScan(f *testing.F) {
	k := salt{1, 2, 3}
	good := frame(frame(make([]byte, headerSize), kindHigh, []byte("12345678"), nil), kindEntry, []byte("abc"), nil)
	k.seal(good[headerSize:], 1, headerSize)
	f.Add(good)
	f.Add(append(slices.Clone(good), 0, 0, 0, 0))
	f.Add(good[:len(good)-3])
	f.Add([]byte("0")) // shorter than a header
	f.Add(append(slices.Clone(good), good[headerSize:]...))
	f.Fuzz(func(t *testing.T, b []byte) {
		at := headerSize
		end := k.scan(b, 1, func(p found) {
			if p.off != at || p.end <= p.off || p.end > len(b) {
				t.Fatalf("place [%d,%d) after %d of %d", p.off, p.end, at, len(b))
			}
			if p.payload != nil && p.torn {
				t.Fatal("a good record is torn")
			}
			at = p.end
		})
		if end > max(len(b), headerSize) || end < headerSize {
			t.Fatalf("end %d of %d", end, len(b))
		}
	})
}

func FuzzParseEntry(f *testing.F) {
	e := entryOf(5, "seed", 40)
	b, _ := AppendEntry(make([]byte, 0, 512), &e)
	f.Add(b)
	f.Add(b[:entryHead])
	f.Fuzz(func(t *testing.T, b []byte) {
		var e Entry
		if ParseEntry(b, &e) != nil {
			return
		}
		out, err := AppendEntry(make([]byte, 0, len(b)), &e)
		if err != nil || !bytes.Equal(out, b) {
			t.Fatalf("% x became % x, %v", b, out, err)
		}
	})
}

// FuzzOpen reads any file as the one segment of a spool, and then uses that spool.
func FuzzOpen(f *testing.F) {
	h := header{seq: 1, salt: salt{7}, high: 3}
	b := h.append(nil)
	e := entryOf(4, "seed", 10)
	p, _ := AppendEntry(make([]byte, 0, 512), &e)
	r := frame(nil, kindEntry, p, nil)
	h.salt.seal(r, 1, headerSize)
	f.Add(append(b, r...))
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		m := newModelFS()
		n := &node{flash: b, now: slices.Clone(b)}
		m.names["00000001.log"] = n
		s, err := Open("", Options{FS: m, MaxBytes: 256 << 10})
		if err != nil {
			if err != ErrDamaged && err != ErrNewer {
				t.Fatal(err)
			}
			return
		}
		if err := s.store("x", 3); err != nil {
			t.Fatal(err)
		}
		id := s.high
		s.Close()
		if s, err = Open("", Options{FS: m, MaxBytes: 256 << 10}); err != nil {
			t.Fatal(err)
		}
		if b, err := s.LoadEntry(make([]byte, 0, MaxEntry), id); err != nil {
			t.Fatalf("% x, %v", b, err)
		}
	})
}
