package spool

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestManyLives runs, is cut or killed, opens — the opening itself may be cut — and runs on,
// a dozen times in a row.
func TestManyLives(t *testing.T) {
	seeds, lives := uint64(60), 0
	if testing.Short() {
		seeds = 10
	}
	for seed := range seeds {
		lives += manyLives(t, seed)
	}
	t.Logf("%d lives", lives)
}

// manyLives is one such row; it ends with the first promise that is broken.
func manyLives(t *testing.T, seed uint64) (lives int) {
	fail := func(f string, a ...any) { t.Errorf("seed %d, life %d: "+f, append([]any{seed, lives}, a...)...) }
	r := rand.New(rand.NewPCG(seed, 77))
	m, w := newModelFS(), newWorkload(seed)
	for ; lives < 12 && !t.Failed(); lives++ {
		m.cutAt = m.calls + 10 + r.IntN(200)
		if r.IntN(3) == 0 { // while opening
			m.cutAt = m.calls + 1 + r.IntN(12)
		}
		s, err := openModel(m)
		if err == nil {
			if !m.cut {
				w.trust(s)
			}
			w.run(t, s, m, 200)
		} else if !m.cut {
			fail("open: %v", err)
			return lives
		}
		if r.IntN(4) == 0 {
			m = m.killed()
		} else {
			m = m.after(r)
		}
		if s, err = openModel(m); err != nil {
			fail("open afterwards: %v", err)
			return lives
		}
		w.verify(s, fail)
		m.locked = false
	}
	return lives
}

// trust takes what an opened spool holds as promised, and what it does not as gone for good.
func (w *workload) trust(s *Spool) {
	live := map[uint64]uint8{}
	_ = s.Each(func(e *Entry) bool { live[e.ID] = e.State; return true })
	for id, k := range w.msgs {
		if st, ok := live[id]; ok {
			k.stored, k.forgotten, k.gone, k.states, k.floor = true, false, false, []byte{st}, 0
			continue
		}
		if k.forgotten, k.gone = true, false; !k.stored {
			delete(w.msgs, id)
		}
	}
	clear(w.peers)
	clear(w.floor)
	s.EachConversation(func(peer, id string) bool {
		w.peers[peer] = []string{id}
		w.floor[peer] = 0
		return true
	})
}

// TestKillWhileCleaningThenPowerCut: the copies that a killed process left in the page cache
// are on flash before their originals are deleted.
func TestKillWhileCleaningThenPowerCut(t *testing.T) {
	whole := newModelFS()
	storeAndForget(whole)
	for at := 1; at <= whole.calls; at += 2 + at%5 {
		m := newModelFS()
		m.cutAt = at
		stored := storeAndForget(m)
		if _, err := openModel(m.killed()); err != nil {
			t.Fatal(err)
		}
		s, err := openModel(m.lost())
		if err != nil {
			t.Fatalf("kill at call %d: %v", at, err)
		}
		for _, id := range stored {
			if s.slotOf(id) < 0 {
				t.Fatalf("kill at call %d, start, power cut: message %d was committed and is lost", at, id)
			}
		}
	}
}

// storeAndForget fills segments and lets them be cleaned, until the power is cut. It returns
// what was committed and not forgotten.
func storeAndForget(m *modelFS) (stored []uint64) {
	s, err := Open("", Options{FS: m, MaxBytes: 256 << 10})
	if err != nil {
		return nil
	}
	for range 300 {
		if s.store("m", 300) != nil {
			return stored
		}
		if id := s.high; id > 30 && id%16 != 0 {
			_ = s.Forget(id)
		} else {
			stored = append(stored, id)
		}
		if len(stored) > 60 {
			_ = s.Forget(stored[0])
			stored = stored[1:]
		}
	}
	return stored
}

// TestHeaderlessSegmentIsNotContinued: a power cut takes the header of a new segment and
// leaves its first record; what is stored from then on is not tied to that segment.
func TestHeaderlessSegmentIsNotContinued(t *testing.T) {
	base := nearlyFull(t)
	headless := 0
	for cut := 1; cut < 12; cut++ {
		for image := range uint64(40) {
			m := base.lost()
			s := mustOpen(t, "", Options{FS: m})
			m.cutAt = m.calls + cut
			_ = s.store("X", 600)
			m = m.after(rand.New(rand.NewPCG(image, 5)))
			if n := m.names["00000002.log"]; n != nil && len(n.now) > headerSize {
				if _, ok, _ := parseHeader(n.now); !ok {
					headless++
				}
			}
			s = mustOpen(t, "", Options{FS: m})
			if err := s.store("precious", 50); err != nil {
				t.Fatal(err)
			}
			id := s.high
			s.Close()
			if s, err := Open("", Options{FS: m}); err != nil || s.slotOf(id) < 0 {
				t.Fatalf("cut at call %d, image %d: opened again: %v", cut, image, err)
			}
		}
	}
	if headless == 0 {
		t.Error("no image had a segment without header")
	}
}

// nearlyFull is a spool with nothing live and less than 500 octets of room in its one segment.
func nearlyFull(t *testing.T) *modelFS {
	t.Helper()
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m})
	for s.head == nil || s.head.size-s.head.end > 500 {
		e := Entry{ID: s.NextID(), Dir: Out, Body: []byte(pad(300)), Size: 300}
		appendOne(t, s, e)
		commit(t, s)
		if err := s.Forget(e.ID); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	return m
}

// TestSegmentsOfAnOlderVersionAreSynced: a killed process of a version that made the next
// segment first may have left an older one in the page cache; all of them are synced at Open.
func TestSegmentsOfAnOlderVersionAreSynced(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", kib256(m))
	for range 40 {
		if err := s.store("m", 300); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.segs) < 2 {
		t.Fatal("one segment only")
	}
	for _, g := range s.segs {
		h := header{seq: g.seq, salt: s.salt, high: 3}
		n := m.names[segmentName(g.seq)]
		copy(n.now, h.append(nil))
		n.flash, n.pending = make([]byte, len(n.now)), []change{{octets: slices.Clone(n.now)}}
	}
	mustOpen(t, "", kib256(m.killed()))
	s = mustOpen(t, "", kib256(m.lost()))
	if got := ids(t, s); len(got) != 40 {
		t.Errorf("live %d", got)
	}
}

// kib256 are limits that make segments of 8 KiB.
func kib256(m *modelFS) Options { return Options{FS: m, MaxBytes: 256 << 10} }
