package modem

import (
	"io"
	"time"

	"imsagent/modem/at"
	"imsagent/modem/qmi"
)

// A device is an open modem: a Port, a connection to qmi-proxy, or sockets of QRTR.
type device interface {
	io.ReadWriteCloser
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// A protocol speaks to a modem through an open device.
type protocol interface {
	open(path string) (device, error)        // the device under the name that it has now
	start(now time.Time)                     // the device was just opened
	output(now time.Time) []byte             // what to write, nil for nothing
	take(r *runner, now time.Time, b []byte) // what was read
	expire(now time.Time)                    // what is due
	deadline() time.Time                     // when to call expire, zero for never
	report(r *runner) error                  // what was learnt, as events; ErrSilent if the modem is
	farewell(now time.Time)                  // leave the modem as it was found
	gone() bool                              // farewell is done

	// What follows is asked between the queries of the cell; each waits for its answers by
	// runner.pump. ErrUnknown says that the modem has no command for it.
	ready() bool
	reports(r *runner) error
	identity(r *runner) (*Identity, error)
	authenticate(r *runner, rand, autn *[16]byte) (*AKA, error)
	bearer(r *runner) (*Bearer, error) // nil without a bearer
	ownIMS(r *runner) (Client, error)
	disableIMS(r *runner) error
	networkTime(r *runner) (Time, error)
}

// An atLine is AT over a tty.
type atLine struct {
	cfg     Config
	session *at.Session
	lines   at.Assembler
	out     []byte
	card    atCard

	switchedOff bool // the modem's own IMS client was, in this Run
}

func newATLine(cfg Config) *atLine {
	return &atLine{cfg: cfg, session: at.NewSession(at.Config{PIN: cfg.PIN, Maker: cfg.Dialect, Answer: cfg.Answer, Poll: cfg.Poll})}
}

func (l *atLine) open(path string) (device, error) {
	p, err := OpenTTY(path, l.cfg.Baud)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (l *atLine) start(now time.Time) {
	l.lines.Reset()
	l.card = atCard{}
	l.session.Start(now)
}

func (l *atLine) output(now time.Time) []byte {
	command := l.session.Output(now)
	if command == "" {
		return nil
	}
	l.out = append(append(l.out[:0], command...), '\r')
	return l.out
}

// take gives the session the lines in b. A line too long is dropped and reported.
func (l *atLine) take(r *runner, now time.Time, b []byte) {
	for len(b) > 0 {
		n, line, err := l.lines.Next(b)
		b = b[n:]
		if err != nil {
			r.dropped("line dropped: too long", err)
		}
		if line != nil {
			l.session.Step(now, line)
		}
	}
}

func (l *atLine) expire(now time.Time)   { l.session.Expire(now) }
func (l *atLine) deadline() time.Time    { return l.session.Deadline() }
func (l *atLine) farewell(now time.Time) {}
func (l *atLine) gone() bool             { return true }

func (l *atLine) report(r *runner) error {
	for {
		n, ok := l.session.Next()
		if !ok {
			return nil
		}
		switch n.Kind {
		case at.NoteCell:
			r.access(n.Cell)
		case at.NoteReady:
			r.ready(n.Text)
		case at.NoteSame:
			r.confirmed()
		case at.NoteRegistered:
			r.emit(Event{Kind: Registered, Registration: Registration(n.Reg)})
		case at.NoteSIM:
			r.card(n.SIM)
		case at.NoteChanged:
			l.changed(r, n)
		case at.NotePIN:
			r.emit(Event{Kind: Status, Text: n.Text})
		case at.NoteSlow:
			r.emit(Event{Kind: Status, Text: "no answer to " + n.Text, Err: ErrSilent})
		case at.NoteRestarted:
			r.emit(Event{Kind: Status, Text: "modem restarted"})
		case at.NoteSilent:
			return ErrSilent
		}
	}
}

// A qmiLine is QMI over a cdc-wdm device, qmi-proxy or QRTR.
type qmiLine struct {
	cfg     Config
	session *qmi.Session
	frames  qmi.Assembler
	out     [1024]byte
	card    qmiCard
	pdn     qmiBearer
	netdev  string // the network interface that belongs to the device
}

func newQMILine(cfg Config) *qmiLine {
	_, path := SplitProxy(cfg.Device)
	if cfg.qrtr == nil {
		cfg.qrtr = kernelQRTR{}
	}
	return &qmiLine{cfg: cfg, session: qmi.NewSession(qmi.Config{Proxy: path, PIN: cfg.PIN, Answer: cfg.Answer, Poll: cfg.Poll})}
}

func (l *qmiLine) open(path string) (device, error) {
	l.netdev = l.cfg.tree.netdev(path)
	if socket, path := SplitProxy(l.cfg.Device); path != "" {
		l.netdev = l.cfg.tree.netdev(path)
		return dialProxy(socket, l.cfg.Device)
	}
	if l.cfg.Device == QRTRDevice {
		return openQRTR(l.cfg.qrtr)
	}
	p, err := OpenQMI(path)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (l *qmiLine) start(now time.Time) {
	l.frames.Reset()
	l.card, l.pdn = qmiCard{}, qmiBearer{told: l.pdn.told}
	l.session.Start(now)
}

func (l *qmiLine) output(now time.Time) []byte { return l.session.Output(now, l.out[:0]) }

// take gives the session the frames in b. One that cannot be used is dropped and reported.
func (l *qmiLine) take(r *runner, now time.Time, b []byte) {
	for {
		var f qmi.Frame
		n, frame, err := l.frames.Next(b, &f)
		b = b[n:]
		switch {
		case err != nil:
			r.dropped("frame dropped", err)
		case frame != nil:
			l.session.Step(now, frame, &f)
		case len(b) == 0:
			return
		}
	}
}

func (l *qmiLine) expire(now time.Time)   { l.session.Expire(now) }
func (l *qmiLine) deadline() time.Time    { return l.session.Deadline() }
func (l *qmiLine) farewell(now time.Time) { l.session.Close(now) }
func (l *qmiLine) gone() bool             { return l.session.Closed() }

func (l *qmiLine) report(r *runner) error {
	for {
		n, ok := l.session.Next()
		if !ok {
			return nil
		}
		switch n.Kind {
		case qmi.NoteCell:
			r.access(cellOf(n.Cell))
		case qmi.NoteReady:
			r.ready(n.Text)
		case qmi.NoteSame:
			r.confirmed()
		case qmi.NoteBearer:
			r.errands.want(errandBearer)
		case qmi.NoteTime:
			r.emit(Event{Kind: Clock, Time: timeOf(n.Time)})
		case qmi.NoteRefresh:
			r.refreshed()
		case qmi.NoteSIM:
			r.card(SIM(n.SIM))
		case qmi.NoteIMS:
			r.errands.want(errandIMS)
		case qmi.NotePIN, qmi.NoteRefused:
			r.emit(Event{Kind: Status, Text: n.Text, Err: n.Err})
		case qmi.NoteSlow:
			r.emit(Event{Kind: Status, Text: "no answer to " + n.Text, Err: ErrSilent})
		case qmi.NoteRestarted:
			r.emit(Event{Kind: Status, Text: "modem restarted"})
		case qmi.NoteSilent:
			return ErrSilent
		}
	}
}

// cellOf makes a Cell of what QMI tells. The duplex mode follows from LTE's channel, else from
// the band; it is left out where neither is known.
func cellOf(l qmi.Location) Cell {
	c := Cell{PLMN: at.NewPLMN(l.PLMN.Digits()), Located: l.Located, Area: l.Area, ID: l.ID}
	switch l.Radio {
	case qmi.RadioGSM:
		c.Access = at.GERAN
	case qmi.RadioUMTS:
		c.Access = at.UTRAN
	case qmi.RadioLTE:
		c.Access, c.Duplex = at.EUTRAN, at.DuplexOfLTEBand(int(l.Band))
		if d := at.DuplexOfEARFCN(int(l.EARFCN)); l.HasChannel && d != at.DuplexUnknown {
			c.Duplex = d
		}
		if c.Band = l.Band; c.Band == 0 && l.HasChannel {
			c.Band = uint16(at.LTEBandOf(int(l.EARFCN)))
		}
	case qmi.RadioNR:
		c.Access, c.Duplex, c.Band = at.NR, at.DuplexOfNRBand(int(l.Band)), l.Band
	default:
		return Cell{}
	}
	return c
}
