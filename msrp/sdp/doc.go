// Package sdp reads and writes the session descriptions of MSRP (RFC 8866, RFC 4975 §8) and
// decides from an offer and its answer who connects to whom (RFC 6135, RFC 6714).
//
// In: a normaliser that turns what networks really send into what a strict parser takes,
// Parse, Offer.Append, PlanOfferer, PlanAnswerer, AllowedDial. Out: SIP, MSRP itself, DNS,
// TLS. The grammar is pion/sdp's; it sees only text that this package has bounded and
// rebuilt, and the original octets stay the caller's.
//
// Descriptions are rare, so this package allocates; a Description keeps no reference to the
// text it came from.
package sdp
