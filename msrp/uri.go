package msrp

import "net/netip"

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
