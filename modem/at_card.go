package modem

import (
	"bytes"
	"errors"
	"strconv"

	"imsagent/modem/at"
	"imsagent/modem/uicc"
)

// A route is how a modem lets commands through to an application of the card.
type route uint8

const (
	routeUnknown route = iota
	routeLogical       // +CCHO, +CGLA, +CCHC
	routeManaged       // +CSIM, on a channel that the card opened by MANAGE CHANNEL
	routeBasic         // +CSIM, on the channel that the modem uses itself
)

// An atCard is what is known of the card since the device was opened.
type atCard struct {
	route route
	known bool // whether there is an ISIM
	isim  bool
}

// An atChannel is an application of the card, selected.
type atChannel struct {
	l       *atLine
	r       *runner
	route   route
	session int64 // of +CGLA
	cla     byte  // of +CSIM: the channel
	buf     [300]byte
}

// transmit gives the card a command by +CGLA or +CSIM. With +CGLA the modem puts the channel into
// the class itself.
func (c *atChannel) transmit(apdu []byte) ([]byte, error) {
	text := make([]byte, 0, 600)
	if c.route == routeLogical {
		text = strconv.AppendInt(append(text, "AT+CGLA="...), c.session, 10)
		text = append(text, ',')
	} else {
		text = append(text, "AT+CSIM="...)
		apdu = append([]byte{apdu[0] | c.cla}, apdu[1:]...)
	}
	text = strconv.AppendInt(text, int64(2*len(apdu)), 10)
	text = at.AppendHex(append(text, `,"`...), apdu)
	reply, err := c.l.exchange(c.r, string(append(text, '"')), 4*c.l.wait())
	if err != nil {
		return nil, err
	}
	for line := range reply.Lines() {
		if out, err := at.AppendAPDU(c.buf[:0], line); err == nil {
			return out, nil
		}
	}
	if reply.OK {
		return nil, at.ErrSyntax
	}
	return nil, ErrRefused
}

// close gives the channel back: a card has few, and they outlive us. The modem's own channel gets
// the USIM back.
func (c *atChannel) close() {
	switch c.route {
	case routeLogical:
		c.l.exchange(c.r, "AT+CCHC="+strconv.FormatInt(c.session, 10), 4*c.l.wait())
	case routeManaged:
		cla := c.cla
		c.cla = 0
		c.transmit([]byte{0, 0x70, 0x80, cla, 0})
	case routeBasic:
		selectApp(c, uicc.RIDUSIM)
	}
}

// selectApp selects an application by its identifier or the beginning of it.
func selectApp(ch channel, aid []byte) error {
	apdu := append([]byte{0, 0xA4, 4, 0x0C, byte(len(aid))}, aid...)
	_, sw, err := command(ch, apdu)
	if err == nil && (sw == 0x6B00 || sw == 0x6A86) {
		apdu[3] = 0x04
		_, sw, err = command(ch, apdu)
	}
	if err != nil {
		return err
	}
	return uicc.Check(sw)
}

// open selects an application of the card, by the first octets of its identifier;
// uicc.ErrNotFound if the card has none. The logical channel comes first: on the modem's own one
// the two would take the application from each other.
func (l *atLine) openApp(r *runner, rid []byte) (*atChannel, error) {
	if l.card.route <= routeLogical {
		c, err := l.openLogical(r, rid)
		if err == nil || r.errands.fatal != nil || l.card.route == routeLogical || errors.Is(err, uicc.ErrNotFound) {
			return c, err
		}
	}
	return l.openCSIM(r, rid)
}

// openLogical opens a logical channel by +CCHO. If the beginning of the identifier does not do,
// EF_DIR has the whole one.
func (l *atLine) openLogical(r *runner, rid []byte) (*atChannel, error) {
	c, err := l.cchO(r, rid)
	if err == nil || r.errands.fatal != nil {
		return c, err
	}
	aid, err := l.findAID(r, rid)
	if err != nil {
		return nil, err
	}
	return l.cchO(r, aid)
}

// cchO opens a logical channel to an application.
func (l *atLine) cchO(r *runner, aid []byte) (*atChannel, error) {
	reply, err := l.exchange(r, `AT+CCHO="`+string(at.AppendHex(nil, aid))+`"`, 4*l.wait())
	if err != nil {
		return nil, err
	}
	for line := range reply.Lines() {
		if session, err := at.ParseChannel(line); err == nil && reply.OK {
			l.card.route = routeLogical
			return &atChannel{l: l, r: r, route: routeLogical, session: session}, nil
		}
	}
	return nil, ErrRefused
}

// findAID reads EF_DIR by +CRSM for an application's identifier. (+CUAD would say it too, but
// restarts Quectel's EC2x and SIMCom's A7605E-H.)
func (l *atLine) findAID(r *runner, rid []byte) ([]byte, error) {
	size := 0
	for n := 1; n <= maxRecords; {
		b, sw, err := l.crsm(r, 178, uicc.EFDIR, n, 4, size)
		switch {
		case err != nil:
			return nil, err
		case sw>>8 == 0x6C && size == 0:
			size = int(sw & 0xFF)
			continue
		case uicc.Check(sw) == uicc.ErrNotFound && n > 1:
			return nil, uicc.ErrNotFound
		case uicc.Check(sw) != nil:
			return nil, ErrRefused
		}
		if aid, err := uicc.ParseDir(b); err == nil && bytes.HasPrefix(aid, rid) {
			return aid, nil
		}
		n++
	}
	return nil, uicc.ErrNotFound
}

// crsm reads a file of the USIM by +CRSM.
func (l *atLine) crsm(r *runner, command int, file uint16, p1, p2, p3 int) (octets []byte, sw uint16, err error) {
	text := "AT+CRSM=" + strconv.Itoa(command) + "," + strconv.Itoa(int(file)) + "," + strconv.Itoa(p1) + "," +
		strconv.Itoa(p2) + "," + strconv.Itoa(p3)
	reply, err := l.exchange(r, text, 4*l.wait())
	if err != nil {
		return nil, 0, err
	}
	for line := range reply.Lines() {
		if b, sw, err := at.ParseRestricted(make([]byte, 0, 256), line); err == nil {
			return b, sw, nil
		}
	}
	return nil, 0, ErrRefused
}

// openCSIM selects an application by +CSIM, on a channel of its own if the card opens one.
func (l *atLine) openCSIM(r *runner, rid []byte) (*atChannel, error) {
	c := &atChannel{l: l, r: r, route: routeManaged}
	if l.card.route != routeBasic {
		b, sw, err := command(c, []byte{0, 0x70, 0, 0, 1})
		switch {
		case err != nil && !aboutCard(err) && err != ErrRefused:
			return nil, err
		case err == nil && uicc.Check(sw) == nil && len(b) == 1 && b[0] >= 1 && b[0] <= 3:
			c.cla = b[0]
		default:
			c.route = routeBasic
		}
	} else {
		c.route = routeBasic
	}
	if err := selectApp(c, rid); err != nil {
		c.close()
		return nil, err
	}
	l.card.route = c.route
	return c, nil
}

// identity reads IMEI, IMSI and the ISIM, and derives what the card does not say.
func (l *atLine) identity(r *runner) (*Identity, error) {
	id := new(Identity)
	if err := l.ask(r, "AT+CGSN", func(line string) (err error) { id.IMEI, err = uicc.ParseIMEI(line); return err }); err != nil {
		return nil, err
	}
	if err := l.ask(r, "AT+CIMI", func(line string) (err error) { id.IMSI, err = uicc.ParseIMSIText(line); return err }); err != nil {
		return nil, err
	}
	mnc := 0
	if b, sw, err := l.crsm(r, 176, uicc.EFAD, 0, 0, 4); err == nil && (uicc.Check(sw) == nil || len(b) >= 4) {
		mnc, _ = uicc.ParseMNCLength(b)
	}
	if err := l.readISIM(r, id); err != nil {
		return nil, err
	}
	id.Derive(mnc)
	if id.IMPI == "" {
		return nil, uicc.ErrAbsent
	}
	return id, nil
}

// ask gives the modem a command and takes the first line of its answer that parses; none does
// is no error.
func (l *atLine) ask(r *runner, command string, parse func(line string) error) error {
	reply, err := l.exchange(r, command, 4*l.wait())
	if err != nil {
		return err
	}
	if !reply.OK {
		return nil
	}
	for line := range reply.Lines() {
		if parse(string(line)) == nil {
			return nil
		}
	}
	r.emit(Event{Kind: Status, Text: "answer to " + command + " is not one", Err: at.ErrSyntax})
	return nil
}

// readISIM reads the ISIM, if the card has one and the modem lets us at it.
func (l *atLine) readISIM(r *runner, id *Identity) error {
	c, err := l.openApp(r, uicc.RIDISIM)
	l.card.known, l.card.isim = r.errands.fatal == nil, err == nil
	if err != nil {
		return r.errands.fatal
	}
	err = readISIM(c, id)
	c.close()
	id.ISIM = id.IMPI != ""
	return err
}

// authenticate runs AKA in the ISIM, else in the USIM (TS 33.203 §6.1).
func (l *atLine) authenticate(r *runner, rand, autn *[16]byte) (*AKA, error) {
	rid := uicc.RIDUSIM
	if l.card.isim || !l.card.known {
		rid = uicc.RIDISIM
	}
	c, err := l.openApp(r, rid)
	if errors.Is(err, uicc.ErrNotFound) && !l.card.known {
		l.card.known = true
		c, err = l.openApp(r, uicc.RIDUSIM)
	}
	if err != nil {
		return nil, err
	}
	a, err := runAKA(c, rand, autn)
	c.close()
	return a, err
}
