package at

// ParseIMSRegistration reads the answer to AT+CIREG? (TS 27.007 §8.71): n, reg_info and perhaps ext_info;
// or the unsolicited +CIREGU, which has no n.
func ParseIMSRegistration(line []byte) (registered bool, err error) {
	l, ok := fields(line, "+CIREG")
	i := 1
	if !ok {
		l, ok = fields(line, "+CIREGU")
		i = 0
	}
	v, isNumber := number(l.at(i))
	if !ok || !isNumber || v > 1 {
		return false, ErrSyntax
	}
	return v == 1, nil
}

// ParseIMSSetting reads Quectel's answer to AT+QCFG="ims": 0 as the carrier's settings say, 1 on, 2
// off; then whether VoLTE is on.
func ParseIMSSetting(line []byte) (setting int, volte bool, err error) {
	l, ok := fields(line, "+QCFG")
	setting, isNumber := number(l.at(1))
	if !ok || string(l.at(0)) != "ims" || !isNumber || setting > 2 {
		return 0, false, ErrSyntax
	}
	v, _ := number(l.at(2))
	return setting, v == 1, nil
}
