package agent

import (
	"fmt"
	"imsagent/modem"
	"io"
	"log/slog"
	"net/netip"
	"syscall"
	"time"

	"imsagent/agent/internal/bufpool"
	"imsagent/agent/spool"
)

// A worldFlash is a real spool on files in memory, and the goroutine that owns it.
type worldFlash struct {
	files *simFlash
	sp    *spool.Spool
	edge  *edge
	slow  bool
	held  []Action // while it is slow
}

// openFlash opens the spool for a start of the agent.
func (w *world) openFlash() {
	if w.flash.files == nil {
		w.flash.files = newSimFlash()
	}
	sp, err := spool.Open("", spool.Options{MaxBytes: w.cfg.Spool.MaxBytes, MaxMessages: w.cfg.Spool.MaxMessages, FS: w.flash.files})
	if err != nil {
		w.t.Fatal(err)
	}
	w.flash.sp = sp
	w.flash.edge = &edge{cfg: &w.cfg, log: slog.New(slog.NewTextHandler(io.Discard, nil)), pool: w.pool, stored: make(chan Event, 2*maxOutstanding)}
}

// toFlash shows an action of the spool and carries it out, once the flash is ready.
func (w *world) toFlash(a Action) {
	switch a.Kind {
	case ActMark:
		w.say("flash mark %d %v", a.ID, marks(a.State))
	case ActForget:
		w.say("flash forget %d", a.ID)
	case ActPeer:
		w.say("flash conversation %s %s", a.Key, a.Text)
	case ActBegin:
		w.say("flash begin %d", a.ID)
	case ActModem:
		w.say("modem> %s", [...]string{modem.Authenticate: "authenticate", modem.ReadBearer: "read bearer", modem.DisableIMS: "disable ims"}[a.Request.Kind])
	case ActTrim:
		w.say("flash trim %d %d", a.ID, a.Off)
	case ActDrop:
		w.say("flash drop %d", a.ID)
	}
	if w.flash.slow {
		w.flash.held = append(w.flash.held, a)
		if a.Kind == ActStore || a.Kind == ActFinish {
			w.say("%s, waits", w.entryText(a))
		}
		return
	}
	w.workFlash(a, true)
}

// workFlash is one round of the spool's goroutine; aloud shows what is stored.
func (w *world) workFlash(a Action, aloud bool) {
	text := ""
	if a.Kind == ActStore || a.Kind == ActFinish {
		text = w.entryText(a)
	}
	w.flash.edge.commit(w.flash.sp, w.flash.edge.spoolStep(w.flash.sp, a, nil))
	for len(w.flash.edge.stored) > 0 {
		ev := <-w.flash.edge.stored
		switch {
		case ev.Dup:
			w.say("flash has that message already")
		case text != "" && ev.Fault != FaultNone:
			w.say("%s: %v", text, ev.Fault)
		case text != "" && aloud:
			w.say("%s", text)
		}
		w.queue = append(w.queue, ev)
	}
}

// entryText describes an entry on its way to flash.
func (w *world) entryText(a Action) string {
	var e spool.Entry
	if err := spool.ParseEntry(a.Buf.Bytes(), &e); err != nil {
		w.t.Fatalf("entry: %v", err)
	}
	body := brief(e.Body)
	if e.Large {
		body = fmt.Sprintf("(%d octets in a file)", e.Size)
	}
	return fmt.Sprintf("flash store %d %s %s %q", e.ID, [...]string{"", "from", "to"}[e.Dir], e.Peer, body)
}

// brief shortens a long body to its beginning and its length.
func brief(b []byte) string {
	if len(b) > 40 {
		return fmt.Sprintf("%s… (%d octets)", b[:20], len(b))
	}
	return string(b)
}

// flashCommand is what becomes of the flash.
//
//	flash slow            nothing is answered
//	flash ready           what waited is carried out
//	flash full | broken   what waited to be stored is refused: no room; an i/o error
func (w *world) flashCommand(word string) {
	if w.flash.slow = word == "slow"; w.flash.slow {
		return
	}
	if word == "broken" {
		w.flash.files.fail = syscall.EIO
	}
	w.flash.slow = true // what comes meanwhile stands behind what waits
	for n := len(w.flash.held); len(w.flash.held) > 0; n-- {
		a := w.flash.held[0]
		w.flash.held = w.flash.held[1:]
		if n <= 0 {
			w.flash.files.fail = nil
		}
		if word == "full" && n > 0 && (a.Kind == ActStore || a.Kind == ActFinish) {
			w.queue = append(w.queue, Event{Kind: EvStored, Token: a.Token, Buf: a.Buf, Fault: FaultFull})
		} else {
			w.workFlash(a, false)
		}
		w.drain()
	}
	w.flash.slow, w.flash.files.fail = false, nil
}

// onFlash returns the ids of the messages that the spool holds.
func (w *world) onFlash() map[uint64]bool {
	ids := map[uint64]bool{}
	if err := w.flash.sp.Each(func(e *spool.Entry) bool { ids[e.ID] = true; return true }); err != nil {
		w.t.Error(err)
	}
	return ids
}

// restart ends the agent without a word and starts it with what its flash holds: the
// process was killed, or (power) the device lost its power, and with it what was not synced
// and the time since its start. clock is what its clock says then, if not the time of day.
func (w *world) restart(power bool, clock []string) {
	w.queue, w.flash.held, w.flash.slow, w.hung = nil, nil, false, nil
	if power {
		w.flash.files.names = map[string]*simFile{}
		for name, f := range w.flash.files.kept {
			f.now, f.touched = append([]byte(nil), f.flash...), false
			w.flash.files.names[name] = f
		}
		w.now = bootEpoch.Add(10 * time.Second)
	}
	for _, to := range clock {
		w.setClock(to)
	}
	w.flows, w.conns, w.conn = map[FlowID]netip.AddrPort{}, map[FlowID]*peerConn{}, 0
	w.pool = bufpool.New(w.pool.Total(), largeBuffers)
	w.core = nil
	w.start()
	w.step(Event{})
}
