package sipmin

import "net/netip"

// parseAddr reads an IP address; IPv6 may stand in brackets. Unlike netip it
// allocates nothing on a malformed one. Zones are no part of SIP.
func parseAddr(b []byte) (netip.Addr, bool) {
	if n := len(b); n > 1 && b[0] == '[' && b[n-1] == ']' {
		return parseIPv6(b[1 : n-1])
	}
	if a, ok := parseIPv4(b); ok {
		return netip.AddrFrom4(a), true
	}
	return parseIPv6(b)
}

// parseIPv4 reads four decimal octets without leading zeros (IPv4address).
func parseIPv4(b []byte) (a [4]byte, ok bool) {
	for i := range a {
		n := digits(b, 0, min(len(b), 3))
		v, ok := ParseUint(b[:n], 255)
		if !ok || n > 1 && b[0] == '0' {
			return a, false
		}
		a[i], b = byte(v), b[n:]
		if i == 3 {
			return a, len(b) == 0
		}
		if len(b) == 0 || b[0] != '.' {
			return a, false
		}
		b = b[1:]
	}
	return a, false
}

// parseIPv6 reads RFC 4291 §2.2: groups, at most one "::", and perhaps an
// IPv4 address last.
func parseIPv6(b []byte) (netip.Addr, bool) {
	var a [16]byte
	n, gap := 0, -1 // octets written; where "::" stands
	if len(b) >= 2 && b[0] == ':' && b[1] == ':' {
		gap, b = 0, b[2:]
	}
	for len(b) > 0 {
		v, used := hexGroup(b)
		if used < len(b) && b[used] == '.' {
			v4, ok := parseIPv4(b)
			if !ok || n > 12 {
				return netip.Addr{}, false
			}
			n += copy(a[n:], v4[:])
			break
		}
		if used == 0 || n == 16 {
			return netip.Addr{}, false
		}
		a[n], a[n+1], b = byte(v>>8), byte(v), b[used:]
		n += 2
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
	if gap < 0 && n != 16 || gap >= 0 && n == 16 {
		return netip.Addr{}, false
	}
	if gap >= 0 { // move what follows the gap to the end
		tail := n - gap
		copy(a[16-tail:], a[gap:n])
		clear(a[gap : 16-tail])
	}
	return netip.AddrFrom16(a), true
}

// hexGroup reads up to four hexadecimal digits.
func hexGroup(b []byte) (v uint16, used int) {
	for used < len(b) && used < 4 && is(b[used], cHex) {
		v = v<<4 | uint16(unhex(b[used]))
		used++
	}
	return v, used
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return lower(c) - 'a' + 10
}

// scanHost returns the end of the host at b[i], or -1: an IPv6 address in
// brackets, an IPv4 address, or a name (RFC 3261 §25.1).
func scanHost(b []byte, i, end int) int {
	j := i
	if i < end && b[i] == '[' {
		for j < end && b[j] != ']' {
			j++
		}
		if j == end {
			return -1
		}
		if _, ok := parseIPv6(b[i+1 : j]); !ok {
			return -1
		}
		return j + 1
	}
	name := false
	for ; j < end && is(b[j], cHost); j++ {
		name = name || b[j] != '.' && !is(b[j], cDigit)
	}
	if j == i {
		return -1
	}
	if !name {
		if _, v4 := parseIPv4(b[i:j]); !v4 {
			return -1
		}
	}
	return j
}

// scanPort reads the digits of a port at b[i].
func scanPort(b []byte, i, end int) (port uint16, next int, ok bool) {
	next = digits(b, i, end)
	v, ok := ParseUint(b[i:next], 65535)
	return uint16(v), next, ok
}
