package main

import (
	"encoding/json"
	"fmt"
	"io"

	"imsagent/agent"
)

// Verdicts of -check. Only bad stands in the way of running.
const (
	good = "ok"
	warn = "warn"
	bad  = "bad"
)

// A finding is one thing that -check looked at.
type finding struct {
	Check   string `json:"check"`
	Verdict string `json:"verdict"`
	Text    string `json:"text"`
	Fix     string `json:"fix,omitempty"` // what to do; "" where nothing is to be done
}

// A question is one thing that -check looks at.
type question struct {
	name   string
	answer func(c *agent.Config) finding
}

// questions is what -check looks at, in this order. To add one, put it here and say in its fix
// what a person at the machine can do.
var questions = []question{
	{"kernel", checkKernel},
	{"ipv6", checkIPv6},
	{"address", checkAddress},
	{"esp", checkESP},
	{"device", checkDevice},
	{"holder", checkHolder},
	{"capabilities", checkCapabilities},
	{"state", checkState},
	{"fdatasync", checkSync},
	{"clock", checkClock},
	{"wake alarm", checkAlarm},
	{"memory", checkMemory},
}

// hopeless reports whether the faults leave no configuration to test the machine for: the
// file is not to be read, or the board is unknown.
func hopeless(faults []fault) bool {
	for _, f := range faults {
		if f.key == "" || f.key == "board" {
			return true
		}
	}
	return false
}

// checkMachine answers every question and prints what it finds: exit 1 if something is bad.
func checkMachine(c *agent.Config, faults []fault, asJSON bool, w io.Writer) int {
	code := exitStopped
	if len(faults) > 0 {
		code = exitFailed
	}
	for _, f := range faults {
		printFinding(w, finding{"configuration", bad, f.String(), "correct the file; the daemon does not start with it"}, asJSON)
	}
	for _, q := range questions {
		f := q.answer(c)
		f.Check = q.name
		if f.Verdict == bad {
			code = exitFailed
		}
		printFinding(w, f, asJSON)
	}
	return code
}

func printFinding(w io.Writer, f finding, asJSON bool) {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		_ = e.Encode(f) // strings only
		return
	}
	fmt.Fprintf(w, "%-4s  %-13s  %s\n", f.Verdict, f.Check, f.Text)
	if f.Fix != "" {
		fmt.Fprintf(w, "                     -> %s\n", f.Fix)
	}
}
