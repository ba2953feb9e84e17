package image

import (
	"fmt"
	"io"
	"path"
)

// File types of struct stat's st_mode.
const (
	typeDir  = 0o040000
	typeFile = 0o100000
	typeChar = 0o020000
)

// trailer is the name of the entry that ends an archive.
const trailer = "TRAILER!!!"

// archive writes a cpio archive in the "new ASCII" form that the kernel unpacks. Owner and
// times are 0, so equal content gives equal octets. The first error stays.
type archive struct {
	w    io.Writer
	size int64
	ino  int
	err  error
	made map[string]bool // directories
}

func newArchive(w io.Writer) *archive { return &archive{w: w, made: map[string]bool{".": true}} }

// entry writes one entry: 110 octets of head, the name with its NUL, the content; the last
// two are each padded to a multiple of four.
func (a *archive) entry(name string, mode, major, minor int, content []byte) {
	a.ino++
	a.write(fmt.Appendf(nil, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		a.ino, mode, 0, 0, 1, 0, len(content), 0, 0, major, minor, len(name)+1, 0))
	a.write(append([]byte(name), 0))
	a.pad(4)
	a.write(content)
	a.pad(4)
}

func (a *archive) write(b []byte) {
	if a.err == nil {
		_, a.err = a.w.Write(b)
		a.size += int64(len(b))
	}
}

func (a *archive) pad(to int64) { a.write(make([]byte, -a.size&(to-1))) }

// dir makes a directory and those above it, once.
func (a *archive) dir(name string) {
	if a.made[name] {
		return
	}
	a.dir(path.Dir(name))
	a.made[name] = true
	a.entry(name, typeDir|0o755, 0, 0, nil)
}

// file makes a regular file.
func (a *archive) file(name string, mode int, content []byte) {
	a.dir(path.Dir(name))
	a.entry(name, typeFile|mode, 0, 0, content)
}

// char makes a character device.
func (a *archive) char(name string, major, minor int) {
	a.dir(path.Dir(name))
	a.entry(name, typeChar|0o600, major, minor, nil)
}

// close ends the archive.
func (a *archive) close() error {
	a.entry(trailer, 0, 0, 0, nil)
	a.pad(512)
	return a.err
}
