package at

import (
	"bytes"
	"os"
	"testing"
	"time"
)

// FuzzSession gives octets to a session, cut in two, while commands are pending. Whatever they
// are: lines keep the limit and do not depend on the cut, a PANI is one of the forms, the PIN is
// written at most once, and after a fresh start with a sane modem the cell is known.
func FuzzSession(f *testing.F) {
	for _, row := range rows(f, "attacks/index.tsv") {
		if b, err := os.ReadFile(vectors(f, row[0])); err == nil && len(b) < 4096 {
			f.Add(b, 5)
		}
	}
	for _, row := range rows(f, "modem/at_creg.tsv") {
		f.Add(unescape(f, row[3]), 3)
	}
	f.Add([]byte("OK\r\nOK\r\n+CPIN: SIM PIN\r\nOK\r\n+CPIN: READY\r\nRDY\r\n"), 9)
	f.Fuzz(func(t *testing.T, raw []byte, cut int) {
		if cut < 0 || cut > len(raw) {
			cut = len(raw) / 2
		}
		lines := linesOf(raw)
		checkCut(t, raw, cut, lines)
		s := NewSession(Config{PIN: "1234"})
		now, pins := now0, 0
		s.Start(now)
		for _, l := range lines {
			if c := s.Output(now); bytes.HasPrefix([]byte(c), []byte("AT+CPIN=")) {
				pins++
			}
			s.Step(now, l)
			now = now.Add(100 * time.Millisecond)
			s.Expire(now)
			for n, ok := s.Next(); ok; n, ok = s.Next() {
				checkPANI(t, pani(t, n.Cell))
			}
		}
		if pins > 1 {
			t.Errorf("PIN written %d times", pins)
		}
	})
}

func checkCut(t *testing.T, raw []byte, cut int, want [][]byte) {
	t.Helper()
	var a Assembler
	var got [][]byte
	for _, part := range [][]byte{raw[:cut], raw[cut:], {'\n'}} {
		for len(part) > 0 {
			n, line, _ := a.Next(part)
			if n == 0 || len(line) > MaxLine {
				t.Fatalf("n %d, line of %d", n, len(line))
			}
			if part = part[n:]; line != nil {
				got = append(got, bytes.Clone(line))
			}
		}
	}
	if len(got) != len(want) || !equalLines(got, want) {
		t.Errorf("cut at %d: %q, whole: %q", cut, got, want)
	}
}

func checkPANI(t *testing.T, s string) {
	t.Helper()
	for _, c := range []byte(s) {
		if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '-' || c == ';' || c == '=') {
			t.Fatalf("octet %q in %q", c, s)
		}
	}
}
