package spool

import (
	"slices"
	"testing"
)

// rot makes one page of a file unreadable.
func (m *modelFS) rot(name string, from, to int64) { n := m.names[name]; n.rotFrom, n.rotTo = from, to }

// TestUnreadablePageAtOpen: what is in it is told as damaged, all else is there, also where
// it is the page of the one header, and the segment is set aside.
func TestUnreadablePageAtOpen(t *testing.T) {
	for _, page := range []int64{0, 1, 7} {
		for _, segments := range []int{1, 3} {
			m := newModelFS()
			s := mustOpen(t, "", Options{FS: m})
			lost := 0
			for len(s.segs) < segments || s.segs[segments-1].end < 50_000 {
				if err := s.store("m", 300); err != nil {
					t.Fatal(err)
				}
				if g := s.slots[s.slotOf(s.high)]; g.seq == 1 && int64(g.off)/blockSize <= page && (int64(g.off)+int64(g.n)+recordOverhead-1)/blockSize >= page {
					lost++
				}
			}
			stored := s.messages
			s.Close()
			m.rot("00000001.log", page*blockSize, (page+1)*blockSize)
			s, err := Open("", Options{FS: m})
			if err != nil {
				t.Errorf("page %d of the first of %d segments: %v", page, segments, err)
				continue
			}
			if got := len(ids(t, s)); got != stored-lost || lost == 0 {
				t.Errorf("page %d of the first of %d segments: %d messages, want %d", page, segments, got, stored-lost)
			}
			if d := s.Damaged(); len(d) == 0 || d[0].Torn || d[0].Offset > page*blockSize {
				t.Errorf("page %d: damage %v", page, d)
			}
			if err := s.store("after", 10); err != nil {
				t.Error(err)
			}
			s.Close()
			s = mustOpen(t, "", Options{FS: m})
			if got := len(ids(t, s)); got != stored-lost+1 || len(s.Damaged()) != 0 || m.names[asideName] == nil {
				t.Errorf("page %d: the next start has %d messages, damage %v", page, got, s.Damaged())
			}
			s.Close()
		}
	}
}

// TestUnreadablePageWhileCleaning: it keeps the log from being cleaned for a while, and then
// counts as damage; the files never exceed max_bytes.
func TestUnreadablePageWhileCleaning(t *testing.T) {
	const limit = 512 << 10
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m, MaxBytes: limit})
	for range 3 {
		if err := s.store("old", 300); err != nil {
			t.Fatal(err)
		}
	}
	m.rot("00000001.log", 0, 600) // messages 1 and 2
	for range 8000 {
		if err := s.store("m", 300); err != nil && err != ErrFull {
			t.Fatal(err)
		} else if err == nil {
			_ = s.Forget(s.high)
		}
		if used := m.used(); used > limit {
			t.Fatalf("%d octets, the limit is %d", used, limit)
		}
	}
	if got := ids(t, s); !slices.Equal(got, []uint64{3}) || m.names[asideName] == nil {
		t.Errorf("live %d, set aside: %v", got, m.names[asideName] != nil)
	}
	if d := s.Damaged(); len(d) != 2 || d[0].ID != 1 || d[1].ID != 2 {
		t.Errorf("damage %v", d)
	}
}

// TestRotFoundWhileCleaningIsSetAside: the message is named and its segment kept.
func TestRotFoundWhileCleaningIsSetAside(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", kib256(m))
	if err := s.store("old", 300); err != nil {
		t.Fatal(err)
	}
	m.names["00000001.log"].now[headerSize+200] ^= 1
	for range 2000 {
		if err := s.store("m", 300); err != nil {
			t.Fatal(err)
		}
		_ = s.Forget(s.high)
	}
	if d := s.Damaged(); len(d) != 1 || d[0].ID != 1 || m.names[asideName] == nil || s.messages != 0 {
		t.Errorf("damage %v, set aside: %v, %d live", d, m.names[asideName] != nil, s.messages)
	}
}

// TestPassingReadFaultLosesNothing: reads fail for a while, at Open and in use; afterwards all
// is there and nothing was called damaged for good.
func TestPassingReadFaultLosesNothing(t *testing.T) {
	for at := 1; at < 60; at++ {
		m := newModelFS()
		s := mustOpen(t, "", kib256(m))
		writeBody(t, s, 1, pad(5000))
		if _, err := s.Finish(encode(t, Entry{ID: 1, Dir: In, Large: true, Size: 5000})); err != nil {
			t.Fatal(err)
		}
		commit(t, s)
		for range 40 {
			if err := s.store("m", 300); err != nil {
				t.Fatal(err)
			}
		}
		s.Close()
		m.failReadAt, m.failReadFor = m.reads+at, 1
		if s, err := Open("", kib256(m)); err == nil {
			_ = s.Each(func(*Entry) bool { return true })
			for range 20 { // cleaning reads too
				_ = s.store("n", 300)
				_ = s.Forget(s.high)
			}
			s.Close()
		}
		m.failReadFor, m.locked = 0, false
		s = mustOpen(t, "", kib256(m))
		if got := ids(t, s); len(got) < 41 {
			t.Errorf("read %d fails: %d messages, want 41; damage %v", at, len(got), s.Damaged())
		}
		if n, err := s.Load(1, 0, make([]byte, 5000)); n != 5000 || err != nil {
			t.Errorf("read %d fails: body: %d octets, %v", at, n, err)
		}
		s.Close()
	}
}

// TestLongForeignFileUnderASegmentName: it is told, and does not take the room of messages.
func TestLongForeignFileUnderASegmentName(t *testing.T) {
	m := newModelFS()
	o := Options{FS: m, MaxBytes: 1 << 20}
	s := mustOpen(t, "", o)
	if err := s.store("a", 10); err != nil {
		t.Fatal(err)
	}
	s.Close()
	m.names["00000002.log"] = &node{now: []byte(pad(2 << 20))}
	for i := range 3 {
		s = mustOpen(t, "", o)
		if (len(s.Damaged()) > 0) != (i == 0) {
			t.Errorf("start %d: damage %v", i, s.Damaged())
		}
		if err := s.store("b", 10); err != nil {
			t.Errorf("start %d: store: %v (set aside: %d octets)", i, err, s.aside)
		}
		if size, _ := s.Usage(); size != m.used() || size > 1<<19 {
			t.Errorf("start %d: usage %d octets, files %d", i, size, m.used())
		}
		s.Close()
	}
}
