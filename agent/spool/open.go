package spool

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// maxFile is the longest segment that is ever written; of a longer file only so much is read.
const maxFile = headerSize + maxEnds + maxPending

// skipIDs is how many ids are left out for each damaged place: it may have held the highest.
const skipIDs = 1000

// Open reads the spool in dir, making the directory and an empty spool where there is none,
// and locks it. Errors: ErrNewer, ErrLocked, ErrDamaged (no segment has a readable header),
// or an *Error of the file system. What is damaged but does not prevent the rest from being
// used is left out and listed by Damaged.
func Open(dir string, o Options) (*Spool, error) {
	o = o.withDefaults()
	if o.FS == nil {
		d, err := openDir(dir)
		if err != nil {
			return nil, fault("open", err)
		}
		o.FS = d
	}
	lock, err := o.FS.Lock()
	if err == ErrLocked {
		return nil, err
	}
	if err != nil {
		return nil, fault("open", err)
	}
	s := newSpool(o)
	s.lock = lock
	if err := s.restore(); err != nil {
		s.reader.close()
		if s.headFile != nil {
			s.headFile.Close()
		}
		lock.Close()
		if err == ErrNewer || err == ErrDamaged {
			return nil, err
		}
		return nil, fault("open", err)
	}
	return s, nil
}

// restore builds the index from the files.
func (s *Spool) restore() error {
	names, err := s.fs.List()
	if err != nil {
		return err
	}
	found, bodies := s.sort(names)
	if err := s.identify(found); err != nil {
		return err
	}
	buf := make([]byte, maxFile)
	for i, g := range s.segs {
		if err := s.replay(g, i == len(s.segs)-1, buf); err != nil {
			return err
		}
	}
	s.trimSeen()
	if err := s.syncAll(); err != nil {
		return err
	}
	if err := s.continueHead(); err != nil {
		return err
	}
	// A killed process may have left names that only the page cache knows.
	if err := s.fs.SyncDir(); err != nil {
		return err
	}
	s.setCeiling()
	s.writeIdentity()
	s.matchBodies(bodies)
	for i := range s.damaged {
		if d := &s.damaged[i]; s.slotOf(d.ID) >= 0 {
			d.ID = 0 // only a copy is damaged, the message is not
		}
	}
	s.setCeiling()
	_ = s.maintain(0)
	return nil
}

// sort tells segments, in order, and bodies from what is not ours.
func (s *Spool) sort(names []string) (segs []uint32, bodies map[uint64]bool) {
	bodies = map[uint64]bool{}
	for _, name := range names {
		if t, ok := strings.CutSuffix(name, segmentExt); ok {
			if n, err := strconv.ParseUint(t, 10, 32); err == nil && n > 0 && segmentName(uint32(n)) == name {
				segs = append(segs, uint32(n))
				s.nextSeq = max(s.nextSeq, uint32(n)+1)
			}
		}
		if t, ok := strings.CutSuffix(name, bodyExt); ok {
			if n, err := strconv.ParseUint(t, 16, 64); err == nil && bodyName(n) == name {
				bodies[n] = true
			}
		}
		switch name {
		case asideName:
			s.aside, _ = s.sizeOf(name)
			s.disk += s.aside
		case identityName:
			s.hasIdentity = true
		case reserveName:
			if s.reserve, _ = s.sizeOf(name); s.reserve != int64(s.segSize) {
				s.reserve = 0 // made anew
			}
			s.disk += s.reserve
		}
	}
	slices.Sort(segs)
	return segs, bodies
}

func (s *Spool) sizeOf(name string) (int64, error) {
	f, err := s.file(name)
	if err != nil {
		return 0, err
	}
	return f.Size()
}

// identify reads the headers: the salt, the version, the highest id. A file in which nothing
// was ever written is deleted; what is no file is left alone.
func (s *Spool) identify(seqs []uint32) error {
	known, err := s.readIdentity()
	if err != nil {
		return err
	}
	odd := false
	b := make([]byte, headerSize+maxEnds)
	for _, seq := range seqs {
		size, err := s.sizeOf(segmentName(seq))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errIrregular) {
			continue
		}
		if err != nil {
			return err
		}
		n, err := s.readSome(segmentName(seq), b, 0)
		if err != nil {
			n = 0 // the page is damaged: replay tells
		}
		h, ok, newer := parseHeader(b[:n])
		if newer {
			return ErrNewer
		}
		if ok {
			if s.hasIdentity && s.salt != h.salt { // of another spool
				s.hasIdentity = false
				s.disk -= headerSize
			}
			s.salt, known = h.salt, true
			s.high = max(s.high, h.high)
		} else if err == nil && s.blank(segmentName(seq)) {
			s.reader.close()
			_ = s.fs.Remove(segmentName(seq))
			continue
		} else {
			odd = true
		}
		s.segs = append(s.segs, &segment{seq: seq, size: size, end: headerSize, closed: !ok, olderSynced: h.olderSynced,
			bad: !ok && !youngHeader(b[:min(n, headerSize)])})
		s.disk += size
		if ok {
			s.parseEnds(b[:n], &h)
		}
	}
	if odd && !known {
		return ErrDamaged
	}
	if !known {
		s.fresh = true
		_, _ = rand.Read(s.salt[:]) // never fails
	}
	return nil
}

// readSome reads up to len(b) octets.
func (s *Spool) readSome(name string, b []byte, off int64) (int, error) {
	f, err := s.file(name)
	if err != nil {
		return 0, err
	}
	n, err := f.ReadAt(b, off)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// blank reports whether nothing stands behind the place of a file's header: the header is
// made durable before anything else.
func (s *Spool) blank(name string) bool {
	for off := int64(headerSize); off < maxFile; off += blockSize {
		n, err := s.readSome(name, s.block, off)
		if err != nil || len(bytes.Trim(s.block[:n], "\x00")) > 0 {
			return false
		}
		if n < len(s.block) {
			return true
		}
	}
	return false // longer than any file of ours
}

// trimSeen keeps the newest seen ids, in the order of their messages.
func (s *Spool) trimSeen() {
	r := &s.ring
	r.byHash.reset()
	slices.SortFunc(r.ids, func(a, b seenID) int { return cmp.Compare(a.id, b.id) })
	r.max, r.next = s.maxSeen, 0
	for over := len(r.ids) - r.max; over > 0; over-- {
		s.need(r.ids[0].seq, -1)
		s.live -= seenSize
		r.ids = r.ids[1:]
	}
	r.ids = append(make([]seenID, 0, r.max), r.ids...)
	for p := range r.ids {
		r.byHash.put(int32(p))
	}
}

// syncAll makes durable what was read: a killed process may have left it in the page cache
// only, and copies there must not be trusted before what they are copies of is deleted.
func (s *Spool) syncAll() error {
	for i := len(s.segs) - 1; i >= 0; i-- {
		f, err := s.file(segmentName(s.segs[i].seq))
		if err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
		if s.segs[i].olderSynced {
			break
		}
	}
	s.reader.close()
	return nil
}

// continueHead makes the last segment head, if its end is where a record may follow.
func (s *Spool) continueHead() error {
	if len(s.segs) == 0 {
		return nil
	}
	g := s.segs[len(s.segs)-1]
	if g.bad || g.closed {
		return nil
	}
	f, err := s.fs.Open(segmentName(g.seq), false)
	if err != nil {
		return err
	}
	s.head, s.headFile = g, f
	g.safe = g.end
	return nil
}

// matchBodies drops large messages whose body is missing and bodies that no message has.
func (s *Spool) matchBodies(files map[uint64]bool) {
	for p := range s.slots {
		m := &s.slots[p]
		if m.id == 0 || m.body == 0 {
			continue
		}
		want := bodyFileSize(m.body)
		size, err := int64(0), error(nil)
		if files[m.id] {
			size, err = s.sizeOf(bodyName(m.id))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errIrregular) {
			size = want // it may be read another time
		} else if err != nil || size != want {
			s.note(Damage{File: bodyName(m.id), Octets: want, ID: m.id})
			s.disown(int32(p))
			continue
		}
		delete(files, m.id)
		s.bodies += size
		s.disk += size
	}
	for id := range files {
		s.reader.forget(bodyName(id))
		_ = s.fs.Remove(bodyName(id))
	}
}

// disown forgets a message that cannot be read, and its (Peer, IMDNID): it may come again.
func (s *Spool) disown(p int32) {
	id := s.slots[p].id
	b := binary.LittleEndian.AppendUint64(nil, id)
	s.dropSlot(p)
	_ = s.control(kindForget, append(b, make([]byte, 8)...), ref{kind: kindForget, place: -1, id: id}, 0)
}
