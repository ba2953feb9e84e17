package sdp

import "net/netip"

// A Setup is a value of a=setup (RFC 4145 §4). Holdconn is read as absent: "If an MSRP UA
// receives the "holdconn" attribute value, it MUST ignore it" (RFC 6135 §4.2.1).
type Setup uint8

// Values of a=setup.
const (
	SetupNone Setup = iota
	SetupActive
	SetupPassive
	SetupActPass
)

var setupText = [...]string{"", "active", "passive", "actpass"}

func (s Setup) String() string { return setupText[s] }

// A Media is one m= line as it came.
type Media struct {
	Line string // the value after "m="
	Port uint16
}

// A Fingerprint is a value of a=fingerprint (RFC 8122 §5).
type Fingerprint struct {
	Hash  string // lower case: "sha-256"
	Value string // "AB:CD:…" in upper case
}

// A Description is what matters of a session description. The zero value of a field means
// that it was absent.
type Description struct {
	Origin  string // the whole o= value: unchanged origin means unchanged description (RFC 4975 §8.4)
	Name    string // s=
	Medias  []Media
	Message int // index in Medias of the first MSRP line, -1 if there is none

	Host      string     // c= address as spelled
	Addr      netip.Addr // it, if it is numeric
	Port      uint16     // of the MSRP line; 0: refused
	TLS       bool       // TCP/TLS/MSRP
	Path      []string   // URIs, leftmost first; several: a relay
	Types     []string   // a=accept-types
	Wrapped   []string   // a=accept-wrapped-types
	MaxSize   int64      // a=max-size, or the a=maxsize of some networks
	Setup     Setup
	CEMA      bool   // a=msrp-cema
	Direction string // "sendrecv", "sendonly", "recvonly", "inactive"; "" is sendrecv
	Chatroom  bool   // a=chatroom: a conference (RFC 7701)
	File      bool   // a=file-selector: a file transfer (RFC 5547)
	Prints    []Fingerprint
}

// RemotePath is the path of the peer as one To-Path value.
func (d *Description) RemotePath() string { return joinPath(d.Path) }
