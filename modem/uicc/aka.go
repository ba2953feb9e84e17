package uicc

// An AKA is what the card made of a challenge: RES and keys, or AUTS.
type AKA struct {
	res    [16]byte
	n      uint8
	CK, IK [16]byte
	Resync bool     // the sequence number is out of range: AUTS is for the network, there is no RES
	AUTS   [14]byte // of Resync
}

// RES returns the response: 4 to 16 octets, to be used raw (RFC 3310 §3.3), none with Resync.
func (a *AKA) RES() []byte { return a.res[:a.n:a.n] }

// AppendChallenge appends 10 RAND 10 AUTN, the data of AUTHENTICATE in the 3G context.
func AppendChallenge(dst []byte, rand, autn *[16]byte) []byte {
	dst = append(append(dst, 16), rand[:]...)
	return append(append(dst, 16), autn[:]...)
}

// AppendAuthenticate appends the command AUTHENTICATE in the 3G context, which is also that of
// IMS AKA on the ISIM (TS 31.102 §7.1.2.1, TS 31.103 §7.1.2.1): 40 octets.
func AppendAuthenticate(dst []byte, rand, autn *[16]byte) []byte {
	dst = AppendChallenge(append(dst, 0x00, 0x88, 0x00, 0x81, 34), rand, autn)
	return append(dst, 0)
}

// Split parts an answer into its octets and the status word. Some modems leave the status word
// out; then it is 9000 if the octets are just an answer to AUTHENTICATE.
func Split(b []byte) (octets []byte, sw uint16, err error) {
	if n := authLength(b); n > 0 && n == len(b) {
		return b, 0x9000, nil
	}
	if len(b) < 2 {
		return nil, 0, ErrSyntax
	}
	n := len(b) - 2
	return b[:n:n], uint16(b[n])<<8 | uint16(b[n+1]), nil
}

// authLength returns how long the answer to AUTHENTICATE at the beginning of b is, 0 if there is
// none.
func authLength(b []byte) int {
	if len(b) == 16 && b[0] == 0xDC && b[1] == 14 {
		return 16
	}
	n := 1
	if len(b) == 0 || b[0] != 0xDB {
		return 0
	}
	for range 3 {
		if n >= len(b) {
			return 0
		}
		n += 1 + int(b[n])
	}
	if n < len(b) && b[n] == 8 { // Kc
		n += 9
	}
	if n > len(b) {
		return 0
	}
	return n
}

// ParseAuthenticate reads the answer to AUTHENTICATE: DB, then RES, CK, IK and perhaps Kc, each
// behind its length; or DC and AUTS. Kc and what modems append is ignored.
func ParseAuthenticate(b []byte, sw uint16) (a AKA, err error) {
	if err := Check(sw); err != nil {
		return a, err
	}
	if len(b) == 0 {
		return a, ErrSyntax
	}
	kind, rest := b[0], b[1:]
	switch kind {
	case 0xDB:
		res, rest := counted(rest)
		ck, rest := counted(rest)
		ik, _ := counted(rest)
		// TS 33.102 §6.3.7: RES has a variable length of 4 to 16 octets.
		if len(res) < 4 || len(res) > 16 || len(ck) != 16 || len(ik) != 16 {
			return a, ErrSyntax
		}
		a.n, a.CK, a.IK = uint8(copy(a.res[:], res)), [16]byte(ck), [16]byte(ik)
		return a, nil
	case 0xDC:
		auts, _ := counted(rest)
		if len(auts) != 14 {
			return a, ErrSyntax
		}
		a.Resync, a.AUTS = true, [14]byte(auts)
		return a, nil
	}
	return a, ErrSyntax
}

// counted returns octets whose number stands before them, and what follows; nil if they are cut.
func counted(b []byte) (v, rest []byte) {
	if len(b) == 0 || int(b[0]) >= len(b) {
		return nil, nil
	}
	n := 1 + int(b[0])
	return b[1:n], b[n:]
}
