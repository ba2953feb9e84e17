package spool

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// A dirFS is a directory of the operating system.
type dirFS struct {
	path string
	dir  *os.File
}

// OpenDir returns the FS of a directory of the operating system, made where it is missing.
// Open uses it by itself; it is for who wraps it, to count what reaches the flash.
func OpenDir(path string) (FS, error) { return openDir(path) }

// openDir makes the directory where it is missing.
func openDir(path string) (*dirFS, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &dirFS{path, dir}, nil
}

// Lock locks the directory itself: no file is needed, and the lock ends with the process.
func (d *dirFS) Lock() (io.Closer, error) {
	err := retry(func() error { return unix.Flock(int(d.dir.Fd()), unix.LOCK_EX|unix.LOCK_NB) })
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		d.dir.Close()
		return nil, ErrLocked
	case err != nil:
		d.dir.Close()
		return nil, &fs.PathError{Op: "flock", Path: d.path, Err: err}
	}
	return d.dir, nil
}

func (d *dirFS) List() ([]string, error) {
	f, err := os.Open(d.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

func (d *dirFS) Open(name string, create bool) (File, error) {
	flag := os.O_RDWR
	if create {
		flag |= os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(filepath.Join(d.path, name), flag, 0o600)
	if errors.Is(err, unix.EISDIR) || errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENXIO) {
		return nil, errIrregular
	}
	if err != nil {
		return nil, err
	}
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		f.Close()
		return nil, cmp.Or(err, errIrregular)
	}
	return osFile{f}, nil
}

// errIrregular is what opening a directory, a device or the like returns.
var errIrregular = errors.New("not a regular file")

func (d *dirFS) Remove(name string) error { return os.Remove(filepath.Join(d.path, name)) }

func (d *dirFS) Rename(from, to string) error {
	return os.Rename(filepath.Join(d.path, from), filepath.Join(d.path, to))
}

func (d *dirFS) SyncDir() error { return d.dir.Sync() }

// An osFile is an open file of the operating system.
type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}

// Sync is fdatasync: the times of the file need not be durable.
func (f osFile) Sync() error {
	err := retry(func() error { return unix.Fdatasync(int(f.Fd())) })
	if err != nil {
		return &fs.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
	}
	return nil
}

// retry repeats a system call that a signal interrupted.
func retry(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}
