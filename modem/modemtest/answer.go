package modemtest

import (
	"strconv"
	"strings"
)

// A state is what the simulated modem knows. Nothing here waits or writes.
type state struct {
	profile *profile
	cell    cell
	covered bool
	sim     bool
	pin     string // "" once it was entered, or there is none
	tries   int    // left for the PIN
	echo    bool
	cmee    bool
	numeric bool              // +COPS=3,2
	report  map[string]string // n of +CEREG and the like
	card    card
	call    call
	ims     imsState
	strange map[string][]string // answers of a broken modem
}

// boot sets what a modem forgets when it starts.
func (s *state) boot(pin string) {
	s.echo, s.cmee, s.numeric, s.pin = true, false, false, pin
	s.card.reset()
	s.call = call{other: s.call.other}
	s.report = map[string]string{"+CREG": "0", "+CGREG": "0", "+CEREG": "0", "+C5GREG": "0"}
}

// answer returns what the modem says to one command line: lines, then the final result.
func (s *state) answer(line string) []string {
	rest, ok := strings.CutPrefix(strings.ToUpper(line[:min(2, len(line))])+line[min(2, len(line)):], "AT")
	if !ok {
		return nil // not a command line
	}
	if rest == "" {
		if s.profile.strangeAT {
			return []string{"ERROR"}
		}
		return []string{"OK"}
	}
	var out []string
	for _, one := range strings.Split(rest, ";") {
		lines, final := s.one(one)
		if out = append(out, lines...); final != "OK" {
			return append(out, final)
		}
	}
	return append(out, "OK")
}

// one answers one command of a line.
func (s *state) one(command string) (lines []string, final string) {
	if lines, ok := s.strange[command]; ok {
		return lines, "OK"
	}
	p := s.profile
	if p.serving != "" && command == p.serving {
		if p.serving == "+CPSI?" {
			return []string{s.cell.cpsi(s.attached())}, "OK"
		}
		return []string{s.cell.qeng(s.attached())}, "OK"
	}
	switch command {
	case "E0", "E1":
		s.echo = command == "E1"
		return nil, "OK"
	case "V1":
		return nil, "OK"
	case "+CMEE=1":
		if !p.cme {
			return nil, "ERROR"
		}
		s.cmee = true
		return nil, "OK"
	case "+CGMI":
		return []string{p.maker}, "OK"
	case "+CGMM":
		return []string{p.model}, "OK"
	case "+COPS=3,2", "+COPS=3,0":
		s.numeric = command == "+COPS=3,2"
		return nil, "OK"
	case "+COPS?":
		return []string{s.cops()}, "OK"
	}
	if lines, final, ok := s.cardCommand(command); ok {
		return lines, final
	}
	if lines, final, ok := s.imsCommand(command); ok {
		return lines, final
	}
	if lines, final, ok := s.pdnCommand(command); ok {
		return lines, final
	}
	if strings.HasPrefix(command, "+CPIN") {
		return s.pinCommand(command)
	}
	return s.registrationCommand(command)
}

// cme returns a failure with its number, if the modem was asked for numbers.
func (s *state) cme(number string) string {
	if s.cmee {
		return "+CME ERROR: " + number
	}
	return "ERROR"
}

// pinCommand answers +CPIN?, +CPIN="…" and +CPINR="SIM PIN" (TS 27.007 §8.3, §8.65).
func (s *state) pinCommand(command string) ([]string, string) {
	switch {
	case !s.sim:
		return nil, s.cme("10")
	case command == "+CPIN?" && s.tries == 0:
		return []string{"+CPIN: SIM PUK"}, "OK"
	case command == "+CPIN?" && s.pin != "":
		return []string{"+CPIN: SIM PIN"}, "OK"
	case command == "+CPIN?":
		return []string{"+CPIN: READY"}, "OK"
	case command == `+CPINR="SIM PIN"`:
		return []string{"+CPINR: SIM PIN," + string(rune('0'+s.tries)) + ",3"}, "OK"
	case strings.HasPrefix(command, "+CPIN=") && s.pin == "":
		return nil, s.cme("3")
	case command == `+CPIN="`+s.pin+`"`:
		s.pin, s.tries = "", 3
		return nil, "OK"
	case strings.HasPrefix(command, "+CPIN="):
		s.tries = max(0, s.tries-1)
		return nil, s.cme("16")
	}
	return nil, s.cme("4")
}

// attached reports whether the modem is registered.
func (s *state) attached() bool { return s.covered && s.sim && s.pin == "" }

// cops returns the answer to +COPS?; ModemManager test-modem-helpers.c:1001 to 1022.
func (s *state) cops() string {
	switch {
	case !s.attached():
		return "+COPS: 0"
	case s.numeric:
		return `+COPS: 0,2,"` + s.cell.mcc + s.cell.mnc + `",` + s.cell.act()
	}
	return `+COPS: 0,0,"CHINA MOBILE",` + s.cell.act()
}

// registrationCommand answers AT+CEREG=2, AT+CEREG? and their like.
func (s *state) registrationCommand(command string) ([]string, string) {
	name := strings.TrimRight(command, "=?012345")
	if _, known := s.report[name]; !known || name == "+CEREG" && !s.profile.lte || name == "+C5GREG" && !s.profile.nr {
		return nil, s.cme("100")
	}
	switch arg := strings.TrimPrefix(command, name); arg {
	case "?":
		return []string{s.registration(name, s.report[name]+",")}, "OK"
	case "=0", "=1", "=2":
		s.report[name] = arg[1:]
		return nil, "OK"
	}
	return nil, s.cme("50")
}

// registration returns the line of one domain, with <n> before it or not.
func (s *state) registration(name, n string) string {
	switch {
	case !s.attached():
		stat := "2" // searching
		if !s.sim || s.pin != "" {
			stat = "0"
		}
		return name + ": " + n + stat
	case !s.serves(name):
		return name + ": " + n + "0"
	case s.report[name] != "2":
		return name + ": " + n + "1"
	}
	area, id := s.profile.registrationFields(s.cell)
	if name == "+CREG" && s.cell.radio >= radioLTE {
		// Recorded: +CREG: 2,1,"FFFE","7CA2803",7 on an LTE-only attach.
		area = `"FFFE"`
	}
	line := name + ": " + n + "1," + area + "," + id + "," + s.cell.act()
	if name == "+C5GREG" {
		line += `,1,"01"` // RG801H
	}
	return line
}

// serves reports whether a domain is registered in the cell's access.
func (s *state) serves(name string) bool {
	switch name {
	case "+C5GREG":
		return s.cell.radio == radioNR
	case "+CEREG":
		return s.cell.radio == radioLTE
	case "+CGREG":
		return s.cell.radio <= radioWCDMA || !s.profile.lte
	}
	return s.cell.radio != radioNR
}

// unsolicited returns the lines that the modem sends when its registration has changed.
func (s *state) unsolicited() []string {
	var out []string
	for _, name := range []string{"+CREG", "+CGREG", "+CEREG", "+C5GREG"} {
		if s.report[name] != "0" {
			out = append(out, s.registration(name, ""))
		}
	}
	return out
}

func decimal(n int) string { return strconv.Itoa(n) }
