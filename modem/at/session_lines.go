package at

import (
	"bytes"
	"time"
)

// Commands by domain.
var (
	enableCommand = [Domains]string{"AT+C5GREG=2", "AT+CEREG=2", "AT+CGREG=2", "AT+CREG=2"}
	readCommand   = [Domains]string{"AT+C5GREG?", "AT+CEREG?", "AT+CGREG?", "AT+CREG?"}
)

// restarts are the lines by which modems say that they have just started (Quectel, SIMCom;
// Cinterion; Telit): all that was set is forgotten.
var restarts = [...]string{"RDY", "^SYSSTART", "START", "*ATREADY: 1"}

// enable asks for unsolicited registration lines: each by itself, since a concatenated line
// fails as a whole where one command is unknown. It is asked again when a SIM becomes ready.
func (s *Session) enable() {
	s.phase = phaseEnable
	s.askEnable()
	s.push("AT+COPS=3,2", tagAny)
}

// askEnable queues the enabling commands of the domains that the modem does not know yet.
func (s *Session) askEnable() {
	for d, c := range enableCommand {
		if !s.have[d] {
			s.ask(c, tagEnable+uint8(d))
		}
	}
}

// poll asks for all that the cell is made of.
func (s *Session) poll(now time.Time) {
	s.polling, s.broken, s.named, s.polled = true, false, false, now
	s.pollAt = now.Add(s.cfg.Poll)
	if s.sim != SIMReady && s.cfg.Poll > simPoll {
		s.pollAt = now.Add(simPoll)
	}
	if s.vendor < 0 {
		s.ask("AT+CGMI", tagMaker) // the greeting may have been disturbed
	}
	if s.have == [Domains]bool{} {
		s.askEnable()
	}
	s.ask("AT+CPIN?", tagSIM)
	for d, c := range readCommand {
		if s.have[d] {
			s.ask(c, tagRead+uint8(d))
		}
	}
	s.ask("AT+COPS?", tagOperator)
	if s.serving = (Cell{}); s.vendor >= 0 {
		s.ask(dialects[s.vendor].command, tagServing)
	}
}

// tryDialects asks by every serving-cell command: they only read, and a modem that does not know one says so.
// The first that tells a cell is the modem's.
func (s *Session) tryDialects() {
	s.probed, s.probe = true, Cell{}
	last := ""
	for _, d := range dialects {
		if d.command != last {
			s.ask(d.command, tagProbe)
		}
		last = d.command
	}
}

// tried takes the end of a try.
func (s *Session) tried(command string, ok bool) {
	if c := s.probe; ok && s.vendor < 0 && c.Access != AccessNone {
		s.vendor, s.serving = withCommand(command), c
	}
	s.probe = Cell{}
}

// withCommand returns the index of the first dialect that has a command.
func withCommand(command string) int {
	for i, d := range dialects {
		if d.command == command {
			return i
		}
	}
	return -1
}

// ask queues a command that the session can do without, unless the modem leaves it unanswered.
func (s *Session) ask(text string, tag uint8) {
	if s.strikes[tag] < maxStrikes {
		s.push(text, tag)
	}
}

// pollSoon brings the next poll forward.
func (s *Session) pollSoon(now time.Time) {
	at := s.polled.Add(pollSpacing)
	if at.Before(now) {
		at = now
	}
	if s.pollAt.IsZero() || at.Before(s.pollAt) {
		s.pollAt = at
	}
}

// unsolicited takes a line that answers nothing.
func (s *Session) unsolicited(now time.Time, line []byte) {
	switch {
	case isRegistration(line):
		if r, err := ParseRegistration(line, false); err == nil {
			s.register(now, r)
		}
	case isRestart(line):
		s.notes.push(Note{Kind: NoteRestarted})
		s.note(Cell{})
		s.Start(now)
	case bytes.HasPrefix(line, []byte("+CPIN:")):
		if sim, err := ParseSIM(line); err == nil {
			s.setSIM(now, sim)
			s.pollSoon(now)
		}
	default:
		s.changed(line)
	}
}

// topics are the unsolicited lines about what the session does not ask for itself.
var topics = [...]struct {
	prefix string
	topic  Topic
}{
	{"+CGEV:", TopicBearer}, {"+CIREGU:", TopicIMS}, {"+CTZV:", TopicTime}, {"+CTZE:", TopicTime}, {"+CTZEU:", TopicTime},
	{"+CUSATP:", TopicCard},
	// Recorded without its prefix (at_cgev.txt).
	{"NW ", TopicBearer}, {"ME ", TopicBearer}, {"REJECT ", TopicBearer},
}

// changed notes a line that says that something may have changed.
func (s *Session) changed(line []byte) {
	for _, t := range topics {
		if bytes.HasPrefix(line, []byte(t.prefix)) && s.phase == phaseWorking && (t.topic != TopicCard || isRefresh(line)) {
			s.notes.push(Note{Kind: NoteChanged, Topic: t.topic, Text: string(line[:min(len(line), maxNoteText)])})
		}
	}
}

// maxNoteText is how much of an unsolicited line goes into a note.
const maxNoteText = 96

// isRefresh reports whether "+CUSATP: <hex>" (TS 27.007 §12.2.3) holds the proactive command
// REFRESH: command details 81 03 number 01 (TS 102 223 §8.6, §9.4).
func isRefresh(line []byte) bool {
	l, _ := fields(line, "+CUSATP")
	hex := l.at(0)
	for i := 0; i+10 <= len(hex) && i < 8; i += 2 {
		if d := hex[i:]; string(d[1:4]) == "103" && (d[0] == '8' || d[0] == '0') && string(d[6:8]) == "01" {
			return true
		}
	}
	return false
}

func isRestart(line []byte) bool {
	for _, r := range restarts {
		if string(line) == r {
			return true
		}
	}
	return false
}

// register takes a registration that came unasked. A loss counts at once; what else changed is
// asked for first, so that cell, network and duplex mode belong together.
func (s *Session) register(now time.Time, r Registration) {
	if s.phase != phaseWorking || s.reg[r.Domain] == r {
		return
	}
	s.have[r.Domain], s.reg[r.Domain] = true, r
	if s.best() == nil {
		s.noteRegistration()
		s.note(Cell{})
	}
	s.pollSoon(now)
}

// answer takes a line of the pending command's answer.
func (s *Session) answer(now time.Time, c Command, line []byte) {
	switch {
	case c.Tag >= tagRead:
		if r, err := ParseRegistration(line, true); err == nil {
			s.reg[r.Domain] = r
		}
	case c.Tag == tagAsk:
		s.question.keep(line)
	case c.Tag == tagProbe:
		dialects[withCommand(c.Text)].read(line, &s.probe)
	case c.Tag == tagServing:
		dialects[s.vendor].read(line, &s.serving)
	case c.Tag == tagOperator:
		s.operator(line)
	case c.Tag == tagSIM:
		if sim, err := ParseSIM(line); err == nil {
			s.setSIM(now, sim)
		}
	case c.Tag == tagTries:
		if l, ok := fields(line, "+CPINR"); ok && string(l.at(0)) == "SIM PIN" {
			if n, ok := number(l.at(1)); ok {
				s.tries = n
			}
		}
	case c.Tag == tagMaker || c.Tag == tagModel:
		s.identify(c.Tag, line)
	}
}

// identify keeps the maker's or model's name, for a human and to choose the dialect.
func (s *Session) identify(tag uint8, line []byte) {
	if _, after, ok := bytes.Cut(line, []byte(": ")); ok && line[0] == '+' {
		line = unquote(after)
	}
	if !printable(line) || bytes.Contains(line, []byte("AT+")) { // an echo with stale octets
		return
	}
	if tag == tagMaker && s.vendor < 0 {
		s.vendor = dialectOf(line)
	}
	if s.phase != phaseGreet || len(line) > 48 || s.textN+1+len(line) > len(s.text) {
		return
	}
	if s.textN > 0 {
		s.text[s.textN] = ' '
		s.textN++
	}
	s.textN += copy(s.text[s.textN:], line)
}

func printable(line []byte) bool {
	for _, c := range line {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// operator takes the answer to AT+COPS?. If another user of the modem made names of the
// numbers, the format is set again, once a poll.
func (s *Session) operator(line []byte) {
	op, err := ParseOperator(line)
	if err != nil {
		return
	}
	s.op = op
	if l, _ := fields(line, "+COPS"); !op.PLMN.Valid() && l.n > 2 && !s.named {
		s.named = true
		s.push("AT+COPS=3,2", tagAny)
		s.push("AT+COPS?", tagOperator)
	}
}

// final takes a command's final result.
func (s *Session) final(now time.Time, c Command, ok bool, line []byte) {
	switch {
	case c.Tag >= tagRead:
		if !ok {
			s.reg[c.Tag-tagRead] = Registration{}
		}
	case c.Tag >= tagEnable:
		s.have[c.Tag-tagEnable] = ok
	case c.Tag == tagOperator && !ok:
		s.op = Operator{AcT: NoAcT}
	case c.Tag == tagAsk:
		s.question.settle(ok, line)
	case c.Tag == tagProbe:
		s.tried(c.Text, ok)
	case c.Tag == tagSync:
		s.queue.Pause(now.Add(drainTime)) // what else is under way belongs to what was before
	case c.Tag == tagSIM:
		if !ok {
			s.setSIM(now, simOfError(line))
		}
		s.unlock()
	case c.Tag == tagTries:
		s.enterPIN()
	case c.Tag == tagPIN:
		s.enteredPIN(now, ok)
	}
}
