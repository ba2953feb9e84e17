package at

// An Operator is what +COPS says of the serving network.
type Operator struct {
	PLMN PLMN  // none if the name is not numeric, or there is no network
	AcT  uint8 // or NoAcT
}

// ParseOperator parses the answer to AT+COPS?: mode[,format,oper[,AcT]] (TS 27.007 §7.3).
func ParseOperator(line []byte) (Operator, error) {
	op := Operator{AcT: NoAcT}
	l, ok := fields(line, "+COPS")
	if _, numeric := number(l.at(0)); !ok || !numeric {
		return op, ErrSyntax
	}
	if format, ok := number(l.at(1)); ok && format == 2 {
		op.PLMN = numericPLMN(l.at(2))
	}
	if act, ok := number(l.at(3)); ok && act <= 13 {
		op.AcT = uint8(act)
	}
	return op, nil
}

// numericPLMN reads the numeric operator: five or six digits, or each of them as four
// hexadecimal digits of UCS2 where AT+CSCS="UCS2" is in force.
func numericPLMN(f []byte) PLMN {
	var plain [6]byte
	if len(f) == 20 || len(f) == 24 {
		for i := range len(f) / 4 {
			if string(f[4*i:4*i+3]) != "003" {
				return PLMN{}
			}
			plain[i] = f[4*i+3]
		}
		f = plain[:len(f)/4]
	}
	return NewPLMN(restoreMNC(f, &plain))
}

// restoreMNC gives the MNCs of the USA their third digit back: recorded modems print 310-260 as
// "31026", 310-410 as "31041" and 310-640 as "31064", beside the full form in the same answer.
// MCCs 310 to 316 have MNCs of three digits only (ITU-T E.212).
func restoreMNC(f []byte, room *[6]byte) []byte {
	if len(f) != 5 || f[0] != '3' || f[1] != '1' || f[2] > '6' {
		return f
	}
	copy(room[:], f)
	room[5] = '0'
	return room[:]
}
