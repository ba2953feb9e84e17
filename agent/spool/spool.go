package spool

// Limits. Those of the whole are in Options.
const (
	SegmentSize = 64 << 10 // octets of one log file
	SeenIDs     = 10_000   // ids of forgotten messages that are still known as duplicates
	MaxBodies   = 32       // bodies between Begin and Finish
)

// Options are the limits of a spool.
type Options struct {
	MaxBytes    int64 // of all files together; at least 256 KiB; 0: 4 MiB
	MaxMessages int   // messages not yet forgotten; 0: 10,000
	FS          FS    // nil: the directory given to Open
}

// Open reads the spool in dir, making the directory and an empty spool where there is none,
// and locks it. Errors: ErrNewer, ErrLocked, ErrDamaged (not one file can be understood), or
// an *Error of the file system. What is damaged but does not prevent the rest from being
// used is left out and listed by Damaged.
func Open(dir string, o Options) (*Spool, error) { return nil, ErrClosed }

// NextID returns an id above all that were ever stored or begun here, and counts it as used.
func (s *Spool) NextID() uint64 { return 0 }

// Each calls f with every live entry in ascending order of id, with its present state, until
// f returns false. The entry and its views are valid until f returns. A large body is not in
// it. An entry that cannot be read is left out and listed by Damaged.
func (s *Spool) Each(f func(*Entry) bool) error { return ErrClosed }

// Append adds an encoded entry to the batch, which the next Commit stores. dup means that a
// message of this Peer with this IMDNID was stored before (or is in the batch), and nothing
// was added: answer it as if it had been. Only incoming entries with an IMDNID can be dup.
//
// Errors: ErrFull, ErrBatch (call Commit and then Append again), ErrEntry, ErrID.
func (s *Spool) Append(payload []byte) (dup bool, err error) { return false, ErrClosed }

// Pending returns how many octets the batch holds.
func (s *Spool) Pending() int { return 0 }

// Commit stores the batch: one write and one fdatasync. After an error (an *Error) nothing
// of the batch is stored, and all that was stored before is as it was.
func (s *Spool) Commit() error { return ErrClosed }

// Mark records that a message reached a state, without waiting for the flash: after a power
// cut the message may be back in an earlier state. It is written at once, or with the batch
// when there is one. The state counts from now on even when an error is returned.
func (s *Spool) Mark(id uint64, state, reason uint8, code uint16, changed int64) error {
	return ErrClosed
}

// Forget drops a message, without waiting for the flash: after a power cut it may be back,
// under the same id. Its (Peer, IMDNID) stays known to Append.
func (s *Spool) Forget(id uint64) error { return ErrClosed }

// Load copies body octets from offset off into dst and returns how many there were: less
// than len(dst) only at the end of the body. ErrNotFound, ErrDamaged, or an *Error.
func (s *Spool) Load(id uint64, off int64, dst []byte) (n int, err error) { return 0, ErrClosed }

// LoadEntry appends the encoded entry, with its present state, within the capacity of dst.
// ErrNoRoom (dst unchanged), ErrNotFound, ErrDamaged, or an *Error.
func (s *Spool) LoadEntry(dst []byte, id uint64) ([]byte, error) { return dst, ErrClosed }

// FindClient returns the id of the live outgoing message with this ClientID; 0 for none.
func (s *Spool) FindClient(clientID []byte) uint64 { return 0 }

// SetConversation keeps the Conversation-ID of a peer, without waiting for the flash. An
// empty id drops the peer.
func (s *Spool) SetConversation(peer, id string) error { return ErrClosed }

// EachConversation calls f with every peer that has a Conversation-ID until f returns false.
func (s *Spool) EachConversation(f func(peer, id string) bool) {}

// Begin opens a file for the body of message id, to be written by WriteAt. The id is on
// flash when Begin returns, so it is not given out again after a crash. ErrID, ErrBusy,
// ErrFull, or an *Error.
func (s *Spool) Begin(id uint64) error { return ErrClosed }

// WriteAt writes octets of an unfinished body; parts may come in any order and overlap.
func (s *Spool) WriteAt(id uint64, p []byte, off int64) error { return ErrClosed }

// Finish adds the entry of a begun body (Large, Size octets) to the batch; the body itself is
// on flash when it returns. It is Append otherwise. On dup or an error but ErrBatch the body
// is discarded.
func (s *Spool) Finish(payload []byte) (dup bool, err error) { return false, ErrClosed }

// Discard drops an unfinished body.
func (s *Spool) Discard(id uint64) {}

// Usage returns the octets of all files and the number of live messages.
func (s *Spool) Usage() (bytes int64, messages int) { return 0, 0 }

// Damaged lists what was found unreadable since Open, at most 64 places.
func (s *Spool) Damaged() []Damage { return nil }

// Close writes what Mark and Forget left unsynced and unlocks the directory. An uncommitted
// batch and unfinished bodies are dropped.
func (s *Spool) Close() error { return nil }

// A Spool is an open spool. One goroutine at a time may use it.
type Spool struct{}

// A Damage is one place that cannot be read.
type Damage struct {
	File   string
	Offset int64
	Octets int64
	ID     uint64 // of the message, where that could still be read; else 0
	Torn   bool   // the end of a log that a power cut left: it was never confirmed to anybody
}

// String is one line about it.
func (d Damage) String() string { return d.File }

type mark struct {
	state, reason uint8
	code          uint16
	changed       int64
}

const (
	headerSize     = 96
	recordOverhead = 13
)
