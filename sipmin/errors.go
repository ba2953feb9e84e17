package sipmin

import "strconv"

// An Error says which rule a message broke. It is one octet, so the parser
// returns it as an error without allocating, however malformed the input.
type Error uint8

// What can be wrong. ErrShort and ErrKeepAlive are no defects.
const (
	ErrShort          Error = iota + 1 // more octets are needed (streams)
	ErrKeepAlive                       // nothing but line ends
	ErrMessageTooLong                  // MaxMessage, L1
	ErrLineTooLong                     // MaxLine, L2
	ErrHeadTooLong                     // MaxHead, L2
	ErrTooMany                         // MaxHeaders, L2
	ErrLineEnd                         // CR or LF alone
	ErrStartLine                       // neither request line nor status line
	ErrVersion                         // not SIP/2.0
	ErrStatus                          // status code
	ErrHeader                          // field without name or colon
	ErrNoBlankLine                     // head not ended in a datagram
	ErrContentLength                   // not one decimal number of at most MaxMessage, L3
	ErrNoLength                        // stream message without Content-Length
	ErrBody                            // datagram shorter than Content-Length
	ErrDuplicate                       // a field that may occur once occurs twice
	ErrMissing                         // mandatory field absent
	ErrVia                             // Via
	ErrCSeq                            // CSeq
	ErrCSeqMethod                      // CSeq method is not the request's
	ErrFrom                            // From
	ErrTo                              // To
	ErrCallID                          // Call-ID
	ErrMaxForwards                     // Max-Forwards
	ErrURI                             // URI
	ErrURITooLong                      // MaxURI
	ErrNameAddr                        // name-addr or addr-spec
	ErrParam                           // parameter
	ErrNumber                          // number
	ErrTooManyValues                   // MaxVias, MaxRoutes
	ErrBoundary                        // multipart boundary parameter, L4
	ErrMultipart                       // multipart body
	ErrParts                           // MaxParts, L4
	ErrNesting                         // MaxNesting, L4
	ErrNoRoom                          // Writer: message exceeds the buffer
	ErrValue                           // Writer: value cannot be written
	numErrors
)

var errorTable = [numErrors]struct {
	text, ref string
	status    uint16
}{
	0:                 {"no error", "", 0},
	ErrShort:          {"message incomplete", "RFC 3261 §18.3", 0},
	ErrKeepAlive:      {"keep-alive", "RFC 5626 §4.4.1", 0},
	ErrMessageTooLong: {"message too long", "local limit", 513},
	ErrLineTooLong:    {"header field too long", "local limit", 400},
	ErrHeadTooLong:    {"header too long", "local limit", 400},
	ErrTooMany:        {"too many header fields", "local limit", 400},
	ErrLineEnd:        {"CR or LF alone", "RFC 3261 §7", 400},
	ErrStartLine:      {"malformed start line", "RFC 3261 §7.1", 400},
	ErrVersion:        {"SIP version not supported", "RFC 3261 §7.1", 505},
	ErrStatus:         {"malformed status code", "RFC 3261 §7.2", 0},
	ErrHeader:         {"malformed header field", "RFC 3261 §7.3.1", 400},
	ErrNoBlankLine:    {"header not ended", "RFC 3261 §7", 400},
	ErrContentLength:  {"malformed Content-Length", "RFC 3261 §20.14", 400},
	ErrNoLength:       {"Content-Length missing", "RFC 3261 §20.14", 400},
	ErrBody:           {"body shorter than Content-Length", "RFC 3261 §18.3", 400},
	ErrDuplicate:      {"duplicated header field", "RFC 3261 §7.3.1", 400},
	ErrMissing:        {"mandatory header field missing", "RFC 3261 §8.1.1", 400},
	ErrVia:            {"malformed Via", "RFC 3261 §20.42", 400},
	ErrCSeq:           {"malformed CSeq", "RFC 3261 §20.16", 400},
	ErrCSeqMethod:     {"CSeq method differs", "RFC 3261 §8.1.1.5", 400},
	ErrFrom:           {"malformed From", "RFC 3261 §20.20", 400},
	ErrTo:             {"malformed To", "RFC 3261 §20.39", 400},
	ErrCallID:         {"malformed Call-ID", "RFC 3261 §20.8", 400},
	ErrMaxForwards:    {"malformed Max-Forwards", "RFC 3261 §20.22", 400},
	ErrURI:            {"malformed URI", "RFC 3261 §19.1.1", 400},
	ErrURITooLong:     {"URI too long", "local limit", 414},
	ErrNameAddr:       {"malformed address", "RFC 3261 §20.10", 400},
	ErrParam:          {"malformed parameter", "RFC 3261 §25.1", 400},
	ErrNumber:         {"malformed number", "RFC 3261 §25.1", 400},
	ErrTooManyValues:  {"too many values in a list", "local limit", 400},
	ErrBoundary:       {"malformed boundary", "RFC 2046 §5.1.1", 400},
	ErrMultipart:      {"malformed multipart body", "RFC 2046 §5.1.1", 400},
	ErrParts:          {"too many body parts", "local limit", 400},
	ErrNesting:        {"multipart nested too deeply", "local limit", 400},
	ErrNoRoom:         {"message does not fit the buffer", "local limit", 0},
	ErrValue:          {"value cannot be written", "RFC 3261 §7.3.1", 0},
}

// Error returns the defect in words.
func (e Error) Error() string { return "sipmin: " + e.row().text }

// Ref returns the clause that defines the broken rule, or "local limit".
func (e Error) Ref() string { return e.row().ref }

// Text returns the defect in words that fit a reason phrase or a Warning.
func (e Error) Text() string { return e.row().text }

// Status returns the response that a request with this defect gets, if its
// [Msg.Answerable] allows one: 400, 414, 505 or 513. 0 means none.
func (e Error) Status() uint16 { return e.row().status }

func (e Error) row() *struct {
	text, ref string
	status    uint16
} {
	if e >= numErrors {
		e = 0
	}
	return &errorTable[e]
}

// A ParseError is an [Error] with its place. The parser does not build one;
// [Locate] does, where an error is about to be logged.
type ParseError struct {
	Err  Error
	Off  int    // octet offset in the message
	Near string // at most 16 octets at Off, quoted
}

// Locate adds to err the place that [Parse] reported for it.
func Locate(err Error, b []byte, off int) *ParseError {
	off = max(0, min(off, len(b)))
	return &ParseError{err, off, strconv.QuoteToASCII(string(b[off:min(off+16, len(b))]))}
}

// Error returns defect, place and clause.
func (e *ParseError) Error() string {
	return e.Err.Error() + " at octet " + strconv.Itoa(e.Off) + ", near " + e.Near + " (" + e.Err.Ref() + ")"
}

// Unwrap lets errors.Is see through the place.
func (e *ParseError) Unwrap() error { return e.Err }
