package at

import "bytes"

// A SIM is the state of the SIM as +CPIN tells it.
type SIM uint8

// The states of the SIM.
const (
	SIMUnknown SIM = iota
	SIMReady
	SIMPIN     // waits for the PIN
	SIMPUK     // waits for the PUK: the agent never enters one
	SIMLocked  // some other lock: PIN2, network, corporate …
	SIMMissing // not inserted, or failed
	SIMBusy    // inserted, still starting
)

var simText = [...]string{"SIM state unknown", "SIM ready", "SIM asks for its PIN", "SIM asks for its PUK", "SIM is locked",
	"SIM missing", "SIM busy"}

// String returns the state as a short phrase.
func (s SIM) String() string { return simText[int(s)%len(simText)] }

// ParseSIM parses an answer to AT+CPIN? (TS 27.007 §8.3); the prefix may be missing.
func ParseSIM(line []byte) (SIM, error) {
	line = bytes.TrimSpace(line)
	if rest, ok := bytes.CutPrefix(line, []byte("+CPIN:")); ok {
		line = rest
	}
	switch string(unquote(line)) {
	case "READY":
		return SIMReady, nil
	case "SIM PIN":
		return SIMPIN, nil
	case "SIM PUK":
		return SIMPUK, nil
	case "SIM PIN2", "SIM PUK2", "PH-SIM PIN", "PH-FSIM PIN", "PH-FSIM PUK", "PH-NET PIN", "PH-NET PUK",
		"PH-NETSUB PIN", "PH-NETSUB PUK", "PH-SP PIN", "PH-SP PUK", "PH-CORP PIN", "PH-CORP PUK":
		return SIMLocked, nil
	case "NOT INSERTED", "NOT READY", "SIM REMOVED", "NO SIM":
		return SIMMissing, nil
	}
	return SIMUnknown, ErrSyntax
}

// NoCode is the code of a failure that gives none.
const NoCode = -1

// ParseCode returns the number of a "+CME ERROR: 10" line, NoCode where there is none, as in
// ERROR or "+CME ERROR: SIM not inserted".
func ParseCode(line []byte) int {
	if l, ok := fields(line, "+CME ERROR"); ok {
		if n, ok := number(l.at(0)); ok {
			return n
		}
	}
	return NoCode
}

// simOfError returns what a failure says of the SIM: by number (TS 27.007 §9.2.1) or by text.
func simOfError(line []byte) SIM {
	switch ParseCode(line) {
	case 10, 13, 15: // not inserted, failure, wrong
		return SIMMissing
	case 14:
		return SIMBusy
	case 11:
		return SIMPIN
	case 12:
		return SIMPUK
	}
	switch _, text, _ := bytes.Cut(line, []byte(": ")); string(text) {
	case "SIM not inserted", "SIM failure", "SIM wrong":
		return SIMMissing
	case "SIM busy":
		return SIMBusy
	}
	return SIMUnknown
}
