package spool

import "io"

// An FS is the one directory that a spool lives in. Names have no separators. The spool
// relies on nothing that POSIX does not promise: what was written is on flash after Sync of
// its File, a name after SyncDir; before that any part of it may be lost, in any order.
type FS interface {
	// Lock takes the directory for this process, or returns ErrLocked.
	Lock() (io.Closer, error)
	// List returns the names of all files.
	List() ([]string, error)
	// Open opens a file for reading and writing; create makes it, empty, where it is missing.
	Open(name string, create bool) (File, error)
	// Remove deletes a file, Rename moves it over another.
	Remove(name string) error
	Rename(from, to string) error
	// SyncDir makes the creations, deletions and renames so far durable.
	SyncDir() error
}

// A File is one open file of an FS.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Truncate(size int64) error
	// Sync makes the octets and the size durable (fdatasync).
	Sync() error
}
