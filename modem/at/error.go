package at

// An Error is a line that cannot be used. The place is the line itself.
type Error uint8

// What can be wrong with a line.
const (
	ErrLong     Error = iota + 1 // longer than MaxLine; dropped to its end
	ErrSyntax                    // not the form that the command's clause gives
	ErrNoRoom                    // the destination's capacity does not suffice
	ErrNoCell                    // the report names no serving cell
	ErrTooMany                   // more commands than MaxCommands
	ErrBusy                      // the session does not work, or a command of the caller is under way
	ErrNoAnswer                  // the command was not answered in its time, or the modem restarted
)

var errorText = [...]struct{ text, clause string }{
	ErrLong:     {"line too long", "limit L14"},
	ErrSyntax:   {"malformed line", "TS 27.007 §4"},
	ErrNoRoom:   {"no room", ""},
	ErrNoCell:   {"no serving cell", ""},
	ErrTooMany:  {"too many commands", ""},
	ErrBusy:     {"busy", ""},
	ErrNoAnswer: {"no answer", ""},
}

// Error returns the sentence, and the clause where there is one.
func (e Error) Error() string {
	if int(e) >= len(errorText) {
		return "at: unknown error"
	}
	if c := errorText[e].clause; c != "" {
		return "at: " + errorText[e].text + " (" + c + ")"
	}
	return "at: " + errorText[e].text
}
