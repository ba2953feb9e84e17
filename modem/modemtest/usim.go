package modemtest

import (
	"bytes"
	"crypto/subtle"
	"encoding/binary"
)

// A Subscriber is the secret of a simulated card, and its sequence number.
type Subscriber struct {
	K, OPc [16]byte
	SQN    uint64 // the highest that was accepted, 48 bits
}

// DefaultSubscriber is test set 1 of 3GPP TS 35.208 with a sequence number just below the set's.
var DefaultSubscriber = Subscriber{K: [16]byte(octets("465b5ce8b199b49faa5f0a2ee238a6bc")), OPc: [16]byte(octets("cd63cb71954a9f4e48a5994e37a02baf")), SQN: 0xff9bb4d0b606}

// sqnRange is how far ahead a sequence number may be (TS 33.102 annex C.2.1: delta).
const sqnRange = 1 << 28

// Authenticate is the card's side of AKA (TS 33.102 §6.3.3): DB, RES, CK, IK; DC, AUTS where the
// sequence number is old or far ahead; or status word 9862 where the MAC is wrong.
func (s *Subscriber) Authenticate(rand, autn []byte) (answer []byte, sw uint16) {
	m := newMilenage(s.K, s.OPc)
	res, ck, ik, ak := m.f2345(rand)
	var sqn [8]byte
	subtle.XORBytes(sqn[2:], autn[:6], ak[:])
	macA, _ := m.f1(rand, sqn[2:], autn[6:8])
	if !bytes.Equal(macA[:], autn[8:16]) {
		return nil, 0x9862
	}
	if n := binary.BigEndian.Uint64(sqn[:]); n <= s.SQN || n-s.SQN > sqnRange {
		return append([]byte{0xDC, 14}, s.auts(m, rand)...), 0x9000
	} else {
		s.SQN = n
	}
	out := append([]byte{0xDB, 8}, res[:]...)
	out = append(append(out, 16), ck[:]...)
	return append(append(out, 16), ik[:]...), 0x9000
}

// auts returns SQN xor AK*, MAC-S, for which AMF is zero (TS 33.102 §6.3.3).
func (s *Subscriber) auts(m *milenage, rand []byte) []byte {
	var sqn [8]byte
	binary.BigEndian.PutUint64(sqn[:], s.SQN)
	_, macS := m.f1(rand, sqn[2:], []byte{0, 0})
	ak := m.f5star(rand)
	out := make([]byte, 6, 14)
	subtle.XORBytes(out, sqn[2:], ak[:])
	return append(out, macS[:]...)
}

// Challenge is the network's side: it returns AUTN for a RAND and the sequence number sqn.
func (s *Subscriber) Challenge(rand [16]byte, sqn uint64, amf [2]byte) (autn [16]byte) {
	m := newMilenage(s.K, s.OPc)
	_, _, _, ak := m.f2345(rand[:])
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], sqn)
	macA, _ := m.f1(rand[:], number[2:], amf[:])
	subtle.XORBytes(autn[:6], number[2:], ak[:])
	copy(autn[6:], amf[:])
	copy(autn[8:], macA[:])
	return autn
}

// Resync is the network's side of resynchronisation: the card's sequence number out of AUTS; ok
// is false if its MAC is wrong.
func (s *Subscriber) Resync(rand [16]byte, auts []byte) (sqn uint64, ok bool) {
	m := newMilenage(s.K, s.OPc)
	ak := m.f5star(rand[:])
	var number [8]byte
	subtle.XORBytes(number[2:], auts[:6], ak[:])
	_, macS := m.f1(rand[:], number[2:], []byte{0, 0})
	return binary.BigEndian.Uint64(number[:]), bytes.Equal(macS[:], auts[6:14])
}
