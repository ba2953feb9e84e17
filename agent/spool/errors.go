package spool

import "errors"

// Errors of Open. Each is permanent until somebody changes the directory.
var (
	ErrNewer   = errors.New("spool: open: written by a newer version")
	ErrLocked  = errors.New("spool: open: in use by another process")
	ErrDamaged = errors.New("spool: no valid segment header, or the octets asked for fail their checksum")
)

// Errors of single calls. None of them changes what is stored.
var (
	ErrFull     = errors.New("spool: append: max_bytes or max_messages reached")
	ErrBatch    = errors.New("spool: append: batch full, commit first")
	ErrNoRoom   = errors.New("spool: destination too small")
	ErrEntry    = errors.New("spool: malformed entry")
	ErrTooLarge = errors.New("spool: append: entry above MaxEntry")
	ErrID       = errors.New("spool: message id in use")
	ErrNotFound = errors.New("spool: no such message")
	ErrBusy     = errors.New("spool: begin: too many unfinished bodies")
	ErrClosed   = errors.New("spool: closed")
)

// An Error is a failure of the file system. Err is what it said: errors.Is finds
// syscall.ENOSPC, syscall.EIO or syscall.EROFS in it.
type Error struct {
	Op  string // commit, mark, load, open …
	Err error
}

// Error is "spool: op: cause".
func (e *Error) Error() string { return "spool: " + e.Op + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// fault wraps an error of the file system; nil stays nil.
func fault(op string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Op: op, Err: err}
}
