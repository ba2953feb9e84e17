package sdp

import "net/netip"

type Error uint8

const ErrSyntax Error = 1

func (e Error) Error() string { return "sdp: bad" }

func joinPath(p []string) string { return "" }

// Parse reads a session description.
func Parse(b []byte) (*Description, error) { return nil, ErrSyntax }

// An Offer is what we say about ourselves, in an offer or an answer.
type Offer struct {
	User      string // of o=; "" is "-"
	SessionID uint64
	Version   uint64
	Host      string // our address as spelled everywhere: no brackets
	Name      string // s=; "" is "-"
	Port      uint16
	TLS       bool
	Types     string // a=accept-types, space separated
	Wrapped   string // a=accept-wrapped-types; "" leaves it out
	Setup     Setup
	Path      string // our MSRP URI
	CEMA      bool
	MaxSize   int64  // a=max-size; 0 leaves it out
	Direction string // "sendrecv" in the trace's offer; "" leaves it out
}

// Append appends the description.
func (o *Offer) Append(dst []byte) ([]byte, error) { return dst, ErrSyntax }

// AppendAnswer appends the answer to offer: its other media are refused with port 0, in their places.
func (o *Offer) AppendAnswer(dst []byte, offer *Description) ([]byte, error) { return dst, ErrSyntax }

// AppendRefusal refuses all media of offer with port 0.
func (o *Offer) AppendRefusal(dst []byte, offer *Description) ([]byte, error) { return dst, ErrSyntax }

// PlanOfferer decides, once the answer to our offer has come.
func PlanOfferer(ours *Offer, answer *Description) Plan { return Plan{} }

// PlanAnswerer decides how to answer an offer.
func PlanAnswerer(offer *Description) Plan { return Plan{} }

// AllowedDial reports whether a connection from local to remote may be opened on the word of a peer.
func AllowedDial(local, remote netip.Addr) bool { return false }

// AllowsType reports whether list has mediaType.
func AllowsType(list []string, mediaType string) bool { return false }
