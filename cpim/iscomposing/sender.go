package iscomposing

import "time"

// Defaults of [Sender].
const (
	MinSendRefresh  = 60 * time.Second // "The interval SHOULD be no shorter than 60 seconds" (RFC 3994 §3.2)
	DefaultIdleTime = 15 * time.Second // "the idle timeout SHOULD have a default value of 15 seconds" (§3.2)
)

// An Action is what a step of [Sender] asks for.
type Action uint8

// Actions.
const (
	None       Action = iota
	SendActive        // a status message with state active, and the sender's Refresh
	SendIdle          // a status message with state idle
)

// A Sender is what we tell one peer about our user, RFC 3994 Figure 1:
//
//	idle --composing / "active"--> active --idle time-out / "idle"--> idle
//	active --refresh time-out / "active"--> active
//	active --content sent / nothing--> idle
//
// "the message rate is limited to one status message per refresh threshold interval" (§3.2)
// is kept for the refreshes; a change of state is told when it happens, as the figure has it.
// The zero Sender is idle and uses the defaults.
type Sender struct {
	Refresh time.Duration // between two "active"; less than MinSendRefresh counts as that
	Idle    time.Duration // without composing until idle; 0 for the default

	active  bool
	refused bool
	idleAt  time.Time // idle time-out; zero when idle
	sendAt  time.Time // refresh time-out; zero when idle
}

// Active reports whether the peer was told that our user is composing.
func (s *Sender) Active() bool { return s.active }

// RefreshTime is what the refresh element of an "active" has to say.
func (s *Sender) RefreshTime() time.Duration { return max(s.Refresh, MinSendRefresh) }

// Composing says that our user is composing: call it at each sign of life.
func (s *Sender) Composing(now time.Time) Action {
	if s.refused {
		return None
	}
	s.idleAt = now.Add(s.idleTime())
	if s.active {
		return None
	}
	s.active = true
	s.sendAt = now.Add(s.RefreshTime())
	return SendActive
}

func (s *Sender) idleTime() time.Duration {
	if s.Idle <= 0 {
		return DefaultIdleTime
	}
	return s.Idle
}

// Stopped says that our user has stopped without sending.
func (s *Sender) Stopped() Action {
	if !s.active {
		return None
	}
	s.rest()
	return SendIdle
}

// Sent says that a content message went to the peer: "If a content message is sent before
// the idle threshold expires, no "idle" state indication is needed" (§3.2).
func (s *Sender) Sent() { s.rest() }

// Refused says that the peer answered 415: "The composer MUST cease transmitting status
// messages if the receiver returned a 415 status code" (§4).
func (s *Sender) Refused() {
	s.rest()
	s.refused = true
}

// Reset forgets everything but the settings, for a new session with the peer.
func (s *Sender) Reset() {
	s.rest()
	s.refused = false
}

func (s *Sender) rest() { s.active, s.idleAt, s.sendAt = false, time.Time{}, time.Time{} }

// Deadline is when Expire is due; the zero time for never.
func (s *Sender) Deadline() time.Time {
	if s.sendAt.Before(s.idleAt) {
		return s.sendAt
	}
	return s.idleAt
}

// Expire applies the time-outs that have passed by now.
func (s *Sender) Expire(now time.Time) Action {
	switch {
	case !s.active:
		return None
	case !now.Before(s.idleAt):
		s.rest()
		return SendIdle
	case !now.Before(s.sendAt):
		s.sendAt = now.Add(s.RefreshTime())
		return SendActive
	}
	return None
}
