package agent

import (
	"io"
	"math/rand/v2"
	"slices"
	"syscall"

	"imsagent/agent/spool"
)

// A simFlash is the directory of a spool in memory. What was not synced is lost, or not,
// when the power is cut.
type simFlash struct {
	names map[string]*simFile // as seen
	kept  map[string]*simFile // as on flash
	fail  error               // what every change meets now
	syncs int                 // of files, that went well
	torn  bool                // the last cut kept some of what was not synced, and some not
}

// A simFile is the content of one file: as seen, and the changes that are not on flash.
type simFile struct {
	fs      *simFlash
	now     []byte
	flash   []byte
	from    int // the least octet that differs from flash
	touched bool
	writes  []simWrite // not synced, oldest first
}

// A simWrite is one change of a file: octets at a place, or (nil) its size.
type simWrite struct {
	b  []byte
	at int
}

// apply makes a change to octets.
func (w simWrite) apply(b []byte) []byte {
	end := w.at + len(w.b)
	for len(b) < end {
		b = append(b, make([]byte, end-len(b))...)
	}
	if w.b == nil {
		return b[:w.at]
	}
	copy(b[w.at:], w.b)
	return b
}

func newSimFlash() *simFlash {
	return &simFlash{names: map[string]*simFile{}, kept: map[string]*simFile{}}
}

// cut takes the power away. What was not synced is kept (only the process died), lost, or
// each change of its own is kept, lost or torn, as a flash with a cache may have them.
func (d *simFlash) cut(rng *rand.Rand) {
	d.fail, d.torn = nil, false
	kind := rng.IntN(3)
	if kind == 0 {
		return
	}
	if d.torn = kind == 2; !d.torn || rng.IntN(2) == 0 {
		d.names = map[string]*simFile{}
		for n, f := range d.kept {
			d.names[n] = f
		}
	}
	names := make([]string, 0, len(d.names))
	for n := range d.names {
		names = append(names, n)
	}
	slices.Sort(names) // a seed is one run
	for _, n := range names {
		d.names[n].cut(rng, d.torn)
	}
}

// cut leaves of the changes since the last sync none or, torn, some.
func (f *simFile) cut(rng *rand.Rand, torn bool) {
	f.now = append([]byte(nil), f.flash...)
	for _, w := range f.writes {
		switch {
		case !torn || rng.IntN(2) == 0:
		case w.b != nil && rng.IntN(3) == 0:
			f.now = simWrite{w.b[:rng.IntN(len(w.b)+1)], w.at}.apply(f.now)
		default:
			f.now = w.apply(f.now)
		}
	}
	f.touched, f.writes, f.from = true, nil, 0
	_ = f.Sync()
}

type simLock struct{}

func (simLock) Close() error { return nil }

func (d *simFlash) Lock() (io.Closer, error) { return simLock{}, nil }

func (d *simFlash) List() (names []string, err error) {
	for n := range d.names {
		names = append(names, n)
	}
	return names, nil
}

func (d *simFlash) Open(name string, create bool) (spool.File, error) {
	if f := d.names[name]; f != nil {
		return f, nil
	}
	if !create {
		return nil, syscall.ENOENT
	}
	if d.fail != nil {
		return nil, d.fail
	}
	f := &simFile{fs: d}
	d.names[name] = f
	return f, nil
}

func (d *simFlash) Remove(name string) error {
	if d.fail != nil {
		return d.fail
	}
	delete(d.names, name)
	return nil
}

func (d *simFlash) Rename(from, to string) error {
	if d.fail != nil {
		return d.fail
	}
	d.names[to] = d.names[from]
	delete(d.names, from)
	return nil
}

func (d *simFlash) SyncDir() error {
	if d.fail != nil {
		return d.fail
	}
	d.kept = map[string]*simFile{}
	for n, f := range d.names {
		d.kept[n] = f
	}
	return nil
}

func (f *simFile) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(f.now)) {
		return 0, io.EOF
	}
	n := copy(p, f.now[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *simFile) touch(at int) {
	if !f.touched || at < f.from {
		f.from = at
	}
	f.touched = true
}

func (f *simFile) WriteAt(p []byte, off int64) (int, error) {
	if f.fs.fail != nil {
		return 0, f.fs.fail
	}
	f.touch(min(int(off), len(f.now)))
	for len(f.now) < int(off)+len(p) {
		f.now = append(f.now, make([]byte, int(off)+len(p)-len(f.now))...)
	}
	copy(f.now[off:], p)
	f.writes = append(f.writes, simWrite{append([]byte{}, p...), int(off)})
	return len(p), nil
}

func (f *simFile) Truncate(size int64) error {
	if f.fs.fail != nil {
		return f.fs.fail
	}
	f.touch(min(int(size), len(f.now)))
	if int(size) > len(f.now) {
		f.now = append(f.now, make([]byte, int(size)-len(f.now))...)
	}
	f.now = f.now[:size]
	f.writes = append(f.writes, simWrite{nil, int(size)})
	return nil
}

func (f *simFile) Sync() error {
	if f.fs.fail != nil {
		return f.fs.fail
	}
	if f.touched {
		keep := min(f.from, len(f.flash))
		f.flash = append(f.flash[:keep], f.now[keep:]...)
		f.touched, f.writes = false, nil
	}
	f.fs.syncs++
	return nil
}

func (f *simFile) Size() (int64, error) { return int64(len(f.now)), nil }
func (f *simFile) Close() error         { return nil }
