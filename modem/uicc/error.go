package uicc

// An Error is what a card refused, or an answer that cannot be used.
type Error uint8

// What a card or its answer can come to. After ErrMAC the network is not the subscriber's: the
// agent must not answer its challenge, nor resynchronise.
const (
	ErrMAC        Error = iota + 1 // 9862
	ErrContext                     // 9864
	ErrConditions                  // 6982, 6985: PIN, or not in this application
	ErrNotFound                    // 6A82, 6A83, 6A88
	ErrMore                        // 61xx: GET RESPONSE has the answer
	ErrLe                          // 6Cxx: again, with this length
	ErrStatus                      // another status word that is not success
	ErrSyntax                      // malformed answer
	ErrAbsent                      // the file is empty
)

var errorText = [...]struct{ text, clause string }{
	ErrMAC:        {"authentication failure: wrong MAC", "TS 31.102 §7.3.1"},
	ErrContext:    {"authentication failure: security context not supported", "TS 31.102 §7.3.1"},
	ErrConditions: {"conditions of use not satisfied", "TS 102 221 §10.2.1.5"},
	ErrNotFound:   {"file, record or application not found", "TS 102 221 §10.2.1.5"},
	ErrMore:       {"more octets to get", "TS 102 221 §10.2.1.1"},
	ErrLe:         {"wrong length expected", "TS 102 221 §10.2.1.5"},
	ErrStatus:     {"status word is not success", "TS 102 221 §10.2.1"},
	ErrSyntax:     {"malformed answer of the card", ""},
	ErrAbsent:     {"file is empty", ""},
}

// Error returns the sentence, and the clause where there is one.
func (e Error) Error() string {
	if int(e) >= len(errorText) {
		return "uicc: unknown error"
	}
	if c := errorText[e].clause; c != "" {
		return "uicc: " + errorText[e].text + " (" + c + ")"
	}
	return "uicc: " + errorText[e].text
}

// Check returns nil if a status word is success, also with a proactive command waiting (91xx).
func Check(sw uint16) error {
	switch {
	case sw == 0x9000, sw>>8 == 0x91:
		return nil
	case sw>>8 == 0x61, sw>>8 == 0x9F:
		return ErrMore
	case sw>>8 == 0x6C:
		return ErrLe
	}
	switch sw {
	case 0x9862:
		return ErrMAC
	case 0x9864:
		return ErrContext
	case 0x6982, 0x6983, 0x6985, 0x9804:
		return ErrConditions
	case 0x6A82, 0x6A83, 0x6A88, 0x9404:
		return ErrNotFound
	}
	return ErrStatus
}
