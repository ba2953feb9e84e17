package sdp

import (
	"net/netip"
	"strconv"
	"strings"
)

// A uri is what matters of an MSRP URI (RFC 4975 §6) for connecting to it.
type uri struct {
	secure bool
	tcp    bool
	host   string     // without brackets
	addr   netip.Addr // it, if numeric
	port   uint16
}

// parseURI reads an MSRP URI of a path. "MSRP URIs included in an SDP offer or answer MUST
// include explicit port numbers." (RFC 4975 §8.2) IPv6 without brackets is tolerated.
func parseURI(s string) (u uri, ok bool) {
	scheme, rest, ok := strings.Cut(s, "://")
	u.secure = strings.EqualFold(scheme, "msrps")
	if !ok || len(s) > maxURI || !u.secure && !strings.EqualFold(scheme, "msrp") {
		return u, false
	}
	rest, params, ok := strings.Cut(rest, ";")
	transport, _, _ := strings.Cut(params, ";")
	u.tcp = strings.EqualFold(transport, "tcp")
	if !ok || transport == "" {
		return u, false
	}
	authority, session, slash := strings.Cut(rest, "/")
	if slash && session == "" {
		return u, false
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	i := strings.LastIndexByte(authority, ':')
	if i < 1 {
		return u, false
	}
	port, err := strconv.ParseUint(authority[i+1:], 10, 16)
	if err != nil || port == 0 {
		return u, false
	}
	u.port, u.host = uint16(port), strings.TrimSuffix(strings.TrimPrefix(authority[:i], "["), "]")
	u.addr, _ = netip.ParseAddr(u.host)
	return u, u.host != "" && (authority[0] != '[' || u.addr.IsValid())
}

// maxURI is the longest URI of a path, in octets; an MSRP line must still hold it.
const maxURI = 1024

// at reports whether u names the address of a c= and m= line (RFC 6714 §4.4). Names are not
// resolved here: a name matches only itself.
func (u *uri) at(d *Description) bool {
	if u.port != d.Port {
		return false
	}
	if u.addr.IsValid() || d.Addr.IsValid() {
		return u.addr == d.Addr
	}
	return strings.EqualFold(u.host, d.Host)
}
