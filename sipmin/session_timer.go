package sipmin

import "time"

// Session timers, RFC 4028.

const (
	// leastInterval is the least session interval, RFC 4028 §4: "The absolute
	// minimum for the Session-Expires header field is 90 seconds."
	leastInterval = 90 * time.Second
	// greatestInterval clamps what a peer asks before it is multiplied.
	greatestInterval = 24 * time.Hour
	// byeAhead is the most by which the BYE comes before the expiry, §10.
	byeAhead = 32 * time.Second
)

// sessionTimer is one dialog's negotiated interval. The zero value is none.
type sessionTimer struct {
	interval time.Duration
	ours     bool          // we refresh
	minSE    time.Duration // the greatest of what 422s and requests named
	refresh  time.Time     // when we do; zero: the peer does
	end      time.Time     // when BYE is due
}

func (s *sessionTimer) deadline() time.Time { return earlier(s.refresh, s.end) }

// arm starts an interval at now. 0 turns the timer off.
//
// RFC 4028 §10: the refresher sends "once half the session interval has
// elapsed"; the other side "SHOULD send a BYE … slightly before the session
// expires. The minimum of 32 seconds and one third of the session interval is
// RECOMMENDED."
func (s *sessionTimer) arm(now time.Time, interval time.Duration, ours bool) {
	s.interval, s.ours = interval, ours
	s.refresh, s.end = time.Time{}, time.Time{}
	if interval == 0 {
		return
	}
	s.end = now.Add(interval - min(byeAhead, interval/3))
	if ours {
		s.refresh = now.Add(interval / 2)
	}
}

// writeInterval writes Session-Expires; 0 writes nothing.
func writeInterval(w *text, interval time.Duration, who Refresher) {
	if interval == 0 {
		return
	}
	w.name(HSessionExpires)
	w.uint(uint64(interval / time.Second))
	switch who {
	case RefresherUAC:
		w.str(";refresher=uac")
	case RefresherUAS:
		w.str(";refresher=uas")
	}
	w.str("\r\n")
}

func writeMinSE(w *text, interval time.Duration) {
	if interval == 0 {
		return
	}
	w.str("Min-SE: ")
	w.uint(uint64(interval / time.Second))
	w.str("\r\n")
}

// timerAsClient takes the interval from a 2xx to our INVITE, re-INVITE or
// UPDATE. §7.2: "If the 2xx response did not contain a Session-Expires header
// field, there is no session expiration."
func (u *UA) timerAsClient(now time.Time, c *call) {
	interval, who := u.interval()
	if who == RefresherNone {
		who = RefresherUAC
	}
	if interval != 0 {
		interval = max(interval, leastInterval) // less is not for a peer to ask
	}
	c.timer.arm(now, interval, who == RefresherUAC)
}

// timerTooSmall tells whether the request at hand must get 422.
//
// §9: "If an incoming request contains a Supported header field with a value
// 'timer' and a Session Expires header field, the UAS MAY reject the INVITE
// request with a 422 (Session Interval Too Small) response if the session
// interval … is smaller than the minimum interval".
func (u *UA) timerTooSmall() bool {
	interval, _ := u.interval()
	return interval != 0 && interval < leastInterval && u.lists(HSupported, "timer")
}

// timerAsServer answers the request at hand: it fills the response and arms
// the timer, as §9 Table 2 has it.
func (u *UA) timerAsServer(now time.Time, c *call, r *ownResponse, asked timerAsk) {
	interval := asked.interval
	if interval == 0 { // not asked: what runs goes on, else what we want
		interval = max(c.timer.interval, u.cfg.SessionExpires)
		if interval == 0 {
			return
		}
		interval = max(interval, asked.minSE)
	}
	interval = max(interval, leastInterval)
	r.expires, r.refresher = interval, RefresherUAS
	if asked.supported {
		running := c.timer.interval != 0 && !c.timer.ours
		if asked.who == RefresherUAC || asked.who == RefresherNone && (asked.interval != 0 || running) {
			r.refresher = RefresherUAC
		}
		// "If the refresher parameter … has a value of 'uac', the UAS MUST place
		// a Require header field into the response with the value 'timer'"; for
		// 'uas' with a UAC that supports it, it SHOULD.
		r.require = "timer"
	}
	c.timer.minSE = max(c.timer.minSE, asked.minSE)
	c.timer.arm(now, interval, r.refresher == RefresherUAS)
}

// timerAsk is what a request says about session timers.
type timerAsk struct {
	interval, minSE time.Duration
	who             Refresher
	supported       bool
}

// timerAsked reads the message at hand.
func (u *UA) timerAsked() (a timerAsk) {
	a.interval, a.who = u.interval()
	a.minSE = u.minSE()
	a.supported = u.lists(HSupported, "timer")
	return a
}
