package sipmin

import (
	"net/netip"
	"time"
)

// UA is the SIP user agent of one UE.
type UA struct{ events queue }

// New takes all memory that the UA will ever use.
func New(cfg Config) (*UA, error) { return nil, ErrConfig }

// SetAccessNetwork changes the P-Access-Network-Info of later requests; empty
// leaves it out.
func (u *UA) SetAccessNetwork(pani string) {}

// SetRoute changes the Route of later requests outside a dialog (the P-CSCF
// and the Service-Route), and the next hop.
func (u *UA) SetRoute(route string) {}

// SetProxy changes the next hop of requests.
func (u *UA) SetProxy(proxy netip.AddrPort) {}

// SetIdentity changes the From of later requests.
func (u *UA) SetIdentity(uri string) {}

// Receive takes one whole message.
func (u *UA) Receive(now time.Time, src Source, b []byte) {}

// SendFailed says that nothing can be sent to this target: the dial failed or
// the datagram was refused.
func (u *UA) SendFailed(now time.Time, to Target) {}

// Closed says that a TCP connection is no more.
func (u *UA) Closed(now time.Time, flow Flow) {}

// Deadline returns when Expire is due; zero for never.
func (u *UA) Deadline() time.Time { return time.Time{} }

// Expire applies the timers that have fired by now.
func (u *UA) Expire(now time.Time) {}

// Invite sends an INVITE.
func (u *UA) Invite(now time.Time, out *InviteOut) (Call, error) { return 0, ErrState }

// Cancel takes back an INVITE of ours. reason is a Reason header's value or
// empty. EvRejected follows.
func (u *UA) Cancel(now time.Time, c Call, reason string) error { return ErrState }

// Progress sends 180 or 183 to a peer's INVITE.
func (u *UA) Progress(now time.Time, c Call, status uint16) error { return ErrState }

// Answer sends 200 to a peer's INVITE.
func (u *UA) Answer(now time.Time, c Call, out *AnswerOut) error { return ErrState }

// Reject refuses a peer's INVITE; the call is released.
func (u *UA) Reject(now time.Time, c Call, status uint16, headers ...ExtraHeader) error {
	return ErrState
}

// Reinvite sends a new offer in a session. EvReinviteDone follows.
func (u *UA) Reinvite(now time.Time, c Call, contentType string, body []byte) error { return ErrState }

// AnswerOffer answers EvOffer.
func (u *UA) AnswerOffer(now time.Time, c Call, contentType string, body []byte) error {
	return ErrState
}

// RejectOffer refuses EvOffer; the session goes on as it was.
func (u *UA) RejectOffer(now time.Time, c Call, status uint16) error { return ErrState }

// StoreSDP gives the UA our current description.
func (u *UA) StoreSDP(c Call, body []byte) error { return ErrState }

// Bye ends a call in whatever state it is; the handle is dead then and no event follows.
func (u *UA) Bye(now time.Time, c Call, reason string) error { return ErrState }

// PeerAllows tells whether the peer's Allow lists a method.
func (u *UA) PeerAllows(c Call, m Method) bool { return false }

// Request sends a request outside a dialog. EvResponse follows.
func (u *UA) Request(now time.Time, out *RequestOut) error { return ErrState }

// Respond answers EvRequest.
func (u *UA) Respond(now time.Time, t Txn, status uint16, headers []ExtraHeader, contentType string, body []byte) error {
	return ErrState
}

// Pending counts the requests of ours that wait for a final response.
func (u *UA) Pending() int { return 0 }
