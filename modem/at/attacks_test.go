package at

import (
	"strings"
	"testing"
	"time"
)

// A heard is one line of an attack, as the pending command makes of it.
type heard struct {
	kind Kind
	line string
}

// listen feeds octets to a queue in which a command is pending.
func listen(raw []byte, pending string) (out []heard, long int) {
	var a Assembler
	var q Queue
	q.Push(Command{Text: pending, Timeout: time.Second})
	q.Output(now0)
	for len(raw) > 0 {
		n, line, err := a.Next(raw)
		if raw = raw[n:]; err != nil {
			long++
		}
		if line != nil {
			kind, _ := q.Step(line)
			out = append(out, heard{kind, string(line)})
		}
	}
	return out, long
}

// attacks are what each file must come to while its command is pending; a file that is not
// here is only survived.
var attacks = map[string]struct {
	pending string
	long    int // lines dropped
	want    []heard
}{
	"cme-text.raw":            {"AT+CPIN?", 0, []heard{{Fail, "+CME ERROR: SIM not inserted"}}},
	"echo-on.raw":             {"AT+CIMI", 0, []heard{{Echo, "AT+CIMI"}, {Info, "460000000000001"}, {OK, "OK"}}},
	"error-late.raw":          {"AT", 0, []heard{{OK, "OK"}, {Unsolicited, "ERROR"}}},
	"lf-only.raw":             {"AT", 0, []heard{{OK, "OK"}}},
	"nul-in-urc.raw":          {"AT", 0, []heard{{Unsolicited, `+CMTI: "SM",1`}}},
	"partial-then-close.raw":  {"AT+CSIM=4,\"00\"", 0, nil},
	"no-newline.raw.gz":       {"AT", 1, nil},
	"quoted-comma.raw":        {"AT+COPS?", 0, []heard{{Info, `+COPS: 0,0,"A,B \"C\"",7`}, {OK, "OK"}}},
	"reboot-banner.raw":       {"AT+CGMM", 0, []heard{{Unsolicited, "RDY"}, {Unsolicited, "+CFUN: 1"}}},
	"urc-inside-response.raw": {`AT+CSIM=10,"00C0000020"`, 0, []heard{{Echo, `AT+CSIM=10,"00C0000020"`}, {Unsolicited, "+CREG: 1"}, {Info, `+CSIM: 4,"9862"`}, {OK, "OK"}}},
	"line-1mb.raw.gz":         {"AT+CSQ", 1, nil},
	"csim-huge.raw.gz":        {"AT+CSIM=4,\"00\"", 1, []heard{{OK, "OK"}}},
	"csim-odd-hex.raw":        {"AT+CSIM=4,\"00\"", 0, []heard{{Info, `+CSIM: 5,"db08a"`}, {OK, "OK"}}},
}

func TestVectorsAttacks(t *testing.T) {
	n := 0
	for _, row := range rows(t, "attacks/index.tsv") {
		name, ok := strings.CutPrefix(row[0], "attacks/at/")
		if !ok {
			continue
		}
		n++
		t.Run(name, func(t *testing.T) {
			raw := load(t, row[0])
			if a, ok := attacks[name]; ok {
				checkHeard(t, raw, a.pending, a.long, a.want)
			}
			survive(t, raw)
		})
	}
	if n == 0 {
		t.Error("no attack in the index")
	}
}

func checkHeard(t *testing.T, raw []byte, pending string, long int, want []heard) {
	t.Helper()
	got, dropped := listen(raw, pending)
	if dropped != long {
		t.Errorf("%d lines dropped, want %d", dropped, long)
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("heard %q, want %q", got, want)
		}
	}
}

// survive gives the octets to a session before every command of its first minutes, and before
// each answer; in the end it must know the cell.
func survive(t *testing.T, raw []byte) {
	t.Helper()
	lines := linesOf(raw)
	r := newRig(t, Config{Answer: time.Second}, ec25())
	for range 60 {
		for _, l := range lines {
			r.s.Step(r.now, l)
		}
		if c := r.s.Output(r.now); c != "" {
			for _, l := range lines {
				r.s.Step(r.now, l)
			}
			answer, ok := r.answers[c]
			if !ok {
				answer = "OK"
			}
			r.say(strings.Split(answer, "|")...)
		}
		if r.now = r.now.Add(time.Second); r.s.phase == phaseDead {
			r.s.Start(r.now)
		}
		r.s.Expire(r.now)
		r.drain()
	}
	r.wait(2 * time.Minute)
	if r.s.phase == phaseDead {
		r.s.Start(r.now)
		r.wait(time.Minute)
	}
	if got := pani(t, r.s.cell); got != trace {
		t.Errorf("cell %q afterwards", got)
	}
}

func TestAttackTexts(t *testing.T) {
	if sim := simOfError([]byte("+CME ERROR: SIM not inserted")); sim != SIMMissing {
		t.Errorf("SIM %v", sim)
	}
	op, err := ParseOperator([]byte(`+COPS: 0,0,"A,B \"C\"",7`))
	if err != nil || op.AcT != 7 || op.PLMN.Valid() {
		t.Errorf("quoted comma: %+v, %v", op, err)
	}
}
