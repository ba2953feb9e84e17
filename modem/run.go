package modem

import (
	"context"
	"errors"
	"os"
	"time"

	"imsagent/modem/at"
)

// Config says which modem and how. Zero durations mean the defaults.
type Config struct {
	Protocol string        // "at"; "none": Run only waits for ctx
	Device   string        // path of the tty
	Baud     int           // line speed; 0 leaves it alone; a USB modem ignores it
	PIN      string        // entered at most once in a Run, and only if the SIM asks for it
	Answer   time.Duration // how long a simple command may take; default 3 s
	Poll     time.Duration // between two queries without an unsolicited line; default 60 s
	BackOff  time.Duration // before the device is opened again, doubled up to 8 times this; default 1 s
}

// Limits of the edge to the device.
const (
	readSize     = 512             // octets a read
	writeTimeout = 3 * time.Second // a modem that takes no octet is lost
	maxDoublings = 3               // of BackOff
)

// Run keeps the modem open until ctx ends, and reports what it learns by emit, which must not
// block for long: the modem is not read meanwhile. A missing device is a state, not an error.
//
// Run returns ctx's error, or ErrProtocol at once.
func Run(ctx context.Context, cfg Config, emit func(Event)) error {
	switch cfg.Protocol {
	case "none":
		<-ctx.Done()
		return ctx.Err()
	case "at":
	default:
		return ErrProtocol
	}
	if cfg.BackOff == 0 {
		cfg.BackOff = time.Second
	}
	r := &runner{cfg: cfg, emit: emit, fresh: true,
		session: at.NewSession(at.Config{PIN: cfg.PIN, Answer: cfg.Answer, Poll: cfg.Poll})}
	for ctx.Err() == nil {
		err := r.attend(ctx)
		if ctx.Err() != nil {
			break
		}
		r.lost(err)
		r.sleep(ctx)
	}
	return ctx.Err()
}

// A runner is one Run.
type runner struct {
	cfg     Config
	emit    func(Event)
	session *at.Session
	lines   at.Assembler

	fresh    bool   // nothing was reported of the device yet
	alive    bool   // Back was reported, and Gone not since
	silent   bool   // the modem was silent, and has not answered since
	pani     string // as last reported
	failures int    // in a row, for the back-off
}

// attend opens the device and serves it until it is lost. It returns why.
func (r *runner) attend(ctx context.Context) error {
	p, err := OpenTTY(r.cfg.Device, r.cfg.Baud)
	if err != nil {
		return err
	}
	defer p.Close()
	defer context.AfterFunc(ctx, func() { p.Close() })()
	r.lines.Reset()
	r.session.Start(time.Now())
	var buf [readSize]byte
	for {
		if err := r.write(p); err != nil {
			return err
		}
		n, err := r.read(p, buf[:])
		r.take(buf[:n])
		if err != nil {
			return err
		}
		r.session.Expire(time.Now()) // also while octets without end keep Read from timing out
		if err := r.report(); err != nil {
			return err
		}
	}
}

// write gives the modem the next command, if there is one.
func (r *runner) write(p *Port) error {
	now := time.Now()
	command := r.session.Output(now)
	if command == "" {
		return nil
	}
	p.SetWriteDeadline(now.Add(writeTimeout))
	if _, err := p.Write(append([]byte(command), '\r')); err != nil {
		return &OpError{"write", r.cfg.Device, cause(err)}
	}
	return nil
}

// read waits for octets until the session's deadline.
func (r *runner) read(p *Port, buf []byte) (int, error) {
	if err := p.SetReadDeadline(r.session.Deadline()); err != nil {
		return 0, &OpError{"read", r.cfg.Device, cause(err)}
	}
	n, err := p.Read(buf)
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return n, nil
	}
	return n, &OpError{"read", r.cfg.Device, cause(err)}
}

// cause strips the path that package os puts before the system's error.
func cause(err error) error {
	if pe := (*os.PathError)(nil); errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// take gives the session the lines in b. A line too long is dropped and reported.
func (r *runner) take(b []byte) {
	now := time.Now()
	for len(b) > 0 {
		n, line, err := r.lines.Next(b)
		b = b[n:]
		if err != nil {
			r.emit(Event{Kind: Status, Text: "line dropped: too long", Err: err})
		}
		if line != nil {
			r.session.Step(now, line)
		}
	}
}

// report turns the session's notes into events. It returns ErrSilent if the modem is.
func (r *runner) report() error {
	for {
		n, ok := r.session.Next()
		if !ok {
			return nil
		}
		switch n.Kind {
		case at.NoteCell:
			r.access(n.Cell)
		case at.NoteReady:
			r.ready(n.Text)
		case at.NoteSIM, at.NotePIN:
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

// access reports the cell's PANI if it differs from the last one.
func (r *runner) access(c Cell) {
	var room [at.MaxPANI]byte
	b, _ := c.AppendPANI(room[:0])
	r.setPANI(string(b))
}

func (r *runner) setPANI(pani string) {
	if pani != r.pani || r.fresh {
		r.pani, r.fresh = pani, false
		r.emit(Event{Kind: Access, PANI: pani})
	}
}

// ready reports a modem that answers.
func (r *runner) ready(model string) {
	r.failures = 0
	if !r.alive {
		r.alive = true
		r.emit(Event{Kind: Back, Text: text("ready", model)})
	} else if r.silent {
		r.emit(Event{Kind: Status, Text: text("answers again", model)})
	}
	r.silent = false
}

func text(what, model string) string {
	if model == "" {
		return what
	}
	return what + ": " + model
}

// lost reports why the device is closed. A silence is forgiven once: the device is opened again
// before the modem counts as gone, and until then its last cell is the best one known.
func (r *runner) lost(err error) {
	if errors.Is(err, ErrSilent) && r.alive && !r.silent {
		r.silent = true
		r.emit(Event{Kind: Status, Text: "modem does not answer", Err: err})
		return
	}
	if r.failures++; r.alive || r.failures == 1 {
		r.alive = false
		r.emit(Event{Kind: Gone, Text: err.Error(), Err: err})
		r.setPANI("")
	}
}

// sleep waits for the back-off, or for ctx.
func (r *runner) sleep(ctx context.Context) {
	t := time.NewTimer(r.cfg.BackOff << min(max(r.failures-1, 0), maxDoublings))
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
