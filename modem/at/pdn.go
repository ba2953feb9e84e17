package at

import (
	"bytes"
	"net/netip"
)

// maxPerKind is the most addresses of one kind that a Context keeps.
const maxPerKind = 4

// A Context is what +CGCONTRDP says of a PDN connection (TS 27.007 §10.1.23), the lines of both IP versions
// joined. What the modem leaves out is zero; an address of zeros is none.
type Context struct {
	CID        int
	APN        string
	Gateway    netip.Addr
	MTU        int
	Signalling bool // the bearer is for IMS signalling only

	addresses          [maxPerKind]netip.Prefix
	dns, pcscf         [maxPerKind]netip.Addr
	nAddr, nDNS, nPCSC int
}

// Addresses returns ours; of one without a mask the prefix is the address.
func (c *Context) Addresses() []netip.Prefix { return c.addresses[:c.nAddr] }

// DNS returns the name servers.
func (c *Context) DNS() []netip.Addr { return c.dns[:c.nDNS] }

// PCSCF returns the addresses of the P-CSCFs.
func (c *Context) PCSCF() []netip.Addr { return c.pcscf[:c.nPCSC] }

// ParseContext adds one +CGCONTRDP line to c: cid, bearer id, APN, address with or without mask, gateway, two
// DNS servers, two P-CSCFs, signalling flag, LIPA, MTU. Before release 9 the mask was a field of its own; it is
// told by its beginning with 255, which no gateway has. ErrSyntax leaves c as it was.
func (c *Context) ParseContext(line []byte) error {
	l, ok := fields(line, "+CGCONTRDP")
	cid, isNumber := number(l.at(0))
	if !ok || !isNumber || l.n < 3 {
		return ErrSyntax
	}
	n := *c
	n.CID = cid
	if apn := l.at(2); len(apn) > 0 {
		if len(apn) > 100 || !printable(apn) { // TS 23.003 §9.1: an APN has at most 100 octets
			return ErrSyntax
		}
		n.APN = string(apn)
	}
	own, bits, ok := addressAndMask(l.at(3))
	if !ok {
		return ErrSyntax
	}
	i := 4
	if mask, ok := address(l.at(4)); ok && isMask(mask) {
		bits, i = ones(mask), 5
	}
	n.add(own, bits)
	if !n.servers(&l, i) {
		return ErrSyntax
	}
	*c = n
	return nil
}

// servers reads what follows the address, from the gateway in field i on.
func (c *Context) servers(l *list, i int) bool {
	var a [5]netip.Addr
	for k := range a {
		var ok bool
		if a[k], ok = address(l.at(i + k)); !ok {
			return false
		}
	}
	if a[0].IsValid() {
		c.Gateway = a[0]
	}
	for _, d := range a[1:3] {
		appendAddr(&c.dns, &c.nDNS, d)
	}
	for _, p := range a[3:5] {
		appendAddr(&c.pcscf, &c.nPCSC, p)
	}
	if flag, ok := number(l.at(i + 5)); ok && flag == 1 {
		c.Signalling = true
	}
	if mtu, ok := number(l.at(i + 7)); ok && mtu >= 576 && mtu <= 65535 {
		c.MTU = mtu
	}
	return true
}

// appendAddr adds an address that is one, and not there yet.
func appendAddr(to *[maxPerKind]netip.Addr, n *int, a netip.Addr) {
	for _, have := range to[:*n] {
		if have == a {
			return
		}
	}
	if a.IsValid() && *n < maxPerKind {
		to[*n] = a
		*n++
	}
}

// add adds an address of ours; bits below 0 is one without a mask.
func (c *Context) add(a netip.Addr, bits int) {
	if !a.IsValid() {
		return
	}
	if bits < 0 {
		bits = a.BitLen()
	}
	p := netip.PrefixFrom(a, bits)
	for _, have := range c.Addresses() {
		if have.Addr() == a {
			return
		}
	}
	if c.nAddr < maxPerKind {
		c.addresses[c.nAddr] = p
		c.nAddr++
	}
}

// ParseAddresses adds one +CGPADDR line (TS 27.007 §10.1.27): cid and addresses, which EC200U puts into one
// field. ErrSyntax leaves c as it was.
func (c *Context) ParseAddresses(line []byte) error {
	l, ok := fields(line, "+CGPADDR")
	cid, isNumber := number(l.at(0))
	if !ok || !isNumber {
		return ErrSyntax
	}
	n := *c
	n.CID = cid
	for i := 1; i < l.n && i <= 2; i++ {
		for rest, more := l.at(i), true; more; {
			var one []byte
			one, rest, more = bytes.Cut(rest, []byte{','})
			a, bits, ok := addressAndMask(bytes.TrimSpace(one))
			if !ok {
				return ErrSyntax
			}
			n.add(a, bits)
		}
	}
	*c = n
	return nil
}

// ParseDefinition reads one +CGDCONT line (TS 27.007 §10.1.1): cid, type, APN.
func ParseDefinition(line []byte) (cid int, apn string, err error) {
	l, ok := fields(line, "+CGDCONT")
	cid, isNumber := number(l.at(0))
	if !ok || !isNumber || l.n < 2 || len(l.at(2)) > 100 || !printable(l.at(2)) {
		return 0, "", ErrSyntax
	}
	return cid, string(l.at(2)), nil
}

// ParseActive reads one +CGACT line (TS 27.007 §10.1.10): cid, and whether it is active.
func ParseActive(line []byte) (cid int, active bool, err error) {
	l, ok := fields(line, "+CGACT")
	cid, ok1 := number(l.at(0))
	state, ok2 := number(l.at(1))
	if !ok || !ok1 || !ok2 || state > 1 {
		return 0, false, ErrSyntax
	}
	return cid, state == 1, nil
}

// address reads an address in any of the forms that modems use: IPv4; IPv6 with colons, or as 16 decimal octets.
// It is not valid for an empty field or one of zeros; ok is false where the field is something else.
func address(f []byte) (a netip.Addr, ok bool) {
	a, bits, ok := addressAndMask(f)
	return a, ok && bits < 0
}

// addressAndMask reads an address that may have its mask behind it: 8 or 32 decimal octets, two addresses with a space
// between them, or a prefix. bits is below 0 without one.
func addressAndMask(f []byte) (a netip.Addr, bits int, ok bool) {
	if len(f) == 0 {
		return a, -1, true
	}
	if first, second, two := bytes.Cut(f, []byte{' '}); two {
		a, ok := address(first)
		mask, ok2 := address(bytes.TrimSpace(second))
		if !ok || !ok2 || !isMask(mask) {
			return a, -1, false
		}
		return a, ones(mask), true
	}
	if bytes.IndexByte(f, ':') >= 0 || bytes.IndexByte(f, '/') >= 0 {
		return withColons(f)
	}
	var octets [32]byte
	n, ok := dotted(octets[:], f)
	switch {
	case !ok:
		return a, -1, false
	case n == 4 || n == 16:
		a, _ = netip.AddrFromSlice(octets[:n])
		return orNone(a), -1, true
	case n == 8 || n == 32:
		a, _ = netip.AddrFromSlice(octets[:n/2])
		mask, _ := netip.AddrFromSlice(octets[n/2 : n])
		if a.IsUnspecified() {
			return netip.Addr{}, -1, true
		}
		if b := ones(mask); b >= 0 {
			return a, b, true
		}
	}
	return netip.Addr{}, -1, false
}

// withColons reads IPv6 in its usual form, with or without a prefix length.
func withColons(f []byte) (netip.Addr, int, bool) {
	text := string(f)
	if p, err := netip.ParsePrefix(text); err == nil {
		return orNone(p.Addr()), p.Bits(), true
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, -1, false
	}
	return orNone(a), -1, true
}

// orNone makes none of an address of zeros.
func orNone(a netip.Addr) netip.Addr {
	if a.IsUnspecified() {
		return netip.Addr{}
	}
	return a
}

// dotted reads decimal octets with dots between them.
func dotted(dst, f []byte) (n int, ok bool) {
	for more := true; more; {
		var one []byte
		one, f, more = bytes.Cut(f, []byte{'.'})
		v, isNumber := number(one)
		if !isNumber || v > 255 || len(one) > 3 || n == len(dst) {
			return 0, false
		}
		dst[n] = byte(v)
		n++
	}
	return n, true
}

// isMask reports whether an address can only be a mask.
func isMask(a netip.Addr) bool { return a.IsValid() && a.AsSlice()[0] == 255 && ones(a) >= 0 }

// ones counts the leading ones of a mask; -1 if it is none.
func ones(a netip.Addr) int {
	n, over := 0, false
	for _, b := range a.AsSlice() {
		for i := 7; i >= 0; i-- {
			switch bit := b>>i&1 == 1; {
			case bit && over:
				return -1
			case bit:
				n++
			default:
				over = true
			}
		}
	}
	return n
}
