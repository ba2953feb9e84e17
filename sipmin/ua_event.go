package sipmin

import "time"

// Call names one INVITE session. 0 is none. A handle of a call that is over is
// refused, also when its place in the table is used again.
type Call uint32

// Txn names one request of the peer that waits for our response. 0 is none.
type Txn uint32

// EventKind says what an Event tells.
type EventKind uint8

// What the UA tells its owner. "Body" means that the message may carry one.
const (
	// EvNone is the zero Event.
	EvNone EventKind = iota
	// EvProvisional: a 101-199 to our INVITE came. Body.
	EvProvisional
	// EvAccepted: a 2xx to our INVITE came, and its ACK is sent. Body: the answer.
	EvAccepted
	// EvRejected: our INVITE has failed with Status, or with Reason: a local
	// 408 (Timer B) or 503 (transport). The call is released.
	EvRejected
	// EvIncoming: an INVITE came; 100 is sent. Body: the offer.
	EvIncoming
	// EvConfirmed: the ACK to our 2xx came. Body: an answer, if we offered.
	EvConfirmed
	// EvCancelled: the peer took its INVITE back; 487 is sent. Cause is that
	// of its Reason header. The call is released.
	EvCancelled
	// EvOffer: a re-INVITE or UPDATE brings an offer, or a re-INVITE asks for
	// one and none is stored. Answer by AnswerOffer or RejectOffer. Body.
	EvOffer
	// EvReinviteDone: our re-INVITE is over, with Status. Body: the answer.
	EvReinviteDone
	// EvEnded: the call is over by Reason. The call is released.
	EvEnded
	// EvRequest: a request for the owner (MESSAGE, NOTIFY …); answer by
	// Respond with Txn. Call is set inside a dialog. Body.
	EvRequest
	// EvResponse: the final response to Request, with Tag and Status. Body
	// and message unless Reason is set.
	EvResponse
)

// EndReason says why a call ended, or that a status is our own.
type EndReason uint8

// Why a call or a request is over.
const (
	// ReasonNone: the peer's response says it.
	ReasonNone EndReason = iota
	// ReasonBye: the peer sent BYE; Cause is that of its Reason header.
	ReasonBye
	// ReasonTimer: the session timer expired; BYE is sent.
	ReasonTimer
	// ReasonGone: the peer does not know the dialog (481).
	ReasonGone
	// ReasonTimeout: no response, or no ACK, within 64*T1 (408).
	ReasonTimeout
	// ReasonTransport: the request could not be sent (503).
	ReasonTransport
	// ReasonCancelled: we took the INVITE back.
	ReasonCancelled
	// ReasonProtocol: the peer's message cannot be used.
	ReasonProtocol
)

// String returns the reason in one word.
func (r EndReason) String() string {
	return [...]string{"none", "bye", "timer", "gone", "timeout", "transport", "cancelled", "protocol"}[r&7]
}

// Event is one thing that happened. Msg and Raw are nil where no message
// belongs to it; both are valid until the next Receive, Expire, SendFailed or Closed.
type Event struct {
	Kind   EventKind
	Reason EndReason
	Method Method
	Status uint16
	// Cause of a Reason header (SIP or Q.850), 0 for none.
	Cause uint16
	Call  Call
	Txn   Txn
	Tag   uint32
	// RetryAfter of a failure response, clamped to an hour; 0 for none.
	RetryAfter time.Duration
	Msg        *Msg
	Raw        []byte
}

// Body returns the message's body, nil for none.
func (e *Event) Body() []byte {
	if e.Msg == nil {
		return nil
	}
	return e.Msg.Body.In(e.Raw)
}

// queue is a ring of events; its room is fixed.
type queue struct {
	ring       []Event
	head, size int
}

func (q *queue) push(e Event) {
	if q.size == len(q.ring) {
		return // cannot be: see UA.spare
	}
	q.ring[(q.head+q.size)%len(q.ring)] = e
	q.size++
}

func (q *queue) pop() (Event, bool) {
	if q.size == 0 {
		return Event{}, false
	}
	e := q.ring[q.head]
	q.ring[q.head] = Event{}
	q.head = (q.head + 1) % len(q.ring)
	q.size--
	return e, true
}

// Next returns the next event. Call it until it returns false after every
// Receive, Expire, SendFailed and Closed.
func (u *UA) Next() (Event, bool) { return u.events.pop() }
