package at

// An Access is a radio access technology, as far as P-Access-Network-Info tells them apart.
type Access uint8

// The accesses of 3GPP TS 24.229 §7.2A.4.2 that a modem reports.
const (
	AccessNone Access = iota // not registered, or not known
	GERAN
	UTRAN
	EUTRAN
	NR
)

// A Duplex is how a cell shares its band between the directions.
type Duplex uint8

// The duplex modes. Registration lines do not tell; serving-cell reports do.
const (
	DuplexUnknown Duplex = iota
	FDD
	TDD
)

// A Cell is the point where the modem is attached to the network. The zero Cell is no coverage.
// Cells are compared with ==.
type Cell struct {
	Access  Access
	Duplex  Duplex
	PLMN    PLMN   // the serving one, not the SIM's
	Located bool   // Area and ID are known
	Area    uint32 // LAC or TAC: 16 bits, 24 on NR
	ID      uint64 // cell identity: 16 bits on GERAN, 28 on UTRAN and E-UTRAN, 36 on NR
	Band    uint16 // operating band of E-UTRA or NR; 0 where it is not known
}

// MaxPANI is the most octets that AppendPANI appends.
const MaxPANI = len("3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=") + 6 + 6 + 9

// A layout is how one access writes its cell: TS 24.229 §7.2A.4.3.
type layout struct {
	class     string // access-class, duplex unknown
	fdd, tdd  string // access-type
	param     string
	area, id  int    // hexadecimal digits
	areaNever uint32 // reserved area beside 0 and all ones: "deleted" (TS 24.008 §10.5.1.3)
}

var layouts = [...]layout{
	GERAN:  {"3GPP-GERAN", "3GPP-GERAN", "3GPP-GERAN", ";cgi-3gpp=", 4, 4, 0xFFFE},
	UTRAN:  {"3GPP-UTRAN-FDD", "3GPP-UTRAN-FDD", "3GPP-UTRAN-TDD", ";utran-cell-id-3gpp=", 4, 7, 0xFFFE},
	EUTRAN: {"3GPP-E-UTRAN", "3GPP-E-UTRAN-FDD", "3GPP-E-UTRAN-TDD", ";utran-cell-id-3gpp=", 4, 7, 0xFFFE},
	NR:     {"3GPP-NR", "3GPP-NR-FDD", "3GPP-NR-TDD", ";utran-cell-id-3gpp=", 6, 9, 0xFFFFFE},
}

// valid reports whether the cell can be written with its identity.
//
// A cell identity of 0 is one that networks use; an area of 0 is not.
func (c Cell) valid() bool {
	l := layouts[c.Access]
	areaMax, idMax := uint32(1)<<(4*l.area)-1, uint64(1)<<(4*l.id)-1
	return c.Located && c.PLMN.Valid() &&
		c.Area != 0 && c.Area < areaMax && c.Area != l.areaNever &&
		(c.ID < idMax || c.ID == idMax && c.Access == GERAN)
}

// AppendPANI appends the value of P-Access-Network-Info within dst's capacity: nothing without
// coverage, the access type alone if the cell's identity is not known.
//
// TS 24.229 §7.2A.4.3: "utran-cell-id-3gpp" is the concatenation of the MCC, MNC, TAC (or LAC)
// and cell identity, without separators; "cgi-3gpp" the same on GERAN.
func (c Cell) AppendPANI(dst []byte) ([]byte, error) {
	if c.Access == AccessNone || int(c.Access) >= len(layouts) {
		return dst, nil
	}
	if cap(dst)-len(dst) < MaxPANI {
		return dst, ErrNoRoom
	}
	l := layouts[c.Access]
	dst = append(dst, [...]string{DuplexUnknown: l.class, FDD: l.fdd, TDD: l.tdd}[c.Duplex]...)
	if !c.valid() {
		return dst, nil
	}
	dst = append(dst, l.param...)
	dst = append(dst, c.PLMN.Digits()...)
	dst = appendHex(dst, uint64(c.Area), l.area)
	return appendHex(dst, c.ID, l.id), nil
}

// appendHex appends the low n digits of v.
func appendHex(dst []byte, v uint64, n int) []byte {
	for n--; n >= 0; n-- {
		dst = append(dst, "0123456789ABCDEF"[v>>(4*n)&15])
	}
	return dst
}
