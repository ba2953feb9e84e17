package sdp

// An Error says which rule a description broke.
type Error uint8

// Errors. All but the last mean that an offer is answered with 488.
const (
	ErrSize        Error = iota + 1 // larger than MaxBody or MaxLines
	ErrSyntax                       // not a session description
	ErrVersion                      // not version 0
	ErrMedia                        // bad m= line, or too many
	ErrAttributes                   // too many attributes
	ErrPath                         // a=path missing, too long or not MSRP URIs
	ErrTypes                        // a=accept-types missing or not media types
	ErrFingerprint                  // bad a=fingerprint
	ErrNoRoom                       // does not fit the buffer; nothing was appended
)

var errorText = [...]struct{ text, clause string }{
	ErrSize:        {"description too large", "local limit"},
	ErrSyntax:      {"not a session description", "RFC 8866 §9"},
	ErrVersion:     {"version is not 0", "RFC 8866 §5.1"},
	ErrMedia:       {"bad m= line", "RFC 8866 §5.14"},
	ErrAttributes:  {"too many attributes", "local limit"},
	ErrPath:        {"bad a=path", "RFC 4975 §8.2"},
	ErrTypes:       {"bad a=accept-types", "RFC 4975 §8.6"},
	ErrFingerprint: {"bad a=fingerprint", "RFC 8122 §5"},
	ErrNoRoom:      {"does not fit the buffer", "local limit"},
}

func (e Error) Error() string {
	if int(e) >= len(errorText) {
		return "sdp: unknown error"
	}
	return "sdp: " + errorText[e].text
}

// Ref returns the clause that defines the broken rule, or "local limit".
func (e Error) Ref() string {
	if int(e) >= len(errorText) {
		return ""
	}
	return errorText[e].clause
}
