package spool

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestRefusedAndRepeatedIsThereOnce: a batch is refused although its octets reached the
// flash; what it held comes again and is stored. Only the repetition is there afterwards.
func TestRefusedAndRepeatedIsThereOnce(t *testing.T) {
	for _, c := range []struct {
		name         string
		noCut, power bool
	}{{"power cut", false, true}, {"power cut, uncut", true, true}, {"kill, uncut", true, false}} {
		t.Run(c.name, func(t *testing.T) {
			m := newModelFS()
			s := mustOpen(t, "", Options{FS: m})
			if err := s.store("first", 10); err != nil {
				t.Fatal(err)
			}
			in := Entry{ID: 2, Dir: In, Peer: []byte("+1"), IMDNID: []byte("same"), Body: []byte("hi"), Size: 2}
			out := Entry{ID: 3, Dir: Out, Peer: []byte("+1"), IMDNID: []byte("o"), Body: []byte("yo"), Size: 2}
			appendOne(t, s, in)
			appendOne(t, s, out)
			m.syncLies, m.noCut = true, c.noCut
			if err := s.Commit(); !errors.Is(err, syscall.EIO) {
				t.Fatalf("commit: %v", err)
			}
			m.syncLies, m.noCut = false, false
			in.ID, out.ID = 4, 5
			appendOne(t, s, in)
			commit(t, s)
			appendOne(t, s, out)
			commit(t, s)
			left := m
			if c.power {
				left = m.lost()
			}
			again := mustOpen(t, "", Options{FS: left.killed()})
			if got := ids(t, again); !slices.Equal(got, []uint64{1, 4, 5}) {
				t.Errorf("live %d, want 1 4 5: 2 and 3 were refused, 4 and 5 repeat them", got)
			}
			if d := again.Damaged(); len(d) != 0 {
				t.Errorf("damage %v", d)
			}
		})
	}
}

// TestRefusedInANewSegment: nothing was ever synced in the segments that the batches failed
// in, and they are deleted; a power cut brings them back.
func TestRefusedInANewSegment(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m})
	if err := s.store("first", SegmentSize-1000); err != nil {
		t.Fatal(err)
	}
	var refused []*node
	for range 3 {
		m.syncLies = true
		if err := s.store("refused", 2000); !errors.Is(err, syscall.EIO) {
			t.Fatalf("store: %v", err)
		}
		m.syncLies = false
		for _, c := range m.pending {
			if c.to != "" && len(c.node.flash) > 0 {
				refused = append(refused, c.node)
			}
		}
	}
	if len(s.ends) > maxEndings || len(s.segs) != 1 {
		t.Errorf("%d endings, %d segments", len(s.ends), len(s.segs))
	}
	if err := s.store("second", 2000); err != nil {
		t.Fatal(err)
	}
	id := s.high
	left := m.lost()
	for _, n := range refused {
		if h, ok, _ := parseHeader(n.flash); ok {
			left.names[segmentName(h.seq)] = &node{flash: n.flash, now: slices.Clone(n.flash)}
		}
	}
	if len(left.names) < 4 {
		t.Fatalf("%d files", len(left.names))
	}
	again := mustOpen(t, "", Options{FS: left})
	if got := ids(t, again); !slices.Equal(got, []uint64{1, id}) {
		t.Errorf("live %d, want 1 and %d", got, id)
	}
}

// TestRepetitionOfALiveMessageReplacesIt: two incoming entries with one (Peer, IMDNID) are on
// flash; the later one was confirmed.
func TestRepetitionOfALiveMessageReplacesIt(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m})
	e := Entry{ID: 1, Dir: In, Peer: []byte("+1"), IMDNID: []byte("same"), Body: []byte("hi"), Size: 2}
	appendOne(t, s, e)
	commit(t, s)
	s.bySeen.reset() // it does not know the first any more
	e.ID = 2
	appendOne(t, s, e)
	commit(t, s)
	if got := ids(t, mustOpen(t, "", Options{FS: m.lost()})); !slices.Equal(got, []uint64{2}) {
		t.Errorf("live %d, want 2", got)
	}
}

// TestMarkAndForgetOutliveAPassingFault: both failed while the flash did, and are on it once
// it works again: after a Commit, and after a Close alone.
func TestMarkAndForgetOutliveAPassingFault(t *testing.T) {
	for _, then := range []string{"commit", "close"} {
		for _, failing := range []string{"write", "sync"} {
			m := newModelFS()
			s := mustOpen(t, "", Options{FS: m})
			for range 3 {
				appendOne(t, s, Entry{ID: s.NextID(), Dir: Out, State: 1, Peer: []byte("+1"), Body: []byte("yo"), Size: 2})
				commit(t, s)
			}
			m.failAt, m.failFor, m.failWith = m.calls+1, 1000, syscall.EIO
			if failing == "sync" { // both are written, and lost with the next batch
				m.failAt += 2
			}
			if err := s.Mark(1, 3, 0, 0, 1); (err == nil) != (failing == "sync") {
				t.Errorf("mark: %v", err)
			}
			if err := s.Forget(2); (err == nil) != (failing == "sync") {
				t.Errorf("forget: %v", err)
			}
			if err := s.store("lost", 200); err == nil {
				t.Error("stored")
			}
			m.failFor = 0
			if then == "commit" {
				if err := s.store("later", 200); err != nil {
					t.Fatal(err)
				}
			} else if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			m.locked = false
			again := mustOpen(t, "", Options{FS: m.lost()})
			if err := again.Each(func(e *Entry) bool {
				if e.ID == 2 || e.ID == 1 && e.State != 3 || e.ID == 3 && e.State != 1 {
					t.Errorf("%s, %s: message %d is there in state %d", failing, then, e.ID, e.State)
				}
				return true
			}); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestBodiesGoAfterAFailedSync: the end of large messages could not be made durable at first;
// once it is, their files go and count no more.
func TestBodiesGoAfterAFailedSync(t *testing.T) {
	for _, call := range []int{1, 2, 3} {
		m := newModelFS()
		s := mustOpen(t, "", Options{FS: m})
		for id := uint64(1); id <= 12; id++ {
			writeBody(t, s, id, pad(20_000))
			if _, err := s.Finish(encode(t, Entry{ID: id, Dir: In, Peer: []byte("+1"), IMDNID: []byte{'a' + byte(id)}, Large: true, Size: 20_000})); err != nil {
				t.Fatal(err)
			}
			commit(t, s)
		}
		for id := uint64(1); id <= 12; id++ {
			if err := s.Forget(id); err != nil {
				t.Fatal(err)
			}
		}
		m.failAt, m.failFor, m.failWith = m.calls+call, 1, syscall.EIO
		err := s.store("x", 10)
		for range 3 {
			if err := s.store("y", 10); err != nil {
				t.Fatal(err)
			}
		}
		bodies := 0
		for name := range m.names {
			if strings.HasSuffix(name, bodyExt) {
				bodies++
			}
		}
		if size, _ := s.Usage(); bodies != 0 || s.bodies != 0 || size != m.used() {
			t.Errorf("call %d fails (%v): %d bodies left, %d octets counted; usage %d, files %d", call, err, bodies, s.bodies, size, m.used())
		}
	}
}

// TestPowerCutIsNoDamage: whatever a power cut leaves, without any fault, is told as torn.
func TestPowerCutIsNoDamage(t *testing.T) {
	torn := 0
	for seed := range uint64(2) {
		whole := newModelFS().salted(seed)
		s, _ := openModel(whole)
		newWorkload(seed).run(t, s, whole, 130)
		for at := 1; at <= whole.calls; at += 3 {
			m := newModelFS().salted(seed)
			m.cutAt = at
			if s, err := openModel(m); err == nil {
				newWorkload(seed).run(t, s, m, 130)
			}
			for image := range uint64(3) {
				s, err := openModel(m.after(pcg(uint64(at), image)))
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range s.Damaged() {
					if torn++; !d.Torn {
						t.Errorf("seed %d, cut at call %d, image %d: %v", seed, at, image, d)
					}
				}
			}
		}
	}
	if torn == 0 {
		t.Error("nothing was ever torn")
	}
	t.Logf("%d torn places", torn)
}

// TestLostSectorOfAConfirmedBatchIsDamage: it stands before what was durable when the next
// batch was written.
func TestLostSectorOfAConfirmedBatchIsDamage(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m})
	for range 3 {
		if err := s.store("m", 2000); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	clear(m.names["00000001.log"].now[1024:1536])
	s = mustOpen(t, "", Options{FS: m})
	if d := s.Damaged(); len(d) != 1 || d[0].Torn || d[0].ID != 1 || !slices.Equal(ids(t, s), []uint64{2, 3}) {
		t.Errorf("damage %v, live %d", d, ids(t, s))
	}
}
