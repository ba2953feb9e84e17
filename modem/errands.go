package modem

import (
	"errors"
	"slices"
	"time"
)

// An errand is something that a line is asked between its queries of the cell. It is written as a
// plain sequence of questions: while it waits for an answer, the line goes on.
type errand uint8

const (
	errandReports  errand = iota // let the modem tell of changes by itself
	errandIdentity               // read who the subscriber is
	errandBearer                 // read the IMS bearer
	errandIMS                    // what the modem's own IMS client is up to
	errandTime                   // the network's time
	errandKinds
)

// maxFailures is how often in a row an errand may fail before it waits for a cause, such as another card.
const maxFailures = 3

// errands is what is to be done of a device that is open.
type errands struct {
	due     [errandKinds]bool
	failed  [errandKinds]uint8 // in a row
	busy    bool               // one is under way: it is not disturbed by another
	checked time.Time          // when what changes unseen was last made due
	fatal   error              // the device was lost meanwhile
	sim     SIM
	bearer  *Bearer // as last reported
	told    bool    // that there is a bearer, or none
	client  Client  // as last reported
}

// all makes everything due, as of a modem that has just begun to answer.
func (e *errands) all() {
	for i := range e.due {
		e.due[i], e.failed[i] = true, 0
	}
}

// want makes an errand due for a cause that is worth new tries.
func (e *errands) want(i errand) { e.due[i], e.failed[i] = true, 0 }

// polled is called when the cell was asked for. With it goes what changes without being told, and
// what had failed.
func (e *errands) polled(now time.Time, every time.Duration) {
	if now.Sub(e.checked) < every {
		return
	}
	e.checked = now
	for _, i := range [...]errand{errandBearer, errandIMS} {
		e.due[i] = e.due[i] || e.failed[i] < maxFailures
	}
	if e.failed[errandIdentity] > 0 && e.failed[errandIdentity] < maxFailures {
		e.due[errandIdentity] = true
	}
}

// next returns what is due and can be done now.
func (e *errands) next() (errand, bool) {
	for i, due := range e.due {
		if due && (errand(i) != errandIdentity || e.sim == SIMReady) {
			return errand(i), true
		}
	}
	return 0, false
}

// wanted reports whether the line shall not wait, since there is something else to do.
func (r *runner) wanted() bool {
	if r.errands.busy || !r.line.ready() {
		return false
	}
	_, due := r.errands.next()
	return due || r.desk.waits()
}

// runErrands does what is due: requests first. It returns why the device cannot be used any more.
func (r *runner) runErrands() error {
	e := &r.errands
	e.busy = true
	defer func() { e.busy = false }()
	for e.fatal == nil && r.line.ready() {
		if q, ok := r.desk.next(); ok {
			r.serve(q)
			continue
		}
		i, ok := e.next()
		if !ok {
			return nil
		}
		e.due[i] = false
		if err := r.errand(i); err != nil && !errors.Is(err, ErrUnknown) {
			e.failed[i]++
		} else if err != nil {
			e.failed[i] = maxFailures
		} else {
			e.failed[i] = 0
		}
	}
	return e.fatal
}

// pump lets the line go on while an errand waits for it.
func (r *runner) pump() error {
	err := r.step()
	if r.ctx.Err() != nil {
		err = r.ctx.Err()
	}
	if err != nil {
		r.errands.fatal = err
	}
	return err
}

// errand does one thing and reports what came of it.
func (r *runner) errand(i errand) error {
	switch i {
	case errandReports:
		return r.line.reports(r)
	case errandIdentity:
		id, err := r.line.identity(r)
		if err == nil {
			r.emit(Event{Kind: Identified, Identity: id})
		}
		return err
	case errandBearer:
		return r.checkBearer()
	case errandIMS:
		return r.checkClient()
	case errandTime:
		t, err := r.line.networkTime(r)
		if err == nil {
			r.emit(Event{Kind: Clock, Time: t})
		}
		return err
	}
	return nil
}

// checkBearer reads the bearer and reports it if it is another.
func (r *runner) checkBearer() error {
	e := &r.errands
	b, err := r.line.bearer(r)
	if err != nil {
		return err
	}
	if e.told && sameBearer(b, e.bearer) {
		return nil
	}
	e.told, e.bearer = true, b
	if b == nil {
		r.emit(Event{Kind: BearerDown})
		return nil
	}
	r.emit(Event{Kind: BearerUp, Bearer: b})
	return nil
}

func sameBearer(a, b *Bearer) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Interface == b.Interface && a.APN == b.APN && a.Gateway == b.Gateway && a.MTU == b.MTU && a.Signalling == b.Signalling &&
		slices.Equal(a.Addresses, b.Addresses) && slices.Equal(a.PCSCF, b.PCSCF) && slices.Equal(a.PCSCFNames, b.PCSCFNames) && slices.Equal(a.DNS, b.DNS)
}

// checkClient asks for the modem's own IMS client and reports it if it is another.
func (r *runner) checkClient() error {
	c, err := r.line.ownIMS(r)
	if err == nil && c != r.errands.client {
		r.errands.client = c
		r.emit(Event{Kind: OwnIMS, IMS: c, Text: c.Text})
	}
	return err
}

// serve does what was asked for.
func (r *runner) serve(q Request) {
	switch q.Kind {
	case Authenticate:
		ev := Event{Kind: Authenticated, Token: q.Token, Err: ErrNoCard}
		if r.errands.sim == SIMReady {
			ev.AKA, ev.Err = r.line.authenticate(r, &q.RAND, &q.AUTN)
		}
		if r.errands.fatal != nil {
			ev.AKA, ev.Err = nil, ErrAbsent
		}
		r.emit(ev)
	case ReadBearer:
		r.errands.want(errandBearer)
	case DisableIMS:
		if err := r.line.disableIMS(r); err != nil {
			r.emit(Event{Kind: Status, Text: "the modem's own IMS client cannot be switched off", Err: err})
		}
		r.errands.want(errandIMS)
	}
}

// card takes the state of the card. One that is taken out, or is not ready any more, is another
// one when it comes back.
func (r *runner) card(sim SIM) {
	e := &r.errands
	if e.sim == SIMReady && sim != SIMReady {
		r.emit(Event{Kind: Refreshed, Text: sim.String()})
	}
	if e.sim = sim; sim == SIMReady {
		e.want(errandIdentity)
		e.want(errandBearer)
	}
	r.emit(Event{Kind: Card, SIM: sim, Text: sim.String()})
}

// refreshed takes the news that the card's files changed.
func (r *runner) refreshed() {
	r.emit(Event{Kind: Refreshed, Text: "REFRESH"})
	r.errands.want(errandIdentity)
}
