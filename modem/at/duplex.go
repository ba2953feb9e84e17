package at

// DuplexOfEARFCN returns the duplex mode of a downlink EARFCN (TS 36.101 table 5.7.3-1).
func DuplexOfEARFCN(n int) Duplex {
	switch {
	case n >= 36000 && n < 65536:
		return TDD
	case n >= 4950 && n < 5010, n >= 5380 && n < 5730, n >= 7400 && n < 7500, n >= 262144, n < 0:
		return DuplexUnknown // between the bands
	}
	return FDD
}

// DuplexOfLTEBand returns the duplex mode of an E-UTRA operating band (TS 36.101 table 5.5-1).
func DuplexOfLTEBand(n int) Duplex {
	switch {
	case n >= 33 && n <= 48, n >= 50 && n <= 54:
		return TDD
	case n >= 1 && n <= 31, n >= 65 && n <= 106:
		return FDD
	}
	return DuplexUnknown
}

// DuplexOfNRBand returns the duplex mode of an NR operating band (TS 38.101-1 table 5.2-1, TS
// 38.101-2 table 5.2-1). Supplementary bands are the primary cell's in no network.
func DuplexOfNRBand(n int) Duplex {
	switch {
	case n == 34, n >= 38 && n <= 41, n >= 46 && n <= 48, n == 50, n == 51, n == 53, n == 54, n >= 77 && n <= 79,
		n == 90, n == 96, n >= 100 && n <= 102, n == 104, n >= 257 && n <= 263:
		return TDD
	case n >= 1 && n <= 31, n >= 65 && n <= 75, n == 85, n == 91, n == 92, n == 93, n == 94, n == 105:
		return FDD
	}
	return DuplexUnknown
}
