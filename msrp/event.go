package msrp

// An EventKind says what happened in a [Session].
type EventKind uint8

// Events. Each line names the fields that count.
const (
	EvNone    EventKind = iota
	EvOpen              // the session is up: the opening SEND was answered (active), or the peer's first request came (passive)
	EvPiece             // Slot: octets Data of the message stand at Off; MessageID, ContentType, Size (declared total or Star)
	EvMessage           // Slot is complete: MessageID, ContentType, Size; Accept decides about the withheld response
	EvAborted           // Slot is dropped: the peer gave up (Code 0), too large or too scattered (413), or no progress (408, Local)
	EvSent              // Tag: every chunk was answered 200 (Failure-Report partial, no: has been written; partial may still fail)
	EvFailed            // Tag failed with Code; 408 with Local: unconfirmed, no answer within AnswerTime
	EvReport            // Tag, MessageID: a REPORT says Code about Size octets from Off (Size Star: unknown)
	EvBroken            // the session has ended: Code 481, 506, 408 (opening SEND unanswered), 413 (Local: a body that nothing may interrupt, §7.1), 0 (Local: the caller did not drain); nothing follows
)

// An Event is a flat value. MessageID, ContentType and Data are valid until the next call
// that feeds the session, and until Accept.
type Event struct {
	Kind        EventKind
	Local       bool // Code is our own finding, not the peer's
	Code        uint16
	Slot        int
	Tag         uint32
	Off         int64 // from 0
	Size        int64
	MessageID   []byte
	ContentType []byte
	Data        []byte
}

// maxEvents is more than one call can cause: all outgoing messages, all slots, and the end.
const maxEvents = MaxQueue + Slots + MaxFlight

// events is a ring. It overflows only when the caller does not drain it after each call.
type events struct {
	head, n int
	ring    [maxEvents]Event
}

func (q *events) push(e Event) bool {
	if q.n == maxEvents {
		return false
	}
	q.ring[(q.head+q.n)%maxEvents] = e
	q.n++
	return true
}

func (q *events) pop() (Event, bool) {
	if q.n == 0 {
		return Event{}, false
	}
	e := q.ring[q.head]
	q.ring[q.head] = Event{}
	q.head, q.n = (q.head+1)%maxEvents, q.n-1
	return e, true
}

// Next returns what happened. Drain it after every call that feeds the session.
func (s *Session) Next() (Event, bool) { return s.events.pop() }

func (s *Session) emit(e Event) {
	if s.dead {
		return
	}
	if !s.events.push(e) {
		s.dead, s.deadCode = true, 0
		s.events.ring[s.events.head] = Event{Kind: EvBroken, Local: true}
		s.events.n = 1
	}
}

// end says that the session is over.
func (s *Session) over(code uint16, local bool) {
	s.emit(Event{Kind: EvBroken, Code: code, Local: local})
	s.dead, s.deadCode = true, code
}
