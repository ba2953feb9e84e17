package spool

import (
	"crypto/sha256"
	"hash"
	"io"
)

// Limits. Those of the whole are in Options.
const (
	SegmentSize = 64 << 10 // octets of one log file, unless MaxBytes is below 2 MiB
	SeenIDs     = 10_000   // ids of forgotten messages still known as duplicates; fewer below 1 MiB of MaxBytes
	MaxBodies   = 32       // bodies between Begin and Finish
	MaxPeers    = 2048     // Conversation-IDs; the one set longest ago gives way
	MaxPeerText = 1024     // octets of a peer and its Conversation-ID together
	maxPending  = 96 << 10 // octets of a batch with the marks that joined it
	maxDamages  = 64
)

// Options are the limits of a spool.
type Options struct {
	MaxBytes    int64 // of all files together; at least 256 KiB; 0: 4 MiB
	MaxMessages int   // messages not yet forgotten; 0: 10,000
	FS          FS    // nil: the directory given to Open
}

// A Spool is an open spool. One goroutine at a time may use it.
type Spool struct {
	fs       FS
	lock     io.Closer
	closed   bool
	maxBytes int64
	maxSlots int
	maxSeen  int
	segSize  int
	salt     salt
	hash     hash.Hash
	sum      [sha256.Size]byte

	// the log
	segs        []*segment // ascending; never empty once something was written
	head        *segment   // the last of segs while it may be written; nil: the next write makes one
	headFile    File
	nextSeq     uint32
	fresh       bool // no segment header is on flash yet
	hasIdentity bool
	dirty       bool // head has octets that were not synced
	newDir      bool // the name of head was not synced
	dirLate     bool // a deletion was not synced
	disk        int64
	aside       int64 // octets of the file set aside
	reserve     int64 // octets of the file that is given up when the file system is full
	ceiling     int64 // octets of all files that nothing may take them above
	cleaning    bool  // maintain is at work
	tight       bool  // … because the file system is full
	reader      reader

	// the batch
	pend    []byte   // records without checks
	refs    []ref    // what their places will be noted in
	awaited int      // how many of them a Commit is awaited for
	repeats uint64   // what the last entry was found to repeat
	sticky  error    // a batch that had to be written early failed with this
	unsaved bool     // something below is known to memory and has no record
	lost    []uint64 // forgotten messages whose end has none; also marked slots, seen ids, conversations
	loose   []uint64 // messages with a mark or an end written since the last sync
	ends    []ending // where abandoned segments end, until a later one says so

	// the index
	high     uint64
	slots    []slot
	free     []int32
	byID     index
	bySeen   index // live messages by seen
	messages int
	live     int64 // octets of records that are needed, without bodies
	ring     ring
	peers    map[string]*conversation
	order    uint64

	// bodies
	open    map[uint64]*body
	bodies  int64      // octets of all body files
	gone    []goneBody // to delete once their messages' end is on flash
	damaged []Damage
	scratch []byte
	block   []byte

	moves    []moved // of the segment being cleaned
	seenRoom []byte  // seen ids on their way out of it
}

// A slot is what memory keeps of one live message. seq 0 means that its record is in the
// batch, at off.
type slot struct {
	id      uint64 // 0: free
	changed int64
	seen    uint64 // hash of (Peer, IMDNID) of an incoming message, or of the ClientID of an outgoing one; 0: none
	body    int64  // size of the body in a file of its own; 0: none
	seq     uint32
	off     uint32
	n       uint16 // length of the encoded entry
	unsaved bool   // its state has no record
	code    uint16
	state   uint8
	reason  uint8
}

// cost is what a message takes of the space: its record, and its id afterwards.
func (m *slot) cost() int64 { return int64(m.n) + recordOverhead + seenSize }

// A goneBody is the file of a forgotten message.
type goneBody struct {
	id   uint64
	size int64
}

// A conversation is one peer's Conversation-ID. seq 0: its record is in the batch or unsaved.
type conversation struct {
	id    string
	seq   uint32
	order uint64 // when it was set, counted
}

func (o Options) withDefaults() Options {
	if o.MaxBytes == 0 {
		o.MaxBytes = 4 << 20
	}
	o.MaxBytes = max(o.MaxBytes, 256<<10)
	if o.MaxMessages <= 0 {
		o.MaxMessages = 10_000
	}
	return o
}

// newSpool takes the memory.
func newSpool(o Options) *Spool {
	s := &Spool{
		fs: o.FS, maxBytes: o.MaxBytes, maxSlots: o.MaxMessages, nextSeq: 1,
		maxSeen: int(min(SeenIDs, o.MaxBytes/96)), segSize: int(min(SegmentSize, max(8<<10, o.MaxBytes/32&^4095))),
		hash: sha256.New(), slots: make([]slot, 0, o.MaxMessages), peers: map[string]*conversation{}, open: map[uint64]*body{},
		pend: make([]byte, 0, maxPending), scratch: make([]byte, SegmentSize), block: make([]byte, blockSize),
		seenRoom: make([]byte, 0, seenAtOnce*seenSize),
	}
	s.byID = newIndex(o.MaxMessages, func(p int32) uint64 { return s.slots[p].id })
	s.bySeen = newIndex(o.MaxMessages, func(p int32) uint64 { return s.slots[p].seen })
	s.ring.init(s.maxSeen)
	return s
}

// limit is how many octets may be needed at once. What remains is room for the segment being
// written, for one being cleaned, for the reserve, and for records of any length.
func (s *Spool) limit() int64 { return s.maxBytes - 3*int64(s.segSize) - SegmentSize }

// needed is how many octets of all files are needed.
func (s *Spool) needed() int64 { return s.live + s.bodies + s.aside }

// NextID returns an id above all that were ever stored or begun here, and counts it as used.
func (s *Spool) NextID() uint64 {
	s.high++
	return s.high
}

// Usage returns the octets of all files and the number of live messages.
func (s *Spool) Usage() (bytes int64, messages int) { return s.disk, s.messages }

// Pending returns how many octets the batch holds.
func (s *Spool) Pending() int { return len(s.pend) }

// slotOf returns the place of a live message, or -1.
func (s *Spool) slotOf(id uint64) int32 {
	if id == 0 {
		return -1
	}
	return s.byID.get(id)
}

// addSlot takes m into the index; its record is in segment m.seq, or in the batch.
func (s *Spool) addSlot(m slot) int32 {
	var p int32
	if n := len(s.free); n > 0 {
		p, s.free = s.free[n-1], s.free[:n-1]
		s.slots[p] = m
	} else {
		p = int32(len(s.slots))
		s.slots = append(s.slots, m)
	}
	s.byID.put(p)
	if m.seen != 0 {
		s.bySeen.put(p)
	}
	s.need(m.seq, 1)
	s.live += m.cost()
	s.messages++
	return p
}

// dropSlot takes a message out of the index.
func (s *Spool) dropSlot(p int32) {
	m := &s.slots[p]
	s.byID.remove(p)
	if m.seen != 0 {
		s.bySeen.remove(p)
	}
	s.need(m.seq, -1)
	s.live -= m.cost()
	s.messages--
	*m = slot{}
	s.free = append(s.free, p)
}

// Close writes what Mark and Forget left unsynced and unlocks the directory. An uncommitted
// batch and unfinished bodies are dropped.
func (s *Spool) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	for id := range s.open {
		s.Discard(id)
	}
	s.reader.close()
	var err error
	s.rollback()
	if s.unsaved {
		s.resave()
		err = s.flush(true)
	}
	if s.headFile != nil {
		if e := s.syncHead(); err == nil {
			err = e
		}
		if err == nil {
			s.dropGone()
		}
		s.headFile.Close()
		s.head, s.headFile = nil, nil
	}
	if e := s.lock.Close(); err == nil {
		err = e
	}
	return fault("close", err)
}
