package spool

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// TestSyncAsksTheKernel: what the kernel cannot sync is an error, so Sync does call it.
func TestSyncAsksTheKernel(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := (osFile{w}).Sync(); !errors.Is(err, syscall.EINVAL) { // fdatasync(2): bound to a special file
		t.Errorf("fdatasync of a pipe: %v", err)
	}
	w.Close()
	if err := (osFile{w}).Sync(); err == nil {
		t.Error("fdatasync of a closed file says nothing")
	}
	if err := (&dirFS{dir: r}).SyncDir(); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("fsync of a pipe: %v", err)
	}
}

// TestOpenSkipsWhatIsNoFile: directories and links to nowhere under names of ours.
func TestOpenSkipsWhatIsNoFile(t *testing.T) {
	for _, name := range []string{"00000002.log", "0000000000000005.body", asideName, identityName, reserveName} {
		for _, kind := range []string{"directory", "link to a directory", "dangling link", "fifo"} {
			dir := t.TempDir()
			s := mustOpen(t, dir, Options{})
			if err := s.store("a", 10); err != nil {
				t.Fatal(err)
			}
			s.Close()
			path := filepath.Join(dir, name)
			os.Remove(path)
			var err error
			switch kind {
			case "directory":
				err = os.Mkdir(path, 0o700)
			case "link to a directory":
				err = os.Symlink(t.TempDir(), path)
			case "dangling link":
				err = os.Symlink(filepath.Join(dir, "nowhere", "x"), path)
			case "fifo":
				err = syscall.Mkfifo(path, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				s, err := Open(dir, Options{})
				if err != nil {
					t.Errorf("%s, a %s: %v", name, kind, err)
					break
				}
				id := s.NextID()
				appendOne(t, s, entryOf(id, "b", 10))
				if err := s.Commit(); err != nil {
					t.Errorf("%s, a %s: commit: %v", name, kind, err)
				}
				if got := ids(t, s); !slices.Contains(got, 1) || !slices.Contains(got, id) {
					t.Errorf("%s, a %s: live %d", name, kind, got)
				}
				s.Close()
			}
		}
	}
}

// TestSetAsideIsADirectory: a damaged segment is deleted where it cannot be kept.
func TestSetAsideIsADirectory(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir, Options{})
	for range 3 {
		if err := s.store("a", 10); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	if err := os.Mkdir(filepath.Join(dir, asideName), 0o700); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "00000001.log")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[headerSize+100] ^= 1
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, dir, Options{})
	if len(s.Damaged()) != 1 || len(ids(t, s)) != 2 {
		t.Errorf("damage %v, live %d", s.Damaged(), ids(t, s))
	}
	if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the damaged segment: %v", err)
	}
}
