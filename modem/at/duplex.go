package at

// byEARFCN returns the duplex mode of a downlink EARFCN (TS 36.101 table 5.7.3-1).
func byEARFCN(n int) Duplex {
	switch {
	case n >= 36000 && n < 65536:
		return TDD
	case n >= 4950 && n < 5010, n >= 5380 && n < 5730, n >= 7400 && n < 7500, n >= 262144, n < 0:
		return DuplexUnknown // between the bands
	}
	return FDD
}

// byLTEBand returns the duplex mode of an E-UTRA operating band (TS 36.101 table 5.5-1).
func byLTEBand(n int) Duplex {
	switch {
	case n >= 33 && n <= 48, n >= 50 && n <= 54:
		return TDD
	case n >= 1 && n <= 31, n >= 65 && n <= 106:
		return FDD
	}
	return DuplexUnknown
}
