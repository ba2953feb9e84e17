package agent

import (
	"context"
	"time"
)

// stopPatience is how long a stop waits for the peers' answers, and then for the writers;
// together they stay below the 5 s that a service manager may count on.
const (
	stopPatience  = 2 * time.Second
	flushPatience = time.Second
)

// A Watchdog is told again and again that the loop makes steps. Whoever waits for that in
// vain knows that it does not: it hangs in a step.
type Watchdog struct {
	Every time.Duration // on the clock that stands still in suspend; 0: never
	Alive func()        // called by the loop itself, after a step; must not wait
}

// beats is the channel that wakes the loop for the watchdog; nil without one.
func (w Watchdog) beats() (beats <-chan time.Time, stop func()) {
	if w.Every <= 0 {
		return nil, func() {}
	}
	t := time.NewTicker(w.Every)
	return t.C, t.Stop
}

// run is the agent's one event loop. It alone touches the core; it waits for events and
// for one timer, and for nothing else.
func run(ctx context.Context, core *Core, e *edge, w Watchdog) error {
	wake, err := openWakeup()
	if err != nil {
		return err
	}
	defer wake.Close()
	e.goDo(wake.wait)
	if err := wake.Set(bootNow()); err != nil { // what the spool holds waits for no event
		return err
	}
	stop := ctx.Done()
	var over <-chan time.Time
	beats, rest := w.beats()
	defer rest()
	for {
		var ev Event // a timer event
		beat := false
		select {
		case <-beats:
			beat = true
		case <-wake.C:
			wake.Fired()
		case ev = <-e.events:
		case ev = <-e.stored:
		case <-stop:
			ev.Kind = EvStop
			stop, over = nil, time.After(stopPatience)
		case <-over:
			return nil
		}
		ev.Behind = uint16(len(e.spoolq))
		for _, a := range core.Step(bootNow(), time.Now(), ev) {
			e.do(a)
		}
		if ev.Kind == EvData || ev.Kind == EvDatagram {
			e.took(ev.Flow)
		}
		if core.Stopped() {
			return nil
		}
		if err := wake.Set(core.Deadline()); err != nil {
			return err
		}
		if beat {
			w.Alive()
		}
	}
}
