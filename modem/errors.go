package modem

import "errors"

// An OpError is a failed operation on a modem device. Err is the system's error, to be inspected
// with errors.Is(err, unix.ENODEV) and the like.
type OpError struct {
	Op   string // what was attempted, as a verb: "open", "set raw mode"
	Path string // the device
	Err  error
}

func (e *OpError) Error() string { return "modem: " + e.Op + " " + e.Path + ": " + e.Err.Error() }

// Unwrap returns the system's error.
func (e *OpError) Unwrap() error { return e.Err }

// Errors of Run and causes in events.
var (
	ErrProtocol = errors.New("modem: protocol not supported") // Config.Protocol is none of at, qmi and none
	ErrSilent   = errors.New("modem: no answer")              // commands stay unanswered
)
