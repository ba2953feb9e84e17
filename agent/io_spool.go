package agent

import (
	"errors"
	"time"

	"imsagent/agent/internal/bufpool"
	"imsagent/agent/spool"
)

// runSpool carries out what the core asks of the spool, in order. All entries that wait
// when a commit begins share its one write and one fdatasync.
func (e *edge) runSpool(sp *spool.Spool) {
	var waiting []Event
	e.damaged = len(sp.Damaged())
	for a := range e.spoolq {
		waiting = e.spoolStep(sp, a, waiting[:0])
		for more := true; more && len(waiting) > 0; {
			select {
			case b, ok := <-e.spoolq:
				if more = ok; ok {
					waiting = e.spoolStep(sp, b, waiting)
				}
			default:
				more = false
			}
		}
		e.commit(sp, waiting)
	}
}

// closeSpool closes the spool once what is under way is done. A flash that takes longer than
// a stop may is left alone: all that was answered is on it.
func (e *edge) closeSpool(sp *spool.Spool) {
	select {
	case <-e.unused:
		sp.Close()
	case <-time.After(flushPatience):
	}
}

// commit makes what was appended durable and only then answers.
func (e *edge) commit(sp *spool.Spool, waiting []Event) {
	if len(waiting) == 0 {
		return
	}
	fault := spoolFault(sp.Commit())
	size, _ := sp.Usage()
	for _, ev := range waiting {
		ev.Bytes, ev.Lost = size, e.newDamage(sp)
		if ev.Fault == FaultNone {
			ev.Fault = fault
		}
		e.stored <- ev
	}
}

// newDamage counts and logs what was found damaged since it was last asked.
func (e *edge) newDamage(sp *spool.Spool) uint16 {
	all := sp.Damaged()
	n := len(all) - e.damaged
	for _, d := range all[e.damaged:] {
		if e.faults.allow() {
			e.log.Error("spool record damaged", "damage", d)
		}
	}
	e.damaged = len(all)
	return uint16(n)
}

// spoolStep carries out one action. An entry that was appended joins those that wait for
// the commit.
func (e *edge) spoolStep(sp *spool.Spool, a Action, waiting []Event) []Event {
	switch a.Kind {
	case ActStore:
		return e.appendEntry(sp, a, sp.Append, waiting)
	case ActFinish:
		return e.appendEntry(sp, a, sp.Finish, waiting)
	case ActLoad:
		ev := e.load(sp, a)
		ev.Lost = e.newDamage(sp)
		e.stored <- ev
	case ActMark:
		return e.mark(sp, a, waiting)
	case ActForget:
		e.report(sp.Forget(a.ID))
	case ActPeer:
		e.report(sp.SetConversation(a.Key, a.Text))
	case ActBegin:
		e.begun(a, sp.Begin(a.ID))
	case ActWrite:
		e.report(sp.WriteAt(a.ID, a.Buf.Bytes(), a.Off))
		a.Buf.Release()
	case ActTrim:
		e.report(sp.Trim(a.ID, a.Off))
	case ActDrop:
		sp.Discard(a.ID)
	}
	return waiting
}

// mark notes a state; one that somebody waits for joins those that wait for the commit.
func (e *edge) mark(sp *spool.Spool, a Action, waiting []Event) []Event {
	if a.Token == 0 {
		e.report(sp.Mark(a.ID, uint8(a.State), uint8(a.Reason), a.Code, a.Millis))
		return waiting
	}
	err := sp.MarkSync(a.ID, uint8(a.State), uint8(a.Reason), a.Code, a.Millis)
	return append(waiting, Event{Kind: EvStored, Token: a.Token, Fault: spoolFault(err)})
}

// appendEntry adds an entry to the batch; a full batch is committed first.
func (e *edge) appendEntry(sp *spool.Spool, a Action, add func([]byte) (bool, error), waiting []Event) []Event {
	dup, err := add(a.Buf.Bytes())
	if errors.Is(err, spool.ErrBatch) {
		e.commit(sp, waiting)
		waiting = waiting[:0]
		dup, err = add(a.Buf.Bytes())
	}
	ev := Event{Kind: EvStored, Token: a.Token, Buf: a.Buf, Dup: dup, Fault: spoolFault(err)}
	if dup {
		ev.ID = sp.Repeats()
	}
	return append(waiting, ev)
}

// begun answers who waits for a large body to be open.
func (e *edge) begun(a Action, err error) {
	e.report(err)
	if a.Token != 0 {
		e.stored <- Event{Kind: EvStored, Token: a.Token, Fault: spoolFault(err)}
	}
}

// report logs a fault of an action that nobody waits for; a large body whose piece was lost
// fails when it is finished.
func (e *edge) report(err error) {
	if err != nil && e.faults.allow() {
		e.log.Error("spool", "err", err)
	}
}

// load reads an entry (N = 0), or octets of its body. An entry that outgrows a buffer comes
// in a large one.
func (e *edge) load(sp *spool.Spool, a Action) Event {
	ev := Event{Kind: EvLoaded, Token: a.Token}
	if ev.Buf = e.pool.Get(); ev.Buf == nil {
		ev.Fault = FaultFull
		return ev
	}
	n, err := e.loadInto(sp, a, ev.Buf)
	if errors.Is(err, spool.ErrNoRoom) {
		ev.Buf.Release()
		if ev.Buf = e.pool.GetLarge(); ev.Buf == nil {
			ev.Fault = FaultFull
			return ev
		}
		n, err = e.loadInto(sp, a, ev.Buf)
	}
	if err != nil {
		ev.Buf.Release()
		ev.Buf, ev.Fault = nil, spoolFault(err)
		return ev
	}
	ev.Buf.SetLen(n)
	return ev
}

func (e *edge) loadInto(sp *spool.Spool, a Action, buf *bufpool.Buf) (int, error) {
	if a.N == 0 {
		b, err := sp.LoadEntry(buf.Space()[:0], a.ID)
		return len(b), err
	}
	if a.N > buf.Cap() {
		return 0, spool.ErrNoRoom
	}
	return sp.Load(a.ID, a.Off, buf.Space()[:a.N])
}

// spoolFault reduces an error of the spool to what the core decides by.
func spoolFault(err error) Fault {
	switch {
	case err == nil:
		return FaultNone
	case errors.Is(err, spool.ErrFull):
		return FaultFull
	case errors.Is(err, spool.ErrNotFound):
		return FaultNotFound
	case errors.Is(err, spool.ErrDamaged):
		return FaultDamaged
	}
	return FaultStorage
}
