package at

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

var now0 = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

func TestClassify(t *testing.T) {
	tests := []struct {
		line, pending string
		want          Kind
	}{
		{"+CREG: 5", "AT+CREG?", Info},
		{"+CREG: 5", "AT+CSQ", Unsolicited}, // network change in mid-command
		{"+CREG: 5", "", Unsolicited},
		{"+CREG: 5", "AT+CREG=2", Unsolicited}, // what it just switched on
		{"+CREG: (0-2)", "AT+CREG=?", Info},
		{"+CGREG: 5", "AT+CREG?", Unsolicited},
		{"+CSQ: 21,99", "AT+CSQ", Info},
		{"+COPS: 0,2,\"46000\"", "AT+COPS=3,2;+COPS?", Info},
		{"+CSIM: 4,\"9862\"", "AT+CSIM=10,\"00C0000020\"", Info},
		{"+CGLA:88,\"DB08\"", "AT+CGLA=1,80,\"00\"", Info}, // no space after the colon
		{"+CPIN: READY", "AT+CPIN=\"1234\"", Unsolicited},
		{"+CPIN: READY", "AT+CEREG?", Unsolicited}, // phonesim: late
		{"Quectel", "ATI", Info},
		{"+CREG: 5", "ATI", Unsolicited},
		{"^RSSI: 20", "AT+CGMM", Unsolicited},
		{"^SMONI: 4G", "AT^SMONI", Info},
		{"TAC:  E2EA (58090)", "AT!GSTATUS?", Info},
		{"RDY", "AT+CGMM", Unsolicited},
		{"ATI", "ATI", Echo},
		{"OK\r", "ATI", OK},
		{"0", "ATV1", OK},
		{"0", "AT", OK},
		{"0", "AT+CGMM", Info},
		{"4", "AT", Fail},
		{"OK", "", Unsolicited}, // an answer that came after its timeout
		{"ERROR", "ATI", Fail},
		{"+CME ERROR: 10", "AT+CPIN?", Fail},
		{"+CME ERROR:", "AT+CPIN?", Fail},
		{"+CME ERROR", "AT+CPIN?", Fail},
		{"+CME ERROR: SIM not inserted", "AT+CPIN?", Fail},
		{"ERRORS", "ATI", Info},
		{"NO CARRIER", "ATI", Fail},
		{"> ", "AT+CMGS=23", Prompt},
		{"", "ATI", Blank},
		{"  ", "ATI", Blank},
	}
	for _, tt := range tests {
		if got := Classify([]byte(tt.line), tt.pending); got != tt.want {
			t.Errorf("Classify(%q, %q) = %d, want %d", tt.line, tt.pending, got, tt.want)
		}
	}
}

func TestAssemblerLines(t *testing.T) {
	tests := []struct {
		raw  string
		want []string
	}{
		{"\r\nOK\r\n", []string{"OK"}},
		{"OK\n", []string{"OK"}},
		{"OK\r", []string{"OK"}},
		{"\r\n+CREG: 5\r\n\r\n+CGREG: 0\r\n", []string{"+CREG: 5", "+CGREG: 0"}},
		{"\r\n> ", []string{"> "}},
		{"\r\n>X\r\n", []string{">X"}},
		{"\x00\x00RDY\x00\r\n", []string{"RDY"}},
		{"half", nil},
		{"a > b\n", []string{"a > b"}},
	}
	for _, tt := range tests {
		for step := 1; step <= len(tt.raw); step++ {
			var a Assembler
			var got []string
			for rest := []byte(tt.raw); len(rest) > 0; {
				for part := rest[:min(step, len(rest))]; len(part) > 0; {
					n, line, err := a.Next(part)
					if err != nil {
						t.Fatal(err)
					}
					if line != nil {
						got = append(got, string(line))
					}
					part = part[n:]
				}
				rest = rest[min(step, len(rest)):]
			}
			if strings.Join(got, "|") != strings.Join(tt.want, "|") {
				t.Errorf("%q by %d: %q, want %q", tt.raw, step, got, tt.want)
			}
		}
	}
}

func TestAssemblerLimit(t *testing.T) {
	var a Assembler
	feed := func(b []byte) (lines []string, errs int) {
		for len(b) > 0 {
			n, line, err := a.Next(b)
			if b = b[n:]; err != nil {
				errs++
			}
			if line != nil {
				lines = append(lines, string(line))
			}
		}
		return lines, errs
	}
	long := bytes.Repeat([]byte("x"), MaxLine)
	if lines, errs := feed(append(bytes.Clone(long), '\n')); errs != 0 || len(lines) != 1 || len(lines[0]) != MaxLine {
		t.Errorf("a line of MaxLine: %d lines, %d errors", len(lines), errs)
	}
	if lines, errs := feed(append(append(bytes.Clone(long), long...), "yy\r\nOK\r\n"...)); errs != 1 || len(lines) != 1 || lines[0] != "OK" {
		t.Errorf("longer: %d lines, %d errors", len(lines), errs)
	}
	feed([]byte("half"))
	a.Reset()
	if lines, _ := feed([]byte("OK\n")); len(lines) != 1 || lines[0] != "OK" {
		t.Errorf("after Reset: %q", lines)
	}
}

func TestQueue(t *testing.T) {
	var q Queue
	if _, ok := q.Output(now0); ok || !q.Deadline().IsZero() {
		t.Error("an empty queue wants something")
	}
	q.Push(Command{Text: "AT+A", Timeout: time.Second, Tag: 1})
	q.Push(Command{Text: "AT+B", Timeout: 2 * time.Second, Tag: 2})
	if c, ok := q.Output(now0); !ok || c.Text != "AT+A" || q.Deadline() != now0.Add(time.Second) {
		t.Errorf("first: %+v, deadline %v", c, q.Deadline())
	}
	if _, ok := q.Output(now0); ok {
		t.Error("two commands at once")
	}
	if _, ok := q.Expire(now0.Add(time.Second - 1)); ok {
		t.Error("expired too early")
	}
	if c, ok := q.Expire(now0.Add(time.Second)); !ok || c.Tag != 1 {
		t.Error("not expired")
	}
	q.Replace(Command{Text: "AT", Timeout: time.Second, Tag: 9}, now0.Add(3*time.Second))
	if _, ok := q.Output(now0.Add(2 * time.Second)); ok || q.Deadline() != now0.Add(3*time.Second) {
		t.Error("not quiet")
	}
	if kind, _ := q.Step([]byte("OK")); kind != Unsolicited {
		t.Errorf("a late OK is %d", kind)
	}
	if c, ok := q.Output(now0.Add(3 * time.Second)); !ok || c.Tag != 9 {
		t.Errorf("after the quiet: %+v", c)
	}
	if kind, c := q.Step([]byte("OK")); kind != OK || c.Tag != 9 || q.Len() != 1 {
		t.Errorf("OK: %d %+v", kind, c)
	}
	for q.Push(Command{Text: "AT"}) == nil {
	}
	if q.Len() != MaxCommands || q.Push(Command{}) != ErrTooMany {
		t.Errorf("%d commands", q.Len())
	}
}

func TestErrorText(t *testing.T) {
	for e := ErrLong; e <= ErrTooMany; e++ {
		if s := e.Error(); !strings.HasPrefix(s, "at: ") || strings.Contains(s, "unknown") {
			t.Errorf("error %d: %q", e, s)
		}
	}
	if Error(200).Error() != "at: unknown error" {
		t.Error("an unknown error has a text")
	}
}
