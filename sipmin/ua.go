package sipmin

import (
	"net/netip"
	"time"
)

// Transport is how a message travels: by datagram or by stream.
type Transport uint8

// The transports of RFC 3261 that a UE uses between itself and its P-CSCF.
const (
	UDP Transport = iota
	TCP
)

// String returns the transport as it stands in a Via header.
func (t Transport) String() string {
	if t == TCP {
		return "TCP"
	}
	return "UDP"
}

// Flow is the edge's name of one TCP connection. 0 means none.
type Flow uint32

// Source says where a message came from. Flow is 0 for UDP.
type Source struct {
	Transport Transport
	Flow      Flow
	Addr      netip.AddrPort
}

// Target says where a message goes. TCP with Flow 0: the edge takes a
// connection that it has to Addr, or dials one.
type Target struct {
	Transport Transport
	Flow      Flow
	Addr      netip.AddrPort
}

// Wire is the way out. Send copies b before it returns. False means no room at
// this moment: the UA goes on as if the network had lost the packet, and over
// a reliable transport tries again at its next deadline.
type Wire interface {
	Send(to Target, b []byte) bool
}

// Memory lends the buffers in which the UA keeps what it may have to send
// again. Get returns a buffer with len(b) >= size, or nil when there is none.
type Memory interface {
	Get(size int) []byte
	Release(b []byte)
}

// Timers are the timer values from which RFC 3261 §17 derives all others.
type Timers struct{ T1, T2, T4 time.Duration }

// Internet returns the defaults of RFC 3261 Table 4.
func Internet() Timers {
	return Timers{T1: 500 * time.Millisecond, T2: 4 * time.Second, T4: 5 * time.Second}
}

// Cellular returns the values between a UE and its P-CSCF, 3GPP TS 24.229
// table 7.7.1.
func Cellular() Timers {
	return Timers{T1: 2 * time.Second, T2: 16 * time.Second, T4: 17 * time.Second}
}

// Config is what a UA is made of. The strings must live as long as the UA.
type Config struct {
	// Timers: a zero field takes the value of Internet.
	Timers Timers
	// Local is the address and port on which we listen, by UDP and by TCP.
	Local netip.AddrPort
	// Host is Local's address as it is spelled in Via and Contact; IPv6 in
	// brackets. Empty: as netip spells it.
	Host string
	// Proxy is the next hop of every request: the P-CSCF.
	Proxy netip.AddrPort
	// ProxyURI is the Route of requests outside a dialog,
	// "<sip:[2001:db8::1]:5060;lr>"; several are separated by commas. Empty: no Route.
	ProxyURI string
	// Transport carries requests; with UDP one above SizeLimit goes by TCP.
	Transport Transport
	// SizeLimit is the greatest request in octets that goes by UDP. 0 means
	// 1300, RFC 3261 §18.1.1.
	SizeLimit int
	// Identity is the URI of From, without angle brackets.
	Identity string
	// ContactUser is the user part of the Contact; may be empty.
	ContactUser string
	// ContactParams follow the Contact's ">": ";+g.3gpp.icsi-ref=\"...\"".
	ContactParams string
	// UserAgent, Allow, Accept and Supported are the values of these headers.
	// Allow also rules: a method that it does not list gets 405. A body of an
	// INVITE that Accept does not list gets 415; empty takes every type. The
	// option tags of Supported are those that a Require may name (100rel and
	// timer always may).
	UserAgent, Allow, Accept, Supported string
	// Compact writes the one-letter header names.
	Compact bool
	// Calls and Transactions are the sizes of the two tables. 0 means 32 and 64.
	Calls, Transactions int
	// SessionExpires is the interval that we ask for in an INVITE. 0 does not
	// ask; below 90 s, the least that RFC 4028 §4 allows, is taken as 90 s.
	SessionExpires time.Duration
	// Entropy fills dst with random octets: tags, branches, Call-IDs.
	Entropy func(dst []byte)
	Wire    Wire
	Memory  Memory
}

// ExtraHeader is one more header of a request or response. The name is
// written as it is given. Neither may hold CR or LF.
type ExtraHeader struct{ Name, Value string }

// InviteOut is an INVITE to send. Nothing of it is kept after the call.
type InviteOut struct {
	// URI is the Request-URI, and the To without what is not allowed there.
	URI string
	// Headers stand first in the message, but for Accept-Contact ("a").
	Headers     []ExtraHeader
	ContentType string
	Body        []byte
}

// AnswerOut is the 2xx to an INVITE. Nothing of it is kept after the call.
type AnswerOut struct {
	Headers     []ExtraHeader
	ContentType string
	Body        []byte
}

// RequestOut is a request outside a dialog. Nothing of it is kept.
type RequestOut struct {
	Method Method
	// URI is the Request-URI; To is the URI of To, by default URI; From that
	// of From, by default the identity.
	URI, To, From string
	// CallID and CSeq are for requests that belong together (REGISTER); empty
	// and 0 mean a new Call-ID and 1.
	CallID string
	CSeq   uint32
	// Contact asks for our Contact with these parameters; empty means none
	// and "-" a Contact without parameters beyond ContactParams.
	Contact string
	// NoRoute leaves Route out.
	NoRoute     bool
	Headers     []ExtraHeader
	ContentType string
	Body        []byte
	// Tag comes back in EvResponse.
	Tag uint32
}
