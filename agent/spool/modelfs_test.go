package spool

import (
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"syscall"
)

// errCut is what every call returns after the power was cut.
var errCut = errors.New("power cut")

// A change is one call that has not been synced.
type change struct {
	off      int64
	octets   []byte
	truncate bool // to off
}

// A node is the content of one file: what is on flash, and what was asked for since.
type node struct {
	flash   []byte
	pending []change
	now     []byte // what a reader sees

	rotFrom, rotTo int64 // octets that cannot be read
}

// A dirChange is one change of names that has not been synced.
type dirChange struct {
	from, to string // create: to; remove: from; rename: both
	node     *node
}

// A modelFS is a directory whose power can be cut at any call. Names and contents reach the
// flash only by SyncDir and Sync; a cut keeps, drops or tears what is pending, in any order.
type modelFS struct {
	names   map[string]*node // as seen
	flash   map[string]*node // as on flash
	pending []dirChange

	calls    int // calls that change something, so far
	cutAt    int // the power is cut at this call; 0: never
	cut      bool
	failAt   int // calls from this one on fail …
	failFor  int // … so many of them …
	failWith error
	readOnly bool

	reads       int   // calls that only read, so far
	failReadAt  int   // those from this one on fail …
	failReadFor int   // … so many of them
	capacity    int64 // octets that all files may hold; 0: any number

	syncLies bool // Sync says EIO though all has reached the flash
	noCut    bool // Truncate fails and does nothing

	noSync, noDirSync bool // Sync or SyncDir does nothing: the self-test of the crash test

	syncs, dirSyncs, writes int
	octets                  int64
	locked                  bool
}

func newModelFS() *modelFS { return &modelFS{names: map[string]*node{}, flash: map[string]*node{}} }

// call counts a call and says how it fails; part is true where half of it is done first.
func (m *modelFS) call() (part bool, err error) {
	m.calls++
	if m.cutAt > 0 && m.calls >= m.cutAt {
		first := !m.cut
		m.cut = true
		return first, errCut
	}
	if m.readOnly {
		return false, syscall.EROFS
	}
	if m.failAt > 0 && m.calls >= m.failAt && m.calls < m.failAt+m.failFor {
		return true, m.failWith
	}
	return false, nil
}

// read counts a call that changes nothing and says how it fails.
func (m *modelFS) read() error {
	m.reads++
	if m.cut {
		return errCut
	}
	if m.failReadAt > 0 && m.reads >= m.failReadAt && m.reads < m.failReadAt+m.failReadFor {
		return syscall.EIO
	}
	return nil
}

type modelLock struct{ m *modelFS }

func (l modelLock) Close() error { l.m.locked = false; return nil }

func (m *modelFS) Lock() (io.Closer, error) {
	if m.locked {
		return nil, ErrLocked
	}
	m.locked = true
	return modelLock{m}, nil
}

func (m *modelFS) List() ([]string, error) {
	var names []string
	for name := range m.names {
		names = append(names, name)
	}
	return names, m.read()
}

func (m *modelFS) Open(name string, create bool) (File, error) {
	n := m.names[name]
	if create {
		part, err := m.call()
		if err != nil && !part {
			return nil, err
		}
		if n == nil {
			n = &node{}
			m.names[name] = n
			m.pending = append(m.pending, dirChange{to: name, node: n})
		} else {
			n.apply(change{truncate: true})
		}
		if err != nil {
			return nil, err
		}
	} else if err := m.read(); err != nil {
		return nil, err
	}
	if n == nil {
		return nil, syscall.ENOENT
	}
	return &modelFile{m, n}, nil
}

func (m *modelFS) Remove(name string) error {
	part, err := m.call()
	if err != nil && !part {
		return err
	}
	if m.names[name] == nil {
		return syscall.ENOENT
	}
	delete(m.names, name)
	m.pending = append(m.pending, dirChange{from: name})
	return err
}

func (m *modelFS) Rename(from, to string) error {
	part, err := m.call()
	if err != nil && !part {
		return err
	}
	n := m.names[from]
	if n == nil {
		return syscall.ENOENT
	}
	delete(m.names, from)
	m.names[to] = n
	m.pending = append(m.pending, dirChange{from: from, to: to, node: n})
	return err
}

func (m *modelFS) SyncDir() error {
	if _, err := m.call(); err != nil {
		return err
	}
	m.dirSyncs++
	if !m.noDirSync {
		for _, c := range m.pending {
			c.apply(m.flash)
		}
		m.pending = nil
	}
	return nil
}

func (c *dirChange) apply(names map[string]*node) {
	if c.from != "" {
		delete(names, c.from)
	}
	if c.to != "" {
		names[c.to] = c.node
	}
}

type modelFile struct {
	m *modelFS
	n *node
}

func (f *modelFile) Close() error         { return nil }
func (f *modelFile) Size() (int64, error) { return int64(len(f.n.now)), f.m.read() }

func (f *modelFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.m.read(); err != nil {
		return 0, err
	}
	if off < f.n.rotTo && off+int64(len(p)) > f.n.rotFrom {
		return 0, syscall.EIO
	}
	if off >= int64(len(f.n.now)) {
		return 0, io.EOF
	}
	n := copy(p, f.n.now[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *modelFile) WriteAt(p []byte, off int64) (int, error) {
	part, err := f.m.call()
	if more := off + int64(len(p)) - int64(len(f.n.now)); err == nil && f.m.capacity > 0 && more > 0 && f.m.used()+more > f.m.capacity {
		return 0, syscall.ENOSPC
	}
	if err != nil && !part {
		return 0, err
	}
	if err != nil {
		p = p[:len(p)/2]
	}
	f.m.writes++
	f.m.octets += int64(len(p))
	f.n.apply(change{off: off, octets: slices.Clone(p)})
	return len(p), err
}

func (f *modelFile) Truncate(size int64) error {
	part, err := f.m.call()
	if f.m.noCut {
		return syscall.EIO
	}
	if err == nil || part && f.m.calls%2 == 0 {
		f.n.apply(change{off: size, truncate: true})
	}
	return err
}

func (f *modelFile) Sync() error {
	part, err := f.m.call()
	if err != nil {
		if part && !f.m.cut { // as Linux does it: some are written, all pages count as clean, and no later sync writes them
			r := rand.New(rand.NewPCG(uint64(f.m.calls), 9))
			for _, c := range f.n.pending {
				f.n.flash = c.survive(r, f.n.flash)
			}
			f.n.pending = nil
		}
		return err
	}
	f.m.syncs++
	if !f.m.noSync {
		for _, c := range f.n.pending {
			f.n.flash = c.on(f.n.flash)
		}
		f.n.pending = nil
	}
	if f.m.syncLies {
		return syscall.EIO
	}
	return nil
}

// apply does a change as a reader sees it, and keeps it pending.
func (n *node) apply(c change) {
	n.now = c.on(n.now)
	n.pending = append(n.pending, c)
}

func (c *change) on(b []byte) []byte {
	end := c.off
	if !c.truncate {
		end += int64(len(c.octets))
	}
	if int64(len(b)) < end {
		b = append(b, make([]byte, end-int64(len(b)))...)
	}
	if c.truncate {
		return b[:c.off:c.off]
	}
	copy(b[c.off:], c.octets)
	return b
}

// sector is what flash writes whole or not at all.
const sector = 512

// after returns what the power cut leaves: each pending change of names and of contents is
// kept, dropped or, where it spans several sectors or none of them whole, torn.
func (m *modelFS) after(r *rand.Rand) *modelFS {
	names := map[string]*node{}
	for name, n := range m.flash {
		names[name] = n
	}
	for _, c := range m.pending {
		if r.IntN(2) == 0 {
			c.apply(names)
		}
	}
	out := newModelFS()
	for name, n := range names {
		b := slices.Clone(n.flash)
		for _, c := range n.pending {
			b = c.survive(r, b)
		}
		fresh := &node{flash: b, now: slices.Clone(b), rotFrom: n.rotFrom, rotTo: n.rotTo}
		out.names[name], out.flash[name] = fresh, fresh
	}
	return out
}

// survive applies what is left of a change.
func (c *change) survive(r *rand.Rand, b []byte) []byte {
	switch kind := r.IntN(5); {
	case kind == 0:
		return b
	case kind == 1 || c.truncate:
		return c.on(b)
	case kind == 2: // cut at an octet
		t := change{off: c.off, octets: c.octets[:r.IntN(len(c.octets)+1)]}
		return t.on(b)
	case kind == 3: // the length is there, the octets are not
		t := change{off: c.off, octets: make([]byte, len(c.octets))}
		return t.on(b)
	}
	for at := int64(0); at < int64(len(c.octets)); { // sectors in any order
		end := min((c.off+at)/sector*sector+sector-c.off, int64(len(c.octets)))
		if r.IntN(2) == 0 {
			t := change{off: c.off + at, octets: c.octets[at:end]}
			b = t.on(b)
		}
		at = end
	}
	return b
}

// killed returns what a killed process leaves: all that was written, synced or not.
func (m *modelFS) killed() *modelFS {
	m.locked, m.cut, m.cutAt = false, false, 0
	return m
}

// lost returns the directory as a power cut leaves it that keeps only what was synced.
func (m *modelFS) lost() *modelFS {
	left := newModelFS()
	for name, n := range m.flash {
		kept := slices.Clone(n.flash)
		node := &node{flash: kept, now: slices.Clone(kept)}
		left.names[name], left.flash[name] = node, node
	}
	return left
}

// salted gives a directory without spool the salt of the one to come: an octet of a check may
// by chance look like the end of a record.
func (m *modelFS) salted(seed uint64) *modelFS {
	h := header{salt: salt{byte(seed)}}
	n := &node{flash: h.append(nil), now: h.append(nil)}
	m.names[identityName], m.flash[identityName] = n, n
	return m
}

func pcg(a, b uint64) *rand.Rand { return rand.New(rand.NewPCG(a, b)) }
