package spool

import "encoding/binary"

// A Dir is the direction of a message. The numbers are on flash.
type Dir uint8

// Directions.
const (
	In  Dir = 1 // from a peer, for the host
	Out Dir = 2 // from the host, for a peer
)

// An Entry is one message as it is stored. Parsed, its slices are views of the octets that
// it was parsed from.
//
// Lengths: each text at most 65,535 octets, all together with Body at most [MaxEntry].
type Entry struct {
	ID      uint64 // ascending, never 0, never used twice in one spool
	Dir     Dir
	State   uint8 // the caller's; Mark changes it
	Reason  uint8 // the caller's; Mark changes it
	Notify  uint8 // the caller's: which notifications were asked for
	Code    uint16
	Large   bool  // the body is in a file of its own; Body is empty
	Time    int64 // when it was stored, milliseconds since 1970
	Expires int64 // likewise; 0: never
	Changed int64 // when State was reached, likewise; 0: with Time
	Size    int64 // octets of the whole body

	Peer           []byte // one key a person
	Name           []byte // display name
	ClientID       []byte // the host's own id of an outgoing message
	IMDNID         []byte // imdn.Message-ID (RFC 5438 §6.3)
	MessageID      []byte // the caller's name of an incoming message without IMDNID: unique for its Peer
	ConversationID []byte
	ContentType    []byte
	Headers        []byte // the caller's encoding
	Body           []byte
}

// The layout of an entry, little endian:
//
//	 0 ID      8        24 Expires 8
//	 8 Dir     1        32 Changed 8
//	 9 State   1        40 Size    8
//	10 Reason  1        48 lengths of the eight texts, 2 each
//	11 Notify  1        64 length of Body 4
//	12 Code    2        68 the texts, in the order of the struct, then Body
//	14 flags   2
//	16 Time    8
const (
	entryHead = 68
	texts     = 8
	flagLarge = 1
)

// MaxEntry is the greatest length of an encoded entry, in octets: with its record header it
// fits one full segment.
const MaxEntry = SegmentSize - headerSize - recordOverhead

// views lists the texts in their order on flash.
func (e *Entry) views() [texts]*[]byte {
	return [texts]*[]byte{&e.Peer, &e.Name, &e.ClientID, &e.IMDNID, &e.MessageID, &e.ConversationID, &e.ContentType, &e.Headers}
}

// EntrySize returns the encoded length of e in octets.
func EntrySize(e *Entry) int {
	n := entryHead + len(e.Body)
	for _, v := range e.views() {
		n += len(*v)
	}
	return n
}

// AppendEntry appends e within the capacity of dst. On an error dst is returned unchanged:
// ErrNoRoom, ErrTooLarge, or ErrEntry where ID, Dir or Size are impossible.
func AppendEntry(dst []byte, e *Entry) ([]byte, error) {
	switch n := EntrySize(e); {
	case n > MaxEntry:
		return dst, ErrTooLarge
	case n > cap(dst)-len(dst):
		return dst, ErrNoRoom
	case !e.possible():
		return dst, ErrEntry
	}
	le := binary.LittleEndian
	b := le.AppendUint64(dst, e.ID)
	b = append(b, byte(e.Dir), e.State, e.Reason, e.Notify)
	b = le.AppendUint16(b, e.Code)
	flags := uint16(0)
	if e.Large {
		flags = flagLarge
	}
	b = le.AppendUint16(b, flags)
	for _, v := range [...]int64{e.Time, e.Expires, e.Changed, e.Size} {
		b = le.AppendUint64(b, uint64(v))
	}
	views := e.views()
	for _, v := range views {
		b = le.AppendUint16(b, uint16(len(*v)))
	}
	b = le.AppendUint32(b, uint32(len(e.Body)))
	for _, v := range views {
		b = append(b, *v...)
	}
	return append(b, e.Body...), nil
}

// possible reports whether the numbers of e agree with each other.
func (e *Entry) possible() bool {
	if e.ID == 0 || e.Dir != In && e.Dir != Out || e.Size < 0 {
		return false
	}
	if e.Large {
		return len(e.Body) == 0
	}
	return e.Size == int64(len(e.Body))
}

// ParseEntry reads one encoded entry, which must be the whole of b. The slices of e are
// views of b. The only error is ErrEntry.
func ParseEntry(b []byte, e *Entry) error {
	if len(b) < entryHead || len(b) > MaxEntry {
		return ErrEntry
	}
	le := binary.LittleEndian
	*e = Entry{
		ID: le.Uint64(b), Dir: Dir(b[8]), State: b[9], Reason: b[10], Notify: b[11], Code: le.Uint16(b[12:]),
		Large: le.Uint16(b[14:]) == flagLarge,
		Time:  int64(le.Uint64(b[16:])), Expires: int64(le.Uint64(b[24:])), Changed: int64(le.Uint64(b[32:])),
		Size: int64(le.Uint64(b[40:])),
	}
	rest := b[entryHead:]
	for i, v := range e.views() {
		n := int(le.Uint16(b[48+2*i:]))
		if n > len(rest) {
			return ErrEntry
		}
		*v, rest = rest[:n:n], rest[n:]
	}
	if uint64(le.Uint32(b[64:])) != uint64(len(rest)) || le.Uint16(b[14:]) > flagLarge {
		return ErrEntry
	}
	e.Body = rest[:len(rest):len(rest)]
	if !e.possible() {
		return ErrEntry
	}
	return nil
}

// patchEntry writes what Mark may change into an encoded entry.
func patchEntry(b []byte, m *mark) {
	b[9], b[10] = m.state, m.reason
	binary.LittleEndian.PutUint16(b[12:], m.code)
	binary.LittleEndian.PutUint64(b[32:], uint64(m.changed))
}
