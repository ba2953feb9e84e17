package agent

import (
	"time"

	"imsagent/agent/ipc"
	"imsagent/cpim/iscomposing"
	"imsagent/msrp/sdp"
)

// A typingState is who types in a chat: our user (sender), and the peer's (receiver).
type typingState struct {
	sender   iscomposing.Sender
	receiver iscomposing.Receiver
	told     time.Time // when the host was last told: at most once a second for each peer
	shown    bool      // … that it types
	late     bool      // there is news that waits for the second to be over
}

// typingPace bounds how often the host hears that a peer goes on typing.
const typingPace = time.Second

// serveComposing passes on that our user types or stops. It never opens a session; in a
// session that waits for the user's first sign of life it answers (chat accept = "typing").
func (c *Core) serveComposing(h *host, r *ipc.Request, b []byte) {
	p := c.hostPeer(h, r, b)
	if p == nil {
		return
	}
	if s := p.session; s != nil && s.state == sessionIncoming && r.Active && c.cfg.Chat.Accept == "typing" {
		c.accept(s)
	}
	p.typing.sender.Refresh, p.typing.sender.Idle = c.cfg.Chat.TypingRefresh, c.cfg.Chat.TypingIdle
	act := iscomposing.None
	switch {
	case p.session == nil || p.session.state != sessionOpen || !p.session.takesTyping():
	case r.Active:
		act = p.typing.sender.Composing(c.now)
	default:
		act = p.typing.sender.Stopped()
	}
	c.sendTyping(p, act)
	c.done(h, r)
}

// takesTyping reports whether the peer wants to know that our user types: its description
// lists the type, and no 415 has said otherwise (RFC 3994 §4).
func (s *session) takesTyping() bool {
	return !s.peer.noTyping && s.remote != nil && sdp.AllowsType(s.remote.Types, typeComposing)
}

// typeComposing is the media type of a typing notification.
const typeComposing = "application/im-iscomposing+xml"

// sendTyping sends a status message if there is a session for it.
func (c *Core) sendTyping(p *peer, act iscomposing.Action) {
	s := p.session
	if act == iscomposing.None || s == nil || s.state != sessionOpen || !s.takesTyping() {
		return
	}
	x := s.freeTransfer(0)
	buf := c.pool.Get()
	if x == nil || buf == nil {
		if buf != nil {
			buf.Release()
		}
		return // lost: the next refresh says it again
	}
	b, err := iscomposing.Append(buf.Space()[:0], act == iscomposing.SendActive, p.typing.sender.RefreshTime(), "text/plain")
	if err != nil {
		buf.Release()
		return
	}
	buf.SetLen(len(b))
	*x = transfer{use: xferTyping, place: -1, buf: buf, head: len(b), size: int64(len(b))}
	c.queueTransfer(s, x, typeComposing, nil, true)
}

// typingArrived takes a status message of the peer and tells the host, at most once a second:
// what changes faster is told when the second is over.
func (c *Core) typingArrived(p *peer, doc []byte) {
	var st iscomposing.Status
	if iscomposing.Parse(doc, &st) != nil {
		c.counters.malformed++
		return
	}
	t := &p.typing
	t.receiver.Status(c.now, &st)
	if !t.shown && !t.receiver.Active() {
		return
	}
	if t.late = c.now.Sub(t.told) < typingPace; !t.late {
		c.tellTyping(p)
	}
}

// tellTyping tells the hosts whether a peer types.
func (c *Core) tellTyping(p *peer) {
	t := &p.typing
	t.shown, t.told, t.late = t.receiver.Active(), c.now, false
	c.noteComposing(p, t.shown, t.receiver.Until())
}

// contentArrived ends the peer's typing: it has sent what it typed.
func (c *Core) contentArrived(p *peer) {
	p.typing.receiver.Content()
	if p.typing.late = false; p.typing.shown {
		c.tellTyping(p)
	}
}

// peerIdle ends the typing of both sides when a session closes.
func (c *Core) peerIdle(p *peer) {
	p.typing.sender.Reset()
	c.contentArrived(p)
}

// expireTyping applies the refresh and idle times of every open session.
func (c *Core) expireTyping() {
	for i := range c.sessions {
		s := &c.sessions[i]
		if s.state != sessionOpen {
			continue
		}
		t := &s.peer.typing
		if d := t.sender.Deadline(); !d.IsZero() && !d.After(c.now) {
			c.sendTyping(s.peer, t.sender.Expire(c.now))
		}
		if ended := t.receiver.Expire(c.now); ended && t.shown || t.late && !c.now.Before(t.told.Add(typingPace)) {
			t.late = false
			if t.shown != t.receiver.Active() {
				c.tellTyping(s.peer)
			}
		}
	}
}

func (c *Core) typingDeadline() (d time.Time) {
	for i := range c.sessions {
		if s := &c.sessions[i]; s.state == sessionOpen {
			d = earliest(d, s.peer.typing.sender.Deadline())
			d = earliest(d, s.peer.typing.receiver.Deadline())
			if t := &s.peer.typing; t.late {
				d = earliest(d, t.told.Add(typingPace))
			}
		}
	}
	return d
}
