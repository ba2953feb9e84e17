package sipmin

// Misuse is why the UA refuses a call of its owner. Nothing was sent then.
type Misuse uint8

// The refusals.
const (
	// ErrNoCall: the handle names no call or transaction (any more).
	ErrNoCall Misuse = iota + 1
	// ErrState: not now; another exchange is open, or the call is not that far.
	ErrState
	// ErrBusy: a table or the memory is full; try again later.
	ErrBusy
	// ErrTooLong: a value does not fit its place.
	ErrTooLong
	// ErrConfig: New was given no Wire, Memory, Entropy, Local or Proxy.
	ErrConfig
)

var misuses = [...]string{
	ErrNoCall: "sipmin: no such call", ErrState: "sipmin: wrong state", ErrBusy: "sipmin: no room",
	ErrTooLong: "sipmin: value too long", ErrConfig: "sipmin: configuration incomplete",
}

// Error returns the refusal in words.
func (m Misuse) Error() string { return misuses[m] }
