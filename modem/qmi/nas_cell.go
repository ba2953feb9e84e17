package qmi

// A GSMCell is the serving cell of GSM or UMTS.
type GSMCell struct {
	PLMN    PLMN
	LAC     uint16
	CID     uint32 // on UMTS 16 bits, or 28 where Full
	Full    bool
	Channel uint16 // ARFCN or UARFCN
}

// An LTECell is the serving cell of E-UTRA.
type LTECell struct {
	PLMN   PLMN
	TAC    uint16
	CID    uint32 // 28 bits
	EARFCN uint32
	PCI    uint16
}

// An NRCell is the serving cell of NR.
type NRCell struct {
	PLMN  PLMN
	TAC   uint32 // 24 bits
	CID   uint64 // 36 bits
	PCI   uint16
	ARFCN uint32 // 0 where it is not told
}

// A CellLocation is the serving cells. One whose PLMN is not valid is not there.
type CellLocation struct {
	GSM, UMTS GSMCell
	LTE       LTECell
	NR        NRCell
}

// ParseCellLocation reads the answer to NASGetCellLocationInfo. A TLV that is shorter than its
// serving cell counts as not there.
func ParseCellLocation(b []byte, f *Frame) (c CellLocation, err error) {
	if err := f.Result(b); err != nil {
		return c, err
	}
	if r, ok := f.Find(b, 0x10); ok {
		cid := r.U32()
		g := GSMCell{PLMN: bcdPLMN(r.Bytes(3)), CID: cid, LAC: r.U16(), Channel: r.U16(), Full: true}
		if r.OK() {
			c.GSM = g
		}
	}
	if r, ok := f.Find(b, 0x11); ok {
		cid := r.U16()
		u := GSMCell{PLMN: bcdPLMN(r.Bytes(3)), CID: uint32(cid), LAC: r.U16(), Channel: r.U16()}
		if r.OK() {
			c.UMTS = u
		}
	}
	if r, ok := f.Find(b, 0x17); ok {
		if cid := r.U32(); r.OK() {
			c.UMTS.CID, c.UMTS.Full = cid, true
		}
	}
	c.lte(b, f)
	c.nr(b, f)
	return c, nil
}

func (c *CellLocation) lte(b []byte, f *Frame) {
	r, ok := f.Find(b, 0x13)
	if !ok {
		return
	}
	r.U8() // idle
	l := LTECell{PLMN: bcdPLMN(r.Bytes(3)), TAC: r.U16(), CID: r.U32()}
	l.EARFCN, l.PCI = uint32(r.U16()), r.U16()
	if !r.OK() {
		return
	}
	if r, ok := f.Find(b, 0x27); ok { // 32 bits, for channels above 65535
		if v := r.U32(); r.OK() {
			l.EARFCN = v
		}
	}
	c.LTE = l
}

func (c *CellLocation) nr(b []byte, f *Frame) {
	r, ok := f.Find(b, 0x2F)
	if !ok {
		return
	}
	n := NRCell{PLMN: bcdPLMN(r.Bytes(3))}
	if v := r.Bytes(3); v != nil { // the high octet first
		n.TAC = uint32(v[0])<<16 | uint32(v[1])<<8 | uint32(v[2])
	}
	n.CID, n.PCI = r.U64(), r.U16()
	if !r.OK() {
		return
	}
	if r, ok := f.Find(b, 0x2E); ok {
		n.ARFCN = r.U32()
	}
	c.NR = n
}

// ParseBand reads the band of a radio interface out of the answer to NASGetRFBandInfo: the number
// of 3GPP for LTE and NR, 0 where it is not told or not known.
func ParseBand(b []byte, f *Frame, radio Radio) (uint16, error) {
	if err := f.Result(b); err != nil {
		return 0, err
	}
	for _, p := range [...]struct{ kind, channel uint8 }{{0x11, 4}, {0x01, 2}} {
		r, ok := f.Find(b, p.kind)
		for n := r.U8(); ok && n > 0; n-- {
			if which, band := Radio(r.U8()), r.U16(); r.Bytes(int(p.channel)) == nil {
				break
			} else if which == radio {
				return bandNumber(band), nil
			}
		}
	}
	return 0, nil
}

// lteBands and nrBands are the bands of 3GPP by QMI's number, from 120 and from 250 on.
var (
	lteBands = [...]uint16{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 17, 33, 34, 35, 36, 37, 38, 39, 40, 18, 19, 20, 21,
		24, 25, 41, 42, 43, 23, 26, 32, 125, 126, 127, 28, 29, 30, 66, 250, 46, 27, 31, 47, 48, 71}
	nrBands = [...]uint16{1, 2, 3, 5, 7, 8, 20, 28, 38, 41, 50, 51, 66, 70, 71, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85,
		257, 258, 259, 260, 261, 12, 25, 34, 39, 40, 65, 86, 48, 14, 13, 18, 26, 30, 29, 53}
)

func bandNumber(active uint16) uint16 {
	switch {
	case active >= 250 && int(active) < 250+len(nrBands):
		return nrBands[active-250]
	case active >= 120 && int(active) < 120+len(lteBands):
		return lteBands[active-120]
	}
	return 0
}
