package at

import (
	"bytes"
	"strings"
)

// A Kind is what a line from the modem means while a command is pending, or while none is.
type Kind uint8

// The kinds of lines.
const (
	Blank       Kind = iota // nothing; V.250 §5.7.1 wraps results in CR LF
	Echo                    // the command itself: the modem has ATE1 set
	Info                    // part of the pending command's answer
	OK                      // the command succeeded
	Fail                    // the command failed
	Prompt                  // "> ": the modem waits for a message body
	Unsolicited             // not about the command
)

// failures are the final results that are not OK, as recorded: V.250 §5.7.1, TS 27.007 §9.2, and
// what modems invent. Text may follow those that end in a colon.
var failures = [...]string{"ERROR", "+CME ERROR:", "+CMS ERROR:", "MODEM ERROR:", "COMMAND NOT SUPPORT",
	"UNKNOWN COMMAND", "NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE", "TOO MANY PARAMETERS"}

// bare are unsolicited lines without a prefix, which must not become the answer of a command
// whose answer has none either, such as AT+CGMM.
var bare = [...]string{"RDY", "APP RDY", "START", "RING", "SMS DONE", "SMS READY", "PB DONE", "Call Ready", "SMS Ready",
	"NORMAL POWER DOWN", "POWERED DOWN", "SIM READY"}

// noAnswer are the commands whose setting form is answered by a final result alone, so that a
// line with their prefix is unsolicited: it is the very line which they switch on.
var noAnswer = [...]string{"+CREG=", "+CGREG=", "+CEREG=", "+C5GREG=", "+CPIN=", "+CIREG=", "+CTZR=", "+CGEREP="}

// Classify says what line means while pending, such as "AT+CREG?", has not been answered;
// pending is "" if no command is.
//
// The hard case is a line like "+CREG: 5", which answers AT+CREG? but is unsolicited during
// AT+CSQ. A line that begins like an extended result is Info only if its prefix is that of the
// pending command (TS 27.007 §4.1).
func Classify(line []byte, pending string) Kind {
	line = bytes.TrimRight(line, "\r\n")
	switch {
	case len(bytes.TrimSpace(line)) == 0:
		return Blank
	case pending == "":
		return Unsolicited
	case string(line) == pending:
		return Echo
	case string(line) == "OK", isBasic(pending) && string(line) == "0": // ATV0 still set
		return OK
	case isFailure(line), isBasic(pending) && string(line) == "4":
		return Fail
	case string(line) == "> ":
		return Prompt
	case isExtended(line) && !answers(prefix(line), pending), isBare(line):
		return Unsolicited
	}
	return Info
}

// isBasic reports whether a command is one of V.250's basic ones, answered only by a result.
func isBasic(pending string) bool {
	return len(pending) == 2 || len(pending) > 2 && (pending[2] == 'E' || pending[2] == 'V')
}

func isFailure(line []byte) bool {
	for _, f := range failures {
		if string(line) == f || f[len(f)-1] == ':' && bytes.HasPrefix(line, []byte(f)) {
			return true
		}
		if f[len(f)-1] == ':' && string(line) == f[:len(f)-1] {
			return true
		}
	}
	return false
}

func isBare(line []byte) bool {
	for _, b := range bare {
		if string(line) == b {
			return true
		}
	}
	return false
}

// isExtended reports whether line has the form of an extended result: a sign of the vendor or
// of 3GPP, a name, and a colon.
func isExtended(line []byte) bool {
	return bytes.IndexByte([]byte("+^#!*$%&@"), line[0]) >= 0
}

// prefix returns the name in "+CREG: 5", sign included.
func prefix(line []byte) []byte {
	if i := bytes.IndexByte(line, ':'); i >= 0 {
		line = line[:i]
	}
	return bytes.TrimRight(line, " ")
}

// answers reports whether a line with this prefix can be part of pending's answer. pending may
// hold several commands: "AT+COPS=3,2;+COPS?".
func answers(prefix []byte, pending string) bool {
	if len(pending) < 2 {
		return false
	}
	for rest, more := pending[2:], true; more; {
		var one string
		one, rest, more = strings.Cut(rest, ";")
		name := one
		if i := strings.IndexAny(one, "?="); i >= 0 {
			name = one[:i]
		}
		if string(prefix) == name && !isSetting(one, name) {
			return true
		}
	}
	return false
}

// isSetting reports whether the command is a setting form that has no answer.
func isSetting(command, name string) bool {
	for _, s := range noAnswer {
		if name == s[:len(s)-1] && strings.HasPrefix(command, s) && !strings.HasSuffix(command, "=?") {
			return true
		}
	}
	return false
}
