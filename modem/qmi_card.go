package modem

import (
	"errors"

	"imsagent/modem/qmi"
	"imsagent/modem/uicc"
)

// appPath is the path of a file of an application.
func appPath(file uint16) []uint16 { return []uint16{uicc.MF, uicc.ADF, file} }

// A qmiCard is what is known of the card.
type qmiCard struct {
	usim, isim []byte // identifiers, nil for none
	session    uint8  // type under which the modem lets us at the ISIM
	known      bool
	byAPDU     bool // UIM Authenticate is not known: AKA goes by a logical channel
}

// lookAtCard asks which applications the card has.
func (l *qmiLine) lookAtCard(r *runner) error {
	b, f, err := l.exchange(r, func(dst []byte) ([]byte, error) {
		return qmi.AppendRequest(dst, qmi.UIM, 0, 0, qmi.UIMGetCardStatus)
	})
	if err != nil {
		return err
	}
	c, err := qmi.ParseCardStatus(b, &f)
	if err != nil {
		return err
	}
	l.card = qmiCard{known: true, session: cardOnSlot, byAPDU: l.card.byAPDU}
	if a := c.Find(qmi.AppUSIM); a != nil {
		l.card.usim = append([]byte(nil), a.AID()...)
	}
	if a := c.Find(qmi.AppISIM); a != nil {
		l.card.isim = append([]byte(nil), a.AID()...)
	}
	return nil
}

// Session types for an application that the modem does not use itself, of slot 1. Modems know
// either.
const (
	cardOnSlot      = 6
	nonProvisioning = 4
)

// app is the ISIM for requests about the card.
func (l *qmiLine) app() qmi.Card { return qmi.Card{Type: l.card.session, AID: l.card.isim} }

// readFile reads a transparent file.
func (l *qmiLine) readFile(r *runner, app qmi.Card, file uint16) ([]byte, error) {
	return l.card.answer(l.exchange(r, func(dst []byte) ([]byte, error) {
		return qmi.AppendReadTransparent(dst, 0, 0, app, appPath(file), 0, 0)
	}))
}

// answer takes the octets out of the answer to a reading or to Authenticate. What the card refused
// is its error, whatever the modem says of it.
func (c *qmiCard) answer(b []byte, f qmi.Frame, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	a, err := qmi.ParseAnswer(b, &f)
	if a.SW != 0 && uicc.Check(a.SW) != nil {
		return nil, uicc.Check(a.SW)
	}
	if err != nil {
		return nil, err
	}
	return a.Octets.In(b), nil
}

// identity reads IMEI, IMSI and the ISIM, and derives what the card does not say.
func (l *qmiLine) identity(r *runner) (*Identity, error) {
	id := new(Identity)
	b, f, err := l.exchange(r, func(dst []byte) ([]byte, error) {
		return qmi.AppendRequest(dst, qmi.DMS, 0, 0, qmi.DMSGetIDs)
	})
	if err != nil {
		return nil, err
	}
	if ids, err := qmi.ParseIDs(b, &f); err == nil {
		if id.IMEI, err = uicc.ParseIMEI(string(ids.IMEI.In(b))); err != nil {
			r.emit(Event{Kind: Status, Text: "the modem's IMEI is not one", Err: err})
		}
	}
	if err := l.lookAtCard(r); err != nil {
		return nil, err
	}
	if err := l.readUSIM(r, id); err != nil {
		return nil, err
	}
	if id.IMPI == "" {
		return nil, uicc.ErrAbsent
	}
	return id, nil
}

// readUSIM reads the IMSI and the ISIM's files, and derives the rest.
func (l *qmiLine) readUSIM(r *runner, id *Identity) error {
	b, err := l.readFile(r, qmi.GW, uicc.EFIMSI)
	if r.errands.fatal != nil {
		return err
	}
	if err == nil {
		id.IMSI, _ = uicc.ParseIMSI(b)
	}
	if id.IMSI == "" {
		b, f, err := l.exchange(r, func(dst []byte) ([]byte, error) {
			return qmi.AppendRequest(dst, qmi.DMS, 0, 0, qmi.DMSUIMGetIMSI)
		})
		if err != nil {
			return err
		}
		if text, err := qmi.ParseText(b, &f); err == nil {
			id.IMSI, _ = uicc.ParseIMSIText(string(text.In(b)))
		}
	}
	mnc := 0
	if b, err := l.readFile(r, qmi.GW, uicc.EFAD); err == nil {
		mnc, _ = uicc.ParseMNCLength(b)
	}
	if l.card.isim != nil {
		l.readISIM(r, id)
	}
	id.Derive(mnc)
	return r.errands.fatal
}

// readISIM reads the ISIM's files; what is not there is left out.
func (l *qmiLine) readISIM(r *runner, id *Identity) {
	var failure qmi.Failure
	if _, err := l.readFile(r, l.app(), uicc.EFIMPI); errors.As(err, &failure) {
		l.card.session = nonProvisioning
	}
	for _, f := range [...]struct {
		file uint16
		into *string
	}{{uicc.EFIMPI, &id.IMPI}, {uicc.EFDOMAIN, &id.Domain}} {
		if b, err := l.readFile(r, l.app(), f.file); err == nil {
			*f.into, _ = uicc.ParseText(b)
		}
	}
	for n := uint16(1); n <= maxRecords && r.errands.fatal == nil; n++ {
		b, err := l.card.answer(l.exchange(r, func(dst []byte) ([]byte, error) {
			return qmi.AppendReadRecord(dst, 0, 0, l.app(), appPath(uicc.EFIMPU), n, 0)
		}))
		if err != nil {
			break
		}
		if text, err := uicc.ParseText(b); err == nil {
			id.IMPU = append(id.IMPU, text)
		}
	}
	id.ISIM = id.IMPI != ""
}

// authenticate runs AKA in the ISIM, else in the USIM (TS 33.203 §6.1): by UIM Authenticate, or
// where the modem does not know it, over a logical channel.
func (l *qmiLine) authenticate(r *runner, rand, autn *[16]byte) (*AKA, error) {
	if !l.card.known {
		if err := l.lookAtCard(r); err != nil {
			return nil, err
		}
	}
	if !l.card.byAPDU {
		a, err := l.authenticateUIM(r, rand, autn)
		var failure qmi.Failure
		if !errors.As(err, &failure) {
			return a, err
		}
		l.card.byAPDU = failure == qmi.FailureInvalidQMICommand || failure == qmi.FailureNotSupported
		if !l.card.byAPDU {
			return nil, err
		}
	}
	return l.authenticateAPDU(r, rand, autn)
}

// authenticateUIM runs AKA by UIM Authenticate.
func (l *qmiLine) authenticateUIM(r *runner, rand, autn *[16]byte) (*AKA, error) {
	app, context := qmi.GW, uint8(qmi.Context3G)
	if l.card.isim != nil {
		app, context = l.app(), qmi.ContextIMS
	}
	octets, err := l.card.answer(l.exchange(r, func(dst []byte) ([]byte, error) {
		return qmi.AppendAuthenticate(dst, 0, 0, app, context, uicc.AppendChallenge(make([]byte, 0, 34), rand, autn))
	}))
	if err != nil {
		return nil, err
	}
	a, err := uicc.ParseAuthenticate(octets, 0x9000)
	if err != nil {
		return nil, err
	}
	return &a, nil
}

// A qmiChannel is an application of the card, selected on a logical channel.
type qmiChannel struct {
	l  *qmiLine
	r  *runner
	id uint8
}

// transmit gives the card a command by UIM Send APDU, with the channel in its class.
func (c *qmiChannel) transmit(apdu []byte) ([]byte, error) {
	apdu = append([]byte{apdu[0] | c.id&3}, apdu[1:]...)
	b, f, err := c.l.exchange(c.r, func(dst []byte) ([]byte, error) { return qmi.AppendSendAPDU(dst, 0, 0, c.id, apdu) })
	if err != nil {
		return nil, err
	}
	a, err := qmi.ParseAPDU(b, &f)
	if err != nil {
		return nil, err
	}
	return append(append(make([]byte, 0, 300), a.Octets.In(b)...), byte(a.SW>>8), byte(a.SW)), nil
}

// close gives the channel back.
func (c *qmiChannel) close() {
	c.l.exchange(c.r, func(dst []byte) ([]byte, error) { return qmi.AppendCloseChannel(dst, 0, 0, c.id) })
}

// authenticateAPDU runs AKA on a logical channel of its own.
func (l *qmiLine) authenticateAPDU(r *runner, rand, autn *[16]byte) (*AKA, error) {
	aid := l.card.usim
	if l.card.isim != nil {
		aid = l.card.isim
	}
	if aid == nil {
		return nil, uicc.ErrNotFound
	}
	b, f, err := l.exchange(r, func(dst []byte) ([]byte, error) { return qmi.AppendOpenChannel(dst, 0, 0, aid) })
	if err != nil {
		return nil, err
	}
	id, sw, err := qmi.ParseChannel(b, &f)
	if err != nil {
		if sw != 0 && uicc.Check(sw) != nil {
			err = uicc.Check(sw)
		}
		return nil, err
	}
	c := &qmiChannel{l, r, id}
	a, err := runAKA(c, rand, autn)
	c.close()
	return a, err
}
