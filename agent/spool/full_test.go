package spool

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestFullByMessages(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m, MaxMessages: 3})
	for range 3 {
		if err := s.store("a", 10); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.store("a", 10); err != ErrFull {
		t.Errorf("fourth: %v", err)
	}
	if dup, err := s.Append(encode(t, entryOf(2, "a", 10))); dup || err != ErrID {
		t.Errorf("a used id: %v", err)
	}
	same := entryOf(2, "a", 10)
	same.ID = 99
	if dup, err := s.Append(encode(t, same)); !dup || err != nil {
		t.Errorf("a duplicate while full: %v %v", dup, err)
	}
	if err := s.Begin(s.NextID()); err != ErrFull {
		t.Errorf("begin: %v", err)
	}
	s.Close()
	s = mustOpen(t, "", Options{FS: m, MaxMessages: 2}) // the limit was lowered: nothing is lost
	if got := ids(t, s); len(got) != 3 {
		t.Errorf("live %d", got)
	}
	for _, id := range []uint64{1, 2} {
		if err := s.Forget(id); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.store("a", 10); err != nil {
		t.Errorf("room again: %v", err)
	}
}

// TestFullByBytes fills spools of several sizes with messages of every length, for a while
// at the limit: the files never exceed it, and what is stored can be read.
func TestFullByBytes(t *testing.T) {
	for _, limit := range []int64{256 << 10, 1 << 20, 4 << 20} {
		m := newModelFS()
		o := Options{FS: m, MaxBytes: limit}
		s := mustOpen(t, "", o)
		r := rand.New(rand.NewPCG(uint64(limit), 4))
		var live []uint64
		written, full := int64(0), 0
		for range 3000 {
			n := r.IntN(500)
			if r.IntN(20) == 0 {
				n = r.IntN(60_000)
			}
			switch err := s.store("m", n); err {
			case nil:
				live = append(live, s.high)
				written += int64(n)
			case ErrFull:
				full++
				for range 1 + r.IntN(30) {
					i := 0
					if r.IntN(4) == 0 {
						i = r.IntN(len(live))
					}
					if err := s.Forget(live[i]); err != nil {
						t.Fatal(err)
					}
					live = append(live[:i], live[i+1:]...)
				}
			default:
				t.Fatal(err)
			}
			if used := m.used(); used > limit {
				t.Fatalf("%d octets of %d", used, limit)
			} else if size, n := s.Usage(); size != used || n != len(live) {
				t.Fatalf("usage says %d octets, %d messages; it is %d and %d", size, n, used, len(live))
			}
		}
		if full == 0 {
			t.Errorf("%d: never full", limit)
		}
		t.Logf("limit %d KiB: %d messages at the end, %d times full, %.1f octets written for one stored", limit>>10, len(live), full, float64(m.octets)/float64(written))
		s.Close()
		s = mustOpen(t, "", o)
		if got := ids(t, s); len(got) != len(live) || len(s.Damaged()) != 0 {
			t.Errorf("%d live, want %d; damage %v", len(got), len(live), s.Damaged())
		}
		if size, _ := s.Usage(); size != m.used() {
			t.Errorf("opened: usage says %d octets, it is %d", size, m.used())
		}
	}
}

// used is what the files hold.
func (m *modelFS) used() (n int64) {
	for _, f := range m.names {
		n += int64(len(f.now))
	}
	return n
}

// TestOneOldMessageDoesNotKeepTheLog: a message that nobody acknowledges stays, what came
// after it goes.
func TestOneOldMessageDoesNotKeepTheLog(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m, MaxBytes: 4 << 20})
	if err := s.store("old", 100); err != nil {
		t.Fatal(err)
	}
	for range 12_000 {
		if err := s.store("new", 200); err != nil {
			t.Fatal(err)
		}
		if err := s.Forget(s.high); err != nil {
			t.Fatal(err)
		}
	}
	size, _ := s.Usage()
	t.Logf("%d KiB, %.0f octets written and %.2f fdatasync a message", size>>10, float64(m.octets)/12_000, float64(m.syncs)/12_000)
	if size > 1<<20 {
		t.Errorf("%d octets for one message and %d ids", size, SeenIDs)
	}
	if got := ids(t, s); len(got) != 1 || got[0] != 1 {
		t.Errorf("live %d", got)
	}
	checkSeen(t, s)
	s.Close()
	s = mustOpen(t, "", Options{FS: m, MaxBytes: 4 << 20})
	checkSeen(t, s)
	if n := s.NextID(); n <= 12_001 {
		t.Errorf("id %d is given again", n)
	}
}

// checkSeen offers the newest and some older ids again, of 12,000.
func checkSeen(t *testing.T, s *Spool) {
	t.Helper()
	for id := uint64(12_001); id > 12_001-SeenIDs; id -= 7 {
		e := entryOf(id, "new", 0)
		e.ID = 100_000
		if dup, err := s.Append(encode(t, e)); !dup || err != nil {
			t.Fatalf("id %d: dup %v, %v", id, dup, err)
		}
	}
}

// TestHighestIDOutlivesItsMessage: the messages that had the highest ids are gone, and so
// are all records of them.
func TestHighestIDOutlivesItsMessage(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m, MaxBytes: 256 << 10})
	if err := s.store("low", 10); err != nil {
		t.Fatal(err)
	}
	for range 400 { // outgoing: no ids to be remembered
		e := Entry{ID: s.NextID(), Dir: Out, Body: []byte(pad(300)), Size: 300}
		appendOne(t, s, e)
		commit(t, s)
		if err := s.Forget(e.ID); err != nil {
			t.Fatal(err)
		}
	}
	want := s.high
	for i := range 5000 { // marks of one message push everything else out
		if err := s.Mark(1, 1, 1, 1, int64(i)); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	s = mustOpen(t, "", Options{FS: m, MaxBytes: 256 << 10})
	if s.segs[0].seq == 1 {
		t.Error("nothing was cleaned")
	}
	if n := s.NextID(); n <= want {
		t.Errorf("id %d is given again", n)
	}
}

// TestStartWithAFullSpool: 10,000 messages and 10,000 remembered ids in 4 MiB.
func TestStartWithAFullSpool(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{})
	for i := 0; ; i++ {
		appendOne(t, s, entryOf(s.NextID(), "m", 150))
		if i%100 == 99 {
			commit(t, s)
		}
		if i < 5000 {
			if i%100 == 99 {
				for id := uint64(i - 98); id <= uint64(i+1); id++ {
					if err := s.Forget(id); err != nil {
						t.Fatal(err)
					}
				}
			}
		} else if size, n := s.Usage(); n == 10_000 || s.needed()+1000 > s.limit() {
			t.Logf("%d messages, %d KiB", n, size>>10)
			break
		}
	}
	commit(t, s)
	_, want := s.Usage()
	s.Close()
	start := time.Now()
	s = mustOpen(t, dir, Options{})
	opened := time.Since(start)
	n := len(ids(t, s))
	t.Logf("open %v, open and read all %v", opened, time.Since(start))
	if n != want {
		t.Errorf("%d messages, want %d", n, want)
	}
	if time.Since(start) > 20*time.Second { // the aim is 2 s on a board; this only stops a quadratic start
		t.Error("the start takes far too long")
	}
}
