package imdn

// An Error says which rule of RFC 5438 a document broke that is well-formed XML. A document
// that is not gives an error of cpim/xmlscan.
type Error uint8

// Errors. ErrNoRoom concerns the destination, the others the document.
const (
	ErrRoot Error = iota + 1
	ErrMessageID
	ErrNoStatus
	ErrNoRoom
)

var errorText = [...]struct{ text, clause string }{
	ErrRoot:      {"root is not imdn", "RFC 5438 §11.1"},
	ErrMessageID: {"message-id missing, repeated, longer than MaxMessageID or with a control character", "RFC 5438 §11.1.1"},
	ErrNoStatus:  {"no notification with a status", "RFC 5438 §11.1.7"},
	ErrNoRoom:    {"notification does not fit its buffer", "local limit"},
}

// Error returns the broken rule.
func (e Error) Error() string {
	if int(e) >= len(errorText) {
		return "imdn: unknown error"
	}
	return "imdn: " + errorText[e].text
}

// Clause returns where the broken rule stands.
func (e Error) Clause() string {
	if int(e) >= len(errorText) {
		return ""
	}
	return errorText[e].clause
}
