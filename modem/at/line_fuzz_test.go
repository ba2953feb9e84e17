package at

import (
	"bytes"
	"fmt"
	"testing"
)

// FuzzLine gives a line to every parser of lines. What they say is within its range, and a
// registration, written as the standard has it, says the same; whatever ends a line is not looked at.
func FuzzLine(f *testing.F) {
	for _, row := range rows(f, "modem/at_creg.tsv") {
		f.Add(bytes.Trim(unescape(f, row[3]), "\r\n"), "AT+CEREG?")
	}
	for _, s := range []string{"OK", "ERROR", "+CME ERROR: 10", "+CPIN: SIM PIN", `+COPS: 0,2,"310410",7`, `+COPS: 0,0,"A,B \"C\"",7`, "> ", "0"} {
		f.Add([]byte(s), "AT+COPS?")
	}
	f.Fuzz(func(t *testing.T, line []byte, pending string) {
		if bytes.ContainsAny(line, "\r\n") {
			return
		}
		kind := Classify(line, pending)
		if again := Classify(append(bytes.Clone(line), "\r\n"...), pending); again != kind {
			t.Fatalf("%q is %v, with its end %v", line, kind, again)
		}
		switch {
		case pending == "" && kind != Blank && kind != Unsolicited:
			t.Fatalf("%q is %v, and nothing is pending", line, kind)
		case kind == Echo && string(line) != pending, kind == OK && string(line) != "OK" && string(line) != "0":
			t.Fatalf("%q is %v of %q", line, kind, pending)
		}
		if ParseCode(line) < NoCode {
			t.Fatalf("code %d", ParseCode(line))
		}
		if op, err := ParseOperator(line); err == nil && (op.AcT > 13 && op.AcT != NoAcT || !digitsOnly(op.PLMN.Digits())) {
			t.Fatalf("%q is %+v", line, op)
		}
		_, _ = ParseSIM(line)
		for _, read := range []bool{true, false} {
			if r, err := ParseRegistration(line, read); err == nil {
				checkRegistration(t, line, r)
			}
		}
	})
}

func digitsOnly(b []byte) bool { return len(bytes.Trim(b, "0123456789")) == 0 }

// checkRegistration writes what was read in the forms of TS 27.007 §10.1.22 and reads it again.
func checkRegistration(t *testing.T, line []byte, r Registration) {
	if r.Stat > 11 || r.AcT > 13 && r.AcT != NoAcT || r.Area > 0xFFFFFF || !r.Located && r.Area != 0 {
		t.Fatalf("%q is %+v", line, r)
	}
	if !r.Located || r.Domain == Domains {
		return
	}
	tail := fmt.Sprintf(`%d,"%04X","%07X"`, r.Stat, r.Area, r.ID)
	if r.AcT != NoAcT {
		tail += fmt.Sprintf(",%d", r.AcT)
	}
	for read, head := range map[bool]string{false: ": ", true: ": 2,"} {
		wrote := domainPrefix[r.Domain] + head + tail
		if again, err := ParseRegistration([]byte(wrote), read); err != nil || again != r {
			t.Fatalf("%q is %+v; written %q it is %+v, %v", line, r, wrote, again, err)
		}
	}
}
