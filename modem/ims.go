package modem

import (
	"imsagent/modem/at"
	"imsagent/modem/qmi"
)

// What to do about the modem's own IMS client, for a human. Two with the same instance replace each
// other's registration (RFC 5626 §6), and the modem's voice goes with it.
const (
	adviceQuectel = `; switch it off by AT+QCFG="ims",2 and AT+CFUN=1,1 (then the modem has no voice over LTE), or set [modem] own_ims = "disable"; [ims] mode = "beside" lets both run`
	adviceQMI     = `; set [modem] own_ims = "disable" to switch it off (then the modem has no voice over LTE); [ims] mode = "beside" lets both run`
	adviceOther   = `; switch it off in the modem's settings, or let both run by [ims] mode = "beside"`
	adviceMBN     = `; it did not stay off: AT+QMBNCFG="AutoSel",0 keeps the carrier's settings from switching it on`
)

// clientOf joins what was told: registered counts before the switch, which may wait for a restart.
func clientOf(registered, told, enabled, isSet bool) ClientState {
	switch {
	case registered:
		return ClientRegistered
	case isSet && !enabled:
		return ClientOff
	case isSet:
		return ClientOn
	case told:
		return ClientIdle
	}
	return ClientUnknown
}

// describeClient adds the line for a human.
func describeClient(s ClientState, advice string) Client {
	c := Client{State: s, Text: "the modem's own IMS client is " + s.String()}
	if s == ClientOn {
		c.Text = "the modem's own IMS client is switched on"
	}
	if s.Conflicts() {
		c.Text += advice
	}
	return c
}

// quectel reports whether the modem has Quectel's settings.
func (l *atLine) quectel() bool { return l.session.Vendor() == "quectel" }

// ownIMS asks by +CIREG (TS 27.007 §8.71), and on Quectel's modems for the switch too.
func (l *atLine) ownIMS(r *runner) (Client, error) {
	var registered, told, enabled, isSet bool
	reply, err := l.exchange(r, "AT+CIREG?", l.wait())
	if err != nil {
		return Client{}, err
	}
	for line := range reply.Lines() {
		if on, err := at.ParseIMSRegistration(line); err == nil {
			registered, told = on, true
		}
	}
	advice := adviceOther
	if l.quectel() {
		advice = adviceQuectel
		if l.switchedOff {
			advice = adviceMBN
		}
		reply, err := l.exchange(r, `AT+QCFG="ims"`, l.wait())
		if err != nil {
			return Client{}, err
		}
		for line := range reply.Lines() {
			if setting, volte, err := at.ParseIMSSetting(line); err == nil { // 0: as the carrier's settings say
				enabled, isSet = setting == 1 || setting == 0 && volte, setting != 0 || volte
			}
		}
	}
	if !told && !isSet {
		return Client{}, ErrUnknown
	}
	return describeClient(clientOf(registered, told, enabled, isSet), advice), nil
}

// disableIMS switches the client off: on Quectel's modems, which then have to restart, once in a Run.
func (l *atLine) disableIMS(r *runner) error {
	if !l.quectel() || l.switchedOff {
		return ErrUnknown
	}
	l.switchedOff = true
	reply, err := l.exchange(r, `AT+QCFG="ims",2`, l.wait())
	if err != nil {
		return err
	}
	if !reply.OK {
		return ErrRefused
	}
	r.emit(Event{Kind: Status, Text: "the modem's own IMS client is switched off; the modem restarts"})
	l.exchange(r, "AT+CFUN=1,1", 5*l.wait()) // it may go away before it answers
	return nil
}

// ownIMS asks IMSA for the registration and IMS settings for the switch.
func (l *qmiLine) ownIMS(r *runner) (Client, error) {
	var told, isSet, enabled bool
	state := qmi.IMSUnknown
	b, f, err := l.exchange(r, func(dst []byte) ([]byte, error) {
		return qmi.AppendRequest(dst, qmi.IMSA, 0, 0, qmi.IMSAGetRegistrationStatus)
	})
	if r.errands.fatal != nil {
		return Client{}, err
	}
	if err == nil {
		state, err = qmi.ParseRegistrationStatus(b, &f)
		told = err == nil && state != qmi.IMSUnknown
	}
	b, f, err = l.exchange(r, func(dst []byte) ([]byte, error) {
		return qmi.AppendRequest(dst, qmi.IMS, 0, 0, qmi.IMSGetServices)
	})
	if r.errands.fatal != nil {
		return Client{}, err
	}
	if err == nil {
		enabled, err = qmi.ParseRegistrationEnabled(b, &f)
		isSet = err == nil
	}
	if !told && !isSet {
		return Client{}, ErrUnknown
	}
	registered := state == qmi.IMSRegistered || state == qmi.IMSLimited || state == qmi.IMSRegistering
	return describeClient(clientOf(registered, told, enabled, isSet), adviceQMI), nil
}

// disableIMS switches the client's registration off.
func (l *qmiLine) disableIMS(r *runner) error {
	b, f, err := l.exchange(r, func(dst []byte) ([]byte, error) { return qmi.AppendSetRegistration(dst, 0, 0, false) })
	if err != nil {
		return err
	}
	if err := f.Result(b); err != nil {
		return err
	}
	r.emit(Event{Kind: Status, Text: "the modem's own IMS client is switched off"})
	return nil
}
