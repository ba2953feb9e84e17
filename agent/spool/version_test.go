package spool

import (
	"os"
	"path/filepath"
	"testing"
)

// TestOpensVersion1 opens a spool of an earlier version of this package, goes on in it, and
// opens it again.
func TestOpensVersion1(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "version1"))); err != nil {
		t.Fatal(err)
	}
	o := Options{MaxBytes: 256 << 10}
	for start := range 3 {
		s := mustOpen(t, dir, o)
		if d := s.Damaged(); len(d) != 0 {
			t.Errorf("damage %v", d)
		}
		next := uint64(13)
		_ = s.Each(func(e *Entry) bool {
			if e.ID != next {
				t.Errorf("message %d after %d", e.ID, next-1)
			}
			next = e.ID + 1
			verifyVersion1(t, s, e)
			return true
		})
		if want := uint64(40 + 50*start); next != want {
			t.Errorf("start %d: messages up to %d, want %d", start, next-1, want-1)
		}
		again := Entry{ID: 999, Dir: In, Peer: []byte("+15551"), IMDNID: []byte("m8")}
		if dup, err := s.Append(encode(t, again)); !dup || s.Repeats() != 8 {
			t.Errorf("message 8 would be shown again (%v)", err)
		}
		peers := 0
		s.EachConversation(func(peer, id string) bool { peers++; return peer == "+15551" && id == "conv-1" })
		if peers != 1 {
			t.Errorf("%d conversations", peers)
		}
		for range 50 {
			if err := s.store("new", 100); err != nil {
				t.Fatal(err)
			}
		}
		s.Close()
	}
}

// verifyVersion1 checks what the fixture says of a message.
func verifyVersion1(t *testing.T, s *Spool, e *Entry) {
	t.Helper()
	body, state, dir := "m"+pad(150), uint8(1), In
	switch {
	case e.ID == 31:
		body = ""
		got := make([]byte, 6000)
		if n, err := s.Load(31, 0, got); err != nil || string(got[:n]) != pad(5000) {
			t.Errorf("large body: %d octets, %v", n, err)
		}
	case e.ID >= 40:
		body = "new" + pad(100)
	case e.ID >= 32:
		body, state = pad(300), 2
	case e.ID%3 == 0:
		body, state, dir = pad(200), 3, Out
	}
	if string(e.Body) != body || e.State != state || e.Dir != dir || state == 3 && (e.Reason != 7 || e.Code != 486 || e.Changed != 3333) {
		t.Errorf("message %d: %+v", e.ID, *e)
	}
}
