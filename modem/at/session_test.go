package at

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// A rig is a session and a modem that answers by a table. Its clock stands still but for wait.
type rig struct {
	t          *testing.T
	s          *Session
	now        time.Time
	answers    map[string]string // by command, lines parted by "|"; OK where there is none; "-" for silence
	commands   []string
	notes      []string
	registered []Registered // as noted
	same       int          // how often the cell was confirmed
}

// ec25 answers as a Quectel EC25 in the cell of the reference trace.
func ec25() map[string]string {
	return map[string]string{
		"AT+CGMI": "Quectel|OK", "AT+CGMM": "EC25|OK", "AT+CPIN?": "+CPIN: READY|OK", "AT+C5GREG=2": "+CME ERROR: 100",
		"AT+CEREG?": `+CEREG: 2,1,"0001","0000000",7|OK`, "AT+CGREG?": "+CGREG: 2,0|OK", "AT+CREG?": `+CREG: 2,1,"FFFE","0000000",7|OK`,
		"AT+COPS?":              `+COPS: 0,2,"310410",7|OK`,
		`AT+QENG="servingcell"`: `+QENG: "servingcell","NOCONN","LTE","FDD",310,410,0000000,247,1357,3,3,3,0001,-95,-13,-66,41,28|OK`,
	}
}

const trace = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000"

func newRig(t *testing.T, cfg Config, answers map[string]string) *rig {
	r := &rig{t: t, s: NewSession(cfg), now: now0, answers: answers}
	r.s.Start(r.now)
	return r
}

// start lets a session greet and poll.
func start(t *testing.T, cfg Config, answers map[string]string) *rig {
	t.Helper()
	return newRig(t, cfg, answers).run().wait(drainTime)
}

// run lets session and modem talk until both are quiet.
func (r *rig) run() *rig {
	r.t.Helper()
	for range 200 {
		c := r.s.Output(r.now)
		if c == "" {
			r.drain()
			return r
		}
		r.commands = append(r.commands, c)
		answer, ok := r.answers[c]
		if !ok {
			answer = "OK"
		}
		if answer != "-" {
			r.say(strings.Split(answer, "|")...)
		}
		r.drain()
	}
	r.t.Fatalf("the session does not come to rest; last commands %q", r.commands[len(r.commands)-20:])
	return r
}

func (r *rig) say(lines ...string) {
	for _, l := range lines {
		r.s.Step(r.now, []byte(l))
	}
}

func (r *rig) drain() {
	for n, ok := r.s.Next(); ok; n, ok = r.s.Next() {
		switch n.Kind {
		case NoteCell:
			r.notes = append(r.notes, "cell "+pani(r.t, n.Cell))
		case NoteReady:
			r.notes = append(r.notes, "ready "+n.Text)
		case NoteSlow:
			r.notes = append(r.notes, "slow "+n.Text)
		case NoteSilent:
			r.notes = append(r.notes, "silent")
		case NoteRestarted:
			r.notes = append(r.notes, "restarted")
		case NoteSame:
			r.same++
		case NoteRegistered:
			r.registered = append(r.registered, n.Reg)
		default:
			r.notes = append(r.notes, n.Text)
		}
	}
}

// wait lets time pass to d from now, stopping at each deadline on the way.
func (r *rig) wait(d time.Duration) *rig {
	r.t.Helper()
	end := r.now.Add(d)
	for range 1000 {
		next := r.s.Deadline()
		if next.IsZero() || next.After(end) {
			r.now = end
			return r.run()
		}
		if next.After(r.now) {
			r.now = next
		}
		r.s.Expire(r.now)
		r.run()
		if r.s.phase == phaseDead {
			return r
		}
	}
	r.t.Fatal("the session never sleeps")
	return r
}

// want compares the notes since the last want.
func (r *rig) want(notes ...string) *rig {
	r.t.Helper()
	if got := strings.Join(r.notes, "\n"); got != strings.Join(notes, "\n") {
		r.t.Errorf("notes:\n%s\nwant:\n%s", got, strings.Join(notes, "\n"))
	}
	r.notes = nil
	return r
}

// asked counts how often a command was sent since the last forget.
func (r *rig) asked(prefix string) (n int) {
	for _, c := range r.commands {
		if strings.HasPrefix(c, prefix) {
			n++
		}
	}
	return n
}

func TestSessionReference(t *testing.T) {
	r := start(t, Config{}, ec25()).want("SIM ready", "ready Quectel EC25", "cell "+trace)
	if got := strings.Join(r.commands[:7], " "); got != "AT ATE0 ATV1 AT+CMEE=1 AT+CGMI AT+CGMM AT+CPIN?" {
		t.Errorf("greeting %s", got)
	}
	if r.asked("AT+C5GREG?") != 0 {
		t.Error("asks for what the modem does not know")
	}
	r.commands = nil
	r.wait(59 * time.Second)
	if len(r.commands) != 0 {
		t.Errorf("before the poll: %q", r.commands)
	}
	if r.wait(2 * time.Second).want(); r.asked("AT+CEREG?") != 1 || r.same != 1 {
		t.Error("no poll after a minute, or its outcome is not told")
	}
}

func TestSessionCells(t *testing.T) {
	tests := []struct {
		name string
		set  map[string]string
		want string
	}{
		{"no vendor command", map[string]string{"AT+CGMI": "Some vendor|OK"}, "3GPP-E-UTRAN;utran-cell-id-3gpp=31041000010000000"},
		{"vendor command unknown", map[string]string{`AT+QENG="servingcell"`: "ERROR"}, "3GPP-E-UTRAN;utran-cell-id-3gpp=31041000010000000"},
		{"network of two digits", map[string]string{"AT+COPS?": `+COPS: 0,2,"40443",7|OK`, "AT+CGMI": "X|OK", "AT+CEREG?": `+CEREG: 2,5,"D55E","6BD6814",7|OK`},
			"3GPP-E-UTRAN;utran-cell-id-3gpp=40443D55E6BD6814"},
		{"EN-DC", map[string]string{"AT+CEREG?": `+CEREG: 2,1,"0001","0000000",13|OK`,
			`AT+QENG="servingcell"`: `+QENG: "servingcell","NOCONN"|+QENG: "LTE","FDD",310,410,0000000,247,1357,3,3,3,0001,-95,-13|+QENG: "NR5G-NSA",310,410,1|OK`}, trace},
		{"NR", map[string]string{"AT+C5GREG=2": "OK", "AT+CEREG?": "+CEREG: 2,0|OK", "AT+C5GREG?": `+C5GREG: 2,1,"46550B","0000000170C23000",11,1,"01"|OK`,
			"AT+COPS?": `+COPS: 0,2,"46000",12|OK`, `AT+QENG="servingcell"`: `+QENG: "servingcell","NOCONN","NR5G-SA","TDD",460,00,170C23000,901,46550B,504990,41,-,-54,-10,16,-,-|OK`},
			"3GPP-NR-TDD;utran-cell-id-3gpp=4600046550B170C23000"},
		{"NR that the vendor command does not know", map[string]string{"AT+C5GREG=2": "OK", "AT+CEREG?": "+CEREG: 2,0|OK",
			"AT+C5GREG?": `+C5GREG: 2,1,"0004ED","000000021",11|OK`, "AT+COPS?": `+COPS: 0,2,"45412",11|OK`,
			`AT+QENG="servingcell"`: `+QENG: "servingcell","NOCONN","NR5G-SA","TDD", 454,12,0,21,4ED,636576,78,3,-85,-11,32,0,5184|OK`},
			"3GPP-NR;utran-cell-id-3gpp=454120004ED000000021"},
		{"UTRAN", map[string]string{"AT+CGMI": "X|OK", "AT+CEREG?": "+CEREG: 2,0|OK", "AT+CGREG?": `+CGREG: 2,1,"84E5","1920459",6|OK`, "AT+COPS?": `+COPS: 0,2,"40445",2|OK`},
			"3GPP-UTRAN-FDD;utran-cell-id-3gpp=4044584E51920459"},
		{"GERAN", map[string]string{"AT+CGMI": "X|OK", "AT+CEREG?": "+CEREG: 2,0|OK", "AT+CGREG?": `+CGREG: 2,1,"D55E","6BD6"|OK`, "AT+COPS?": `+COPS: 0,2,"40443",0|OK`},
			"3GPP-GERAN;cgi-3gpp=40443D55E6BD6"},
		{"not registered for packets", map[string]string{"AT+CEREG?": "+CEREG: 2,2|OK"}, ""},
		{"SMS only", map[string]string{"AT+CEREG?": `+CEREG: 2,6,"0001","0000000",7|OK`}, ""},
		{"only +CREG known", map[string]string{"AT+CGMI": "X|OK", "AT+CEREG=2": "ERROR", "AT+CGREG=2": "ERROR", "AT+CREG?": `+CREG: 2,1,"1234","001122BB",2|OK`,
			"AT+COPS?": `+COPS: 0,2,"21401",2|OK`}, "3GPP-UTRAN-FDD;utran-cell-id-3gpp=214011234" + "01122BB"},
		{"registered nowhere known", map[string]string{"AT+CGMI": "X|OK", "AT+CEREG?": "+CEREG: 1,1|OK"}, "3GPP-E-UTRAN"},
		{"SIMCom", map[string]string{"AT+CGMI": "SIMCOM INCORPORATED|OK", "AT+CPSI?": "+CPSI: LTE,Online,460-01,0x7496,251941991,203,EUTRAN-BAND8,3740,3,3,-92,-672,-418,14|OK"},
			"3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=460017496F045467"},
		{"Sierra", map[string]string{"AT+CGMI": "Sierra Wireless, Incorporated|OK", "AT!GSTATUS?": "!GSTATUS: |LTE band:    B8     \tLTE bw: 10|EMM state: x\tTAC:         E2EA (58090)|RSRP: -90 \tCell ID:     02C3484A (46352458)|OK"},
			"3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=310410E2EA2C3484A"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answers := ec25()
			if maker, ok := tt.set["AT+CGMI"]; ok && !strings.Contains(maker, "Quectel") {
				delete(answers, `AT+QENG="servingcell"`) // what it does not know is an error
			}
			for c, a := range tt.set {
				answers[c] = a
			}
			r := start(t, Config{}, answers)
			if got := r.notes[len(r.notes)-1]; got != "cell "+tt.want {
				t.Errorf("%q, want %q", got, "cell "+tt.want)
			}
		})
	}
}

// A maker whose name says nothing is tried with every command, once; a configured one is not.
func TestSessionTriesDialects(t *testing.T) {
	answers := ec25()
	answers["AT+CGMI"], answers["AT+CGMM"] = "QUALCOMM INCORPORATED|OK", "Some module|OK"
	delete(answers, `AT+QENG="servingcell"`)
	answers["AT!GSTATUS?"] = "!GSTATUS: |LTE band:    B8     \tLTE bw: 10|TAC:         E2EA (58090)|Cell ID:     02C3484A (46352458)|OK"
	answers["AT+CPSI?"] = "+CPSI: NO SERVICE,Online|OK"
	r := start(t, Config{}, answers)
	want := "cell 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=310410E2EA2C3484A"
	if got := r.notes[len(r.notes)-1]; got != want || r.s.Vendor() != "sierra" {
		t.Errorf("%q by %q, want %q", got, r.s.Vendor(), want)
	}
	r.wait(5 * time.Minute)
	if n, again := r.asked("AT+GTCCINFO?"), r.asked("AT!GSTATUS?"); n != 1 || again < 4 {
		t.Errorf("tried %d times, asked %d times", n, again)
	}
	answers = ec25()
	answers["AT+CGMI"] = "QUALCOMM INCORPORATED|OK"
	r = start(t, Config{Maker: "quectel"}, answers)
	if got := r.notes[len(r.notes)-1]; got != "cell "+trace || r.asked("AT+GTCCINFO?") != 0 {
		t.Errorf("%q with the maker configured; %q", got, r.commands)
	}
	answers["AT+CGMI"] = "X|OK"
	answers["AT+CEREG?"], answers["AT+CGREG?"] = "+CEREG: 2,2|OK", "+CGREG: 2,2|OK"
	if r = start(t, Config{}, answers); r.asked("AT^SMONI") != 0 {
		t.Error("tried without a network")
	}
}

func TestSessionMoves(t *testing.T) {
	answers := ec25()
	r := start(t, Config{}, answers)
	r.notes = nil
	answers["AT+CEREG?"] = `+CEREG: 2,1,"0001","0000001",7|OK`
	answers[`AT+QENG="servingcell"`] = `+QENG: "servingcell","NOCONN","LTE","FDD",310,410,0000001,247,1357,3,3,3,0001,-95,-13,-66,41,28|OK`
	r.say(`+CEREG: 1,"0001","0000001",7`)
	r.wait(time.Second).want("cell 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000001")
	r.say(`+CEREG: 1,"0001","0000001",7`) // nothing new
	r.commands = nil
	if r.wait(time.Second).want(); len(r.commands) != 0 {
		t.Errorf("asks although nothing changed: %q", r.commands)
	}
	answers["AT+CEREG?"], answers["AT+COPS?"], answers[`AT+QENG="servingcell"`] = "+CEREG: 2,2|OK", "+COPS: 0|OK", `+QENG: "servingcell","SEARCH"|OK`
	r.say("+CEREG: 2")
	r.run().want("cell ") // at once, before asking
	r.wait(time.Second).want()
	answers["AT+CEREG?"], answers["AT+COPS?"] = ec25()["AT+CEREG?"], ec25()["AT+COPS?"]
	answers[`AT+QENG="servingcell"`] = ec25()[`AT+QENG="servingcell"`]
	r.say(`+CEREG: 1,"0001","0000000",7`)
	r.wait(time.Second).want("cell " + trace)
	if want := []Registered{RegHome, RegSearching, RegHome}; !slices.Equal(r.registered, want) {
		t.Errorf("registered %v, want %v", r.registered, want)
	}
}

func TestSessionFlood(t *testing.T) {
	r := start(t, Config{}, ec25())
	r.commands = nil
	for i := range 1000 { // a cell border: every line another cell, 10 ms apart
		r.say(`+CEREG: 1,"0001","` + string("0123456789ABCDEF"[i%16]) + `000000",7`)
		r.wait(10 * time.Millisecond)
	}
	if n := r.asked("AT+CEREG?"); n > 21 {
		t.Errorf("%d polls in 10 s", n)
	}
}

func TestSessionSilence(t *testing.T) {
	answers := ec25()
	r := start(t, Config{Answer: time.Second}, answers)
	r.notes = nil
	for c := range answers {
		answers[c] = "-"
	}
	answers["AT"] = "-"
	r.wait(2*time.Minute).want("slow AT+CPIN?", "silent")
	if r.say("OK", "+CEREG: 2"); len(r.notes) != 0 {
		t.Errorf("after the end: %q", r.notes)
	}
	r.answers = ec25()
	r.s.Start(r.now)
	r.wait(time.Second).want("SIM ready", "ready Quectel EC25", "cell "+trace)
}

func TestSessionLateAnswer(t *testing.T) {
	answers := ec25()
	r := start(t, Config{Answer: time.Second}, answers)
	r.notes = nil
	answers["AT+CEREG?"] = "-"
	r.wait(time.Minute)                           // the poll; one second for +CEREG
	r.wait(time.Second)                           // missed
	r.say(`+CEREG: 2,1,"9999","0000000",7`, "OK") // late: while nothing is pending
	answers["AT+CEREG?"] = ec25()["AT+CEREG?"]
	r.wait(5 * time.Second).want("slow AT+CEREG?")
	if r.s.cell != (Cell{EUTRAN, FDD, NewPLMN([]byte("310410")), true, 1, 0, 3}) {
		t.Errorf("cell %+v", r.s.cell)
	}
}

func TestSessionHangingVendorCommand(t *testing.T) {
	answers := ec25()
	answers[`AT+QENG="servingcell"`] = "-"
	r := start(t, Config{Answer: time.Second}, answers)
	r.wait(20 * time.Second)
	if n := r.asked("AT+QENG"); n != maxStrikes {
		t.Errorf("asked %d times", n)
	}
	if got := r.notes[len(r.notes)-1]; got != "cell 3GPP-E-UTRAN;utran-cell-id-3gpp=31041000010000000" {
		t.Errorf("%q", got)
	}
}

func TestSessionRestart(t *testing.T) {
	r := start(t, Config{}, ec25())
	r.notes = nil
	r.say("RDY", "+CFUN: 1", "+CPIN: READY")
	r.wait(time.Second).want("restarted", "cell ", "SIM ready", "ready Quectel EC25", "cell "+trace)
	if r.asked("AT+CEREG=2") != 2 {
		t.Error("unsolicited lines were not switched on again")
	}
}

func TestSessionOperatorAsName(t *testing.T) {
	answers := ec25()
	answers["AT+CGMI"] = "X|OK"
	answers["AT+COPS?"] = `+COPS: 0,0,"AT&T",7|OK`
	delete(answers, `AT+QENG="servingcell"`)
	r := start(t, Config{}, answers)
	if got := r.notes[len(r.notes)-1]; got != "cell 3GPP-E-UTRAN" {
		t.Errorf("%q", got)
	}
	if n := r.asked("AT+COPS=3,2"); n != 2 {
		t.Errorf("the format was set %d times", n)
	}
}

// A modem that answers as the recorded phonesim does: AT is an ERROR, +CPIN? is answered late.
func TestVectorsPhonesim(t *testing.T) {
	answers, command := map[string]string{}, ""
	for _, l := range strings.Split(string(load(t, "modem/at_phonesim_trace.txt")), "\n") {
		if c, ok := strings.CutPrefix(l, "> "); ok {
			command = c
		} else if a, ok := strings.CutPrefix(l, "< '"); ok {
			raw := unescape(t, strings.ReplaceAll(strings.TrimSuffix(a, "'"), `"`, `\"`))
			var lines []string
			for _, line := range linesOf(raw) {
				lines = append(lines, string(line))
			}
			if answers[command] = strings.Join(lines, "|"); len(lines) == 0 {
				answers[command] = "-"
			}
		}
	}
	r := start(t, Config{}, answers)
	r.wait(time.Minute)
	// Registered, but the recording has no area: the access is told alone, by +CGREG and +COPS.
	want := []string{"slow AT+CPIN?", "ready MeeGo Synthetic Device"}
	if got := r.notes; len(got) < 3 || got[0] != want[0] || got[1] != want[1] || !strings.HasPrefix(got[2], "cell 3GPP-GERAN") && !strings.HasPrefix(got[2], "slow") {
		t.Errorf("%q", got)
	}
}

func TestStepAllocs(t *testing.T) {
	r := start(t, Config{}, ec25())
	lines := [][]byte{[]byte(`+CEREG: 1,"0001","0000001",7`), []byte(`+CEREG: 2`), []byte("+CPIN: READY"), []byte("garbage"), {}}
	answers := map[string][]byte{}
	for c, a := range ec25() {
		first, _, _ := strings.Cut(a, "|")
		answers[c] = []byte(first)
	}
	ok := []byte("OK")
	if a := testing.AllocsPerRun(100, func() {
		for _, l := range lines {
			r.s.Step(r.now, l)
		}
		r.now = r.now.Add(time.Minute)
		r.s.Expire(r.now)
		for c := r.s.Output(r.now); c != ""; c = r.s.Output(r.now) {
			r.s.Step(r.now, answers[c])
			r.s.Step(r.now, ok)
		}
		for _, more := r.s.Next(); more; _, more = r.s.Next() {
		}
	}); a != 0 {
		t.Errorf("%v allocations, want 0", a)
	}
}
