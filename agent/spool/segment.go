package spool

import (
	"sort"
	"strconv"
	"strings"
)

// A segment is one file of the log.
type segment struct {
	seq  uint32
	size int64 // of the file
	end  int64 // behind the last record
	safe int64 // behind the last record that is durable; 0: nothing is. Of head only
	live int   // messages, conversations and seen ids whose record is here
	bad  bool  // something in it is damaged
	torn bool  // a power cut left something behind its last record

	closed      bool // nothing more is written to it: it has no good header, or an end that could not be cut
	olderSynced bool // the older ones need no sync

	faults int // how often it was tried to be cleaned and could not be read

	limit int64 // nothing counts behind it, says a later segment; 0: all does
}

const (
	segmentExt = ".log"
	bodyExt    = ".body"
	asideName  = "set-aside"
)

func segmentName(seq uint32) string {
	return strings.Repeat("0", max(0, 8-len(strconv.FormatUint(uint64(seq), 10)))) + strconv.FormatUint(uint64(seq), 10) + segmentExt
}

// segmentOf returns the segment with this number, or nil.
func (s *Spool) segmentOf(seq uint32) *segment {
	if n := len(s.segs); n > 0 && s.segs[n-1].seq == seq {
		return s.segs[n-1]
	}
	i := sort.Search(len(s.segs), func(i int) bool { return s.segs[i].seq >= seq })
	if i == len(s.segs) || s.segs[i].seq != seq {
		return nil
	}
	return s.segs[i]
}

// need counts n more records that are needed in segment seq.
func (s *Spool) need(seq uint32, n int) {
	if g := s.segmentOf(seq); g != nil {
		g.live += n
	}
}

// move notes that a needed record now is in segment to.
func (s *Spool) move(seq *uint32, to uint32) {
	s.need(*seq, -1)
	s.need(to, 1)
	*seq = to
}

// fits reports whether head has room for n octets.
func (s *Spool) fits(n int) bool { return s.head != nil && s.head.end+int64(n) <= s.head.size }

// sizeFor is the size of a new segment that shall take n octets at once.
func (s *Spool) sizeFor(n int) int64 { return int64(max(s.segSize, headerSize+s.endsLen()+n)) }

// room makes head one with room for n octets. On an error head is as it was, or nil.
func (s *Spool) room(n int) error {
	if s.fits(n) {
		return nil
	}
	if s.head != nil { // before the next one is there: its header says so
		if err := s.syncHead(); err != nil {
			s.abandon()
			return err
		}
	}
	size := s.sizeFor(n)
	if s.disk-s.unwritten()+size > s.ceiling {
		return ErrFull
	}
	g, f, err := s.create(size)
	for noSpace(err) && s.giveWay() {
		g, f, err = s.create(size)
	}
	if err != nil {
		return err
	}
	s.retire()
	s.head, s.headFile, s.newDir, s.dirty = g, f, true, true
	s.segs = append(s.segs, g)
	return nil
}

// unwritten is how many octets of head will be cut off if it is left now.
func (s *Spool) unwritten() int64 {
	if s.head == nil {
		return 0
	}
	return s.head.size - s.head.end
}

// create makes an empty segment, filled with zeros: writing a record into it then changes
// neither its size nor its blocks, so fdatasync has only the record to write.
func (s *Spool) create(size int64) (*segment, File, error) {
	g := &segment{seq: s.nextSeq, size: size, end: headerSize}
	s.nextSeq++
	f, err := s.fs.Open(segmentName(g.seq), true)
	if err != nil {
		return nil, nil, err
	}
	h := header{seq: g.seq, salt: s.salt, high: s.high, olderSynced: true}
	b := s.appendEnds(h.append(nil), g.seq)
	g.end = int64(len(b))
	_, err = f.WriteAt(b, 0)
	for off := g.end; off < size && err == nil; {
		n := min(size-off, blockSize-off%blockSize)
		_, err = f.WriteAt(zeros[:n], off)
		off += n
	}
	if err == nil && s.fresh {
		err = s.settle(f)
	}
	if err != nil {
		f.Close()
		_ = s.fs.Remove(segmentName(g.seq))
		return nil, nil, err
	}
	s.disk += size
	return g, f, nil
}

// zeros is what a new segment is filled with, block by block: written at once, the page cache
// would take 64 KiB for one page, and each record would count as a write of all of it.
var zeros [blockSize]byte

// settle makes the first header durable before anything follows it: later, a spool without
// any good header is known to be damaged, not young.
func (s *Spool) settle(f File) error {
	if err := f.Sync(); err != nil {
		return err
	}
	if err := s.fs.SyncDir(); err != nil {
		return err
	}
	s.fresh = false
	s.writeIdentity()
	return nil
}

// retire closes head, all of which is durable.
func (s *Spool) retire() {
	if s.head == nil {
		return
	}
	if s.head.end < s.head.size && s.headFile.Truncate(s.head.end) == nil {
		s.disk -= s.head.size - s.head.end
		s.head.size = s.head.end
	}
	s.headFile.Close()
	s.head, s.headFile = nil, nil
}

// syncHead makes what was written durable.
func (s *Spool) syncHead() error {
	if s.dirty {
		if err := s.headFile.Sync(); err != nil {
			return err
		}
		s.dirty = false
	}
	if s.newDir {
		if err := s.fs.SyncDir(); err != nil {
			return err
		}
		s.newDir = false
	}
	s.head.safe = s.head.end
	s.loose, s.ends = s.loose[:0], s.ends[:0]
	return nil
}

// synced reports whether all that stands in head is durable.
func (s *Spool) synced() bool { return !s.dirty && !s.newDir && s.head.safe == s.head.end }

// abandon stops writing to head after a failure: after a failed fdatasync nobody knows which
// of its pages are on flash, and no later one tells. What was not confirmed is cut off, the
// next segment says where this one ends, and what was written without being synced counts
// as unsaved.
//
// There are at most two endings at a time: one of a segment that was synced, which took the
// earlier ones to flash, and one for all those after it in which nothing ever was.
func (s *Spool) abandon() {
	g := s.head
	if g == nil {
		return
	}
	s.reader.close()
	end := max(g.safe, headerSize)
	if s.headFile.Truncate(end) == nil {
		s.disk -= g.size - end
		g.size = end
	}
	s.headFile.Close()
	s.head, s.headFile, s.dirty, s.newDir = nil, nil, false, false
	g.end = end
	s.endHere(g)
	s.unsave(g.seq)
	if g.safe == 0 && s.fs.Remove(segmentName(g.seq)) == nil {
		s.disk -= g.size
		s.segs = s.segs[:len(s.segs)-1]
		s.fresh = len(s.segs) == 0
	}
}

// unsave notes that what was written to a segment without being synced has no record.
func (s *Spool) unsave(seq uint32) {
	for i := range s.ring.ids {
		if s.ring.ids[i].seq == seq {
			s.move(&s.ring.ids[i].seq, 0)
		}
	}
	for _, c := range s.peers {
		if c.seq == seq {
			s.move(&c.seq, 0)
		}
	}
	for _, id := range s.loose {
		if p := s.slotOf(id); p >= 0 {
			s.slots[p].unsaved = true
		} else {
			s.lost = append(s.lost, id)
		}
	}
	s.loose, s.unsaved = s.loose[:0], true
}
