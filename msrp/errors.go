package msrp

// An Error says which rule was broken. It is one octet, so that it travels as an error
// without allocating, however hostile the input.
type Error uint8

// Errors. Those of the first group end the connection, those of the second are found in
// Head.Fault and answered with 400, those of the third are for the caller of an encoder.
const (
	ErrShort   Error = iota + 1 // more octets are needed; not a defect
	ErrStart                    // not an MSRP start line
	ErrLine                     // line too long or not ended by CRLF
	ErrHead                     // head too long
	ErrHeaders                  // too many header fields

	ErrMethod // method is not UPALPHA, or more follows it
	ErrHeader // header field without a name, folded, or with control characters
	ErrOrder  // To-Path and From-Path are not the first two fields
	ErrTwice  // a field that may occur once occurs twice
	ErrPath   // not a list of MSRP URIs
	ErrID     // not an identifier
	ErrRange  // bad Byte-Range
	ErrStatus // bad Status
	ErrType   // body without Content-Type

	ErrNoRoom  // does not fit the buffer; nothing was appended
	ErrFull    // as many messages are queued as the session remembers
	ErrClosed  // the session has ended
	ErrRefused // the peer has refused this Content-Type in this session
	ErrStale   // these octets are not wanted now
	ErrURI     // not an MSRP URI
)

var errorText = [...]struct{ text, clause string }{
	ErrShort:   {"more octets are needed", "RFC 4975 §5.1"},
	ErrStart:   {"not an MSRP start line", "RFC 4975 §9"},
	ErrLine:    {"line too long or not ended by CRLF", "local limit"},
	ErrHead:    {"head too long", "local limit"},
	ErrHeaders: {"too many header fields", "local limit"},
	ErrMethod:  {"bad method", "RFC 4975 §9"},
	ErrHeader:  {"bad header field", "RFC 4975 §9"},
	ErrOrder:   {"To-Path and From-Path are not first", "RFC 4975 §9"},
	ErrTwice:   {"header field occurs twice", "RFC 4975 §9"},
	ErrPath:    {"bad path", "RFC 4975 §9"},
	ErrID:      {"bad identifier", "RFC 4975 §9"},
	ErrRange:   {"bad Byte-Range", "RFC 4975 §7.1.1"},
	ErrStatus:  {"bad Status", "RFC 4975 §9"},
	ErrType:    {"body without Content-Type", "RFC 4975 §7.1"},
	ErrNoRoom:  {"does not fit the buffer", "local limit"},
	ErrFull:    {"too many messages queued", "local limit"},
	ErrClosed:  {"session has ended", "RFC 4975 §10.8"},
	ErrRefused: {"peer refused this Content-Type", "RFC 4975 §10.6"},
	ErrStale:   {"octets not wanted now", "local rule"},
	ErrURI:     {"not an MSRP URI", "RFC 4975 §6"},
}

func (e Error) Error() string {
	if int(e) >= len(errorText) {
		return "msrp: unknown error"
	}
	return "msrp: " + errorText[e].text
}

// Ref returns the clause that defines the broken rule, or "local limit".
func (e Error) Ref() string {
	if int(e) >= len(errorText) {
		return ""
	}
	return errorText[e].clause
}

// Fatal reports whether the stream cannot be framed any more, so that the connection must
// be closed.
func (e Error) Fatal() bool { return e >= ErrStart && e <= ErrHeaders }
