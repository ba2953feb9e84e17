package modem

import "imsagent/modem/at"

// A Cell is the modem's point of attachment; its AppendPANI writes P-Access-Network-Info.
type Cell = at.Cell

// An EventKind says what became of the modem.
type EventKind uint8

// The kinds of events.
const (
	Access EventKind = iota + 1 // PANI changed
	Gone                        // the device cannot be opened, was lost or does not answer; PANI is void
	Back                        // the modem answers: for the first time, or after Gone
	Status                      // something to tell a human: SIM missing, PIN wrong, no answer
)

// String returns the kind as a word.
func (k EventKind) String() string {
	return [...]string{"none", "access", "gone", "back", "status"}[k%5]
}

// An Event is what Run reports.
type Event struct {
	Kind EventKind
	PANI string // of Access: the value of P-Access-Network-Info; "" without coverage
	Text string // of Gone, Back and Status: one line for a human
	Err  error  // of Gone and Status: the cause, if there is one; an *OpError for the device
}
