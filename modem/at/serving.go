package at

import "bytes"

// To add a vendor: write its read function below or in a file of its own, add a row to dialects,
// and copy its recorded lines into testdata with the cell they mean.

// A dialect is how one vendor's modems report the serving cell, with what the registration
// lines do not tell: the duplex mode, and the cell and its PLMN in one consistent answer.
type dialect struct {
	maker   string // how the answer to AT+CGMI begins, in lower case
	command string
	read    func(line []byte, c *Cell) // adds what one line of the answer tells
}

var dialects = [...]dialect{
	{"quectel", `AT+QENG="servingcell"`, readQENG},
	{"simcom", "AT+CPSI?", readCPSI},
	{"telit", "AT#RFSTS", readRFSTS},
	{"sierra", "AT!GSTATUS?", readGSTATUS},
	{"fibocom", "AT+GTCCINFO?", readGTCCINFO},
	{"huawei", "AT^MONSC", readMONSC},
	{"u-blox", "AT+UCGED=2;+UCGED?", readUCGED},
	{"cinterion", "AT^SMONI", readSMONI},
	{"gemalto", "AT^SMONI", readSMONI},
	{"thales", "AT^SMONI", readSMONI},
}

// dialectOf returns the index of the dialect of a maker, -1 if it has none.
func dialectOf(maker []byte) int {
	for i, d := range dialects {
		if len(maker) >= len(d.maker) && bytes.EqualFold(maker[:len(d.maker)], []byte(d.maker)) {
			return i
		}
	}
	return -1
}

// Dialects returns the names of the makers whose serving-cell command is known.
func Dialects() (names []string) {
	for _, d := range dialects {
		names = append(names, d.maker)
	}
	return names
}

// set takes the place of a cell if all of it is there; hexadecimal area, identity given.
func (c *Cell) set(a Access, d Duplex, plmn PLMN, area []byte, id uint64, ok bool) {
	v, okArea := hexNumber(area)
	if !ok || !okArea || !plmn.Valid() || v > 0xFFFFFF {
		return
	}
	*c = Cell{Access: a, Duplex: d, PLMN: plmn, Located: true, Area: uint32(v), ID: id}
}

// inBand adds the operating band in decimal, and the duplex mode that follows from it where the
// report did not name one.
func (c *Cell) inBand(f []byte) {
	n, ok := number(f)
	if !ok || n == 0 || n > 0xFFFF || c.Access < EUTRAN {
		return
	}
	c.Band = uint16(n)
	if c.Duplex != DuplexUnknown {
		return
	}
	if c.Duplex = DuplexOfLTEBand(n); c.Access == NR {
		c.Duplex = DuplexOfNRBand(n)
	}
}

// join makes a PLMN of an MCC and an MNC, which some modems print without its leading zero.
func join(mcc, mnc []byte) PLMN {
	var b [6]byte
	if len(mcc) != 3 || len(mnc) == 0 || len(mnc) > 3 {
		return PLMN{}
	}
	n := copy(b[:], mcc)
	if len(mnc) == 1 {
		b[n] = '0'
		n++
	}
	n += copy(b[n:], mnc)
	return NewPLMN(b[:n])
}

// onChannel adds the E-UTRA band of a downlink EARFCN.
func (c *Cell) onChannel(earfcn int) {
	if c.Access == EUTRAN {
		c.Band = uint16(LTEBandOf(earfcn))
	}
}

// duplexWord reads "FDD" or "TDD".
func duplexWord(f []byte) Duplex {
	switch string(f) {
	case "FDD":
		return FDD
	case "TDD":
		return TDD
	}
	return DuplexUnknown
}

// readQENG reads Quectel's
//
//	+QENG: "servingcell","NOCONN","LTE","FDD",404,43,6BD6814,247,1357,3,3,3,D55E,…
//
// With EN-DC it is three lines, the cell in that which begins with "LTE".
func readQENG(line []byte, c *Cell) {
	l, ok := fields(line, "+QENG")
	i := 0
	if ok && string(l.at(0)) == "servingcell" {
		i = 2
	}
	switch string(l.at(i)) {
	case "LTE":
		id, ok := hexNumber(l.at(i + 4))
		c.set(EUTRAN, duplexWord(l.at(i+1)), join(l.at(i+2), l.at(i+3)), l.at(i+10), id, ok)
		c.inBand(l.at(i + 7))
	case "NR5G-SA":
		id, ok := hexNumber(l.at(i + 4))
		// An NCI of 0 is firmware that does not know it.
		c.set(NR, duplexWord(l.at(i+1)), join(l.at(i+2), l.at(i+3)), l.at(i+6), id, ok && id != 0)
		c.inBand(l.at(i + 8))
	case "WCDMA":
		id, ok := hexNumber(l.at(i + 4))
		c.set(UTRAN, FDD, join(l.at(i+1), l.at(i+2)), l.at(i+3), id, ok)
	case "GSM":
		id, ok := hexNumber(l.at(i + 4))
		c.set(GERAN, DuplexUnknown, join(l.at(i+1), l.at(i+2)), l.at(i+3), id, ok)
	}
}

// readCPSI reads SIMCom's "+CPSI: LTE,Online,460-01,0x7496,251941991,203,EUTRAN-BAND8,…": the
// area hexadecimal, the cell decimal.
func readCPSI(line []byte, c *Cell) {
	l, _ := fields(line, "+CPSI")
	mcc, mnc, _ := bytes.Cut(l.at(2), []byte("-"))
	area, hasArea := bytes.CutPrefix(l.at(3), []byte("0x"))
	id, ok := number(l.at(4))
	ok = ok && hasArea && string(l.at(1)) == "Online"
	switch string(l.at(0)) {
	case "LTE", "LTE CAT-M1", "LTE NB-IOT":
		band, _ := bytes.CutPrefix(l.at(6), []byte("EUTRAN-BAND"))
		c.set(EUTRAN, DuplexUnknown, join(mcc, mnc), area, uint64(id), ok)
		c.inBand(band)
	case "WCDMA":
		c.set(UTRAN, FDD, join(mcc, mnc), area, uint64(id), ok)
	case "GSM":
		c.set(GERAN, DuplexUnknown, join(mcc, mnc), area, uint64(id), ok)
	}
}

// readRFSTS reads Telit's LTE form `#RFSTS: "286 01",1795,-101,-67,-15,2242,…,0B5D121,"IMSI",…`:
// how many fields come before the cell differs, but the IMSI follows it. The forms of GSM and
// UTRAN have no third signal strength before the area; registration lines serve there.
func readRFSTS(line []byte, c *Cell) {
	l, _ := fields(line, "#RFSTS")
	for i := 2; i <= 4; i++ {
		if f := l.at(i); len(f) == 0 || f[0] != '-' {
			return
		}
	}
	mcc, mnc, _ := bytes.Cut(l.at(0), []byte(" "))
	earfcn, ok := number(l.at(1))
	for i := 8; i < l.n; i++ {
		if l.quoted(i) {
			id, okID := hexNumber(l.at(i - 1))
			c.set(EUTRAN, DuplexOfEARFCN(earfcn), join(mcc, mnc), l.at(5), id, ok && okID)
			c.onChannel(earfcn)
			return
		}
	}
}

// readGSTATUS reads Sierra's table, one row a line; it does not name the PLMN. Area and cell
// are each followed by their decimal form: "TAC:  E2EA (58090)".
func readGSTATUS(line []byte, c *Cell) {
	for row := line; len(row) > 0; {
		var value []byte
		switch {
		case cut(row, "TAC:", &value):
			area, ok := hexNumber(value)
			if c.Area, c.Located = uint32(area&0xFFFFFF), ok; ok {
				c.Access = EUTRAN
			}
		case cut(row, "Cell ID:", &value):
			id, ok := hexNumber(value)
			c.ID, c.Located = id, ok && c.Located
		case cut(row, "LTE band:", &value):
			n, _ := number(bytes.TrimPrefix(value, []byte("B")))
			c.Duplex, c.Band = DuplexOfLTEBand(n), uint16(n)
		}
		_, row, _ = bytes.Cut(row, []byte("\t")) // two columns share a line
		row = bytes.TrimLeft(row, "\t ")
	}
}

// cut stores the word after a row's name.
func cut(row []byte, name string, value *[]byte) bool {
	rest, ok := bytes.CutPrefix(row, []byte(name))
	if rest = bytes.TrimLeft(rest, " \t"); ok {
		if i := bytes.IndexAny(rest, " \t"); i >= 0 {
			rest = rest[:i]
		}
		*value = rest
	}
	return ok
}

// readGTCCINFO reads Fibocom's row of the serving cell, which has no prefix:
// "1,4,262,1,05D5,0019BF801,1300,358,103,…", 4 for LTE, 9 for NR, the band of LTE plus 100.
func readGTCCINFO(line []byte, c *Cell) {
	if len(line) == 0 || line[0] != '1' {
		return
	}
	l, _ := rawFields(line)
	id, ok := hexNumber(l.at(5))
	switch plmn := join(l.at(2), l.at(3)); string(l.at(1)) {
	case "4":
		band, _ := number(l.at(8))
		c.set(EUTRAN, DuplexOfLTEBand(band-100), plmn, l.at(4), id, ok)
		c.Band = uint16(max(band-100, 0))
	case "9":
		c.set(NR, DuplexUnknown, plmn, l.at(4), id, ok && id>>36 == 0)
	}
}

// readMONSC reads Huawei's "^MONSC: LTE,262,01,1300,1C36403,246,BFF,-93,-11,-61".
func readMONSC(line []byte, c *Cell) {
	l, _ := fields(line, "^MONSC")
	plmn := join(l.at(1), l.at(2))
	switch string(l.at(0)) {
	case "LTE":
		id, ok := hexNumber(l.at(4))
		earfcn, okN := number(l.at(3))
		c.set(EUTRAN, DuplexOfEARFCN(earfcn), plmn, l.at(6), id, ok && okN)
		c.onChannel(earfcn)
	case "GSM":
		id, ok := hexNumber(l.at(6))
		c.set(GERAN, DuplexUnknown, plmn, l.at(7), id, ok)
	}
}

// readSMONI reads Cinterion's "^SMONI: 4G,6300,20,10,10,FDD,262,02,BF75,0345103,350,33,…".
func readSMONI(line []byte, c *Cell) {
	l, _ := fields(line, "^SMONI")
	if string(l.at(0)) == "4G" {
		id, ok := hexNumber(l.at(9))
		c.set(EUTRAN, duplexWord(l.at(5)), join(l.at(6), l.at(7)), l.at(8), id, ok)
		c.inBand(l.at(2))
	}
}
