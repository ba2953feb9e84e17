package qmi

// An Error is a frame, or a part of one, that cannot be used.
type Error uint8

// What can be wrong with a frame. After ErrShort more octets are needed; after ErrMarker,
// ErrLength and ErrTooLong the beginning of the next frame is not known; after the others it is.
const (
	ErrShort    Error = iota + 1
	ErrMarker         // the first octet is neither 01 nor 02
	ErrLength         // the length does not hold the QMUX header
	ErrTooLong        // the length is above MaxFrame
	ErrMessage        // the message's length is not that of the frame
	ErrTLV            // a TLV goes beyond its message
	ErrMissing        // a TLV that the message needs is missing
	ErrValue          // a TLV is shorter than what it announces, or holds what cannot be
	ErrNoRoom         // the destination's capacity does not suffice
	ErrBusy           // a question is under way already, or the session does not work
	ErrNoAnswer       // the modem did not answer the question in time
)

var errorText = [...]string{
	ErrShort: "frame incomplete", ErrMarker: "no QMUX marker", ErrLength: "length below the QMUX header",
	ErrTooLong: "frame too long (limit L14)", ErrMessage: "message and frame differ in length",
	ErrTLV: "TLV beyond its message", ErrMissing: "TLV missing", ErrValue: "TLV with a malformed value",
	ErrNoRoom: "no room", ErrBusy: "not ready for a question", ErrNoAnswer: "no answer",
}

// Error returns the sentence.
func (e Error) Error() string {
	if int(e) >= len(errorText) {
		return "qmi: unknown error"
	}
	return "qmi: " + errorText[e]
}

// A Failure is the error code of a response whose result is not success.
type Failure uint16

// The failures that the agent acts on.
const (
	FailureNone                 Failure = 0
	FailureInternal             Failure = 3
	FailureClientIDsExhausted   Failure = 5
	FailureInvalidClientID      Failure = 7
	FailureCallFailed           Failure = 14
	FailureOutOfCall            Failure = 15
	FailureNoEffect             Failure = 26
	FailureAuthenticationFailed Failure = 34
	FailureUIMUninitialized     Failure = 37
	FailureInvalidQMICommand    Failure = 71
	FailureInfoUnavailable      Failure = 74
	FailureSIMFileNotFound      Failure = 80
	FailureNotSupported         Failure = 94
)

// Error returns the name where the agent knows it, else the number.
func (f Failure) Error() string {
	switch f {
	case FailureNone:
		return "qmi: no error"
	case FailureInternal:
		return "qmi: internal error"
	case FailureClientIDsExhausted:
		return "qmi: client ids exhausted"
	case FailureInvalidClientID:
		return "qmi: invalid client id"
	case FailureCallFailed:
		return "qmi: call failed"
	case FailureOutOfCall:
		return "qmi: out of call"
	case FailureNoEffect:
		return "qmi: no effect"
	case FailureAuthenticationFailed:
		return "qmi: authentication failed"
	case FailureUIMUninitialized:
		return "qmi: UIM uninitialized"
	case FailureInvalidQMICommand:
		return "qmi: invalid QMI command"
	case FailureInfoUnavailable:
		return "qmi: information unavailable"
	case FailureSIMFileNotFound:
		return "qmi: SIM file not found"
	case FailureNotSupported:
		return "qmi: not supported"
	}
	var digits [5]byte
	i := len(digits)
	for n := f; i == len(digits) || n > 0; n /= 10 {
		i--
		digits[i] = byte('0' + n%10)
	}
	return "qmi: error " + string(digits[i:])
}
