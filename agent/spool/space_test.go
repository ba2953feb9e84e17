package spool

import (
	"errors"
	"syscall"
	"testing"
)

// TestFullFileSystemIsLeftByForgetting: the file system is full before max_bytes is reached;
// once messages are forgotten there is room again, and no forgotten one comes back.
func TestFullFileSystemIsLeftByForgetting(t *testing.T) {
	for _, capacity := range []int64{200 << 10, 300 << 10, 1 << 20, 1<<20 + 5000} {
		for name, forget := range map[string]func(id uint64) bool{
			"all":          func(uint64) bool { return true },
			"every second": func(id uint64) bool { return id%2 == 0 },
		} {
			m := newModelFS()
			m.capacity = capacity
			s := mustOpen(t, "", Options{FS: m})
			var err error
			for err == nil {
				err = s.store("m", 300)
			}
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("store: %v", err)
			}
			stored, last := s.messages, s.high
			for id := uint64(1); id < last; id++ {
				if forget(id) {
					if err := s.Forget(id); err != nil && s.slotOf(id) >= 0 {
						t.Fatalf("forget: %v", err)
					}
				}
			}
			again := 0
			for range 20 {
				if err = s.store("again", 300); err == nil {
					again++
				}
			}
			if again < 19 {
				t.Errorf("%d KiB, %s of %d messages forgotten: %d of 20 stored, %v; files hold %d", capacity>>10, name, stored, again, err, m.used())
			}
			s = mustOpen(t, "", Options{FS: m.lost()})
			for _, id := range ids(t, s) {
				if id < last && forget(id) {
					t.Fatalf("%d KiB: message %d is back", capacity>>10, id)
				}
			}
			e := entryOf(2, "m", 300)
			e.ID = s.NextID()
			if dup, err := s.Append(encode(t, e)); !dup {
				t.Errorf("%d KiB: a forgotten message would be shown again (%v)", capacity>>10, err)
			}
		}
	}
}

// TestLimitThatWasLowered: nothing is lost, nothing more is stored, and what is forgotten goes.
func TestLimitThatWasLowered(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: m, MaxBytes: 1 << 20})
	for range 1500 {
		if err := s.store("m", 300); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	s = mustOpen(t, "", kib256(m))
	if err := s.store("x", 10); err != ErrFull || s.messages != 1500 {
		t.Errorf("%d messages, store: %v", s.messages, err)
	}
	for id := uint64(1); id <= 1400; id++ {
		if err := s.Forget(id); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.store("x", 10); err != nil || m.used() > 256<<10 {
		t.Errorf("store: %v; files hold %d", err, m.used())
	}
	s.Close()
	if s = mustOpen(t, "", kib256(m)); s.messages != 101 || len(s.Damaged()) != 0 {
		t.Errorf("%d messages, damage %v", s.messages, s.Damaged())
	}
}

// TestDeletionThatAlwaysFails: the log cannot be cleaned; messages are refused, marks go on
// for a while, and the files stay within max_bytes.
func TestDeletionThatAlwaysFails(t *testing.T) {
	m := newModelFS()
	s := mustOpen(t, "", Options{FS: stuckFS{m}, MaxBytes: 256 << 10})
	refused, unmarked := 0, 0
	if err := s.store("kept", 300); err != nil {
		t.Fatal(err)
	}
	for range 9000 {
		err := s.store("m", 300)
		if err == nil {
			_ = s.Forget(s.high)
		} else if refused++; err != ErrFull {
			t.Fatal(err)
		}
		if s.Mark(1, 2, 0, 0, 1) != nil {
			unmarked++
		}
		if used := m.used(); used > 256<<10 {
			t.Fatalf("%d octets", used)
		}
	}
	if refused == 0 || unmarked == 0 {
		t.Errorf("%d messages and %d marks refused", refused, unmarked)
	}
}

// A stuckFS deletes nothing.
type stuckFS struct{ *modelFS }

func (stuckFS) Remove(string) error { return syscall.EPERM }
