package qmi

import "time"

// Times and limits of a Session that are not in its Config.
const (
	pollSpacing = 500 * time.Millisecond // between polls, however many indications come
	simPoll     = 5 * time.Second        // between polls while the SIM is not ready
	maxMissed   = 3                      // unanswered requests in a row before NoteSilent
	maxAsk      = 512                    // octets of a frame of Ask
	maxAnswer   = 4 << 10                // octets of a frame that answers it
	maxSteps    = 32                     // requests that wait
)

// Config of a Session. Zero durations mean the defaults.
type Config struct {
	Proxy  string        // the device that qmi-proxy is to open; "": we have the device to ourselves
	PIN    string        // four to eight digits; entered at most once in the life of the Session
	Answer time.Duration // of a request; default 3 s; what the card or the network does has 4 times this
	Poll   time.Duration // between queries of the cell without a cause; default 60 s
}

// A step is one request of the session.
type step uint8

const (
	stepNone step = iota
	stepProxy
	stepSync
	stepMaker
	stepModel
	stepRegister
	stepEvents
	stepCard
	stepPIN
	stepServing
	stepCells
	stepSystem
	stepBand
	stepAsk
	stepRelease
)

// requests are the steps that are a request without TLVs.
var requests = [...]struct {
	service Service
	message uint16
	name    string
}{
	stepProxy: {CTL, CTLInternalProxyOpen, "Proxy Open"}, stepSync: {CTL, CTLSync, "Sync"},
	stepMaker: {DMS, DMSGetManufacturer, "DMS Get Manufacturer"}, stepModel: {DMS, DMSGetModel, "DMS Get Model"},
	stepRegister: {NAS, NASRegisterIndications, "NAS Register Indications"},
	stepEvents:   {UIM, UIMRegisterEvents, "UIM Register Events"}, stepCard: {UIM, UIMGetCardStatus, "UIM Get Card Status"},
	stepPIN:     {UIM, UIMVerifyPIN, "UIM Verify PIN"},
	stepServing: {NAS, NASGetServingSystem, "NAS Get Serving System"},
	stepCells:   {NAS, NASGetCellLocationInfo, "NAS Get Cell Location Info"},
	stepSystem:  {NAS, NASGetSystemInfo, "NAS Get System Info"}, stepBand: {NAS, NASGetRFBandInfo, "NAS Get RF Band Info"},
	stepAsk:     {0, 0, "request"},
	stepRelease: {CTL, CTLReleaseClientID, "Release CID"},
}

// A phase is how far a session came.
type phase uint8

const (
	phaseOff     phase = iota
	phaseOpen          // proxy, synchronisation, who are you, indications
	phaseWorking       // polling, or waiting for the next poll
	phaseClosing       // giving client ids back
	phaseDead          // NoteSilent was said
)

// A client is a client id of ours.
type client struct {
	service Service
	id      uint8 // 0 for none
	refused bool  // the modem gave none since the last poll
}

// A pending is the request that was not answered yet.
type pending struct {
	active   bool
	step     step
	allocate Service // of stepNone: the service whose id was asked for
	service  Service
	client   uint8
	txn      uint16
	message  uint16
	deadline time.Time
}

// A Session asks one modem for its cell and keeps it current. It is driven by four calls: Step
// for a frame, Expire for the time, Output for what to write, Next for what was learnt. One
// Session outlives the device's closing: Start begins again, but never enters the PIN again.
//
// It has one request under way at a time, allocates a client id when a service is first needed,
// and gives them all back after Close.
type Session struct {
	cfg     Config
	phase   phase
	steps   [maxSteps]step
	head, n int
	pending pending
	clients [6]client
	txn     uint16
	notes   notes

	text  [96]byte // maker and model
	textN int

	sim     SIM // as last noted
	pinUsed bool

	polling bool
	broken  bool // a request of the poll had no answer
	poll    attachment
	pollAt  time.Time
	polled  time.Time
	missed  int
	strays  uint // frames that answer nothing

	cell  Location
	known bool // cell was noted since Start

	question  [maxAsk]byte
	questionN int
	wait      time.Duration
	asking    bool
	asked     bool // the answer is there, or askErr is
	askErr    error
	answer    [maxAnswer]byte
	answerN   int
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

// Start begins with a device or a proxy that was just opened. Of a device that is ours alone all
// client ids are taken back, so that those of a run that was killed are not lost.
func (s *Session) Start(now time.Time) {
	s.begin(now)
	if s.cfg.Proxy != "" {
		s.push(stepProxy)
	} else {
		s.push(stepSync)
	}
	s.greet()
}

// begin forgets everything but the configuration, what was noted and the use of the PIN.
func (s *Session) begin(now time.Time) {
	*s = Session{cfg: s.cfg, notes: s.notes, pinUsed: s.pinUsed, strays: s.strays, txn: s.txn, phase: phaseOpen,
		question: s.question, answer: s.answer, asking: s.asking, asked: s.asked, askErr: s.askErr}
	s.failAsk(ErrBusy)
	for i, service := range [...]Service{DMS, NAS, UIM, WDS, IMS, IMSA} {
		s.clients[i].service = service
	}
	s.polled, s.pollAt = now, time.Time{}
}

// greet queues what is asked once.
func (s *Session) greet() {
	for _, step := range [...]step{stepMaker, stepModel, stepRegister, stepEvents, stepCard} {
		s.push(step)
	}
}

// push queues a step.
func (s *Session) push(step step) {
	if s.n < maxSteps {
		s.steps[(s.head+s.n)%maxSteps] = step
		s.n++
	}
}

// drop ends the first step.
func (s *Session) drop() { s.head, s.n = (s.head+1)%maxSteps, s.n-1 }

// client returns ours of a service, nil if it is not one that the session uses.
func (s *Session) client(service Service) *client {
	for i := range s.clients {
		if s.clients[i].service == service {
			return &s.clients[i]
		}
	}
	return nil
}

// holds reports whether a client id is ours.
func (s *Session) holds() bool {
	for _, c := range s.clients {
		if c.id != 0 {
			return true
		}
	}
	return false
}

// Next returns what was learnt, oldest first.
func (s *Session) Next() (Note, bool) { return s.notes.pop() }

// Strays returns how many frames came that answer nothing.
func (s *Session) Strays() uint { return s.strays }

// Deadline returns when to call Expire, zero for never.
func (s *Session) Deadline() time.Time {
	if s.pending.active {
		return s.pending.deadline
	}
	return s.pollAt
}

// Close begins to give the client ids back. Output and Step go on until Closed.
func (s *Session) Close(now time.Time) {
	s.head, s.n, s.polling, s.phase = 0, 0, false, phaseClosing
	s.failAsk(ErrBusy)
	if s.pending.active && s.pending.step != stepNone {
		s.pending = pending{} // an id that is being given to us is waited for
	}
	for _, c := range s.clients {
		if c.id != 0 {
			s.push(stepRelease)
		}
	}
}

// Closed reports whether all client ids are given back, or nothing more can be done for it.
func (s *Session) Closed() bool {
	return s.phase == phaseOff || s.phase == phaseDead || s.phase == phaseClosing && s.n == 0 && !s.pending.active
}

// Expire does what is due.
func (s *Session) Expire(now time.Time) {
	if s.pending.active && !now.Before(s.pending.deadline) {
		s.miss(now)
		return
	}
	if s.phase == phaseWorking && !s.pending.active && s.n == 0 && !now.Before(s.pollAt) {
		s.pollNow(now)
	}
}

// miss deals with a request that had no answer. A late one is told by its transaction.
func (s *Session) miss(now time.Time) {
	p := s.pending
	s.pending = pending{}
	if s.missed++; s.missed == 1 {
		s.notes.push(Note{Kind: NoteSlow, Text: p.name()})
	}
	if s.missed == maxMissed || s.phase == phaseClosing {
		if s.phase != phaseClosing {
			s.notes.push(Note{Kind: NoteSilent})
		}
		s.phase, s.n = phaseDead, 0
		s.failAsk(ErrNoAnswer)
		return
	}
	if p.step == stepProxy || p.step == stepSync {
		return // nothing works without it: it is asked again
	}
	if s.broken = s.polling; s.steps[s.head] == stepAsk {
		s.failAsk(ErrNoAnswer)
	}
	s.drop()
	s.proceed(now)
}

func (p *pending) name() string {
	if p.step == stepNone {
		return "Allocate CID"
	}
	return requests[p.step].name
}

// proceed goes on when the steps are done.
func (s *Session) proceed(now time.Time) {
	if s.n > 0 {
		return
	}
	switch {
	case s.phase == phaseOpen:
		s.phase = phaseWorking
		s.notes.push(Note{Kind: NoteReady, Text: string(s.text[:s.textN])})
		s.pollNow(now)
	case s.polling:
		s.polling = false
		if s.broken { // half of an answer is none
			s.pollSoon(now)
			return
		}
		if l := s.poll.location(); s.known && l == s.cell {
			s.notes.push(Note{Kind: NoteSame})
		} else {
			s.note(l)
		}
	}
}

// pollNow asks for all that the cell is made of.
func (s *Session) pollNow(now time.Time) {
	s.polling, s.broken, s.poll, s.polled = true, false, attachment{}, now
	s.pollAt = now.Add(s.cfg.Poll)
	if s.sim != SIMUnknown && s.sim != SIMReady && s.cfg.Poll > simPoll {
		s.pollAt = now.Add(simPoll)
	}
	for i := range s.clients {
		s.clients[i].refused = false
	}
	if s.sim != SIMReady {
		s.push(stepCard)
	}
	s.push(stepServing)
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

// note reports the cell if it is new.
func (s *Session) note(l Location) {
	if s.known && l == s.cell {
		return
	}
	s.cell, s.known = l, true
	s.notes.push(Note{Kind: NoteCell, Cell: l})
}
