package sdp

import "net/netip"

// A Plan says what an offer and its answer mean for the MSRP connection.
type Plan struct {
	Active     bool           // we connect, and send the empty SEND
	Dial       netip.AddrPort // where to, if Active; to be checked with AllowedDial
	RemotePath string         // To-Path of our requests
	TLS        bool
	NewOffer   bool   // the offerer must offer again, with Setup and CEMA
	Setup      Setup  // answerer: a=setup of the answer; with NewOffer: of the new offer
	CEMA       bool   // answerer: a=msrp-cema in the answer; with NewOffer: in the new offer
	Refuse     uint16 // 488: no session can come of it; else 0
}
