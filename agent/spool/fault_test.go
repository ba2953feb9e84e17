package spool

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"syscall"
	"testing"
)

// verifyRunning checks the spool in use: what failed is not there, what was forgotten stays
// forgotten, and all else is.
func (w *workload) verifyRunning(s *Spool, fail fail) {
	w.verify(s, fail)
	_ = s.Each(func(e *Entry) bool {
		if k := w.msgs[e.ID]; k != nil && (!k.stored || k.forgotten) {
			fail("message %d is live: stored %v, forgotten %v", e.ID, k.stored, k.forgotten)
		}
		return true
	})
	for _, d := range s.Damaged() {
		fail("damage: %v", d)
	}
}

// TestFailingCalls lets calls fail at every place of a run, once or for a while. Afterwards
// the same spool goes on, and so does the next one, after a power cut.
func TestFailingCalls(t *testing.T) {
	whole := newModelFS()
	s, _ := openModel(whole)
	newWorkload(5).run(t, s, whole, 250)
	stride := 1
	if testing.Short() {
		stride = 9
	}
	for _, err := range []error{syscall.EIO, syscall.ENOSPC} {
		for _, times := range []int{1, 2, 3, 20} {
			for at := 1; at < whole.calls; at += stride * (2 + 3*min(times-1, 1)) {
				faulty(t, at, times, err)
				if t.Failed() {
					return
				}
			}
		}
	}
}

// faulty is one such run.
func faulty(t *testing.T, at, times int, with error) {
	t.Helper()
	fail := func(f string, a ...any) {
		t.Helper()
		t.Errorf("%d times %v from call %d: "+f, append([]any{times, with, at}, a...)...)
	}
	m := newModelFS()
	m.failAt, m.failFor, m.failWith = at, times, with
	w := newWorkload(5)
	w.faulty = true
	s, err := openModel(m)
	if err != nil {
		if !errors.Is(err, with) {
			fail("open: %v", err)
		}
		return
	}
	w.run(t, s, m, 120)
	w.verifyRunning(s, fail)
	w.run(t, s, m, 60)
	w.verifyRunning(s, fail)
	over := m.calls >= at+times-1
	if e := s.store("after", 400); over && e != nil && e != ErrFull {
		fail("the spool does not recover: %v", e)
	}
	delete(w.msgs, s.high)
	w.msgs[s.high] = &known{text: "after" + pad(400), dir: In, imdn: "after" + strconv.FormatUint(s.high, 10), states: []byte{1}}
	aftermath(t, w, m.after(rand.New(rand.NewPCG(uint64(at), 3))), fail)
}

// pad is text of n octets.
func pad(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a' + byte(i%26)
	}
	return string(b)
}

// entryOf is an incoming entry as most tests use it.
func entryOf(id uint64, text string, n int) Entry {
	return Entry{ID: id, Dir: In, State: 1, Peer: []byte("+1555" + strconv.Itoa(int(id%7))), IMDNID: []byte(text + strconv.FormatUint(id, 10)),
		Body: []byte(text + pad(n)), Size: int64(len(text) + n)}
}

// store appends and commits one incoming message with a body of n octets behind text.
func (s *Spool) store(text string, n int) error {
	e := entryOf(s.NextID(), text, n)
	b, err := AppendEntry(make([]byte, 0, MaxEntry), &e)
	if err != nil {
		return err
	}
	if _, err := s.Append(b); err != nil {
		return err
	}
	return s.Commit()
}

// TestReadOnlyFromSomeCallOn: everything that was stored can still be read.
func TestReadOnlyFromSomeCallOn(t *testing.T) {
	m := newModelFS()
	s, _ := openModel(m)
	w := newWorkload(8)
	w.run(t, s, m, 80)
	m.readOnly = true
	w.faulty = true
	w.run(t, s, m, 80)
	w.verifyRunning(s, t.Errorf)
	if err := s.store("no", 10); !errors.Is(err, syscall.EROFS) {
		t.Errorf("store on a read-only file system: %v", err)
	}
	var fe *Error
	if err := s.store("no", 10); !errors.As(err, &fe) || err.Error() != "spool: commit: read-only file system" {
		t.Errorf("error %v", err)
	}
	m.readOnly = false
	if err := s.store("yes", 10); err != nil {
		t.Errorf("writable again: %v", err)
	}
}

// TestBodyWithALostPart: nobody is told that it is stored.
func TestBodyWithALostPart(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m, MaxBytes: 256 << 10})
	e := Entry{ID: 1, Dir: In, Large: true, Size: 20}
	writeBody(t, s, 1, pad(20))
	m.failAt, m.failFor, m.failWith = m.calls+1, 1, syscall.EIO
	if err := s.WriteAt(1, []byte("0123456789"), 5); !errors.Is(err, syscall.EIO) {
		t.Errorf("write: %v", err)
	}
	if _, err := s.Finish(encode(t, e)); !errors.Is(err, syscall.EIO) {
		t.Errorf("finish: %v", err)
	}
	writeBody(t, s, 2, pad(20))
	if err := s.WriteAt(2, []byte("x"), 250<<10); err != ErrFull {
		t.Errorf("write: %v", err)
	}
	e.ID = 2
	if _, err := s.Finish(encode(t, e)); err != ErrFull {
		t.Errorf("finish: %v", err)
	}
	if size, n := s.Usage(); n != 0 || size != m.used() {
		t.Errorf("usage %d octets, %d messages; files %d", size, n, m.used())
	}
}

// TestWhatAFailedWriteLostIsWrittenLater: Forget and SetConversation failed, a later Commit
// did not.
func TestWhatAFailedWriteLostIsWrittenLater(t *testing.T) {
	for _, call := range []string{"write", "sync"} {
		m := newModelFS()
		s := mustOpen(t, "", Options{FS: m})
		if err := s.store("a", 10); err != nil {
			t.Fatal(err)
		}
		m.failAt, m.failFor, m.failWith = m.calls+1, 3, syscall.EIO
		if call == "sync" { // both are written, and lost by the sync of the next batch
			m.failAt += 3
		}
		if err := s.Forget(1); (err == nil) != (call == "sync") {
			t.Errorf("forget: %v", err)
		}
		if err := s.SetConversation("peer", "conv"); (err == nil) != (call == "sync") {
			t.Errorf("conversation: %v", err)
		}
		err := s.store("b", 10)
		if (err == nil) != (call == "write") {
			t.Errorf("store: %v", err)
		}
		m.failFor = 0
		if err := s.store("c", 10); err != nil {
			t.Fatal(err)
		}
		for _, n := range m.names { // the power is cut: nothing that is pending survives
			n.now, n.pending = append([]byte(nil), n.flash...), nil
		}
		m.pending, m.locked = nil, false
		again := mustOpen(t, "", Options{FS: m})
		for _, id := range ids(t, again) {
			if id == 1 {
				t.Errorf("%s: the forgotten message is back", call)
			}
		}
		if dup, err := again.Append(encode(t, Entry{ID: 50, Dir: In, Peer: []byte("+15551"), IMDNID: []byte("a1")})); !dup {
			t.Errorf("%s: the forgotten message would be shown again (%v)", call, err)
		}
		n := 0
		again.EachConversation(func(peer, id string) bool { n++; return peer == "peer" && id == "conv" })
		if n != 1 {
			t.Errorf("%s: %d conversations", call, n)
		}
	}
}
