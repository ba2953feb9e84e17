package uicc

import "bytes"

// Files of a card, by identifier (TS 31.102 §4.2, TS 31.103 §4.2, TS 102 221 §13.1). Those of the
// applications are in the directory of the application, 7FFF.
const (
	MF       = 0x3F00
	ADF      = 0x7FFF
	EFDIR    = 0x2F00 // linear: the applications
	EFIMSI   = 0x6F07 // of the USIM
	EFAD     = 0x6FAD // of the USIM: the length of the MNC
	EFIMPI   = 0x6F02 // of the ISIM
	EFDOMAIN = 0x6F03
	EFIMPU   = 0x6F04 // linear
)

// The registered application providers of USIM and ISIM: the first octets of their identifiers.
var (
	RIDUSIM = []byte{0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02}
	RIDISIM = []byte{0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x04}
)

// ParseDir returns the application identifier in a record of EF_DIR, a place in b: 61, length,
// 4F, length, identifier.
func ParseDir(b []byte) (aid []byte, err error) {
	if len(b) == 0 || b[0] == 0xFF {
		return nil, ErrAbsent
	}
	if b[0] != 0x61 {
		return nil, ErrSyntax
	}
	template, _ := counted(b[1:])
	for len(template) > 1 {
		tag := template[0]
		v, rest := counted(template[1:])
		if tag == 0x4F && len(v) >= 5 && len(v) <= 16 {
			return v, nil
		}
		template = rest
	}
	return nil, ErrSyntax
}

// ParseIMSI reads EF_IMSI: a length, then nibbles, the first of which is the parity.
func ParseIMSI(b []byte) (string, error) {
	v, _ := counted(b)
	if len(v) == 0 || len(v) > 8 {
		return "", ErrSyntax
	}
	var digits [16]byte
	n := 0
	for i, c := range v {
		for k, d := range [...]byte{c & 15, c >> 4} {
			switch {
			case i == 0 && k == 0: // parity
			case d <= 9:
				digits[n] = '0' + d
				n++
			case d != 0xF || i != len(v)-1:
				return "", ErrSyntax
			}
		}
	}
	return checkIMSI(string(digits[:n]))
}

// checkIMSI returns an IMSI of 6 to 15 digits (TS 23.003 §2.2), else ErrSyntax.
func checkIMSI(s string) (string, error) {
	if len(s) < 6 || len(s) > 15 || !decimal(s) {
		return "", ErrSyntax
	}
	return s, nil
}

// ParseMNCLength reads from EF_AD whether the MNC has 2 or 3 digits; ErrAbsent if the file is too
// short to say.
func ParseMNCLength(b []byte) (int, error) {
	if len(b) < 4 {
		return 0, ErrAbsent
	}
	if n := int(b[3] & 15); n == 2 || n == 3 {
		return n, nil
	}
	return 0, ErrAbsent
}

// ParseText reads the text of EF_IMPI, EF_DOMAIN or a record of EF_IMPU: 80, length, UTF-8.
// Nothing but what may stand in a URI is taken: a card is not trusted with line ends.
func ParseText(b []byte) (string, error) {
	if len(b) == 0 || b[0] == 0xFF {
		return "", ErrAbsent
	}
	v, _ := counted(b[1:])
	v = bytes.TrimRight(v, "\xff\x00")
	if b[0] != 0x80 || len(v) == 0 {
		return "", ErrSyntax
	}
	for _, c := range v {
		if c <= ' ' || c > '~' || bytes.IndexByte([]byte("\"<>\\^`{|},"), c) >= 0 {
			return "", ErrSyntax
		}
	}
	return string(v), nil
}
