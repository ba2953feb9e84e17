package sdp

import (
	"net/netip"
	"strings"
)

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

// PlanOfferer decides, once the answer to our offer has come. We use no relay. A plan that
// is Active has a valid Dial: names are not resolved here.
func PlanOfferer(ours *Offer, answer *Description) Plan {
	p := Plan{RemotePath: answer.RemotePath(), TLS: answer.TLS, Setup: ours.Setup, CEMA: ours.CEMA}
	if !answer.usable() || answer.TLS != ours.TLS {
		p.Refuse = 488
		return p
	}
	if ours.Setup == SetupActive && answer.Setup == SetupActive {
		// Nobody would listen. "The UA MUST NOT use the a=setup "passive" attribute value in
		// an SDP offer" (RFC 6135 §4.2.2): actpass it is.
		p.NewOffer, p.Setup = true, SetupActPass
		return p
	}
	// "the initiating UA is always active" unless a=setup says otherwise (RFC 6135 §4.2.2)
	p.Active = answer.Setup != SetupActive
	relay, match := len(answer.Path) > 1, answer.matches()
	// "the offerer MUST fall back to RFC 4975 behavior by sending a new SDP offer ... The new
	// offer MUST NOT contain an SDP 'msrp-cema' attribute." (RFC 6714 §4.2, criteria 1 and 3)
	if ours.CEMA && !answer.CEMA && !match && (!p.Active || relay) {
		p.NewOffer, p.CEMA, p.Active = true, false, false
		return p
	}
	if p.Active {
		// "If the answerer uses a relay ..., and the SDP c/m-line address information ...
		// matches one of the SDP 'path' attributes ... the offerer MUST fall back to RFC 4975
		// behavior, but it does not need to send a new SDP offer." Else c/m it is.
		p.dial(answer, ours.CEMA && !(relay && match))
	}
	return p
}

// PlanAnswerer decides how to answer an offer. We use no relay.
func PlanAnswerer(offer *Description) Plan {
	p := Plan{RemotePath: offer.RemotePath(), TLS: offer.TLS}
	// "If the MSRP media description of the SDP offer does not contain an SDP 'msrp-cema'
	// attribute, and the SDP c/m-line address information ... does not match ..., the answerer
	// MUST either reject the offered MSRP connection ... or reject the whole SIP request"
	// (RFC 6714 §4.3)
	if !offer.usable() || !offer.CEMA && !offer.matches() {
		p.Refuse = 488
		return p
	}
	// An offerer that says nothing of setup is active (RFC 4975 §5.4).
	p.Active = offer.Setup == SetupActPass || offer.Setup == SetupPassive
	p.Setup = SetupPassive
	if p.Active {
		p.Setup = SetupActive
	}
	// "The offerer uses a relay ... and will become "active"": no msrp-cema (§4.3, criterion
	// 2). "In all other cases ... MUST include an SDP 'msrp-cema' attribute".
	p.CEMA = !(len(offer.Path) > 1 && !p.Active)
	if p.Active {
		// "If the answerer included an SDP 'msrp-cema' attribute ..., and if the answerer
		// becomes "active", it MUST use the received SDP c/m-line" (§4.3)
		p.dial(offer, offer.CEMA)
	}
	return p
}

// dial sets where to connect: the c= and m= lines, or the leftmost URI of the path. When
// the one is a name the other serves, but a relay with a name is beyond us.
func (p *Plan) dial(d *Description, line bool) {
	at := netip.AddrPortFrom(d.Addr, d.Port)
	u, _ := parseURI(d.Path[0])
	switch {
	case u.addr.IsValid() && (!line || !d.Addr.IsValid()):
		at = netip.AddrPortFrom(u.addr, u.port)
	case !line && len(d.Path) > 1:
		at = netip.AddrPort{}
	}
	if p.Dial = at; !at.Addr().IsValid() {
		p.Refuse = 488
	}
}

// matches reports whether the c= and m= lines name the address of a URI of the path.
func (d *Description) matches() bool {
	for _, s := range d.Path {
		if u, ok := parseURI(s); ok && u.at(d) {
			return true
		}
	}
	return false
}

func joinPath(path []string) string { return strings.Join(path, " ") }

// AllowedDial reports whether a connection may be opened to remote on the word of a peer,
// where local is our own address: never to a link-local, multicast or unspecified address,
// nor to ourselves, and to loopback only when we are on it (RFC 4975 §14.5). Private and
// unique local addresses are normal in an IMS network.
func AllowedDial(local, remote netip.Addr) bool {
	local, remote = local.Unmap(), remote.Unmap()
	switch {
	case !remote.IsValid(), remote.IsUnspecified(), remote.IsMulticast(),
		remote.IsLinkLocalUnicast(), remote == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return false
	case remote.IsLoopback():
		return local.IsLoopback()
	case remote.Is4() && remote.As4()[0] == 0:
		return false
	}
	return remote != local
}
