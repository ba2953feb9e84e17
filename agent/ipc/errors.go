package ipc

// An Error says why a frame or a request cannot be taken. It is one octet, so returning
// it allocates nothing, however often a client errs.
type Error uint8

// Errors of [Framer.Frame], [ParseRequest] and the Append functions.
const (
	ErrShort      Error = iota + 1 // more octets are needed; not a defect
	ErrNoRoom                      // the result does not fit the capacity of dst
	ErrTooLarge                    // a frame or a length in it exceeds MaxFrame
	ErrNesting                     // nested deeper than MaxNesting
	ErrMalformed                   // not MessagePack, or octets after the request
	ErrNotRequest                  // not [0, msgid, method, params]
	ErrMethod                      // no such method
	ErrParams                      // params is not an array of at most one map
	ErrKey                         // a key that is no str
	ErrTwice                       // a key given twice
	ErrMissing                     // a key that the method needs
	ErrType                        // a value of another type
	ErrRange                       // a number outside its range
	ErrUTF8                        // text that is not UTF-8
	ErrControl                     // a control character where a header might be written
	ErrLong                        // longer than its limit
	ErrGrammar                     // not of the form that the field has
	ErrBody                        // a body longer than MaxBody
)

var errorTable = [...]struct {
	text   string
	code   Code
	closes bool
}{
	ErrShort:      {"frame is incomplete", CodeBadFrame, false},
	ErrNoRoom:     {"does not fit the buffer", CodeBusy, false},
	ErrTooLarge:   {"frame exceeds 65535 octets", CodeTooLarge, true},
	ErrNesting:    {"nested deeper than 4", CodeBadFrame, true},
	ErrMalformed:  {"not one MessagePack value", CodeBadFrame, true},
	ErrNotRequest: {"not a request [0, msgid, method, params]", CodeBadFrame, true},
	ErrMethod:     {"no such method", CodeUnknownMethod, false},
	ErrParams:     {"params is not an array of at most one map", CodeBadArgument, false},
	ErrKey:        {"a key is not a str", CodeBadArgument, false},
	ErrTwice:      {"given twice", CodeBadArgument, false},
	ErrMissing:    {"is missing", CodeBadArgument, false},
	ErrType:       {"has another type", CodeBadArgument, false},
	ErrRange:      {"is out of range", CodeBadArgument, false},
	ErrUTF8:       {"is not UTF-8", CodeBadArgument, false},
	ErrControl:    {"has a control character", CodeBadArgument, false},
	ErrLong:       {"is too long", CodeBadArgument, false},
	ErrGrammar:    {"is malformed", CodeBadArgument, false},
	ErrBody:       {"exceeds 32768 octets: use more and append", CodeTooLarge, false},
}

func (e Error) Error() string { return "ipc: " + e.Text() }

// Text is what the client is told, without the package's name; for an error of an
// argument it follows the name of the key.
func (e Error) Text() string { return errorTable[e].text }

// Code is the number by which the client is told of e.
func (e Error) Code() Code { return errorTable[e].code }

// Closes reports whether the client is to be closed after the error reply.
func (e Error) Closes() bool { return errorTable[e].closes }

// A Code is the number of an error in a response. Numbers are never reused.
type Code uint8

// The error codes of the host socket.
const (
	CodeNone          Code = 0
	CodeBadFrame      Code = 1
	CodeUnknownMethod Code = 2
	CodeBadArgument   Code = 3
	CodeTooLarge      Code = 4
	CodeBusy          Code = 5
	CodeNotFound      Code = 6
	CodeNotRegistered Code = 7
	CodeWrongState    Code = 8
	CodeRefused       Code = 9
	CodeTimeout       Code = 10
	CodeStorage       Code = 11
	CodeUnsupported   Code = 12
	CodeModem         Code = 13
	CodeInternal      Code = 99
)

var codeName = [...]string{"none", "bad_frame", "unknown_method", "bad_argument", "too_large", "busy", "not_found",
	"not_registered", "wrong_state", "refused", "timeout", "storage", "unsupported", "modem"}

// String is the name that goes with the number, `bad_frame` for 1 and so on.
func (c Code) String() string {
	if int(c) < len(codeName) {
		return codeName[c]
	}
	return "internal"
}
