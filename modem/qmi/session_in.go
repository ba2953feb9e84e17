package qmi

import "time"

// A SIM is the state of the card.
type SIM uint8

// The states of the card.
const (
	SIMUnknown SIM = iota
	SIMReady
	SIMPIN     // waits for the PIN
	SIMPUK     // waits for the PUK: the agent never enters one
	SIMLocked  // some other lock, or blocked for ever
	SIMMissing // not inserted, or failed
	SIMBusy    // inserted, still starting
)

var simText = [...]string{"SIM state unknown", "SIM ready", "SIM asks for its PIN", "SIM asks for its PUK", "SIM is locked",
	"SIM missing", "SIM busy"}

// String returns the state as a short phrase.
func (s SIM) String() string { return simText[int(s)%len(simText)] }

// Step takes one frame of the modem; f is what Parse made of b. What answers nothing is counted.
func (s *Session) Step(now time.Time, b []byte, f *Frame) {
	switch {
	case s.phase == phaseOff || s.phase == phaseDead:
	case f.Kind == Indication:
		s.indication(now, b, f)
	case f.Kind == Response && s.pending.active && f.Service == s.pending.service && f.Client == s.pending.client &&
		f.Txn == s.pending.txn && f.Message == s.pending.message:
		s.response(now, b, f)
	default:
		s.strays++
	}
}

// indication takes what came unasked. A loss of the network counts at once; what else changed is
// asked for, so that cell, network and band belong together.
func (s *Session) indication(now time.Time, b []byte, f *Frame) {
	if f.Service == CTL {
		s.controlIndication(now, b, f)
		return
	}
	c := s.client(f.Service)
	if s.phase != phaseWorking || c == nil || c.id == 0 || f.Client != c.id && f.Client != Broadcast {
		s.strays++
		return
	}
	switch {
	case f.Service == NAS && f.Message == NASGetServingSystem:
		if v, err := ParseServingSystem(b, f); err != nil {
			s.strays++
			return
		} else if !v.Registered() {
			s.note(Location{})
		}
		s.pollSoon(now)
	case f.Service == NAS && f.Message == NASSystemInfo:
		s.pollSoon(now)
	case f.Service == IMSA && f.Message == IMSARegistrationStatus:
		s.notes.push(Note{Kind: NoteIMS})
	case f.Service == UIM && f.Message == UIMCardStatus:
		s.card(b, f)
		s.pollSoon(now)
	default:
		s.tell(b, f)
	}
}

// tell notes what the session does not follow itself.
func (s *Session) tell(b []byte, f *Frame) {
	switch {
	case f.Service == NAS && f.Message == NASNetworkTime:
		if t, err := ParseNetworkTime(b, f); err != nil {
			s.strays++
		} else {
			s.notes.push(Note{Kind: NoteTime, Time: t})
		}
	case f.Service == UIM && f.Message == UIMRefresh:
		if done, err := ParseRefreshed(b, f); err != nil {
			s.strays++
		} else if done {
			s.notes.push(Note{Kind: NoteRefresh})
		}
	case f.Service == WDS && (f.Message == WDSPacketServiceStatus || f.Message == WDSExtendedIPConfiguration):
		s.notes.push(Note{Kind: NoteBearer})
	}
}

// controlIndication takes the end of our client ids.
func (s *Session) controlIndication(now time.Time, b []byte, f *Frame) {
	switch f.Message {
	case CTLSync:
		if !s.holds() { // it may come with the answer to our own
			return
		}
	case CTLRevokeClientID:
		service, id, err := ParseClient(b, f)
		if c := s.client(service); err != nil || c == nil || c.id == 0 || c.id != id {
			s.strays++
			return
		}
	default:
		s.strays++
		return
	}
	s.restart(now)
}

// restart begins again with a modem that has forgotten us.
func (s *Session) restart(now time.Time) {
	if s.phase == phaseClosing {
		s.n, s.pending = 0, pending{}
		return
	}
	s.notes.push(Note{Kind: NoteRestarted})
	s.note(Location{})
	s.begin(now)
	s.known = true // and noted as none
	s.greet()
}

// response takes the answer to the pending request.
func (s *Session) response(now time.Time, b []byte, f *Frame) {
	p := s.pending
	s.pending, s.missed = pending{}, 0
	if p.step == stepNone {
		s.allocated(now, p.allocate, b, f)
		return
	}
	err := f.Result(b)
	if err == FailureInvalidClientID && p.step != stepRelease {
		s.restart(now)
		return
	}
	if s.n == 0 {
		return
	}
	s.drop()
	s.answered(now, p.step, b, f, err)
	s.proceed(now)
}

// allocated takes a client id, or its refusal.
func (s *Session) allocated(now time.Time, service Service, b []byte, f *Frame) {
	which, id, err := ParseClient(b, f)
	c := s.client(service)
	if err == nil && (which != service || id == 0) {
		err = ErrValue
	}
	if err != nil {
		c.refused = true
		if service == NAS {
			s.notes.push(Note{Kind: NoteRefused, Text: "the modem gives no client id for NAS", Err: err})
		}
		return
	}
	if c.id = id; s.phase == phaseClosing {
		s.push(stepRelease)
	}
}

// answered uses the answer to a step; err is its result.
func (s *Session) answered(now time.Time, step step, b []byte, f *Frame, err error) {
	switch step {
	case stepProxy, stepSync:
		if err != nil && (step == stepProxy || err == ErrMissing) {
			s.notes.push(Note{Kind: NoteRefused, Text: requests[step].name + " refused", Err: err})
		}
	case stepMaker, stepModel:
		if v, err := ParseText(b, f); err == nil {
			s.identify(v.In(b))
		}
	case stepCard:
		if err == nil {
			s.card(b, f)
		}
	case stepPIN:
		s.entered(now, err)
	case stepServing:
		s.serving(b, f)
	case stepCells:
		s.poll.cells, _ = ParseCellLocation(b, f)
	case stepSystem:
		s.poll.coverage, _ = ParseSystemInfo(b, f)
	case stepBand:
		s.poll.band, _ = ParseBand(b, f, s.poll.system.Radio())
	case stepAsk:
		s.keep(b)
	case stepRelease:
		s.released()
	}
}

// serving takes the registration, and asks for the cell if there is one.
func (s *Session) serving(b []byte, f *Frame) {
	v, err := ParseServingSystem(b, f)
	if err != nil {
		s.broken = err == ErrMissing || err == ErrValue
		return
	}
	if s.poll.system = v; v.Registered() {
		s.push(stepCells)
		s.push(stepSystem)
		if v.Radio() >= RadioLTE {
			s.push(stepBand)
		}
	}
}

// keep stores the answer to a question.
func (s *Session) keep(b []byte) {
	if len(b) > maxAnswer {
		s.failAsk(ErrTooLong)
		return
	}
	s.answerN, s.asking, s.asked = copy(s.answer[:], b), false, true
}

// released forgets the first client id, which was given back.
func (s *Session) released() {
	for i := range s.clients {
		if s.clients[i].id != 0 {
			s.clients[i].id = 0
			return
		}
	}
}

// identify keeps the maker's or model's name, for a human.
func (s *Session) identify(name []byte) {
	for _, c := range name {
		if c < ' ' || c > '~' {
			return
		}
	}
	if len(name) == 0 || len(name) > 46 || s.phase != phaseOpen {
		return
	}
	if s.textN > 0 {
		s.text[s.textN] = ' '
		s.textN++
	}
	s.textN += copy(s.text[s.textN:], name)
}

// card takes the card's state, and enters the PIN if it waits for it. A wrong PIN costs one of
// three tries, so it is entered once in the life of the Session, and not if that would be the last.
func (s *Session) card(b []byte, f *Frame) {
	c, err := ParseCardStatus(b, f)
	if err != nil {
		s.strays++
		return
	}
	a := c.Find(AppUSIM)
	if sim := simOf(&c, a); sim != s.sim {
		s.sim = sim
		s.notes.push(Note{Kind: NoteSIM, SIM: sim, Text: sim.String()})
	}
	if s.sim != SIMPIN || s.pinUsed || !validPIN(s.cfg.PIN) {
		return
	}
	s.pinUsed = true
	if a.Tries < 2 {
		s.notes.push(Note{Kind: NotePIN, Text: "PIN not entered: its last try is kept"})
		return
	}
	s.push(stepPIN)
}

func simOf(c *CardInfo, a *App) SIM {
	switch {
	case c.State != CardPresent:
		return SIMMissing
	case a == nil:
		return SIMBusy
	}
	switch a.State {
	case 7:
		return SIMReady
	case 2:
		return SIMPIN
	case 3:
		return SIMPUK
	case 4, 5, 6:
		return SIMLocked
	}
	return SIMBusy
}

// entered takes the result of the PIN. The card then needs some time: the polls see when it is ready.
func (s *Session) entered(now time.Time, err error) {
	if err != nil {
		s.notes.push(Note{Kind: NotePIN, Text: "PIN refused; it is not tried again", Err: err})
		return
	}
	s.notes.push(Note{Kind: NotePIN, Text: "PIN accepted"})
	s.sim = SIMBusy
	s.pollSoon(now.Add(time.Second))
}

// validPIN reports whether a PIN has four to eight digits (TS 31.101 §9.5.1).
func validPIN(pin string) bool {
	if len(pin) < 4 || len(pin) > 8 {
		return false
	}
	for i := range len(pin) {
		if pin[i] < '0' || pin[i] > '9' {
			return false
		}
	}
	return true
}
