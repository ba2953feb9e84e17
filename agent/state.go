package agent

// A State is how far a message has come. Outgoing messages move along the first group,
// incoming ones along the second. The numbers are on flash: they may grow, not change.
type State uint8

// States of an outgoing message, in the order in which they are reached.
const (
	StateWriting   State = 0 // its body is still coming from the host
	StateQueued    State = 1
	StateSent      State = 2 // the next hop took it (MSRP 200, SIP 2xx)
	StateDelivered State = 3 // the peer's device has it
	StateDisplayed State = 4 // the peer has seen it
	StateFailed    State = 5
	StateCancelled State = 6
)

// States of an incoming message are marks that add up.
const (
	InStored    State = 0x10 // on flash, the host does not know yet
	InReceipted State = 0x01 // its delivery notification is with the network
	InAcked     State = 0x02 // the host has stored it
	InSeen      State = 0x04 // the host says that the user saw it
	InDisplayed State = 0x08 // its display notification is with the network
)

var stateText = [...]string{"writing", "queued", "sent", "delivered", "displayed", "failed", "cancelled"}

// String is the word that the host sees: for incoming messages `stored` or `acked`.
func (s State) String() string {
	switch {
	case s&InStored != 0 && s&InAcked != 0:
		return "acked"
	case s&InStored != 0:
		return "stored"
	case int(s) < len(stateText):
		return stateText[s]
	}
	return "unknown"
}

// settled reports whether an outgoing message needs nothing more from the network.
func (s State) settled() bool {
	return s == StateFailed || s == StateCancelled || s >= StateSent && s <= StateDisplayed
}

// final reports whether the host may forget an outgoing message.
func (s State) final() bool { return s.settled() }

// advances reports whether an outgoing message in state s may move to next: never
// backwards, but a late notification turns `failed` and `cancelled` into `delivered`. What the peer has
// can no longer fail, whatever becomes of its repetition.
func (s State) advances(next State) bool {
	switch s {
	case StateFailed, StateCancelled:
		return next == StateDelivered || next == StateDisplayed
	case StateDelivered, StateDisplayed:
		return next > s && next <= StateDisplayed
	}
	return next > s
}

// A Reason says in one word why a message is in its state, where the state alone does not.
type Reason uint8

// Reasons. The numbers are on flash: they may grow, not change.
const (
	ReasonNone             Reason = 0
	ReasonUnconfirmed      Reason = 1 // 30 s without an answer; will be sent again under its ids
	ReasonRefused          Reason = 2 // the peer or the network refused it for good
	ReasonExpired          Reason = 3 // [chat] expires has passed
	ReasonNoDeliveryReport Reason = 4 // [chat] receipt_timeout has passed
	ReasonRetry            Reason = 5 // refused for now; tried again later
	ReasonLost             Reason = 6 // the session broke; tried again
	ReasonPeerFailed       Reason = 7 // the peer's own notification says it failed
	ReasonTooLarge         Reason = 8 // larger than the peer takes
	ReasonStorage          Reason = 9 // its body cannot be read back from the spool
)

var reasonText = [...]string{"", "unconfirmed", "refused", "expired", "no_delivery_report", "retry", "lost", "failed_at_peer", "too_large", "storage"}

func (r Reason) String() string {
	if int(r) < len(reasonText) {
		return reasonText[r]
	}
	return ""
}
