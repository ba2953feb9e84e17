package modemtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
)

// A milenage is the algorithm set of 3GPP TS 35.206 for one subscriber, over crypto/aes.
type milenage struct {
	block cipher.Block // keyed with K
	opc   [16]byte
}

// newMilenage returns the set of K and OPc.
func newMilenage(k, opc [16]byte) *milenage {
	b, err := aes.NewCipher(k[:])
	if err != nil {
		panic(err) // a key of 16 octets is always taken
	}
	return &milenage{b, opc}
}

// opcOf derives OPc from K and OP (TS 35.206 §4.1).
func opcOf(k, op [16]byte) (out [16]byte) {
	b, _ := aes.NewCipher(k[:])
	b.Encrypt(out[:], op[:])
	subtle.XORBytes(out[:], out[:], op[:])
	return out
}

// temp is E_K(RAND xor OPc).
func (m *milenage) temp(rand []byte) (t [16]byte) {
	subtle.XORBytes(t[:], rand, m.opc[:])
	m.block.Encrypt(t[:], t[:])
	return t
}

// f1 returns MAC-A and MAC-S.
func (m *milenage) f1(rand, sqn, amf []byte) (macA, macS [8]byte) {
	var in [16]byte
	copy(in[:], sqn)
	copy(in[6:], amf)
	copy(in[8:], in[:8])
	t := m.temp(rand)
	var x [16]byte
	for i := range in { // rotated by r1 = 64 bits; c1 is zero
		x[(i+8)%16] = in[i] ^ m.opc[i]
	}
	subtle.XORBytes(x[:], x[:], t[:])
	m.block.Encrypt(x[:], x[:])
	subtle.XORBytes(x[:], x[:], m.opc[:])
	return [8]byte(x[:8]), [8]byte(x[8:])
}

// out returns OUT2 to OUT5 by their rotation in octets and their constant.
func (m *milenage) out(rand []byte, rotate int, c byte) (out [16]byte) {
	t := m.temp(rand)
	for i := range t {
		out[(i+16-rotate)%16] = t[i] ^ m.opc[i]
	}
	out[15] ^= c
	m.block.Encrypt(out[:], out[:])
	subtle.XORBytes(out[:], out[:], m.opc[:])
	return out
}

// f2345 returns RES, CK, IK and AK.
func (m *milenage) f2345(rand []byte) (res [8]byte, ck, ik [16]byte, ak [6]byte) {
	two := m.out(rand, 0, 1)
	return [8]byte(two[8:]), m.out(rand, 4, 2), m.out(rand, 8, 4), [6]byte(two[:6])
}

// f5star returns the AK of resynchronisation.
func (m *milenage) f5star(rand []byte) [6]byte {
	five := m.out(rand, 12, 8)
	return [6]byte(five[:6])
}
