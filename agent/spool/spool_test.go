package spool

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func mustOpen(t testing.TB, dir string, o Options) *Spool {
	t.Helper()
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func encode(t testing.TB, e Entry) []byte {
	t.Helper()
	b, err := AppendEntry(make([]byte, 0, MaxEntry), &e)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// appendOne appends an entry that must be taken.
func appendOne(t testing.TB, s *Spool, e Entry) {
	t.Helper()
	if dup, err := s.Append(encode(t, e)); dup || err != nil {
		t.Fatalf("append %d: dup %v, %v", e.ID, dup, err)
	}
}

func commit(t testing.TB, s *Spool) {
	t.Helper()
	if err := s.Commit(); err != nil {
		t.Fatal(err)
	}
}

// ids lists what is live.
func ids(t testing.TB, s *Spool) (ids []uint64) {
	t.Helper()
	if err := s.Each(func(e *Entry) bool { ids = append(ids, e.ID); return true }); err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestSpoolKeepsEntriesOnARealDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "spool")
	s := mustOpen(t, dir, Options{})
	in := Entry{ID: s.NextID(), Dir: In, State: 0x10, Reason: 2, Code: 200, Notify: 3, Time: 1111, Expires: 2222, Size: 5,
		Peer: []byte("+15551234567"), Name: []byte("Ann"), IMDNID: []byte("i1"), MessageID: []byte("m1"), ConversationID: []byte("c1"),
		ContentType: []byte("text/plain;charset=UTF-8"), Headers: []byte{0x81}, Body: []byte("Hello")}
	out := Entry{ID: s.NextID(), Dir: Out, State: 1, Peer: []byte("sip:bob@example.com"), ClientID: []byte("k-1"), IMDNID: []byte("o1"), Body: []byte("hi"), Size: 2}
	appendOne(t, s, in)
	appendOne(t, s, out)
	commit(t, s)
	if err := s.Mark(out.ID, 3, 7, 486, 3333); err != nil {
		t.Fatal(err)
	}
	if err := s.SetConversation("+15551234567", "conv-1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, dir, Options{})
	out.State, out.Reason, out.Code, out.Changed = 3, 7, 486, 3333
	want := []Entry{in, out}
	n := 0
	_ = s.Each(func(e *Entry) bool {
		if a, b := encode(t, *e), encode(t, want[n]); !bytes.Equal(a, b) {
			t.Errorf("entry %d: %+v", n, *e)
		}
		n++
		return true
	})
	if b, err := s.LoadEntry(make([]byte, 0, 4096), out.ID); err != nil || !bytes.Equal(b, encode(t, out)) {
		t.Errorf("LoadEntry: %v", err)
	}
	if b, err := s.LoadEntry(make([]byte, 0, 20), out.ID); err != ErrNoRoom || len(b) != 0 {
		t.Errorf("LoadEntry without room: %v", err)
	}
	if n != 2 || s.NextID() != 3 {
		t.Errorf("%d entries", n)
	}
	if id := s.FindClient([]byte("k-1")); id != out.ID || s.FindClient([]byte("k-2")) != 0 || s.FindClient(nil) != 0 {
		t.Errorf("client id k-1 is message %d", id)
	}
	s.EachConversation(func(peer, id string) bool {
		if peer != "+15551234567" || id != "conv-1" {
			t.Errorf("conversation %q %q", peer, id)
		}
		return true
	})
	if d := s.Damaged(); len(d) != 0 {
		t.Errorf("damage %v", d)
	}
}

func TestLoadReadsPartsOfABody(t *testing.T) {
	s := mustOpen(t, "", Options{FS: newModelFS()})
	appendOne(t, s, entryOf(s.NextID(), "0123456789", 0))
	for _, when := range []string{"in the batch", "on flash"} {
		for _, c := range []struct {
			off  int64
			n    int
			want string
		}{{0, 4, "0123"}, {8, 4, "89"}, {10, 4, ""}, {99, 4, ""}} {
			dst := make([]byte, c.n)
			if n, err := s.Load(1, c.off, dst); err != nil || string(dst[:n]) != c.want {
				t.Errorf("%s at %d: %q, %v", when, c.off, dst[:n], err)
			}
		}
		commit(t, s)
	}
	if _, err := s.Load(2, 0, nil); err != ErrNotFound {
		t.Errorf("unknown id: %v", err)
	}
	if err := s.Mark(2, 1, 1, 1, 1); err != ErrNotFound {
		t.Errorf("mark of an unknown id: %v", err)
	}
	if err := s.Forget(2); err != ErrNotFound {
		t.Errorf("forget of an unknown id: %v", err)
	}
}

func TestAppendKnowsDuplicates(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m})
	e := Entry{ID: s.NextID(), Dir: In, Peer: []byte("+1"), IMDNID: []byte("x")}
	again := func(s *Spool, peer, imdn string, dir Dir) bool {
		t.Helper()
		dup, err := s.Append(encode(t, Entry{ID: s.NextID(), Dir: dir, Peer: []byte(peer), IMDNID: []byte(imdn)}))
		if err != nil {
			t.Fatal(err)
		}
		return dup
	}
	appendOne(t, s, e)
	if !again(s, "+1", "x", In) {
		t.Error("in the batch: not seen")
	}
	commit(t, s)
	if !again(s, "+1", "x", In) || again(s, "+2", "x", In) || again(s, "+1x", "", In) || again(s, "+1", "x", Out) || again(s, "", "+1x", In) {
		t.Error("on flash: only the same peer and id, coming in, is a duplicate")
	}
	commit(t, s)
	if err := s.Forget(e.ID); err != nil {
		t.Fatal(err)
	}
	if !again(s, "+1", "x", In) {
		t.Error("forgotten: not seen")
	}
	s.Close()
	s = mustOpen(t, "", Options{FS: m})
	if !again(s, "+1", "x", In) || again(s, "+1", "y", In) {
		t.Error("after a restart: not seen")
	}
}

func TestAppendKnowsClientIDs(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m})
	e := Entry{ID: s.NextID(), Dir: Out, Peer: []byte("+1"), ClientID: []byte("c-1"), IMDNID: []byte("x")}
	repeats := func(client string) uint64 {
		t.Helper()
		dup, err := s.Append(encode(t, Entry{ID: s.NextID(), Dir: Out, Peer: []byte("+2"), ClientID: []byte(client), IMDNID: []byte("y")}))
		if err != nil || dup != (s.Repeats() != 0) || dup && s.FindClient([]byte(client)) != s.Repeats() {
			t.Fatalf("%s: dup %v of %d, found %d: %v", client, dup, s.Repeats(), s.FindClient([]byte(client)), err)
		}
		return s.Repeats()
	}
	appendOne(t, s, e)
	commit(t, s)
	if repeats("c-1") != e.ID || repeats("c-2") != 0 || repeats("") != 0 {
		t.Error("live: only the same client id is a duplicate, whoever it is for")
	}
	commit(t, s)
	if err := s.Forget(e.ID); err != nil {
		t.Fatal(err)
	}
	if repeats("c-1") != e.ID {
		t.Error("forgotten: not known")
	}
	s.Close()
	s = mustOpen(t, "", Options{FS: m})
	if repeats("c-1") != e.ID || s.FindClient([]byte("c-3")) != 0 {
		t.Error("after a restart: not known")
	}
}

func TestMarkSyncIsDurableWithTheCommit(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m})
	appendOne(t, s, entryOf(1, "a", 10))
	commit(t, s)
	if err := s.MarkSync(1, 7, 8, 9, 10); err != nil || s.Pending() == 0 {
		t.Fatalf("MarkSync: %v, %d octets wait for Commit", err, s.Pending())
	}
	if err := s.MarkSync(2, 7, 8, 9, 10); err != ErrNotFound {
		t.Errorf("of an unknown id: %v", err)
	}
	commit(t, s)
	s = mustOpen(t, "", Options{FS: m.lost()})
	if err := s.Each(func(e *Entry) bool {
		if e.State != 7 || e.Reason != 8 || e.Code != 9 || e.Changed != 10 {
			t.Errorf("after a power cut: %+v", e)
		}
		return true
	}); err != nil {
		t.Error(err)
	}
}

func TestAppendRefusesWhatIsNoEntry(t *testing.T) {
	s := mustOpen(t, "", Options{FS: newModelFS()})
	appendOne(t, s, entryOf(7, "a", 0))
	for name, b := range map[string][]byte{
		"empty": nil, "short": make([]byte, 67), "id 0": encode(t, entryOf(8, "a", 0))[:0],
		"one octet more": append(encode(t, entryOf(8, "a", 0)), 0),
	} {
		if _, err := s.Append(b); err != ErrEntry {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Append(encode(t, entryOf(7, "b", 0))); err != ErrID {
		t.Errorf("an id in use: %v", err)
	}
	if _, err := s.Append(encode(t, Entry{ID: 9, Dir: In, Large: true, Size: 5})); err != ErrEntry {
		t.Errorf("a large body without Finish: %v", err)
	}
	if _, err := s.Finish(encode(t, Entry{ID: 9, Dir: In, Large: true, Size: 5})); err != ErrNotFound {
		t.Errorf("Finish without Begin: %v", err)
	}
}

func TestBatchHasRoomForOneSegment(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m})
	largest := Entry{ID: s.NextID(), Dir: Out, Peer: []byte("p")}
	largest.Body = make([]byte, MaxEntry-EntrySize(&largest))
	largest.Size = int64(len(largest.Body))
	appendOne(t, s, largest)
	if _, err := s.Append(encode(t, entryOf(s.NextID(), "a", 0))); err != ErrBatch {
		t.Errorf("beyond one segment: %v", err)
	}
	commit(t, s)
	appendOne(t, s, entryOf(s.NextID(), "a", 0))
	commit(t, s)
	s.Close()
	s = mustOpen(t, "", Options{FS: m})
	if got := ids(t, s); !slices.Equal(got, []uint64{1, 3}) {
		t.Errorf("live %d", got)
	}
	if b, err := s.LoadEntry(make([]byte, 0, MaxEntry), 1); err != nil || !bytes.Equal(b, encode(t, largest)) {
		t.Errorf("largest entry: %v", err)
	}
}

func TestLargeBodyIsAFileOfItsOwn(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{})
	id := s.NextID()
	text := pad(10_000)
	if err := s.Begin(id); err != nil {
		t.Fatal(err)
	}
	for off := 9000; off >= 0; off -= 3000 { // parts backwards, overlapping
		if err := s.WriteAt(id, []byte(text[off:min(off+4000, len(text))]), int64(off)); err != nil {
			t.Fatal(err)
		}
	}
	e := Entry{ID: id, Dir: In, Peer: []byte("+1"), IMDNID: []byte("big"), Large: true, Size: 9999}
	if _, err := s.Finish(encode(t, e)); err != ErrEntry {
		t.Fatalf("wrong size: %v", err)
	}
	if err := s.WriteAt(id, nil, 0); err != ErrNotFound {
		t.Errorf("the refused body is still open: %v", err)
	}
	writeBody(t, s, id, text)
	e.Size = 10_000
	if dup, err := s.Finish(encode(t, e)); dup || err != nil {
		t.Fatal(dup, err)
	}
	commit(t, s)
	s.Close()
	s = mustOpen(t, dir, Options{})
	got := make([]byte, 5000)
	if n, err := s.Load(id, 5500, got); err != nil || string(got[:n]) != text[5500:] {
		t.Errorf("%d octets, %v", n, err)
	}
	second := s.NextID()
	writeBody(t, s, second, text)
	e.ID = second
	if dup, err := s.Finish(encode(t, e)); !dup || err != nil {
		t.Errorf("the same again: dup %v, %v", dup, err)
	}
	damageBody(t, s, dir, id, text)
	if err := s.Forget(id); err != nil {
		t.Fatal(err)
	}
	appendOne(t, s, entryOf(s.NextID(), "later", 0))
	commit(t, s)
	if left, _ := filepath.Glob(filepath.Join(dir, "*.body")); len(left) != 0 {
		t.Errorf("bodies left: %v", left)
	}
	if size, n := s.Usage(); size != 2*SegmentSize+headerSize || n != 1 { // log, reserve, identity
		t.Errorf("usage %d octets, %d messages", size, n)
	}
}

func writeBody(t *testing.T, s *Spool, id uint64, text string) {
	t.Helper()
	if err := s.Begin(id); err != nil {
		t.Fatal(err)
	}
	if err := s.WriteAt(id, []byte(text), 0); err != nil {
		t.Fatal(err)
	}
}

// damageBody flips one bit of block 1: the other blocks can still be read.
func damageBody(t *testing.T, s *Spool, dir string, id uint64, text string) {
	t.Helper()
	name := filepath.Join(dir, bodyName(id))
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[5000] ^= 4
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 2000)
	if n, err := s.Load(id, 4000, got); err != ErrDamaged || n != 96 {
		t.Errorf("damaged block: %d octets, %v", n, err)
	}
	if n, err := s.Load(id, 8192, got); err != nil || string(got[:n]) != text[8192:] {
		t.Errorf("block after it: %v", err)
	}
	if d := s.Damaged(); len(d) != 1 || d[0].ID != id || d[0].Offset != 4096 {
		t.Errorf("damage %v", d)
	}
}

func TestMissingBodyIsToldOnceAndMayComeAgain(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m})
	writeBody(t, s, 1, "body")
	e := Entry{ID: 1, Dir: In, Peer: []byte("+1"), IMDNID: []byte("big"), Large: true, Size: 4}
	if _, err := s.Finish(encode(t, e)); err != nil {
		t.Fatal(err)
	}
	commit(t, s)
	s.Close()
	delete(m.names, bodyName(1))
	s = mustOpen(t, "", Options{FS: m})
	if d := s.Damaged(); len(d) != 1 || d[0].ID != 1 || len(ids(t, s)) != 0 {
		t.Errorf("damage %v", d)
	}
	s.Close()
	s = mustOpen(t, "", Options{FS: m})
	if d := s.Damaged(); len(d) != 0 {
		t.Errorf("told again: %v", d)
	}
	e.ID, e.Large, e.Body = s.NextID(), false, []byte("body")
	appendOne(t, s, e)
}

func TestUnfinishedBodiesAreBounded(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m, MaxBytes: 256 << 10})
	for range MaxBodies {
		if err := s.Begin(s.NextID()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Begin(s.NextID()); err != ErrBusy {
		t.Errorf("one more: %v", err)
	}
	if err := s.Begin(1); err != ErrID {
		t.Errorf("begun twice: %v", err)
	}
	for _, off := range []int64{1 << 62, 300 << 10, -1} {
		if err := s.WriteAt(1, []byte("x"), off); err == nil {
			t.Errorf("written at %d", off)
		}
	}
	for id := uint64(1); id <= MaxBodies; id++ {
		s.Discard(id)
	}
	if len(m.names) != 2 { // log, identity
		t.Errorf("files left: %d", len(m.names))
	}
	if n := s.NextID(); n <= MaxBodies {
		t.Errorf("id %d given again", n)
	}
}

func TestOpenRefusesASecondProcess(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{})
	if _, err := Open(dir, Options{}); err != ErrLocked {
		t.Errorf("second: %v", err)
	}
	s.Close()
	mustOpen(t, dir, Options{})
}

func TestOpenRefusesANewerVersion(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{})
	if err := s.store("a", 0); err != nil {
		t.Fatal(err)
	}
	s.Close()
	name := filepath.Join(dir, "00000001.log")
	b, _ := os.ReadFile(name)
	b[8], b[8+headerCopy] = 2, 2
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); err != ErrNewer {
		t.Errorf("version 2: %v", err)
	}
	if again, _ := os.ReadFile(name); !bytes.Equal(again, b) {
		t.Error("the refused file was changed")
	}
	// One that shares nothing with ours but its first ten octets.
	if err := os.WriteFile(name, append([]byte("imsspool\x09\x00"), pad(500)...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, Options{}); err != ErrNewer {
		t.Errorf("version 9: %v", err)
	}
}

func TestOpenLeavesForeignFilesAlone(t *testing.T) {
	dir := t.TempDir()
	foreign := map[string]string{"README": "hands off", "1.log": "x", "00000000.log": "x", "zz.body": "y", "000000001.log": "x", "+0000001.log": "x", "ABCDEF0123456789.body": "y"}
	for name, text := range foreign {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, dir, Options{})
	if err := s.store("a", 0); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = mustOpen(t, dir, Options{})
	if got := ids(t, s); len(got) != 1 || len(s.Damaged()) != 0 {
		t.Errorf("live %d, damage %v", got, s.Damaged())
	}
	for name, text := range foreign {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(b) != text {
			t.Errorf("%s was touched: %q %v", name, b, err)
		}
	}
}

func TestOpenRefusesADirectoryOfGarbage(t *testing.T) {
	dir := t.TempDir()
	for i, text := range []string{strings.Repeat("garbage", 100), strings.Repeat("\xC5", 200_000)} {
		if err := os.WriteFile(filepath.Join(dir, segmentName(uint32(i+1))), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(dir, Options{}); err != ErrDamaged {
		t.Errorf("garbage alone: %v", err)
	}
	if _, err := Open(dir, Options{}); err != ErrDamaged {
		t.Errorf("garbage alone, again: %v", err)
	}
}

func TestOpenSetsGarbageAside(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{})
	if err := s.store("a", 0); err != nil {
		t.Fatal(err)
	}
	s.Close()
	for seq, text := range map[uint32]string{2: strings.Repeat("garbage", 100), 3: strings.Repeat("\xC5", 200_000), 4: ""} {
		if err := os.WriteFile(filepath.Join(dir, segmentName(seq)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s = mustOpen(t, dir, Options{})
	if got := ids(t, s); !slices.Equal(got, []uint64{1}) || len(s.Damaged()) == 0 {
		t.Errorf("live %d, damage %v", got, s.Damaged())
	}
	if err := s.store("b", 0); err != nil {
		t.Fatal(err)
	}
	s.Close()
	second := s.high
	s = mustOpen(t, dir, Options{})
	if got := ids(t, s); !slices.Equal(got, []uint64{1, second}) || second < skipIDs || len(s.Damaged()) != 0 {
		t.Errorf("next start: live %d, damage %v", got, s.Damaged())
	}
	if _, err := os.Stat(filepath.Join(dir, asideName)); err != nil {
		t.Error(err)
	}
}

func TestOpenSaysWhyADirectoryCannotBeUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var fe *Error
	if _, err := Open(filepath.Join(file, "spool"), Options{}); !errors.As(err, &fe) || !strings.HasPrefix(err.Error(), "spool: open: ") {
		t.Errorf("below a file: %v", err)
	}
}

func TestConversationsAreBounded(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m})
	for i := range MaxPeers + 10 {
		if err := s.SetConversation("peer"+strconv.Itoa(i), "c"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SetConversation("peer100", ""); err != nil {
		t.Fatal(err)
	}
	if err := s.SetConversation(pad(MaxPeerText), "c"); err != ErrEntry {
		t.Errorf("too long: %v", err)
	}
	for range 2 {
		n := 0
		s.EachConversation(func(peer, id string) bool {
			if peer == "peer9" || peer == "peer100" {
				t.Errorf("%s is still there", peer)
			}
			n++
			return true
		})
		if n != MaxPeers-1 {
			t.Errorf("%d peers", n)
		}
		s.Close()
		s = mustOpen(t, "", Options{FS: m})
	}
}

func TestClosedSpoolRefuses(t *testing.T) {
	s := mustOpen(t, "", Options{FS: newModelFS()})
	if err := s.store("a", 0); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if err := s.store("b", 0); err != ErrClosed {
		t.Errorf("append: %v", err)
	}
	if err := s.Commit(); err != ErrClosed {
		t.Errorf("commit: %v", err)
	}
	if err := s.Begin(9); err != ErrClosed {
		t.Errorf("begin: %v", err)
	}
	if err := s.SetConversation("a", "b"); err != ErrClosed {
		t.Errorf("conversation: %v", err)
	}
	if err := s.Each(nil); err != ErrClosed {
		t.Errorf("each: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}
