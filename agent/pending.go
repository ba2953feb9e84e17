package agent

import (
	"time"

	"imsagent/agent/ipc"
)

// A pendingUse says what waits for the spool.
type pendingUse uint8

// Uses of a pending.
const (
	pendFree         pendingUse = iota
	pendSend                    // a host's message: its reply waits
	pendIncoming                // a peer's message by MSRP: its 200 waits
	pendPager                   // a peer's message by MESSAGE: its 200 waits
	pendTransfer                // the entry of a message to be sent
	pendChunk                   // octets of a large body to be sent
	pendReplay                  // the entry of a message that a host has not acknowledged
	pendList                    // an entry for `messages`
	pendFetch                   // octets of a body for `fetch`
	pendBegin                   // the file of a large body: the reply to its `send` waits
	pendFirst                   // a message inside the peer's INVITE: our 200 waits
	pendReceipt                 // a notification by MSRP: its 200 waits
	pendReceiptPager            // a notification by MESSAGE: its 200 waits
	pendReceiptFirst            // a notification inside the peer's INVITE: our 200 waits
	pendCancel                  // a withdrawn message: the reply waits
)

// A pending is one Store, Load or Mark that the spool has not answered.
type pending struct {
	use     pendingUse
	serial  uint8
	session uint32
	slot    int
	place   int32
	tag     uint32
	request uint32 // msgid of the host's request
	id      uint64
	off     int64
	host    FlowID
	txn     uint32
	key     string // of the peer
	of      uint64 // the message that a notification is about
	state   State  // … and what it says
}

// loadPause is how long nothing is read from the spool after no buffer was free for it.
const loadPause = 100 * time.Millisecond

// mayLoad reports whether something may be read from the spool: not while there is no buffer
// to read it into.
func (c *Core) mayLoad() bool { return c.pool.Free() > 0 && !c.loadAfter.After(c.now) }

// watchBuffers looks again soon while no buffer is free, or a host waits for more to be: one
// that comes back from a socket or the spool need not bring an event.
func (c *Core) watchBuffers() {
	if !c.loadAfter.IsZero() {
		return
	}
	wait := c.pool.Free() == 0 || len(c.byes) > 0
	for i := range c.hosts {
		h := &c.hosts[i]
		behind := h.list.active && !h.list.asking || !h.caught && !h.asking && h.topics&ipc.TopicMessage != 0
		wait = wait || h.flow != 0 && h.paused && c.busyFlash()
		wait = wait || h.flow != 0 && behind && c.pool.Free() <= c.pool.Total()/replayShare
	}
	if wait {
		c.loadAfter = c.now.Add(loadPause)
	}
}

// pauseLoads lets nothing be read from the spool for d at least.
func (c *Core) pauseLoads(d time.Duration) {
	if at := c.now.Add(d); at.After(c.loadAfter) {
		c.loadAfter = at
	}
}

// maxReads is how often a record that the flash fails to read is asked for again, and
// readPause the time between: an error may pass.
const (
	maxReads  = 5
	readPause = time.Second
)

// again reports whether a Load that failed shall be tried once more.
func (c *Core) again(m *message, why Fault) bool {
	if why != FaultStorage || m.reads >= maxReads {
		m.reads = 0
		return false
	}
	m.reads++
	c.pauseLoads(readPause)
	return true
}

// await notes what shall happen when the spool answers and returns the token to ask with;
// false when too much is under way.
func (c *Core) await(p pending) (token uint32, ok bool) {
	for i := range c.pending {
		if c.pending[i].use != pendFree {
			continue
		}
		p.serial = max(1, c.pending[i].serial+1) // wraps; token 0 asks for no answer
		c.pending[i] = p
		return uint32(p.serial)<<8 | uint32(i), true
	}
	return 0, false
}

// stepSpool continues what waited for the spool.
func (c *Core) stepSpool(ev *Event) {
	if ev.Kind == EvStored && ev.Bytes > 0 {
		c.spoolBytes = ev.Bytes
	}
	c.noteLost(int(ev.Lost))
	if ev.Kind == EvLoaded && ev.Fault == FaultFull {
		c.loadAfter = c.now.Add(loadPause)
	}
	i := ev.Token & 0xff
	if int(i) < len(c.pending) && uint32(c.pending[i].serial) == ev.Token>>8 && c.pending[i].use != pendFree {
		p := c.pending[i]
		c.pending[i] = pending{serial: p.serial}
		c.settle(&p, ev)
	}
	if ev.Buf != nil {
		ev.Buf.Release()
	}
}

// settle hands the answer of the spool to who asked.
func (c *Core) settle(p *pending, ev *Event) {
	switch p.use {
	case pendSend:
		c.sendStored(p, ev)
	case pendIncoming:
		c.incomingStored(p, ev)
	case pendPager:
		c.pagerStored(p, ev)
	case pendTransfer:
		c.transferLoaded(p, ev)
	case pendChunk:
		c.chunkLoaded(p, ev)
	case pendReplay:
		c.replayLoaded(p, ev)
	case pendList:
		c.listLoaded(p, ev)
	case pendFetch:
		c.fetchLoaded(p, ev)
	case pendBegin:
		c.largeBegun(p, ev)
	case pendFirst:
		c.firstStored(p, ev)
	case pendReceipt:
		c.receiptKept(p, ev)
	case pendReceiptPager:
		c.answerPager(p, c.learned(p, ev))
	case pendReceiptFirst:
		c.firstAnswered(p, c.learned(p, ev))
	case pendCancel:
		c.withdrawn(p, ev)
	}
}

// loaded returns the octets of an answered Load, or nil.
func loaded(ev *Event) []byte {
	if ev.Fault != FaultNone || ev.Buf == nil {
		return nil
	}
	return ev.Buf.Bytes()
}

// encode builds one frame for a host, within a frame's limit, in the core's scratch space.
func (c *Core) encode(f func(dst []byte) ([]byte, error)) []byte {
	b, err := f(c.scratch[:0])
	if err != nil {
		return nil
	}
	return b
}

// newID is the next message id.
func (c *Core) newID() uint64 {
	id := c.nextID
	c.nextID++
	return id
}
