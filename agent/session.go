package agent

import (
	"net/netip"
	"slices"
	"time"

	"imsagent/msrp"
	"imsagent/msrp/sdp"
	"imsagent/sipmin"
)

// A sessionState is how far a chat session has come.
type sessionState uint8

// States of a session.
const (
	sessionFree     sessionState = iota
	sessionInviting              // our INVITE has no final response
	sessionIncoming              // the peer's INVITE waits for the user
	sessionAnswered              // our 200 waits for its ACK
	sessionJoining               // SIP is up, the MSRP connection is not
	sessionOpen                  // messages flow
)

var sessionText = [...]string{"free", "inviting", "incoming", "answered", "joining", "open"}

func (s sessionState) String() string { return sessionText[s] }

// connectTime is how long the MSRP connection of a session may take to come up: Timer B of
// the network the INVITE came through (RFC 3261 §17.1.1.2).
const connectTime = 32 * time.Second

// ringTime is how long a peer may let our INVITE ring: as long as proxies let it, Timer C
// of RFC 3261 §16.6, which any provisional response but 100 starts anew.
const ringTime = 3 * time.Minute

// maxPath bounds our own MSRP URI.
const maxPath = 160

// A session is one chat with one peer: an INVITE dialog and an MSRP session.
type session struct {
	state       sessionState
	ready       bool   // m is initialised and may be named by a request
	outgoing    bool   // we sent the INVITE
	linked      bool   // MSRP is up
	unconfirmed uint16 // a message was not answered in time (408), or with this passing failure: the session starts anew
	deferred    bool   // it brings what the network kept for us, and takes nothing
	storing     bool   // the message inside its INVITE is on its way to flash
	accepted    bool   // … and then the INVITE is answered
	redirected  bool   // our INVITE has followed a redirection
	wanted      bool   // a host asked for it, whether or not there is something to send
	mute        bool   // a notification failed on it for now: no more go this way
	number      uint32
	peer        *peer
	call        sipmin.Call
	conn        *msrpConn
	m           msrp.Session
	offer       sdp.Offer // what our last description says
	plan        sdp.Plan
	remote      *sdp.Description
	early       *sdp.Description // of a provisional response to our INVITE …
	earlyTag    uint64           // … in the dialog of this tag
	contrib     string           // Contribution-ID
	since       time.Time
	lastUsed    time.Time
	due         time.Time // until then it must have come further; zero: no limit
	slots       [msrp.Slots]incoming
	xfers       [maxTransfers]transfer
}

// sessionOf returns the session of a SIP call, or nil.
func (c *Core) sessionOf(call sipmin.Call) *session {
	for i := range c.sessions {
		if s := &c.sessions[i]; s.state != sessionFree && s.call == call {
			return s
		}
	}
	return nil
}

// sessionByNumber returns the session that the host names, or nil.
func (c *Core) sessionByNumber(n uint32) *session {
	for i := range c.sessions {
		if s := &c.sessions[i]; s.state != sessionFree && s.number == n {
			return s
		}
	}
	return nil
}

// restTime is how long a session must have been idle before it may be closed for another: a
// flood of INVITEs does not end the chats that are going on.
const restTime = 5 * time.Second

// newSession takes a place in the table. When all are taken, the open session that has
// been idle longest with nothing in flight makes room; nil if every one has work to do.
func (c *Core) newSession(p *peer) *session {
	var s, oldest *session
	for i := range c.sessions {
		t := &c.sessions[i]
		if t.state == sessionFree {
			s = t
			break
		}
		if t.state == sessionOpen && c.idleSession(t) && !c.now.Before(t.lastUsed.Add(restTime)) && (oldest == nil || t.lastUsed.Before(oldest.lastUsed)) {
			oldest = t
		}
	}
	if s == nil && oldest != nil {
		c.endSession(oldest, "", 0)
		s = oldest
	}
	if s == nil {
		return nil
	}
	c.lastSess++
	m := s.m // keeps its fixed memory
	*s = session{number: c.lastSess, peer: p, since: c.now, lastUsed: c.now, m: m}
	p.session = s
	return s
}

// idleSession reports whether closing s interrupts nothing.
func (c *Core) idleSession(s *session) bool {
	return s.m.Idle() && (s.peer.head < 0 || s.deferred) &&
		(s.peer.receipts < 0 || !s.takesIMDN()) && !s.receiving()
}

// receiving reports whether a message of the peer is on its way or on its way to flash.
func (s *session) receiving() bool {
	for i := range s.slots {
		if s.slots[i].used {
			return true
		}
	}
	return false
}

// endSession closes a session that is in whatever state: BYE, CANCEL or a refusal goes to
// the peer, and what was not yet sent goes back to the outbox. reason is the value of a
// Reason header, or empty.
func (c *Core) endSession(s *session, reason string, code uint16) {
	switch s.state {
	case sessionFree:
		return
	case sessionInviting:
		_ = c.ua.Cancel(c.now, s.call, reason)
	case sessionIncoming:
		_ = c.ua.Reject(c.now, s.call, orStatus(code, 480))
	default:
		c.bye(s.call, reason)
	}
	c.closeSession(s, code)
}

// An owedBye is a call that has ended while no buffer was free to say so.
type owedBye struct {
	call   sipmin.Call
	reason string
}

// bye ends a call. Without a buffer its BYE waits for one: lost, it would leave the peer, and
// what the network counts, in a call that is over.
func (c *Core) bye(call sipmin.Call, reason string) {
	owed := slices.ContainsFunc(c.byes, func(b owedBye) bool { return b.call == call })
	switch {
	case owed:
	case c.pool.Free() == 0:
		c.byes = append(c.byes, owedBye{call, reason})
	default:
		_ = c.ua.Bye(c.now, call, reason)
	}
}

// sayByes ends the calls for which a buffer is free now.
func (c *Core) sayByes() {
	for len(c.byes) > 0 && c.pool.Free() > 0 {
		b := c.byes[0]
		c.byes = c.byes[:copy(c.byes, c.byes[1:])]
		_ = c.ua.Bye(c.now, b.call, b.reason)
	}
}

func orStatus(code, other uint16) uint16 {
	if code == 0 {
		return other
	}
	return code
}

// closeSession frees everything of a session; SIP has ended or is told elsewhere.
func (c *Core) closeSession(s *session, code uint16) {
	wasOpen := s.state == sessionOpen
	state := sessClosed
	if !wasOpen && code != 0 {
		state = sessFailed
	}
	c.noteSession(s, state, code)
	c.dropSession(s)
}

// dropSession is closeSession without a word to the host.
func (c *Core) dropSession(s *session) {
	for i := range s.slots {
		c.dropSlot(s, i)
	}
	for i := range s.xfers {
		c.letGo(&s.xfers[i])
	}
	s.m.Close()
	if s.conn != nil {
		c.closeConn(s.conn)
	}
	c.peerIdle(s.peer)
	if s.peer.session == s {
		s.peer.session = nil
	}
	s.state, s.ready, s.call = sessionFree, false, 0
	s.remote, s.early, s.peer = nil, nil, nil
}

// connectionLost is the Reason of the BYE after an MSRP connection that broke.
const connectionLost = `SIP;cause=503;text="MSRP connection lost"`

// sessionLost ends a session whose MSRP connection is gone: "the endpoint ... recover with
// a new SDP exchange" (RFC 4975 §5.4); what was not answered is sent again under its ids.
func (c *Core) sessionLost(s *session, reason string) {
	p := s.peer
	c.continues(s)
	code := uint16(0)
	if s.state != sessionOpen { // it never was
		code = 503
	}
	c.endSession(s, reason, code)
	if p.head >= 0 {
		c.postpone(p, ReasonLost, 0, 0)
	}
}

// continues notes that the peer's next session carries on what s leaves undone: its INVITE
// names the Contribution-ID of s in InReplyTo-Contribution-ID.
func (c *Core) continues(s *session) {
	if s.peer.head >= 0 && !s.deferred && s.state > sessionIncoming {
		s.peer.continues = s.contrib
	}
}

// opened is called once messages may flow.
func (c *Core) opened(s *session) {
	if s.state == sessionOpen {
		return
	}
	s.state, s.due, s.lastUsed = sessionOpen, time.Time{}, c.now
	s.peer.nextTry, s.peer.glare, s.peer.continues = time.Time{}, false, ""
	s.peer.relearn(s.remote)
	if s.peer.head < 0 { // else once something has been sent
		s.peer.tries = 0
	}
	c.noteSession(s, sessOpen, 0)
}

// join starts the MSRP side once both descriptions are known. As the active side it dials;
// as the passive side it waits for a connection that names our path.
func (c *Core) join(s *session) bool {
	s.due = c.now.Add(connectTime)
	if err := s.m.Init(c.now, &msrp.Config{
		Local: s.offer.Path, Remote: s.plan.RemotePath, Accept: acceptTypes, MaxSize: c.cfg.MSRP.MaxSize,
		Active: s.plan.Active, Entropy: c.entropy,
	}); err != nil {
		return false
	}
	s.ready = true
	if !s.plan.Active {
		return true
	}
	return c.mayDial(s.plan.Dial) && c.dialMSRP(s, s.plan.Dial)
}

// mayDial reports whether a connection may be opened to where a peer says.
func (c *Core) mayDial(to netip.AddrPort) bool {
	return to.IsValid() && sdp.AllowedDial(c.cfg.IMS.Local.Addr.Addr(), to.Addr())
}

// connected is called when the connection of a session is up.
func (c *Core) connected(k *msrpConn) {
	if s := k.sess; s != nil && s.state == sessionJoining && s.plan.Active {
		s.lastUsed = c.now // the opening SEND goes out with the next flush
	}
}

// expireSessions applies the deadlines of every session.
func (c *Core) expireSessions() {
	for i := range c.sessions {
		s := &c.sessions[i]
		if s.state == sessionFree {
			continue
		}
		if d := s.m.Deadline(); s.ready && !d.IsZero() && !d.After(c.now) {
			s.m.Expire(c.now)
			c.drainMSRP(s)
		}
		if s.state != sessionFree && !s.due.IsZero() && !s.due.After(c.now) {
			c.sessionLate(s)
		}
		if s.state == sessionOpen && !c.sessionIdleAt(s).After(c.now) {
			c.sessionIdle(s)
		}
	}
	c.expireTyping()
}

// sessionIdleAt is when an open session has been idle for [chat] idle.
func (c *Core) sessionIdleAt(s *session) time.Time { return s.lastUsed.Add(c.cfg.Chat.Idle) }

// sessionIdle ends a session on which nobody has said anything for long.
func (c *Core) sessionIdle(s *session) {
	if c.idleSession(s) {
		c.endSession(s, "", 0)
	} else {
		s.lastUsed = c.now
	}
}

// sessionLate gives up a session that did not come further in its time.
func (c *Core) sessionLate(s *session) {
	p := s.peer
	switch s.state {
	case sessionIncoming: // the user did not answer: busy
		c.endSession(s, "", 486)
		return
	case sessionOpen:
		s.due = time.Time{}
		return
	}
	c.continues(s)
	reason := `SIP;cause=408;text="MSRP connection timeout"`
	if s.state == sessionInviting {
		reason = `SIP;cause=408;text="No answer"`
	}
	c.endSession(s, reason, 408)
	if p.head >= 0 {
		c.postpone(p, ReasonRetry, 408, 0)
	}
}

// sessionDeadline is the least deadline of all sessions.
func (c *Core) sessionDeadline() (d time.Time) {
	for i := range c.sessions {
		s := &c.sessions[i]
		if s.state == sessionFree {
			continue
		}
		if s.ready {
			d = earliest(d, s.m.Deadline())
		}
		d = earliest(d, s.due)
		if s.state == sessionOpen {
			d = earliest(d, c.sessionIdleAt(s))
		}
	}
	return earliest(d, c.typingDeadline())
}
