package cpim

// An Error says which rule a message broke. It is one octet, so that it becomes an error
// without allocating.
type Error uint8

// Errors. ErrShort asks for more input; ErrNoRoom concerns the destination.
const (
	ErrShort Error = iota + 1
	ErrTooLong
	ErrTooManyHeaders
	ErrControl
	ErrNoHeaders
	ErrNoContent
	ErrMIMEHeader
	ErrMessageID
	ErrEncoding
	ErrValue
	ErrNoRoom
)

var errorText = [...]struct{ text, clause string }{
	ErrShort:          {"head incomplete", "RFC 3862 §2"},
	ErrTooLong:        {"head exceeds MaxHead", "local limit"},
	ErrTooManyHeaders: {"head exceeds MaxHeaders", "local limit"},
	ErrControl:        {"control character in a header", "RFC 3862 §2.3"},
	ErrNoHeaders:      {"no message header", "RFC 3862 §2"},
	ErrNoContent:      {"no content", "RFC 3862 §2.4"},
	ErrMIMEHeader:     {"MIME header without a colon", "RFC 3862 §2.4"},
	ErrMessageID:      {"imdn.Message-ID empty, repeated or longer than MaxMessageID", "RFC 5438 §6.3"},
	ErrEncoding:       {"Content-Transfer-Encoding unknown or broken", "RFC 2045 §6"},
	ErrValue:          {"value cannot stand in a header", "RFC 3862 §3.6"},
	ErrNoRoom:         {"message does not fit its buffer", "local limit"},
}

// Error returns the broken rule.
func (e Error) Error() string {
	if int(e) >= len(errorText) {
		return "cpim: unknown error"
	}
	return "cpim: " + errorText[e].text
}

// Clause returns where the broken rule stands, or "local limit".
func (e Error) Clause() string {
	if int(e) >= len(errorText) {
		return ""
	}
	return errorText[e].clause
}
