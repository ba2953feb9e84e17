package spool

import (
	"crypto/rand"
	"errors"
	"syscall"
)

// reserveName is a file of one segment's size that is given up when the file system is full:
// then there is room to say that messages are forgotten, and to clean.
const reserveName = "reserve"

// noSpace reports whether err says that the file system is full.
func noSpace(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// keepReserve makes the file where it is missing and there is room for it. It is filled with
// what no file system can compress.
func (s *Spool) keepReserve() {
	size := int64(s.segSize)
	if s.reserve > 0 || s.fresh || s.tight || s.disk+size > s.maxBytes {
		return
	}
	f, err := s.fs.Open(reserveName, true)
	if err != nil {
		return
	}
	_, _ = rand.Read(s.block) // never fails
	for off := int64(0); off < size && err == nil; off += blockSize {
		_, err = f.WriteAt(s.block, off)
	}
	f.Close()
	if err != nil {
		_ = s.fs.Remove(reserveName)
		return
	}
	s.reserve = size
	s.disk += size
}

// giveWay frees some octets of a full file system: of the oldest segments where nothing in
// them is needed, else of the reserve, which messages to be stored do not get. It reports
// whether there was something.
func (s *Spool) giveWay() bool {
	if n := len(s.segs); !s.cleaning && n > 1 && s.segs[0].live == 0 && !s.segs[0].bad && s.segs[0] != s.head {
		_ = s.remove(s.segs[0])
		return len(s.segs) < n
	}
	if s.reserve == 0 || !s.cleaning && s.storing() || s.fs.Remove(reserveName) != nil {
		return false
	}
	s.disk -= s.reserve
	s.reserve = 0
	return true
}

// storing reports whether the batch holds a message.
func (s *Spool) storing() bool {
	for i := range s.refs {
		if s.refs[i].kind == kindEntry {
			return true
		}
	}
	return false
}

// allows reports whether the batch may grow to n octets: there is room in head, or for one
// more segment beside the one that is kept for marks and ends. It cleans to get there.
func (s *Spool) allows(n int) bool {
	want := s.sizeFor(n) + int64(s.segSize)
	if s.fits(n) || s.disk-s.unwritten()+want <= s.maxBytes {
		return true
	}
	_ = s.maintain(want)
	return s.fits(n) || s.disk-s.unwritten()+want <= s.maxBytes
}

// setCeiling takes what there is as allowed, and room to clean it, if the limit was lowered.
func (s *Spool) setCeiling() {
	s.ceiling = s.maxBytes
	if s.disk > s.maxBytes {
		s.ceiling = s.disk + 2*int64(s.segSize) + SegmentSize
	}
}
