package at

import "time"

// setSIM takes the SIM's state. A SIM that becomes ready after the greeting has everything
// switched on again: many modems refuse it before.
func (s *Session) setSIM(now time.Time, sim SIM) {
	if sim == s.sim || sim == SIMUnknown {
		return
	}
	s.sim = sim
	s.notes.push(Note{Kind: NoteSIM, SIM: sim, Text: sim.String()})
	if sim == SIMReady && s.phase == phaseWorking {
		s.askEnable()
		s.pollSoon(now)
	}
}

// unlock enters the PIN if the SIM asks for it. A wrong PIN costs one of three tries, so it is
// entered once in the life of the Session, and not if that would be the last try.
func (s *Session) unlock() {
	if s.sim == SIMPIN && !s.pinUsed && validPIN(s.cfg.PIN) {
		s.tries = NoCode
		s.push(`AT+CPINR="SIM PIN"`, tagTries)
	}
}

func (s *Session) enterPIN() {
	if s.sim != SIMPIN || s.pinUsed {
		return
	}
	s.pinUsed = true
	if s.tries == 0 || s.tries == 1 {
		s.notes.push(Note{Kind: NotePIN, SIM: s.sim, Text: "PIN not entered: its last try is kept"})
		return
	}
	s.push(`AT+CPIN="`+s.cfg.PIN+`"`, tagPIN)
}

// enteredPIN takes the result. The SIM then needs some time: the polls see when it is ready.
func (s *Session) enteredPIN(now time.Time, ok bool) {
	if !ok {
		s.notes.push(Note{Kind: NotePIN, SIM: s.sim, Text: "PIN refused; it is not tried again"})
		return
	}
	s.notes.push(Note{Kind: NotePIN, SIM: s.sim, Text: "PIN accepted"})
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
