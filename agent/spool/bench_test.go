package spool

import (
	"io"
	"testing"
)

// A counted FS counts what reaches the operating system.
type counted struct {
	FS
	syncs, dirSyncs, writes, octets int64
}

type countedFile struct {
	File
	c *counted
}

func (c *counted) Open(name string, create bool) (File, error) {
	f, err := c.FS.Open(name, create)
	return &countedFile{f, c}, err
}

func (c *counted) SyncDir() error           { c.dirSyncs++; return c.FS.SyncDir() }
func (c *counted) Lock() (io.Closer, error) { return c.FS.Lock() }
func (f *countedFile) Sync() error          { f.c.syncs++; return f.File.Sync() }

func (f *countedFile) WriteAt(p []byte, off int64) (int, error) {
	f.c.writes++
	f.c.octets += int64(len(p))
	return f.File.WriteAt(p, off)
}

// BenchmarkAppendCommit is the life of one incoming message of 250 octets: stored, marked
// twice, forgotten, on a real directory.
func BenchmarkAppendCommit(b *testing.B) {
	d, err := openDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	c := &counted{FS: d}
	s := mustOpen(b, "", Options{FS: c})
	buf := make([]byte, 0, 4096)
	e := entryOf(1, "bench", 245)
	b.ReportAllocs()
	n := int64(0)
	for b.Loop() {
		e.ID = s.NextID()
		e.IMDNID = append(e.IMDNID[:0], pad(8)...)
		for id, i := e.ID, 0; id > 0; id, i = id/10, i+1 {
			e.IMDNID[i%8] = '0' + byte(id%10)
		}
		p, _ := AppendEntry(buf, &e)
		if dup, err := s.Append(p); dup || err != nil {
			b.Fatal(dup, err)
		}
		if err := s.Commit(); err != nil {
			b.Fatal(err)
		}
		_ = s.Mark(e.ID, 2, 0, 0, 1)
		_ = s.Mark(e.ID, 3, 0, 0, 1)
		_ = s.Forget(e.ID)
		n++
	}
	b.ReportMetric(float64(c.syncs)/float64(n), "fdatasync/op")
	b.ReportMetric(float64(c.dirSyncs)/float64(n), "dirsync/op")
	b.ReportMetric(float64(c.writes)/float64(n), "writes/op")
	b.ReportMetric(float64(c.octets)/float64(n), "written-B/op")
}

func BenchmarkOpenFull(b *testing.B) {
	dir := b.TempDir()
	s := mustOpen(b, dir, Options{})
	for i := range 10_000 {
		appendOne(b, s, entryOf(s.NextID(), "m", 150))
		if i%100 == 99 {
			commit(b, s)
		}
	}
	s.Close()
	for b.Loop() {
		s, err := Open(dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		_ = s.Each(func(*Entry) bool { n++; return true })
		s.Close()
	}
}

func BenchmarkMark(b *testing.B) {
	s := mustOpen(b, b.TempDir(), Options{})
	if err := s.store("m", 100); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Mark(1, 2, 0, 0, 3); err != nil {
			b.Fatal(err)
		}
	}
}
