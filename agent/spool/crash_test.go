package spool

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
)

// A known message is what the workload knows about one id.
type known struct {
	text      string
	imdn      string
	dir       Dir
	large     bool
	stored    bool   // Commit said so
	forgotten bool   // Forget was called
	gone      bool   // … and a Commit after it has returned
	states    []byte // all that it ever had, the present one last
	floor     int    // those from here on are possible: a Commit after it has returned
}

// A workload does what an agent does, and remembers what it was promised.
type workload struct {
	r     *rand.Rand
	msgs  map[uint64]*known
	used  uint64 // highest id that anybody was shown
	peers map[string][]string
	floor map[string]int // of peers, as of states
	buf   []byte

	faulty bool // calls fail: what Mark and Forget say may be lost for good
}

func newWorkload(seed uint64) *workload {
	return &workload{r: rand.New(rand.NewPCG(seed, 1)), msgs: map[uint64]*known{}, peers: map[string][]string{}, floor: map[string]int{}, buf: make([]byte, 0, 64<<10)}
}

// small are limits that make segments of 8 KiB, so that cleaning happens all the time.
var small = Options{MaxBytes: 256 << 10, MaxMessages: 60}

func openModel(m *modelFS) (*Spool, error) {
	o := small
	o.FS = m
	return Open("", o)
}

// entry is one message of the workload.
func (w *workload) entry(id uint64) (*known, Entry) {
	k := &known{imdn: "imdn-" + strconv.FormatUint(id, 10), dir: In, states: []byte{1}}
	if w.r.IntN(3) == 0 {
		k.dir = Out
	}
	k.text = fmt.Sprintf("message %d ", id)
	for range w.r.IntN(40) {
		k.text += "some more text \xC5\x01"
	}
	return k, Entry{ID: id, Dir: k.dir, State: 1, Time: 1000 + int64(id), Size: int64(len(k.text)), Peer: []byte("+1555" + strconv.Itoa(int(id%7))),
		IMDNID: []byte(k.imdn), ClientID: []byte("client-" + k.imdn), ContentType: []byte("text/plain"), Body: []byte(k.text)}
}

// run does n steps and stops at the first power cut. Other errors are what they are: the
// promise was not given.
func (w *workload) run(t *testing.T, s *Spool, m *modelFS, n int) {
	t.Helper()
	for range n {
		switch w.r.IntN(13) {
		case 0, 1, 2, 3, 4:
			w.store(t, s, 1+w.r.IntN(3))
		case 5, 6:
			w.mark(s)
		case 7, 8, 9:
			w.forget(s)
		case 10:
			w.converse(s)
		case 11:
			w.big(t, s)
		case 12:
			w.markSync(s)
		}
		if m.cut {
			return
		}
	}
}

func (w *workload) store(t *testing.T, s *Spool, n int) {
	t.Helper()
	var batch []*known
	last := uint64(0)
	for range n {
		id := s.NextID()
		k, e := w.entry(id)
		if w.add(t, s, id, k, &e) {
			batch, last = append(batch, k), id
		}
	}
	if w.r.IntN(3) == 0 {
		w.mark(s)
	}
	w.commit(s, batch, last)
}

// add puts one entry into the batch.
func (w *workload) add(t *testing.T, s *Spool, id uint64, k *known, e *Entry) bool {
	t.Helper()
	b, err := AppendEntry(w.buf, e)
	if err != nil {
		t.Fatal(err)
	}
	dup, err := s.Append(b)
	if dup {
		t.Fatalf("message %d is called a duplicate", id)
	}
	if err != nil {
		return false
	}
	w.msgs[id] = k
	return true
}

func (w *workload) commit(s *Spool, batch []*known, used uint64) {
	if s.Commit() != nil {
		return
	}
	for _, k := range batch {
		k.stored = true
	}
	if len(batch) == 0 || w.faulty {
		return
	}
	w.used = max(w.used, used)
	for _, k := range w.msgs { // what was written before the batch is durable with it
		k.gone, k.floor = k.forgotten, len(k.states)-1
	}
	for peer, ids := range w.peers {
		w.floor[peer] = len(ids) - 1
	}
}

// some returns the id of one live message, or 0.
func (w *workload) some() uint64 {
	var live []uint64
	for id, k := range w.msgs {
		if k.stored && !k.forgotten {
			live = append(live, id)
		}
	}
	if len(live) == 0 {
		return 0
	}
	slices.Sort(live)
	if w.r.IntN(8) == 0 {
		return live[w.r.IntN(len(live))]
	}
	return live[w.r.IntN(1+len(live)/4)] // mostly the oldest
}

func (w *workload) mark(s *Spool) {
	if id := w.some(); id != 0 {
		k := w.msgs[id]
		st := k.states[len(k.states)-1] + 1
		k.states = append(k.states, st)
		_ = s.Mark(id, st, st, uint16(st), int64(st))
	}
}

// markSync is a state that must be there for good once Commit has returned.
func (w *workload) markSync(s *Spool) {
	id := w.some()
	if id == 0 {
		return
	}
	k := w.msgs[id]
	st := k.states[len(k.states)-1] + 1
	k.states = append(k.states, st)
	if s.MarkSync(id, st, st, uint16(st), int64(st)) == nil && s.Commit() == nil && !w.faulty {
		k.floor = len(k.states) - 1
	}
}

func (w *workload) forget(s *Spool) {
	if id := w.some(); id != 0 {
		w.msgs[id].forgotten = true
		_ = s.Forget(id)
	}
}

func (w *workload) converse(s *Spool) {
	peer, id := "peer-"+strconv.Itoa(w.r.IntN(5)), strconv.Itoa(w.r.IntN(1000))
	if s.SetConversation(peer, id) == ErrFull {
		return
	}
	w.peers[peer] = append(w.peers[peer], id)
}

// big stores a message with a body of its own.
func (w *workload) big(t *testing.T, s *Spool) {
	id := s.NextID()
	if s.Begin(id) != nil {
		return
	}
	w.used = max(w.used, id)
	if w.r.IntN(4) == 0 {
		return // given up in the middle
	}
	k, e := w.entry(id)
	k.large = true
	for len(k.text) < 5000+w.r.IntN(9000) {
		k.text += k.text
	}
	k.text = k.text[:min(len(k.text), 14000)]
	half := len(k.text) / 2
	if s.WriteAt(id, []byte(k.text[half:]), int64(half)) != nil || s.WriteAt(id, []byte(k.text[:half]), 0) != nil {
		s.Discard(id)
		return
	}
	e.Large, e.Body, e.Size = true, nil, int64(len(k.text))
	b, err := AppendEntry(w.buf, &e)
	if err != nil {
		t.Fatal(err)
	}
	if dup, err := s.Finish(b); err != nil || dup {
		return
	}
	w.msgs[id] = k
	w.commit(s, []*known{k}, id)
}

// A fail is how a check reports, so that the self-test can count.
type fail func(format string, a ...any)

// verify compares a spool that was opened again with what the workload was promised.
func (w *workload) verify(s *Spool, fail fail) {
	live := map[uint64]bool{}
	last := uint64(0)
	err := s.Each(func(e *Entry) bool {
		if e.ID <= last {
			fail("ids do not ascend: %d after %d", e.ID, last)
		}
		last = e.ID
		live[e.ID] = true
		w.verifyEntry(s, e, fail)
		return true
	})
	if err != nil {
		fail("each: %v", err)
	}
	for id, k := range w.msgs {
		if k.stored && !k.forgotten && !live[id] {
			fail("message %d was stored and is lost", id)
		}
		if k.gone && live[id] {
			fail("message %d was forgotten for good and is back", id)
		}
	}
	for _, d := range s.Damaged() {
		if k := w.msgs[d.ID]; k != nil && k.stored && !k.forgotten {
			fail("message %d was stored and is damaged: %v", d.ID, d)
		}
	}
	seen := map[string]string{}
	s.EachConversation(func(peer, id string) bool {
		seen[peer] = id
		return true
	})
	for peer, ids := range w.peers {
		from, sure := w.floor[peer]
		if id, ok := seen[peer]; sure && !ok || ok && !slices.Contains(ids[from:], id) {
			fail("peer %q has conversation %q, it may be %q", peer, id, ids[from:])
		}
	}
	if id := s.NextID(); id <= w.used {
		fail("id %d is given out again, %d was used", id, w.used)
	}
}

func (w *workload) verifyEntry(s *Spool, e *Entry, fail fail) {
	k := w.msgs[e.ID]
	if k == nil {
		fail("message %d was never given to the spool", e.ID)
		return
	}
	if string(e.IMDNID) != k.imdn || e.Dir != k.dir || e.Large != k.large || !e.Large && string(e.Body) != k.text {
		fail("message %d is not what was stored: %q", e.ID, e.Body)
	}
	if !slices.Contains(k.states[k.floor:], e.State) || e.Code != uint16(e.State) && e.State != 1 {
		fail("message %d is in state %d, it may be %d", e.ID, e.State, k.states[k.floor:])
	}
}

// verifyBodies reads every large body, and offers every message once more.
func (w *workload) verifyBodies(s *Spool, fail fail) {
	buf := make([]byte, 20000)
	for id, k := range w.msgs {
		if !k.stored {
			continue
		}
		if !k.forgotten {
			n, err := s.Load(id, 3, buf)
			if err != nil || string(buf[:n]) != k.text[3:] {
				fail("body of %d: %d octets, %v", id, n, err)
			}
		}
		e := Entry{ID: s.NextID(), Dir: k.dir, Peer: []byte("+1555" + strconv.Itoa(int(id%7))), IMDNID: []byte(k.imdn), ClientID: []byte("client-" + k.imdn)}
		b, _ := AppendEntry(w.buf, &e)
		if dup, err := s.Append(b); !dup || s.Repeats() != id {
			fail("message %d would be there twice (%v), it repeats %d", id, err, s.Repeats())
		}
	}
}

// crashes runs a workload once for every call at which the power can be cut, and looks at
// several outcomes of each. It returns how many promises were broken.
func crashes(t *testing.T, seed uint64, steps, stride int, broken modelFS, fail fail) (points int) {
	t.Helper()
	whole := newModelFS()
	s, err := openModel(whole)
	if err != nil {
		t.Fatal(err)
	}
	newWorkload(seed).run(t, s, whole, steps)
	if testing.Short() {
		stride *= 7
	}
	for at := 1; at <= whole.calls; at += stride {
		m := newModelFS()
		m.cutAt, m.noSync, m.noDirSync = at, broken.noSync, broken.noDirSync
		w := newWorkload(seed)
		if s, err := openModel(m); err == nil {
			w.run(t, s, m, steps)
		}
		for image := range uint64(3) {
			r := rand.New(rand.NewPCG(uint64(at), image))
			aftermath(t, w, m.after(r), func(f string, a ...any) {
				fail("seed %d, cut at call %d, image %d: "+f, append([]any{seed, at, image}, a...)...)
			})
		}
		points++
	}
	return points
}

// aftermath opens what a power cut left, twice: the second time after more messages.
func aftermath(t *testing.T, w *workload, m *modelFS, fail fail) {
	t.Helper()
	s, err := openModel(m)
	if err != nil {
		fail("open: %v", err)
		return
	}
	w.verify(s, fail)
	id := s.NextID()
	k, e := w.entry(id)
	b, _ := AppendEntry(w.buf, &e)
	if _, err := s.Append(b); err != nil && err != ErrFull {
		fail("append: %v", err)
	} else if err == nil {
		if err := s.Commit(); err != nil {
			fail("commit: %v", err)
		}
		k.stored = true
		old := w.msgs[id] // in another outcome of the same cut
		w.msgs[id] = k
		defer func() {
			if delete(w.msgs, id); old != nil {
				w.msgs[id] = old
			}
		}()
	}
	w.verifyBodies(s, fail)
	if s, err = openModel(m.killed()); err != nil {
		fail("open again: %v", err)
		return
	}
	w.verify(s, fail)
	for _, d := range s.Damaged() {
		fail("damage is reported twice: %v", d)
	}
}

func TestPowerCutAtEveryCall(t *testing.T) {
	points := 0
	for seed, stride := range []int{1, 3, 3} {
		points += crashes(t, uint64(seed), 130, stride, modelFS{}, t.Errorf)
	}
	points += crashes(t, 100, 1000, 11, modelFS{}, t.Errorf) // long enough for cleaning
	t.Logf("%d cuts", points)
}

// TestPowerCutTestSeesAMissingSync is the self-test of the one above.
func TestPowerCutTestSeesAMissingSync(t *testing.T) {
	for name, stub := range map[string]modelFS{"fdatasync": {noSync: true}, "fsync of the directory": {noDirSync: true}} {
		broken := 0
		crashes(t, 1, 130, 3, stub, func(string, ...any) { broken++ })
		if broken == 0 {
			t.Errorf("without %s no promise was broken: the model tests nothing", name)
		}
		t.Logf("without %s %d promises broken", name, broken)
	}
}

// TestKillAtEveryCall: what was written stays, synced or not.
func TestKillAtEveryCall(t *testing.T) {
	whole := newModelFS()
	s, _ := openModel(whole)
	newWorkload(9).run(t, s, whole, 100)
	for at := 1; at <= whole.calls; at++ {
		m := newModelFS()
		m.cutAt = at
		w := newWorkload(9)
		if s, err := openModel(m); err == nil {
			w.run(t, s, m, 100)
		}
		aftermath(t, w, m.killed(), func(f string, a ...any) { t.Errorf("kill at call %d: "+f, append([]any{at}, a...)...) })
		if t.Failed() {
			return
		}
	}
}

// TestKilledAndThenCut: what a killed process left in the page cache is not trusted to be on
// flash by its successor.
func TestKilledAndThenCut(t *testing.T) {
	for at := 1; at < 400; at++ {
		m := newModelFS()
		m.cutAt = at
		w := newWorkload(3)
		if s, err := openModel(m); err == nil {
			w.run(t, s, m, 60)
		}
		m.killed()
		s, err := openModel(m)
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Each(func(e *Entry) bool { // what it has now is promised
			w.msgs[e.ID].stored = true
			w.msgs[e.ID].forgotten = false
			return true
		})
		r := rand.New(rand.NewPCG(uint64(at), 7))
		aftermath(t, w, m.after(r), func(f string, a ...any) { t.Errorf("kill at call %d: "+f, append([]any{at}, a...)...) })
		if t.Failed() {
			return
		}
	}
}

// TestPowerCutWhileCleaning: many messages are forgotten for good, their segments are cleaned
// in a row, and none of them comes back whichever deletions survive.
func TestPowerCutWhileCleaning(t *testing.T) {
	run := func(m *modelFS) (stored, sure bool) {
		s, err := openModel(m)
		if err != nil || s.store("old", 50) != nil {
			return false, false
		}
		for range 40 {
			for i := range 10 { // outgoing: no ids to be remembered
				e := Entry{ID: s.NextID(), Dir: Out, Body: []byte(pad(300)), Size: 300}
				if _, err := s.Append(encode(t, e)); err != nil {
					return true, false
				}
				if i == 9 && s.Commit() != nil {
					return true, false
				}
			}
			for id := s.high - 9; id <= s.high; id++ {
				_ = s.Forget(id)
			}
		}
		if s.store("last", 50) != nil {
			return true, false
		}
		for i := range 900 {
			_ = s.Mark(1, 1, 1, 1, int64(i))
		}
		return true, true
	}
	whole := newModelFS()
	run(whole)
	for at := 1; at <= whole.calls; at += 5 + at%7 {
		m := newModelFS()
		m.cutAt = at
		stored, sure := run(m)
		for image := range uint64(4) {
			s, err := openModel(m.after(rand.New(rand.NewPCG(uint64(at), image))))
			if err != nil {
				t.Fatalf("cut at %d: %v", at, err)
			}
			got := ids(t, s)
			if stored && (len(got) == 0 || got[0] != 1) || sure && (len(got) != 2 || got[1] != 402) || len(got) > 22 {
				t.Fatalf("cut at %d, image %d: live %d", at, image, got)
			}
		}
	}
}
