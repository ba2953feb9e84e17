package msrp

import (
	"bytes"
	"net/netip"
)

// A URI is an MSRP URI (§6). Spans refer to the text it was parsed from.
type URI struct {
	Secure    bool       // msrps
	Ported    bool       // Port is explicit
	Port      uint16     // 0 if absent
	Addr      netip.Addr // the host if it is numeric, else the zero Addr
	Host      Span       // without brackets and userinfo
	Session   Span       // session-id; empty if absent
	Transport Span
}

// ParseURI reads b, which must be one whole MSRP URI: scheme, authority, optional
// session-id, transport. Host names are taken as they are; a numeric IPv6 host may lack its
// brackets, as some peers send it. The only error is [ErrURI].
func ParseURI(b []byte) (URI, error) {
	var u URI
	at := 0
	switch {
	case hasPrefixFold(b, "msrp://"):
		at = 7
	case hasPrefixFold(b, "msrps://"):
		at, u.Secure = 8, true
	default:
		return URI{}, ErrURI
	}
	if len(b) > MaxLine || !printable(b[at:]) {
		return URI{}, ErrURI
	}
	semi := bytes.IndexByte(b[at:], ';')
	if semi < 0 {
		return URI{}, ErrURI // "URIs designating MSRP over TCP MUST include the "tcp" transport parameter" (§6)
	}
	semi += at
	end := semi
	if slash := bytes.IndexByte(b[at:semi], '/'); slash >= 0 {
		end = at + slash
		u.Session = span(end+1, semi)
		if u.Session.Len == 0 {
			return URI{}, ErrURI
		}
	}
	if !u.authority(b, at, end) || !u.transport(b, semi+1) {
		return URI{}, ErrURI
	}
	return u, nil
}

// authority reads userinfo, host and port from b[at:end].
func (u *URI) authority(b []byte, at, end int) bool {
	if i := bytes.LastIndexByte(b[at:end], '@'); i >= 0 {
		at += i + 1
	}
	if at == end {
		return false
	}
	host := end
	if b[at] == '[' {
		i := bytes.IndexByte(b[at:end], ']')
		if i < 0 {
			return false
		}
		u.Host, host = span(at+1, at+i), at+i+1
	} else {
		if i := bytes.LastIndexByte(b[at:end], ':'); i >= 0 {
			host = at + i
		}
		u.Host = span(at, host)
	}
	if u.Host.Len == 0 {
		return false
	}
	if host < end {
		v, ok := number(b[host+1:end], 65535)
		if b[host] != ':' || !ok {
			return false
		}
		u.Port, u.Ported = uint16(v), true
	}
	u.Addr, _ = parseAddr(u.Host.In(b))
	return b[at] != '[' || u.Addr.IsValid()
}

// transport reads the first parameter; those after it are not compared (§6.1).
func (u *URI) transport(b []byte, at int) bool {
	end := at
	for end < len(b) && b[end] != ';' {
		if !alphanum(b[end]) {
			return false
		}
		end++
	}
	u.Transport = span(at, end)
	return end > at
}

// EqualURI compares two MSRP URIs by the rules of §6.1: addresses by value, whatever their
// spelling; the session-id with case; userinfo and further parameters not at all. What is
// not an MSRP URI equals nothing.
func EqualURI(a, b []byte) bool {
	u, err := ParseURI(a)
	if err != nil {
		return false
	}
	v, err := ParseURI(b)
	return err == nil && u.Secure == v.Secure && u.Ported == v.Ported && u.Port == v.Port &&
		bytes.Equal(u.Session.In(a), v.Session.In(b)) &&
		equalFold(u.Transport.In(a), v.Transport.In(b)) && equalHost(a, &u, b, &v)
}

func equalHost(a []byte, u *URI, b []byte, v *URI) bool {
	if u.Addr.IsValid() || v.Addr.IsValid() {
		return u.Addr == v.Addr
	}
	return equalEscaped(u.Host.In(a), v.Host.In(b))
}

// equalEscaped compares without case, after percent-decoding: "if any percent-encoded
// nonreserved characters exist in the authority component, they must be decoded" (§6.1).
func equalEscaped(a, b []byte) bool {
	for len(a) > 0 && len(b) > 0 {
		c, an := unescape(a)
		d, bn := unescape(b)
		if lower(c) != lower(d) {
			return false
		}
		a, b = a[an:], b[bn:]
	}
	return len(a) == 0 && len(b) == 0
}

func unescape(b []byte) (c byte, used int) {
	if b[0] == '%' && len(b) >= 3 {
		if h, l := hexDigit(b[1]), hexDigit(b[2]); h >= 0 && l >= 0 {
			if c = byte(h<<4 | l); unreserved(c) {
				return c, 3
			}
		}
	}
	return b[0], 1
}

// AppendURI appends an MSRP URI over TCP. host is as it shall be spelled, without brackets;
// those of IPv6 are added. The only error is [ErrNoRoom].
func AppendURI(dst []byte, secure bool, host string, port uint16, session string) ([]byte, error) {
	w := writer{b: dst}
	w.str("msrp")
	if secure {
		w.str("s")
	}
	w.str("://")
	if bytes.IndexByte([]byte(host), ':') >= 0 {
		w.str("[", host, "]:")
	} else {
		w.str(host, ":")
	}
	w.int(int64(port))
	w.str("/", session, ";tcp")
	return w.done(dst)
}

// NextURI splits the first URI off a path. uri is nil when path is empty.
func NextURI(path []byte) (uri, rest []byte) {
	for len(path) > 0 && (path[0] == ' ' || path[0] == '\t') {
		path = path[1:]
	}
	for i, c := range path {
		if c == ' ' || c == '\t' {
			return path[:i:i], path[i:]
		}
	}
	if len(path) == 0 {
		return nil, nil
	}
	return path, nil
}

// lastURI is the rightmost URI of a path: the end point (§8.2).
func lastURI(path []byte) (last []byte) {
	for uri, rest := NextURI(path); uri != nil; uri, rest = NextURI(rest) {
		last = uri
	}
	return last
}

// knownPaths are the To-Path and From-Path lines of the last message of a connection whose
// paths were valid. Its next message has the same, which then need not be read again.
type knownPaths struct {
	n        int // octets of both lines with their CRLFs; 0: none are known
	to, from Span
	off      uint16 // of the first line in the buffer that the Spans refer to
	mem      [320]byte
}

// keep remembers the two lines of a head whose paths are valid; they began at start.
func (k *knownPaths) keep(b []byte, start, end int, h *Head) {
	if k.n = 0; end-start <= len(k.mem) {
		k.n = copy(k.mem[:], b[start:end])
		k.to, k.from, k.off = h.ToPath, h.FromPath, uint16(start)
	}
}

// apply takes the two lines in front of b[start:] as read, if they are those that are known,
// and returns how many octets they are.
func (k *knownPaths) apply(b []byte, start int, h *Head) int {
	if k.n == 0 || len(b)-start < k.n || string(b[start:start+k.n]) != string(k.mem[:k.n]) {
		return 0
	}
	h.ToPath, h.FromPath = k.to, k.from
	h.ToPath.Off += uint16(start) - k.off
	h.FromPath.Off += uint16(start) - k.off
	h.Headers, h.seen = 2, seenTo|seenFrom
	return k.n
}

// validPath reports whether path is a list of MSRP URIs.
func validPath(path []byte) bool {
	uri, rest := NextURI(path)
	if uri == nil {
		return false
	}
	for ; uri != nil; uri, rest = NextURI(rest) {
		if _, err := ParseURI(uri); err != nil {
			return false
		}
	}
	return true
}
