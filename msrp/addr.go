package msrp

import "net/netip"

// parseAddr reads an IPv4 or IPv6 address without zone. netip.ParseAddr would allocate its
// error for every host name.
func parseAddr(b []byte) (netip.Addr, bool) {
	for _, c := range b {
		if c == ':' {
			return parseIPv6(b)
		}
	}
	if a, ok := parseIPv4(b); ok {
		return netip.AddrFrom4(a), true
	}
	return netip.Addr{}, false
}

func parseIPv4(b []byte) (a [4]byte, ok bool) {
	field, digits, v := 0, 0, 0
	for _, c := range b {
		switch {
		case c == '.' && digits > 0 && field < 3:
			a[field] = byte(v)
			field, digits, v = field+1, 0, 0
		case c >= '0' && c <= '9' && (digits == 0 || v > 0):
			digits, v = digits+1, 10*v+int(c-'0')
			if v > 255 {
				return a, false
			}
		default:
			return a, false
		}
	}
	a[3] = byte(v)
	return a, field == 3 && digits > 0
}

// parseIPv6 reads the forms of RFC 4291 §2.2: groups, one "::", a dotted tail.
func parseIPv6(b []byte) (netip.Addr, bool) {
	var a [16]byte
	n, gap := 0, -1
	if len(b) >= 2 && b[0] == ':' && b[1] == ':' {
		gap, b = 0, b[2:]
	}
	for len(b) > 0 && n < 16 {
		v, used := hexGroup(b)
		if used == 0 {
			return netip.Addr{}, false
		}
		if used < len(b) && b[used] == '.' {
			tail, ok := parseIPv4(b)
			if !ok || n > 12 {
				return netip.Addr{}, false
			}
			copy(a[n:], tail[:])
			n, b = n+4, nil
			break
		}
		a[n], a[n+1] = byte(v>>8), byte(v)
		n, b = n+2, b[used:]
		if len(b) == 0 {
			break
		}
		if b[0] != ':' || len(b) == 1 {
			return netip.Addr{}, false
		}
		if b = b[1:]; b[0] == ':' {
			if gap >= 0 {
				return netip.Addr{}, false
			}
			gap, b = n, b[1:]
		}
	}
	if len(b) > 0 || (gap < 0 && n != 16) || (gap >= 0 && n == 16) {
		return netip.Addr{}, false
	}
	if gap >= 0 {
		copy(a[16-(n-gap):], a[gap:n])
		clear(a[gap : 16-(n-gap)])
	}
	return netip.AddrFrom16(a), true
}

// hexGroup reads up to four hexadecimal digits at the front of b.
func hexGroup(b []byte) (v, used int) {
	for used < len(b) && used < 5 {
		d := hexDigit(b[used])
		if d < 0 {
			break
		}
		v, used = v<<4|d, used+1
	}
	if used == 5 {
		return 0, 0
	}
	return v, used
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
