package spool

import (
	"errors"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// numbered is text of n octets in which no two places look alike.
func numbered(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(strconv.Itoa(i) + " ")
	}
	return b.String()[:n]
}

// TestTrimTakesTheFirstOctetsAway: before, at and behind the ends of blocks, what is left is
// the body, and its checks hold after the spool was opened again.
func TestTrimTakesTheFirstOctetsAway(t *testing.T) {
	text := numbered(3*blockSize + 100)
	for _, n := range []int{0, 1, 276, blockSize - 1, blockSize, blockSize + 1, 2 * blockSize, len(text) - 1} {
		dir := t.TempDir()
		s := mustOpen(t, dir, Options{})
		writeBody(t, s, 1, text)
		if err := s.Trim(1, int64(n)); err != nil {
			t.Fatalf("trim %d: %v", n, err)
		}
		want := text[n:]
		if dup, err := s.Finish(encode(t, Entry{ID: 1, Dir: In, Large: true, Size: int64(len(want))})); dup || err != nil {
			t.Fatalf("finish after trim %d: %v %v", n, dup, err)
		}
		commit(t, s)
		s.Close()
		s = mustOpen(t, dir, Options{})
		got := make([]byte, len(text))
		k, err := s.Load(1, 0, got)
		if err != nil || string(got[:k]) != want {
			t.Errorf("after trim %d: %d octets, %v; want %d", n, k, err, len(want))
		}
		s.Close()
	}
}

func TestTrimRefuses(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m})
	writeBody(t, s, 1, numbered(20))
	if err := s.Trim(1, 21); err != ErrEntry {
		t.Errorf("more than there is: %v", err)
	}
	if err := s.Trim(2, 1); err != ErrNotFound {
		t.Errorf("no such body: %v", err)
	}
	m.failAt, m.failFor, m.failWith = m.calls+1, 1, syscall.EIO
	if err := s.Trim(1, 5); !errors.Is(err, syscall.EIO) {
		t.Errorf("trim: %v", err)
	}
	if _, err := s.Finish(encode(t, Entry{ID: 1, Dir: In, Large: true, Size: 15})); !errors.Is(err, syscall.EIO) {
		t.Errorf("finish: %v", err)
	}
	if size, n := s.Usage(); n != 0 || size != m.used() {
		t.Errorf("usage %d octets, %d messages; files %d", size, n, m.used())
	}
}
