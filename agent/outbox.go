package agent

import (
	"slices"
	"time"
)

// Bits of notify: which notifications a message asks for.
const (
	notifyDelivery uint8 = 1 << iota
	notifyDisplay
)

// idLen is the length of our imdn.Message-IDs: 22 base62 digits hold 130 random bits.
const idLen = 22

// A message is one entry of the outbox or the inbox, without what only the spool holds
// (its body, content type and headers).
type message struct {
	id        uint64
	state     State
	reason    Reason
	code      uint16
	notify    uint8
	unread    bool // incoming: no subscriber has been sent it since it was stored
	large     bool // the body is a file of its own
	incoming  bool
	withdrawn bool            // outgoing: the host wants it back, and it is in a session's hands
	reads     uint8           // how often in a row the flash failed to read it
	unmarked  bool            // outgoing: its state did not reach the flash, and whoever says it again is heard
	ghost     bool            // incoming: forgotten on flash; here only to be notified of once more
	imdnID    [maxIMDNID]byte // ours: idLen octets; the peer's: as it wrote it
	imdnLen   uint8
	next      int32 // the next of its peer's queue (outgoing) or receipts (incoming); -1: last
	queued    bool  // it is in one of these lists
	peer      *peer
	size      int64     // of the body
	created   int64     // wall clock, milliseconds since 1970
	expires   int64     // likewise; 0: never
	until     time.Time // the same in boot time, which no setting of the clock moves; zero: not yet known
	receipt   time.Time // boot time by which a delivery notification should have come; zero: not awaited
	client    uint64    // hash of the host's client_id; 0: none
	content   uint64    // hash of whom it is for and of its body, where it has a client_id
	session   uint32    // incoming: that brought it; 0 after a restart, or by MESSAGE
}

// maxIMDNID bounds an imdn.Message-ID that we keep; a longer one is refused, since its
// notification could not name it.
const maxIMDNID = 96

// imdn returns the message's imdn.Message-ID.
func (m *message) imdn() []byte { return m.imdnID[:m.imdnLen] }

// A box holds the messages of both directions that are not yet forgotten: a table of
// fixed size with indexes by message id and by imdn.Message-ID.
type box struct {
	table  []message
	free   []int32
	byID   index
	byIMDN index
	byKey  index // by client_id
	live   int
	ghosts int // of live
}

func newBox(n int) box {
	b := box{table: make([]message, n), free: make([]int32, n), byID: newIndex(n), byIMDN: newIndex(n), byKey: newIndex(n)}
	for i := range b.free {
		b.free[i] = int32(n - 1 - i)
	}
	return b
}

// Add takes m into the table and returns its place, or -1 when the table is full.
func (b *box) Add(m message) int32 {
	if len(b.free) == 0 {
		return -1
	}
	i := b.free[len(b.free)-1]
	b.free = b.free[:len(b.free)-1]
	m.next = -1
	b.table[i] = m
	b.byID.Put(m.id, i)
	b.byIMDN.Put(hashBytes(m.imdn()), i)
	if m.client != 0 {
		b.byKey.Put(m.client, i)
	}
	b.live++
	if m.ghost {
		b.ghosts++
	}
	return i
}

// Find returns the place of the message with this id, or -1.
func (b *box) Find(id uint64) int32 { return b.byID.First(id) }

// Remove frees a place.
func (b *box) Remove(i int32) {
	m := &b.table[i]
	b.byID.Delete(m.id, i)
	b.byIMDN.Delete(hashBytes(m.imdn()), i)
	if m.client != 0 {
		b.byKey.Delete(m.client, i)
	}
	ghost := m.ghost
	*m = message{}
	b.free = append(b.free, i)
	b.live--
	if ghost {
		b.ghosts--
	}
}

// FindIMDN returns the place of the message of this direction and peer with this
// imdn.Message-ID, or -1.
func (b *box) FindIMDN(p *peer, id []byte, incoming bool) int32 {
	found := int32(-1)
	b.byIMDN.Each(hashBytes(id), func(i int32) bool {
		m := &b.table[i]
		if m.incoming == incoming && (m.peer == p || m.peer.key == p.key) && string(m.imdn()) == string(id) {
			found = i
			return true
		}
		return false
	})
	return found
}

// enqueue puts an outgoing message at the end of its peer's queue.
func (c *Core) enqueue(i int32) {
	m := &c.box.table[i]
	if m.queued {
		return
	}
	c.remember(m)
	p := m.peer
	m.queued, m.next = true, -1
	if p.tail < 0 {
		p.head = i
	} else {
		c.box.table[p.tail].next = i
	}
	p.tail = i
}

// dequeue takes an outgoing message out of its peer's queue, wherever it stands.
func (c *Core) dequeue(i int32) {
	m := &c.box.table[i]
	p := m.peer
	if !m.queued {
		return
	}
	prev := int32(-1)
	for j := p.head; j >= 0; prev, j = j, c.box.table[j].next {
		if j != i {
			continue
		}
		if prev < 0 {
			p.head = m.next
		} else {
			c.box.table[prev].next = m.next
		}
		if p.tail == i {
			p.tail = prev
		}
		break
	}
	m.queued, m.next = false, -1
}

// mark moves a message on, in memory, on flash and at the host. It never moves it back.
func (c *Core) mark(i int32, s State, r Reason, code uint16) {
	m := &c.box.table[i]
	if s != m.state && !m.state.advances(s) {
		return
	}
	c.advance(i, s, r, code)
	at := c.wall.UnixMilli()
	c.do(Action{Kind: ActMark, ID: m.id, State: s, Reason: r, Code: code, Millis: at})
	c.noteStatus(m, at)
}

// advance moves a message on in memory.
func (c *Core) advance(i int32, s State, r Reason, code uint16) {
	m := &c.box.table[i]
	m.state, m.reason, m.code = s, r, code
	if s.settled() {
		c.dequeue(i)
	}
	if s >= StateDelivered {
		m.receipt = time.Time{}
	}
}

// note tells the host why a message stays in its state, without touching the flash.
func (c *Core) note(i int32, r Reason, code uint16) {
	m := &c.box.table[i]
	m.reason, m.code = r, code
	c.noteStatus(m, c.wall.UnixMilli())
}

// noteWaiting tells the host why the messages of p wait of which it knows no reason.
func (c *Core) noteWaiting(p *peer, r Reason, code uint16) {
	for i := p.head; i >= 0; i = c.box.table[i].next {
		if c.box.table[i].reason == ReasonNone {
			c.note(i, r, code)
		}
	}
}

// retryAfter is when the INVITE after the n-th one that came to nothing is due.
var retryAfter = [...]time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour}

// passing lists the 4xx after which a message is tried again. An unknown status counts as the
// x00 of its class (RFC 3261 §8.1.3.2).
var passing = [...]uint16{401, 407, 408, 421, 422, 423, 425, 429, 430, 480, 481, 486, 487, 491, 494}

// finalStatus reports whether a message is not tried again after this response: 400, 403,
// 404, 410, 413, 415, 484, 488, 501, 513, 603, 604, 606 and their like.
func finalStatus(status uint16) bool {
	switch status / 100 {
	case 4:
		return !slices.Contains(passing[:], status)
	case 5:
		return status == 501 || status == 505 || status == 513
	}
	return status >= 600
}

// postpone schedules the next INVITE to p, and tells the host about each waiting message.
// asked is a Retry-After of the network, or 0.
func (c *Core) postpone(p *peer, r Reason, code uint16, asked time.Duration) {
	c.delay(p, asked)
	for i := p.head; i >= 0; i = c.box.table[i].next {
		c.note(i, r, code)
	}
}

// delay is postpone without a word to the host.
func (c *Core) delay(p *peer, asked time.Duration) {
	wait := max(retryAfter[min(int(p.tries), len(retryAfter)-1)], asked)
	p.tries = min(p.tries+1, 200)
	p.nextTry = c.now.Add(wait)
}

// failQueue gives up every message that waits for p.
func (c *Core) failQueue(p *peer, r Reason, code uint16) {
	for p.head >= 0 {
		c.mark(p.head, StateFailed, r, code)
	}
	p.tries, p.nextTry = 0, time.Time{}
}

// clockSet is a time of day, in milliseconds since 1970, before which no clock of ours is set
// (2015): what it said then was the time since the start.
const clockSet = 1420070400000

// expireOutbox fails what could not be handed over in time and reports missing delivery
// notifications. It returns the next time at which it has something to look at.
func (c *Core) expireOutbox() (next time.Time) {
	wall := c.wall.UnixMilli()
	for i := range c.box.table {
		m := &c.box.table[i]
		if m.id == 0 || m.incoming {
			continue
		}
		if m.state == StateQueued && m.expires > 0 {
			if m.until.IsZero() { // restored: a clock that is not set yet must not end it, nor keep it for ever
				left := min(max(m.expires-wall, 0), m.expires-m.created)
				if m.created < clockSet { // by a clock that was not: it tells nothing
					left = m.expires - m.created
				}
				m.until = c.now.Add(time.Duration(left) * time.Millisecond)
			}
			expired := !m.until.After(c.now)
			if expired && !c.inFlight(int32(i)) {
				p := m.peer
				c.mark(int32(i), StateFailed, ReasonExpired, m.code)
				c.nothingLeft(p)
				continue
			}
			if expired {
				next = earliest(next, c.now.Add(time.Second))
			} else {
				next = earliest(next, m.until)
			}
		}
		if !m.receipt.IsZero() {
			if !m.receipt.After(c.now) {
				m.receipt = time.Time{}
				c.note(int32(i), ReasonNoDeliveryReport, 0)
				continue
			}
			next = earliest(next, m.receipt)
		}
	}
	return next
}

// earliest returns the earlier of two deadlines; the zero time is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
