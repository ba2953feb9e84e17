package xmlscan

// An Error says which rule a document broke. It is one octet, so that it becomes an error
// without allocating.
type Error uint8

// Errors. ErrNoRoom concerns the destination, the others the document.
const (
	ErrTooLong Error = iota + 1
	ErrDepth
	ErrAttributes
	ErrNamespaces
	ErrDoctype
	ErrEncoding
	ErrCharacter
	ErrTruncated
	ErrSyntax
	ErrMismatch
	ErrReference
	ErrPrefix
	ErrOutside
	ErrNoRoot
	ErrNoRoom
)

var errorText = [...]struct{ text, clause string }{
	ErrTooLong:    {"document exceeds MaxDocument", "local limit"},
	ErrDepth:      {"elements nested deeper than MaxDepth", "local limit"},
	ErrAttributes: {"tag with more than MaxAttributes", "local limit"},
	ErrNamespaces: {"more than MaxNamespaces in scope", "local limit"},
	ErrDoctype:    {"document type declaration", "local rule"},
	ErrEncoding:   {"not UTF-8", "RFC 5438 §11.1"},
	ErrCharacter:  {"character not allowed", "XML 1.0 §2.2"},
	ErrTruncated:  {"document ends inside an element", "XML 1.0 §2.1"},
	ErrSyntax:     {"malformed markup", "XML 1.0 §3.1"},
	ErrMismatch:   {"end tag of another element", "XML 1.0 §3"},
	ErrReference:  {"unknown entity or character reference", "XML 1.0 §4.1"},
	ErrPrefix:     {"namespace prefix not declared", "Namespaces in XML §5"},
	ErrOutside:    {"text or element outside the root", "XML 1.0 §2.1"},
	ErrNoRoot:     {"no element", "XML 1.0 §2.1"},
	ErrNoRoom:     {"text does not fit its buffer", "local limit"},
}

// Error returns the broken rule.
func (e Error) Error() string {
	if int(e) >= len(errorText) {
		return "xmlscan: unknown error"
	}
	return "xmlscan: " + errorText[e].text
}

// Clause returns where the broken rule stands.
func (e Error) Clause() string {
	if int(e) >= len(errorText) {
		return ""
	}
	return errorText[e].clause
}
