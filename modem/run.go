package modem

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"time"

	"imsagent/modem/at"
)

// Config says which modem and how. Zero durations mean the defaults.
type Config struct {
	Protocol string        // "at", "qmi"; "none": Run only waits for ctx
	Device   string        // path of a tty or, of qmi, a cdc-wdm node; "usb:2c7c:0125:02", whatever its name is; of qmi also "proxy:" and the node that qmi-proxy has, or QRTRDevice
	Baud     int           // line speed of a tty; 0 leaves it alone; a USB modem ignores it
	APN      string        // of the IMS PDN connection, which is then brought up where there is none; "": others do that
	Dialect  string        // of at: one of Dialects, whose serving-cell command the modem knows; "": the modem is asked
	PIN      string        // entered at most once in a Run, and only if the SIM asks for it
	Answer   time.Duration // how long a simple command may take; default 3 s
	Poll     time.Duration // between two queries without an unsolicited line; default 60 s
	BackOff  time.Duration // before the device is opened again, doubled up to 8 times this; default 1 s

	qrtr qrtrNet // nil is the kernel's
	tree tree    // zero is the kernel's
}

// Limits of the edge to the device.
const (
	readSize     = 4096            // octets a read: a cdc-wdm node loses what does not fit
	writeTimeout = 3 * time.Second // a modem that takes no octet is lost
	farewellTime = 2 * time.Second // to give client ids back at the end
	maxDoublings = 3               // of BackOff
)

// A Modem is one modem, whether it is there or not. Run keeps it open; Ask may be called by any
// goroutine.
type Modem struct {
	cfg  Config
	desk desk
}

// New returns the modem of cfg. Nothing is opened before Run.
func New(cfg Config) *Modem { return &Modem{cfg: cfg} }

// past is a deadline that has passed, to wake a reader.
var past = time.Unix(1, 0)

// Run keeps the modem open until ctx ends, and reports what it learns by emit, which must not
// block for long: the modem is not read meanwhile. A missing device is a state, not an error.
//
// Run returns ctx's error, or ErrProtocol at once. It is called once.
func (m *Modem) Run(ctx context.Context, emit func(Event)) error {
	cfg := m.cfg
	if cfg.tree == (tree{}) {
		cfg.tree = tree{"/sys", "/dev"}
	}
	r := &runner{cfg: cfg, emit: emit, fresh: true, desk: &m.desk, node: newNode(cfg.tree, cfg.Device), told: cfg.Device}
	defer r.watch.close()
	switch m.cfg.Protocol {
	case "none":
		<-ctx.Done()
		return ctx.Err()
	case "at":
		r.line = newATLine(cfg)
	case "qmi":
		r.line = newQMILine(cfg)
	default:
		return ErrProtocol
	}
	if r.cfg.BackOff == 0 {
		r.cfg.BackOff = time.Second
	}
	for ctx.Err() == nil {
		err := r.attend(ctx)
		if ctx.Err() != nil {
			break
		}
		r.lost(err)
		r.sleep(ctx, err)
	}
	return ctx.Err()
}

// A runner is one Run.
type runner struct {
	cfg  Config
	emit func(Event)
	line protocol
	buf  [readSize]byte

	fresh    bool   // nothing was reported of the device yet
	alive    bool   // Back was reported, and Gone not since
	silent   bool   // the modem was silent, and has not answered since
	pani     string // as last reported
	cell     Cell   // as last reported
	failures int    // in a row, for the back-off
	drops    uint   // lines or frames that could not be used

	node  *node
	path  string // under which the device was opened
	told  string // as last reported
	watch watch

	desk    *desk
	ctx     context.Context // of the device that is open
	device  device
	errands errands
}

// attend opens the device and serves it until it is lost or ctx ends. It returns why.
func (r *runner) attend(ctx context.Context) error {
	p, err := r.open()
	if err != nil {
		return err
	}
	defer p.Close()
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { p.SetReadDeadline(past); close(woken) })
	defer stop()
	r.ctx, r.device = ctx, p
	r.desk.open(p)
	defer r.desk.close(r.emit)
	r.line.start(time.Now())
	r.errands = errands{}
	for {
		err := r.step()
		if err == nil {
			err = r.runErrands()
		}
		if ctx.Err() != nil {
			if !stop() {
				<-woken
			}
			r.desk.close(r.emit) // from here on nobody else sets the deadline
			r.farewell(p)
			return ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}

// open opens the device under the name that it has now, and remembers which it was.
func (r *runner) open() (device, error) {
	if r.path = r.node.path(); r.path == "" {
		r.path = r.cfg.Device
		return nil, &OpError{"find", r.cfg.Device, os.ErrNotExist}
	}
	p, err := r.line.open(r.path)
	if err != nil {
		return nil, err
	}
	if r.node.opened(r.path); r.path != r.told {
		r.told = r.path
		r.emit(Event{Kind: Status, Text: "modem is at " + r.path})
	}
	r.watch.close()
	return p, nil
}

// step lets the line go on by one write and one read, and reports what it learnt.
func (r *runner) step() error {
	if err := r.turn(r.ctx, r.device); err != nil {
		return err
	}
	return r.line.report(r)
}

// turn writes what is to be written and reads until the next deadline.
func (r *runner) turn(ctx context.Context, p device) error {
	if err := r.write(p); err != nil {
		return err
	}
	n, err := r.read(ctx, p)
	r.line.take(r, time.Now(), r.buf[:n])
	if err == nil {
		r.line.expire(time.Now()) // also while octets without end keep Read from timing out
	}
	return err
}

// write gives the modem what is to be said now.
func (r *runner) write(p device) error {
	now := time.Now()
	out := r.line.output(now)
	if len(out) == 0 {
		return nil
	}
	p.SetWriteDeadline(now.Add(writeTimeout))
	if _, err := p.Write(out); err != nil {
		return &OpError{"write", r.path, cause(err)}
	}
	return nil
}

// read waits for octets until the line's deadline. The deadline is set before ctx and the requests
// are looked at, so that either is seen or cuts the deadline short.
func (r *runner) read(ctx context.Context, p device) (int, error) {
	if err := p.SetReadDeadline(r.line.deadline()); err != nil {
		return 0, &OpError{"read", r.path, cause(err)}
	}
	if ctx.Err() != nil || r.wanted() {
		return 0, nil
	}
	n, err := p.Read(r.buf[:])
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return n, nil
	}
	return n, &OpError{"read", r.path, cause(err)}
}

// farewell leaves the modem as it was found, in a time that nobody waits for.
func (r *runner) farewell(p device) {
	end := time.Now().Add(farewellTime)
	for r.line.farewell(time.Now()); !r.line.gone() && time.Now().Before(end); {
		if r.write(p) != nil {
			return
		}
		p.SetReadDeadline(end)
		n, err := p.Read(r.buf[:])
		if err != nil {
			return
		}
		r.line.take(r, time.Now(), r.buf[:n])
	}
}

// cause strips the path that package os puts before the system's error.
func cause(err error) error {
	if pe := (*os.PathError)(nil); errors.As(err, &pe) {
		return pe.Err
	}
	if se := (*os.SyscallError)(nil); errors.As(err, &se) {
		return se.Err
	}
	if oe := (*net.OpError)(nil); errors.As(err, &oe) {
		return cause(oe.Err)
	}
	return err
}

// dropped reports what could not be used: each at first, then at every doubling of their number,
// so that a flood of them does not flood the host.
func (r *runner) dropped(what string, err error) {
	if r.drops++; r.drops&(r.drops-1) == 0 {
		r.emit(Event{Kind: Status, Text: what + " (" + strconv.FormatUint(uint64(r.drops), 10) + " so far)", Err: err})
	}
}

// access reports the cell if it or its PANI differs from the last one.
func (r *runner) access(c Cell) {
	if c == r.cell && !r.fresh {
		return
	}
	var room [at.MaxPANI]byte
	b, _ := c.AppendPANI(room[:0])
	pani := r.pani
	if string(b) != pani {
		pani = string(b)
	}
	r.cell, r.pani, r.fresh = c, pani, false
	r.emit(Event{Kind: Access, PANI: pani, Cell: c})
	r.errands.polled(time.Now(), r.pollTime())
}

// pollTime is the time between two queries without a cause.
func (r *runner) pollTime() time.Duration {
	if r.cfg.Poll == 0 {
		return time.Minute
	}
	return r.cfg.Poll
}

// ready reports a modem that answers.
func (r *runner) ready(model string) {
	r.failures = 0
	r.errands.all()
	if !r.alive {
		r.alive = true
		r.emit(Event{Kind: Back, Text: text("ready", model)})
	} else if r.silent {
		r.emit(Event{Kind: Status, Text: text("answers again", model)})
	}
	r.silent = false
}

// confirmed reports that the cell is as it was.
func (r *runner) confirmed() {
	r.emit(Event{Kind: Confirmed})
	r.errands.polled(time.Now(), r.pollTime())
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
		r.access(Cell{})
	}
}

// sleep waits for the back-off, for ctx, or until the device may be there again. What is not a
// node is asked for once in a BackOff: nothing tells when it comes, and asking costs little.
func (r *runner) sleep(ctx context.Context, err error) {
	d := r.cfg.BackOff << min(max(r.failures-1, 0), maxDoublings)
	if !r.node.isNode() {
		d = r.cfg.BackOff
	} else if !r.watch.open {
		if r.watch.begin(r.node); !errors.Is(err, ErrSilent) {
			d = min(d, settle) // it may have come before we watched
		}
	}
	if !r.watch.wait(ctx, d) {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-ctx.Done():
		case <-t.C:
		}
	}
}
