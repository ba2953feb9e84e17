package msrp

import "time"

// Limits. They bound memory and time, not the protocol; each names what exceeding it causes.
const (
	MaxLine    = 2 << 10 // octets of one line of a head; ErrLine
	MaxHead    = 8 << 10 // octets of a head; ErrHead
	MaxHeaders = 32      // header fields; ErrHeaders
	MaxBody    = 10240   // octets of the body of a non-SEND request (§7.1); EvBroken with 413
	MaxID      = 64      // octets of an identifier: §9 says 32, peers send UUIDs of 36; ErrStart, 400
	MaxType    = 128     // octets of a Content-Type; 415
	MaxPaths   = 1536    // octets of both paths of a session; ErrPath
	MaxHop     = 512     // octets of a From-Path that is repeated as received

	Slots      = 24 // incoming messages known at once, unfinished or not yet accepted; Full
	MaxOpen    = 8  // of them unfinished; 413
	MaxRanges  = 16 // separate ranges of one unfinished message; 413
	MaxQueue   = 16 // outgoing messages not yet settled; ErrFull
	MaxFlight  = 32 // transactions not yet answered; Want waits
	MaxAnswers = 64 // responses not yet written; Blocked
	MaxReports = 32 // REPORTs not yet written; Blocked
	MaxGuesses = 5  // requests for a wrong path on one connection; EvBroken with 481

	// ChunkSize is the body of a chunk that need not be interruptible (§7.1.1).
	ChunkSize = 2048
)

const (
	// AnswerTime is how long a response may take: "If a 200 response to the transaction is
	// not received within 30 seconds ... the element MUST inform the user" (§7.1.1).
	AnswerTime = 30 * time.Second

	// SlotTime is how long an unfinished message may make no progress.
	SlotTime = 60 * time.Second

	// slotStep is how many octets inside one chunk count as progress.
	slotStep = 4 << 10
)
