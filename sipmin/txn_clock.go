package sipmin

import "time"

// txnClock is a transaction's state and its timers, which are deadlines and
// nothing else. RFC 3261 Table 4 names them; resend is A, E or G, until is B,
// F or H and then D, I, J, K, L or M.
type txnClock struct {
	kind     txnKind
	state    txnState
	reliable bool          // a stream carries it: nothing is repeated
	every    time.Duration // the current interval of resend
	resend   time.Time     // zero: not armed
	until    time.Time     // zero: not armed
}

// begin starts a transaction at now.
func (c *txnClock) begin(now time.Time, kind txnKind, reliable bool, base *Timers) {
	*c = txnClock{kind: kind, state: kind.first(), reliable: reliable, every: base.T1}
	if kind == txnInviteServer {
		return
	}
	c.until = now.Add(64 * base.T1) // Timers B and F; on the server side our own
	if !reliable && kind != txnServer {
		c.resend = now.Add(base.T1) // Timers A and E
	}
}

// deadline returns when expire is due, zero for never.
func (c *txnClock) deadline() time.Time { return earlier(c.resend, c.until) }

// expire returns the event of the timer that has fired by now, if any.
func (c *txnClock) expire(now time.Time) (txnEvent, bool) {
	switch {
	case due(c.until, now):
		switch c.state {
		case sCalling, sTrying, sProceeding:
			return eTimeout, true
		case sCompleted:
			if c.kind == txnInviteServer {
				return eTimeout, true // Timer H
			}
		}
		return eDone, true
	case due(c.resend, now):
		return eResend, true
	}
	return 0, false
}

// step applies one event and arms the timers of the state it leads to.
func (c *txnClock) step(now time.Time, e txnEvent, base *Timers) txnAction {
	from := c.state
	to, do := c.kind.step(from, e)
	c.state = to
	switch {
	case to != from:
		c.enter(now, to, base)
	case e == eResend:
		c.again(now, base)
	}
	return do
}

// again arms the next retransmission.
func (c *txnClock) again(now time.Time, base *Timers) {
	c.every *= 2
	switch {
	case c.kind == txnInviteClient: // RFC 3261 §17.1.1.2: Timer A doubles without a limit
	case c.state == sProceeding: // §17.1.2.2: "it is set to T2"
		c.every = base.T2
	default:
		c.every = min(c.every, base.T2)
	}
	c.resend = now.Add(c.every)
}

// enter arms the timers of a new state.
func (c *txnClock) enter(now time.Time, to txnState, base *Timers) {
	wait := func(d time.Duration) time.Time {
		if c.reliable {
			return now // Timers D, I, J, K are zero for reliable transports
		}
		return now.Add(d)
	}
	switch {
	case to == sTerminated:
		c.resend, c.until = time.Time{}, time.Time{}
	case to == sAccepted: // Timers L and M are 64*T1 for all transports, RFC 6026 §8.4-8.5
		c.resend, c.until = time.Time{}, now.Add(64*base.T1)
	case to == sConfirmed: // Timer I
		c.resend, c.until = time.Time{}, wait(base.T4)
	case to == sProceeding && c.kind == txnInviteClient:
		c.resend, c.until = time.Time{}, time.Time{}
	case to == sProceeding: // Timers E and F go on
	case c.kind == txnInviteServer: // Completed: Timers G and H
		c.every, c.until = base.T1, now.Add(64*base.T1)
		c.resend = time.Time{}
		if !c.reliable {
			c.resend = now.Add(base.T1)
		}
	case c.kind == txnInviteClient: // Timer D: "at least 32 seconds"
		c.resend, c.until = time.Time{}, wait(max(32*time.Second, 64*base.T1))
	case c.kind == txnClient: // Timer K
		c.resend, c.until = time.Time{}, wait(base.T4)
	default: // Timer J
		c.resend, c.until = time.Time{}, wait(64*base.T1)
	}
}

// due tells whether an armed deadline has passed.
func due(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }

// earlier returns the lesser of two deadlines; zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
