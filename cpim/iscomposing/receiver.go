package iscomposing

import "time"

// A Receiver is what we believe about one peer's user, RFC 3994 Figure 2:
//
//	idle --"active"--> active --"idle", content, or refresh time-out--> idle
//
// "Receivers MUST be able to handle multiple consecutive isComposing messages with "active"
// state, regardless of the refresh interval" (§3.3): each sets the time-out anew. The zero
// Receiver is idle.
type Receiver struct{ until time.Time }

// Active reports whether the peer is composing.
func (r *Receiver) Active() bool { return !r.until.IsZero() }

// Until is when the peer counts as idle unless it says more; zero when it is idle.
func (r *Receiver) Until() time.Time { return r.until }

// Status takes a status message that came at now. It reports whether the state changed.
func (r *Receiver) Status(now time.Time, s *Status) (changed bool) {
	was := r.Active()
	r.until = time.Time{}
	if s.Active {
		refresh := s.Refresh
		if refresh <= 0 {
			refresh = DefaultRefresh
		}
		r.until = now.Add(min(refresh, MaxRefresh))
	}
	return was != r.Active()
}

// Content says that a content message came. It reports whether the state changed.
func (r *Receiver) Content() (changed bool) {
	changed = r.Active()
	r.until = time.Time{}
	return changed
}

// Deadline is when Expire is due; the zero time for never.
func (r *Receiver) Deadline() time.Time { return r.until }

// Expire applies the time-out if it has passed by now. It reports whether the state changed.
func (r *Receiver) Expire(now time.Time) (changed bool) {
	if r.until.IsZero() || now.Before(r.until) {
		return false
	}
	r.until = time.Time{}
	return true
}
