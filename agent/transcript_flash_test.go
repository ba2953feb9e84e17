package agent

import (
	"bytes"
	"fmt"

	"imsagent/agent/spool"
)

// store is the flash: it keeps an entry, and knows duplicates by peer and id.
func (w *world) store(a Action) {
	var e spool.Entry
	if err := spool.ParseEntry(a.Buf.Bytes(), &e); err != nil {
		w.t.Fatalf("entry: %v", err)
	}
	ev := Event{Kind: EvStored, Token: a.Token, Buf: a.Buf}
	key := string(e.Peer) + "\x00" + string(e.IMDNID)
	switch {
	case e.Dir == spool.In && len(e.IMDNID) > 0 && w.seen[key]:
		ev.Dup = true
		w.say("flash has that message already")
	default:
		w.spool[e.ID] = bytes.Clone(a.Buf.Bytes())
		w.seen[key] = w.seen[key] || e.Dir == spool.In
		w.say("flash store %d %s %s %q", e.ID, [...]string{"", "from", "to"}[e.Dir], e.Peer, brief(w.bodyOf(&e)))
	}
	if w.hold {
		w.last["held"] = "1"
		w.held(ev)
		return
	}
	w.queue = append(w.queue, ev)
}

// unstore takes an entry back that did not reach the flash.
func (w *world) unstore(payload []byte) {
	var e spool.Entry
	if spool.ParseEntry(payload, &e) == nil {
		delete(w.spool, e.ID)
		delete(w.seen, string(e.Peer)+"\x00"+string(e.IMDNID))
	}
}

func (w *world) bodyOf(e *spool.Entry) []byte {
	if e.Large {
		return w.files[e.ID]
	}
	return e.Body
}

// brief shortens a long body to its beginning and its length.
func brief(b []byte) string {
	if len(b) > 40 {
		return fmt.Sprintf("%s… (%d octets)", b[:20], len(b))
	}
	return string(b)
}

func (w *world) held(ev Event) { w.heldEvents = append(w.heldEvents, ev) }

func (w *world) flash(word string) {
	switch word {
	case "slow":
		w.hold = true
	case "ready":
		w.hold = false
		held := w.heldEvents
		w.heldEvents = nil
		for _, ev := range held {
			w.step(ev)
		}
	case "full", "broken":
		held := w.heldEvents
		w.heldEvents, w.hold = nil, false
		for _, ev := range held {
			w.unstore(ev.Buf.Bytes())
			ev.Fault = FaultStorage
			if word == "full" {
				ev.Fault = FaultFull
			}
			w.step(ev)
		}
	}
}

func (w *world) load(a Action) {
	ev := Event{Kind: EvLoaded, Token: a.Token}
	entry, ok := w.spool[a.ID]
	var e spool.Entry
	if !ok || spool.ParseEntry(entry, &e) != nil {
		ev.Fault = FaultNotFound
	} else {
		b := entry
		if a.N > 0 {
			body := w.bodyOf(&e)
			b = body[a.Off:min(int(a.Off)+a.N, len(body))]
		}
		if ev.Buf = w.pool.Get(); ev.Buf == nil {
			ev.Fault = FaultFull
		} else if !ev.Buf.Append(b) {
			ev.Buf.Release()
			if ev.Buf = w.pool.GetLarge(); ev.Buf == nil {
				ev.Fault = FaultFull
			} else {
				ev.Buf.Append(b)
			}
		}
	}
	w.queue = append(w.queue, ev)
}
