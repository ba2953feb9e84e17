package agent

import (
	"time"

	"imsagent/msrp"
	"imsagent/msrp/sdp"
	"imsagent/sipmin"
)

// What our INVITEs and descriptions say.
const (
	allowed        = "INVITE,ACK,OPTIONS,CANCEL,BYE,UPDATE,PRACK,MESSAGE"
	acceptedBodies = "application/sdp,multipart/mixed,message/cpim"
	acceptTypes    = "message/cpim application/im-iscomposing+xml"
	typeSDP        = "application/sdp"
)

// invitePace is the least time between two new INVITEs of retries, so that a network that
// comes back is not met by a storm.
const invitePace = time.Second

// invitePeers starts a session for every peer that has messages waiting, none open, and
// whose next try is due: those that wait longest first, and of those that have waited since
// a failure or a restart one a second.
func (c *Core) invitePeers() {
	if c.stopping || !c.ready() {
		return
	}
	for p := c.nextPeer(); p != nil; p = c.nextPeer() {
		if !p.nextTry.IsZero() {
			c.nextInvite = c.now.Add(invitePace)
		}
		c.invite(p)
	}
}

// nextPeer is the peer to be invited next, or nil.
func (c *Core) nextPeer() (next *peer) {
	for _, p := range c.peers {
		if p.head < 0 || p.session != nil || c.inviteAt(p).After(c.now) {
			continue
		}
		if next == nil || c.box.table[p.head].id < c.box.table[next.head].id {
			next = p
		}
	}
	return next
}

// inviteAt is when a peer may be invited; the zero time is at once.
func (c *Core) inviteAt(p *peer) time.Time {
	if p.nextTry.IsZero() || p.nextTry.After(c.nextInvite) {
		return p.nextTry
	}
	return c.nextInvite
}

// ready reports whether new requests may be sent: without registration as soon as there is a P-CSCF and it is known
// who we are, unless the modem's own IMS client is in the way.
func (c *Core) ready() bool {
	return !c.cfg.IMS.Register && c.proxies.n > 0 && len(c.own) > 0 && !c.held()
}

// inviteDeadline is the next time at which invitePeers has something to do.
func (c *Core) inviteDeadline() (d time.Time) {
	if c.stopping || !c.ready() {
		return d
	}
	for _, p := range c.peers {
		if p.head >= 0 && p.session == nil && !p.nextTry.IsZero() {
			d = earliest(d, c.inviteAt(p))
		}
	}
	return d
}

// invite sends an INVITE to p.
func (c *Core) invite(p *peer) {
	s := c.newSession(p)
	if s == nil {
		p.nextTry = c.now.Add(retryAfter[0]) // every session has unfinished work
		c.noteWaiting(p, ReasonRetry, 0)
		return
	}
	s.state, s.outgoing = sessionInviting, true
	c.newOffer(s, true)
	s.contrib = c.newUUID()
	if c.call(s, p.uri) {
		c.noteSession(s, sessInviting, 0)
		c.drainUA()
	}
}

// call sends the INVITE of a session to uri.
func (c *Core) call(s *session, uri string) bool {
	body, err := s.offer.Append(make([]byte, 0, maxSDP))
	if err != nil {
		c.abandon(s, 500)
		return false
	}
	call, err := c.ua.Invite(c.now, &sipmin.InviteOut{
		URI: uri, Headers: c.inviteHeaders(s), ContentType: typeSDP, Body: body,
	})
	if err != nil {
		c.abandon(s, 503)
		return false
	}
	s.call = call
	s.due = c.now.Add(ringTime) // Timer B ends with the first 100: it must not ring for ever
	_ = c.ua.StoreSDP(call, body)
	return true
}

// abandon gives up a session that has no call, and tries again later.
func (c *Core) abandon(s *session, code uint16) {
	p := s.peer
	c.closeSession(s, code)
	c.postpone(p, ReasonRetry, code, 0)
}

// maxSDP bounds a description of ours.
const maxSDP = 2048

// inviteHeaders are the headers of an INVITE that the SIP layer does not know.
func (c *Core) inviteHeaders(s *session) []sipmin.ExtraHeader {
	h := []sipmin.ExtraHeader{
		{Name: "Conversation-ID", Value: c.conversationOf(s.peer)},
		{Name: "Contribution-ID", Value: s.contrib},
		{Name: "InReplyTo-Contribution-ID", Value: s.peer.continues},
		{Name: "P-Preferred-Service", Value: icsiSession},
		{Name: "P-Preferred-Identity", Value: "<" + c.cfg.IMS.From() + ">"},
		{Name: "P-Early-Media", Value: "supported"},
		{Name: c.acceptContactName(), Value: "*;" + icsiFeature},
	}
	if s.peer.continues == "" {
		h = append(h[:2], h[3:]...)
	}
	return h
}

func (c *Core) acceptContactName() string {
	return sipmin.HAcceptContact.Name(c.cfg.IMS.CompactHeaders)
}

// newOffer fills the description of a session: a new MSRP URI, and for an offer (asOffer)
// the setup that the configuration chooses.
func (c *Core) newOffer(s *session, asOffer bool) {
	s.offer = sdp.Offer{
		User: c.cfg.MSRP.UserName, SessionID: c.random53(), Host: bare(c.msrpHost), Name: c.cfg.MSRP.SessionName,
		Port: c.msrpPort, Types: acceptTypes, Wrapped: join(c.cfg.Chat.ContentTypes), CEMA: true,
		MaxSize: c.cfg.MSRP.MaxSize, Direction: "sendrecv",
	}
	if asOffer {
		s.offer.Setup = c.offeredSetup()
	}
	path, err := msrp.AppendURI(make([]byte, 0, maxPath), false, c.pathHost(), c.msrpPort, c.newMSRPSession())
	if err == nil {
		s.offer.Path = string(path)
	}
}

// offeredSetup is a=setup of our offer: "actpass" where a peer can reach us, else "active"
// (RFC 6135 §4.2.1: the offerer MUST NOT offer passive).
func (c *Core) offeredSetup() sdp.Setup {
	switch c.cfg.MSRP.Setup {
	case "active":
		return sdp.SetupActive
	case "actpass":
		return sdp.SetupActPass
	}
	a := c.cfg.IMS.Local.Addr.Addr()
	if a.IsGlobalUnicast() && !a.IsPrivate() || a.IsLoopback() {
		return sdp.SetupActPass
	}
	return sdp.SetupActive
}

// pathHost is what the authority of our MSRP URI carries: the address as it is spelled
// everywhere, or a token that resolves to nothing (TS 24.247 §8.3.1).
func (c *Core) pathHost() string {
	if c.cfg.MSRP.PathHost == "token" {
		return c.newMSRPSession() + ".invalid"
	}
	return bare(c.msrpHost)
}

// stepInvite takes what the network says about our INVITE.
func (c *Core) stepInvite(s *session, ev *sipmin.Event) {
	switch ev.Kind {
	case sipmin.EvProvisional:
		if ev.Status > 100 {
			s.due = c.now.Add(ringTime)
		}
		s.keepEarly(ev)
		if ev.Status == 180 {
			c.noteSession(s, sessRinging, ev.Status)
		}
	case sipmin.EvAccepted:
		c.inviteAccepted(s, ev)
	case sipmin.EvRejected:
		c.inviteRejected(s, ev)
	}
}

// keepEarly keeps the description of a provisional response: "that same exact answer MAY also
// be placed in any provisional responses sent prior to the answer" (RFC 3261 §13.2.1), and
// after a reliable one the 200 of its dialog need not have it (RFC 3262 §5).
func (s *session) keepEarly(ev *sipmin.Event) {
	if d, err := sdp.Parse(ev.Body()); err == nil && d.Message >= 0 {
		s.early, s.earlyTag = d, toTag(ev)
	}
}

// toTag is the tag by which a response names its dialog.
func toTag(ev *sipmin.Event) uint64 { return hashBytes(ev.Msg.ToTag.In(ev.Raw)) }

// answerOf is the description that answers our offer.
func (s *session) answerOf(ev *sipmin.Event) (*sdp.Description, error) {
	if len(ev.Body()) == 0 && s.early != nil && s.earlyTag == toTag(ev) {
		return s.early, nil
	}
	return sdp.Parse(ev.Body())
}

// inviteAccepted joins the MSRP session that the answer describes. The 2xx has made the
// dialog and is ACKed: whatever is wrong with it ends by BYE (RFC 3261 §13.2.2.4).
func (c *Core) inviteAccepted(s *session, ev *sipmin.Event) {
	s.state = sessionJoining
	d, err := s.answerOf(ev)
	if err != nil {
		c.unusable(s)
		return
	}
	s.remote, s.plan = d, sdp.PlanOfferer(&s.offer, d)
	switch {
	case s.plan.Refuse != 0:
		c.unusable(s)
	case s.plan.NewOffer:
		c.reoffer(s)
	default:
		if !c.join(s) {
			c.unusable(s)
		}
	}
}

// unusable ends a session whose description cannot be used: 488 in all but the response.
func (c *Core) unusable(s *session) {
	p := s.peer
	c.endSession(s, `SIP;cause=488;text="Not Acceptable Here"`, 488)
	c.failQueue(p, ReasonRefused, 488)
}

// reoffer offers again as RFC 6714 §4.2.2 wants it where the answer lacks CEMA.
func (c *Core) reoffer(s *session) {
	s.offer.CEMA, s.offer.Setup = s.plan.CEMA, s.plan.Setup
	s.offer.Version++
	body, err := s.offer.Append(make([]byte, 0, maxSDP))
	if err == nil {
		err = c.ua.Reinvite(c.now, s.call, typeSDP, body)
	}
	if err != nil { // no room for it now
		p := s.peer
		c.endSession(s, "", 503)
		c.postpone(p, ReasonRetry, 503, 0)
		return
	}
	s.due = c.now.Add(connectTime)
	_ = c.ua.StoreSDP(s.call, body)
}

// inviteRejected applies the outbox policy to a failed INVITE.
func (c *Core) inviteRejected(s *session, ev *sipmin.Event) {
	p, status := s.peer, ev.Status
	if c.redirect(s, ev) {
		return
	}
	glare := p.glare
	p.glare = false
	c.closeSession(s, status)
	if ev.Reason == sipmin.ReasonCancelled {
		return
	}
	switch {
	case finalStatus(status):
		c.failQueue(p, ReasonRefused, status)
	case glare && status == 486: // both invited: one of the two tries again
		c.postpone(p, ReasonRetry, status, 0)
		p.tries = 0
		p.nextTry = c.now.Add(500*time.Millisecond + time.Duration(c.random53()%2500)*time.Millisecond)
	default:
		c.postpone(p, ReasonRetry, status, ev.RetryAfter)
	}
}

// redirect follows a redirection once, to its first usable Contact. The new request goes
// through the P-CSCF like any other; a 305 or 380 asks for more than another target
// (RFC 3261 §8.1.3.4, §21.3).
func (c *Core) redirect(s *session, ev *sipmin.Event) bool {
	if ev.Msg == nil || ev.Status < 300 || ev.Status > 302 || s.redirected {
		return false
	}
	m := ev.Msg
	for i := m.Find(sipmin.HContact, 0); i >= 0; i = m.Find(sipmin.HContact, i+1) {
		uri, ok := redirectTarget(ev.Raw, m.Headers()[i].Value)
		if !ok || uri == s.peer.uri {
			continue
		}
		s.redirected = true
		c.call(s, uri)
		return true
	}
	return false
}

// redirectTarget is the first sip or tel URI of a Contact field.
func redirectTarget(raw []byte, value sipmin.Span) (string, bool) {
	for {
		elem, rest, ok := sipmin.NextElement(raw, value)
		if !ok {
			return "", false
		}
		value = rest
		na, err := sipmin.ParseNameAddr(raw, elem)
		if err != nil {
			continue
		}
		u, err := sipmin.ParseURI(raw, na.URI)
		if err == nil && (u.Scheme == sipmin.SchemeSIP || u.Scheme == sipmin.SchemeTel) && u.Headers.Len == 0 {
			return string(na.URI.In(raw)), true
		}
	}
}

// bare is a host without the brackets of IPv6.
func bare(host string) string {
	if len(host) > 2 && host[0] == '[' {
		return host[1 : len(host)-1]
	}
	return host
}

func join(list []string) string {
	out := ""
	for i, s := range list {
		if i > 0 {
			out += " "
		}
		out += s
	}
	return out
}
