package at

// A band is an E-UTRA operating band with its downlink EARFCNs (TS 36.101 tables 5.5-1 and
// 5.7.3-1).
type band struct {
	number      uint16
	first, last int
	duplex      Duplex // DuplexUnknown: downlink only, never that of the serving cell
}

// bands in the order of their EARFCNs. What is between two of them is no channel.
var bands = [...]band{
	{1, 0, 599, FDD}, {2, 600, 1199, FDD}, {3, 1200, 1949, FDD}, {4, 1950, 2399, FDD}, {5, 2400, 2649, FDD},
	{6, 2650, 2749, FDD}, {7, 2750, 3449, FDD}, {8, 3450, 3799, FDD}, {9, 3800, 4149, FDD}, {10, 4150, 4749, FDD},
	{11, 4750, 4949, FDD}, {12, 5010, 5179, FDD}, {13, 5180, 5279, FDD}, {14, 5280, 5379, FDD}, {17, 5730, 5849, FDD},
	{18, 5850, 5999, FDD}, {19, 6000, 6149, FDD}, {20, 6150, 6449, FDD}, {21, 6450, 6599, FDD}, {22, 6600, 7399, FDD},
	{23, 7500, 7699, FDD}, {24, 7700, 8039, FDD}, {25, 8040, 8689, FDD}, {26, 8690, 9039, FDD}, {27, 9040, 9209, FDD},
	{28, 9210, 9659, FDD}, {29, 9660, 9769, DuplexUnknown}, {30, 9770, 9869, FDD}, {31, 9870, 9919, FDD},
	{32, 9920, 10359, DuplexUnknown},
	{33, 36000, 36199, TDD}, {34, 36200, 36349, TDD}, {35, 36350, 36949, TDD}, {36, 36950, 37549, TDD}, {37, 37550, 37749, TDD},
	{38, 37750, 38249, TDD}, {39, 38250, 38649, TDD}, {40, 38650, 39649, TDD}, {41, 39650, 41589, TDD}, {42, 41590, 43589, TDD},
	{43, 43590, 45589, TDD}, {44, 45590, 46589, TDD}, {45, 46590, 46789, TDD}, {46, 46790, 54539, TDD}, {47, 54540, 55239, TDD},
	{48, 55240, 56739, TDD}, {49, 56740, 58239, TDD}, {50, 58240, 59089, TDD}, {51, 59090, 59139, TDD}, {52, 59140, 60139, TDD},
	{53, 60140, 60254, TDD}, {54, 60255, 60304, TDD},
	{65, 65536, 66435, FDD}, {66, 66436, 67335, FDD}, {67, 67336, 67535, DuplexUnknown}, {68, 67536, 67835, FDD},
	{69, 67836, 68335, DuplexUnknown}, {70, 68336, 68585, FDD}, {71, 68586, 68935, FDD}, {72, 68936, 68985, FDD},
	{73, 68986, 69035, FDD}, {74, 69036, 69465, FDD}, {75, 69466, 70315, DuplexUnknown}, {76, 70316, 70365, DuplexUnknown},
	{85, 70366, 70545, FDD}, {87, 70546, 70595, FDD}, {88, 70596, 70645, FDD}, {103, 70646, 70655, FDD}, {106, 70656, 70705, FDD},
}

// LTEBandOf returns the E-UTRA band of a downlink EARFCN, 0 between the bands.
func LTEBandOf(earfcn int) int {
	for _, b := range bands {
		if earfcn >= b.first && earfcn <= b.last {
			return int(b.number)
		}
	}
	return 0
}

// DuplexOfEARFCN returns the duplex mode of a downlink EARFCN.
func DuplexOfEARFCN(n int) Duplex { return DuplexOfLTEBand(LTEBandOf(n)) }

// DuplexOfLTEBand returns the duplex mode of an E-UTRA operating band.
func DuplexOfLTEBand(n int) Duplex {
	for _, b := range bands {
		if int(b.number) == n {
			return b.duplex
		}
	}
	return DuplexUnknown
}

// DuplexOfNRBand returns the duplex mode of an NR operating band (TS 38.101-1 table 5.2-1, TS
// 38.101-2 table 5.2-1). Channel numbers of NR bands overlap, so the band is needed. Supplementary
// bands are the primary cell's in no network.
func DuplexOfNRBand(n int) Duplex {
	switch {
	case n == 34, n >= 38 && n <= 41, n >= 46 && n <= 48, n == 50, n == 51, n == 53, n == 54, n >= 77 && n <= 79,
		n == 90, n == 96, n >= 101 && n <= 102, n == 104, n >= 257 && n <= 263:
		return TDD
	case n >= 1 && n <= 3, n == 5, n == 7, n == 8, n >= 12 && n <= 14, n == 18, n == 20, n >= 24 && n <= 26, n == 28, n == 30, n == 31,
		n == 65, n == 66, n >= 70 && n <= 72, n == 74, n == 85, n == 87, n == 88, n >= 91 && n <= 94, n == 100, n == 105, n == 106, n == 109:
		return FDD
	}
	return DuplexUnknown
}
