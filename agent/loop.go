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

// run is the agent's one event loop. It alone touches the core; it waits for events and
// for one timer, and for nothing else.
func run(ctx context.Context, core *Core, e *edge) error {
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
	for {
		var ev Event // a timer event
		select {
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
	}
}
