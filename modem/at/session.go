package at

import (
	"bytes"
	"time"
)

// Times of a Session that are not in its Config.
const (
	drainTime   = 300 * time.Millisecond // after a missed answer: late lines are not the next command's
	pollSpacing = 500 * time.Millisecond // between polls, however many unsolicited lines come
	simPoll     = 5 * time.Second        // between polls while the SIM is not ready
	maxMissed   = 3                      // unanswered commands in a row before NoteSilent
	maxStrikes  = 2                      // unanswered times before an optional command is left out
)

// Config of a Session. Zero durations mean the defaults.
type Config struct {
	PIN    string        // four to eight digits; entered at most once in the life of the Session
	Maker  string        // one of Dialects, whose serving-cell command the modem knows; "": the modem is asked
	Answer time.Duration // of a simple command; default 3 s; what asks the SIM or network has 4 times this
	Poll   time.Duration // between queries of the cell without a cause; default 60 s
}

// The tags of the session's commands; tagRead+Domain reads a registration, tagEnable+Domain
// switches its unsolicited lines on.
const (
	tagSync uint8 = iota + 1
	tagAny
	tagMaker
	tagModel
	tagSIM
	tagTries
	tagPIN
	tagOperator
	tagServing
	tagProbe
	tagAsk
	tagEnable
	tagRead = tagEnable + uint8(Domains)
	tags    = tagRead + uint8(Domains)
)

// A phase is how far a session came.
type phase uint8

const (
	phaseOff     phase = iota
	phaseGreet         // who are you
	phaseEnable        // switching unsolicited lines on
	phaseWorking       // polling, or waiting for the next poll
	phaseDead          // NoteSilent was said
)

// A Session asks one modem for its cell and keeps it current. It is driven by four calls: Step
// for a line, Expire for the time, Output for what to write, Next for what was learnt. One
// Session outlives the device's closing: Start begins again, but never enters the PIN again.
type Session struct {
	cfg   Config
	queue Queue
	notes notes
	phase phase

	text   [128]byte // maker and model
	textN  int
	vendor int  // index into dialects, -1 for none
	probed bool // all dialects were tried, since the maker's name says nothing
	probe  Cell // what the one being tried says

	sim     SIM
	pinUsed bool
	tries   int // left before the PUK, or NoCode

	have    [Domains]bool // the modem knows the domain's command
	reg     [Domains]Registration
	op      Operator
	serving Cell
	named   bool // the operator came as a name; the format was asked for again
	strikes [tags]uint8

	polling bool
	broken  bool      // a command of the poll had no answer
	pollAt  time.Time // next poll
	polled  time.Time // begin of the last one
	missed  int       // commands in a row without an answer

	cell         Cell
	known        bool // cell was noted since Start
	registration Registered
	question     question
}

// NewSession returns a session that waits for Start.
func NewSession(cfg Config) *Session {
	if cfg.Answer == 0 {
		cfg.Answer = 3 * time.Second
	}
	if cfg.Poll == 0 {
		cfg.Poll = time.Minute
	}
	return &Session{cfg: cfg}
}

// Start begins with a modem that was just opened. What was known of the cell is kept in no way.
func (s *Session) Start(now time.Time) {
	s.question.fail(ErrNoAnswer)
	*s = Session{cfg: s.cfg, notes: s.notes, phase: phaseGreet, vendor: dialectOf([]byte(s.cfg.Maker)), pinUsed: s.pinUsed, tries: NoCode,
		question: s.question, registration: s.registration}
	s.queue.Clear(now)
	for _, c := range [...]Command{{"AT", 0, tagSync}, {"ATE0", 0, tagAny}, {"ATV1", 0, tagAny}, {"AT+CMEE=1", 0, tagAny},
		{"AT+CGMI", 0, tagMaker}, {"AT+CGMM", 0, tagModel}} {
		s.push(c.Text, c.Tag)
	}
	s.push("AT+CPIN?", tagSIM)
}

// push queues a command with the time that its kind has.
func (s *Session) push(text string, tag uint8) {
	wait := s.cfg.Answer
	if tag == tagSIM || tag == tagPIN || tag == tagOperator || tag >= tagEnable && tag < tagRead {
		wait *= 4
	}
	s.queue.Push(Command{text, wait, tag})
}

// Output returns the command to write now, without its CR; "" for none.
func (s *Session) Output(now time.Time) string {
	c, _ := s.queue.Output(now)
	return c.Text
}

// Vendor returns the maker whose commands the modem knows, in lower case; "" for none.
func (s *Session) Vendor() string {
	if s.vendor < 0 {
		return ""
	}
	return dialects[s.vendor].maker
}

// Next returns what was learnt, oldest first.
func (s *Session) Next() (Note, bool) { return s.notes.pop() }

// Deadline returns when to call Expire and Output, zero for never.
func (s *Session) Deadline() time.Time {
	if s.queue.Len() > 0 {
		return s.queue.Deadline()
	}
	return s.pollAt
}

// Step takes one line of the modem.
func (s *Session) Step(now time.Time, line []byte) {
	if s.phase == phaseOff || s.phase == phaseDead {
		return
	}
	if string(line) != "> " {
		line = bytes.TrimSpace(line)
	}
	switch kind, c := s.queue.Step(line); kind {
	case Unsolicited:
		s.unsolicited(now, line)
	case Info:
		s.answer(now, c, line)
	case OK, Fail:
		s.missed, s.strikes[c.Tag] = 0, 0
		s.final(now, c, kind == OK, line)
		s.proceed(now)
	}
}

// Expire does what is due.
func (s *Session) Expire(now time.Time) {
	if c, ok := s.queue.Expire(now); ok {
		s.miss(now, c)
		return
	}
	if s.phase == phaseWorking && s.queue.Len() == 0 && !now.Before(s.pollAt) {
		s.poll(now)
	}
}

// miss deals with a command that had no answer. A late one may still come, so nothing but AT is
// said until that is answered and the line was quiet; then the commands after it go on.
func (s *Session) miss(now time.Time, c Command) {
	s.missed++
	s.question.missed(c)
	if s.strikes[c.Tag] < maxStrikes {
		s.strikes[c.Tag]++
	}
	if s.missed == maxMissed {
		s.queue.Clear(now)
		s.phase = phaseDead
		s.question.fail(ErrNoAnswer)
		s.notes.push(Note{Kind: NoteSilent})
		return
	}
	if s.missed == 1 {
		s.notes.push(Note{Kind: NoteSlow, Text: c.Text})
	}
	s.broken = s.polling
	s.queue.Replace(Command{"AT", s.cfg.Answer, tagSync}, now.Add(drainTime))
}

// proceed goes on when the queue has become empty.
func (s *Session) proceed(now time.Time) {
	if s.queue.Len() > 0 {
		return
	}
	switch {
	case s.phase == phaseGreet:
		s.enable()
	case s.phase == phaseEnable:
		s.phase = phaseWorking
		s.notes.push(Note{Kind: NoteReady, Text: string(s.text[:s.textN])})
		s.poll(now)
	case s.polling && s.vendor < 0 && !s.probed && !s.broken && s.best() != nil: // without a network nothing would answer
		s.tryDialects()
	case s.polling:
		s.polling = false
		if s.broken { // half of an answer is none
			s.pollSoon(now)
			return
		}
		s.conclude()
	}
}
