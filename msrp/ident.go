package msrp

// An ident is a transaction id or Message-ID kept beyond the buffer it came in.
type ident struct {
	n   uint8
	mem [MaxID]byte
}

func (d *ident) set(b []byte) { d.n = uint8(copy(d.mem[:], b)) }

func (d *ident) octets() []byte { return d.mem[:d.n] }

// ownTID is one of our transaction ids: 80 random bits, where §7.1 asks for 64.
type ownTID [16]byte

const tidAlphabet = "abcdefghijklmnopqrstuvwxyz234567"

func newTID(entropy func([]byte), seed *[16]byte) (t ownTID) {
	entropy(seed[:])
	for i, c := range seed {
		t[i] = tidAlphabet[c&31]
	}
	return t
}
