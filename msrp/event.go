package msrp

// An EventKind says what happened in a [Session].
type EventKind uint8

// Events. Each line names the fields that count.
const (
	EvNone    EventKind = iota
	EvOpen              // the session is up: the opening SEND was answered (active), or the peer's first request came (passive)
	EvPiece             // Slot: octets Data of the message stand at Off; MessageID, ContentType, Size (declared total or Star)
	EvMessage           // Slot is complete: MessageID, ContentType, Size; Accept decides about the withheld response
	EvAborted           // Slot is dropped and free: the peer gave up (Code 0), too large or too many (413), or no progress (408)
	EvSent              // Tag: every chunk was answered 200 (Failure-Report partial, no: has been written)
	EvFailed            // Tag failed with Code; 408 with Local: unconfirmed, no answer within AnswerTime
	EvReport            // Tag: a REPORT says Code about Size octets from Off (Size Star: unknown)
	EvBroken            // the session has ended: Code 481, 506, 408 (opening SEND unanswered); nothing follows
)

// An Event is a flat value. MessageID, ContentType and Data are valid until the next call
// that feeds the session or Accept.
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
