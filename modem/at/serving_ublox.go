package at

// readUCGED reads u-blox's three lines, of which only the first has the prefix:
//
//	+UCGED: 2
//	6,4,001,01
//	2525,5,50,50,e8fe,1a2d001,1,d60814d1,8001,01,28,31,13.75,
//
// radio (6 is LTE), service, MCC, MNC; then EARFCN, band, bandwidths, TAC, cell. Without service they are all F.
func readUCGED(line []byte, c *Cell) {
	if len(line) == 0 || line[0] < '0' || line[0] > '9' {
		return
	}
	switch l, _ := rawFields(line); {
	case l.n == 4 && string(l.at(0)) == "6":
		if plmn := join(l.at(2), l.at(3)); plmn.Valid() {
			*c = Cell{Access: EUTRAN, PLMN: plmn}
		}
	case l.n >= 6 && c.Access == EUTRAN && !c.Located:
		earfcn, isNumber := number(l.at(0))
		id, ok := hexNumber(l.at(5))
		c.set(EUTRAN, DuplexOfEARFCN(earfcn), c.PLMN, l.at(4), id, ok && isNumber)
		c.inBand(l.at(1))
	}
}
