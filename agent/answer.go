package agent

import (
	"imsagent/msrp/sdp"
	"imsagent/sipmin"
)

// drainUA takes every event of the SIP user agent.
func (c *Core) drainUA() {
	for {
		ev, ok := c.ua.Next()
		if !ok {
			return
		}
		switch ev.Kind {
		case sipmin.EvIncoming:
			c.incomingInvite(&ev)
		case sipmin.EvRequest:
			c.incomingRequest(&ev)
		case sipmin.EvResponse:
			c.stepResponse(&ev)
		default:
			if s := c.sessionOf(ev.Call); s != nil {
				c.stepCall(s, &ev)
			} else {
				c.strayCall(&ev)
			}
		}
	}
}

// strayCall ends a call that belongs to no session any more.
func (c *Core) strayCall(ev *sipmin.Event) {
	if ev.Kind == sipmin.EvAccepted || ev.Kind == sipmin.EvOffer || ev.Kind == sipmin.EvConfirmed {
		c.bye(ev.Call, "")
	}
}

// stepCall applies one event of a call to its session.
func (c *Core) stepCall(s *session, ev *sipmin.Event) {
	switch ev.Kind {
	case sipmin.EvProvisional, sipmin.EvAccepted, sipmin.EvRejected:
		c.stepInvite(s, ev)
	case sipmin.EvConfirmed:
		c.confirmed(s, ev)
	case sipmin.EvCancelled:
		c.cancelled(s, ev)
	case sipmin.EvOffer:
		c.offered(s, ev)
	case sipmin.EvReinviteDone:
		c.reinvited(s, ev)
	case sipmin.EvEnded:
		c.callEnded(s, ev)
	}
}

// incomingInvite sorts a peer's INVITE and answers it.
func (c *Core) incomingInvite(ev *sipmin.Event) {
	var room [maxKey]byte
	key := c.appendSender(room[:0], ev)
	offer, refuse := c.readOffer(ev)
	if refuse == 0 || refuse == 488 {
		if k := sortInvite(ev.Msg, ev.Raw, offer); k != kindChat {
			refuse = 488
			c.counters.refused++
			c.noteRefused(key, k)
		}
	}
	if refuse == 0 && c.stopping {
		refuse = 480
	}
	if refuse != 0 {
		_ = c.ua.Reject(c.now, ev.Call, refuse)
		return
	}
	p := c.peerOf(key)
	if p == nil {
		_ = c.ua.Reject(c.now, ev.Call, 486)
		return
	}
	if p.uri == "" {
		p.uri = c.uriOf(p.key)
	}
	c.admitInvite(p, offer, ev)
}

// readOffer finds the description of an INVITE: its body, or the first such part of a
// multipart body. A status other than 0 refuses the INVITE.
func (c *Core) readOffer(ev *sipmin.Event) (*sdp.Description, uint16) {
	body := ev.Body()
	if ct, ok := ev.Msg.Get(sipmin.HContentType); ok && isMultipart(ct.In(ev.Raw)) {
		part, ok := findPart(ev, typeSDP)
		if !ok {
			return nil, 400
		}
		body = part
	}
	if len(body) == 0 {
		return nil, 488 // an offer in our 200 would be for nobody we know
	}
	d, err := sdp.Parse(body)
	if err != nil {
		return nil, 400
	}
	if d.Message < 0 {
		return d, 488
	}
	return d, 0
}

func isMultipart(ct []byte) bool {
	const prefix = "multipart/"
	return len(ct) >= len(prefix) && sipmin.EqualFold(ct[:len(prefix)], prefix)
}

// findPart returns the body of the first part of a type.
func findPart(ev *sipmin.Event, mediaType string) ([]byte, bool) {
	ct, _ := ev.Msg.Get(sipmin.HContentType)
	parts, err := sipmin.OpenParts(ev.Raw, ct, ev.Msg.Body)
	if err != nil {
		return nil, false
	}
	for {
		var p sipmin.Part
		ok, err := parts.NextPart(ev.Raw, &p)
		if !ok || err != nil {
			return nil, false
		}
		if t := p.ContentType.In(ev.Raw); len(t) >= len(mediaType) && sipmin.EqualFold(t[:len(mediaType)], mediaType) {
			return p.Body.In(ev.Raw), true
		}
	}
}

// admitInvite decides between a peer's new INVITE and the session that there is: a pending
// INVITE of ours wins and the peer gets 486; any other session is replaced, and if it was
// established the new one is accepted at once.
func (c *Core) admitInvite(p *peer, offer *sdp.Description, ev *sipmin.Event) {
	plan := c.planAnswer(offer)
	if plan.Refuse != 0 {
		_ = c.ua.Reject(c.now, ev.Call, plan.Refuse)
		return
	}
	replaced := false
	if old := p.session; old != nil {
		if old.state == sessionInviting {
			p.glare = true
			_ = c.ua.Reject(c.now, ev.Call, 486)
			return
		}
		code := uint16(486)
		if old.state == sessionOpen {
			code = 0
		}
		replaced = old.state > sessionIncoming
		c.endSession(old, "", code)
	}
	s := c.newSession(p)
	if s == nil {
		_ = c.ua.Reject(c.now, ev.Call, 486)
		return
	}
	s.state, s.call, s.remote, s.plan, s.deferred = sessionIncoming, ev.Call, offer, plan, deferred(ev.Msg)
	c.adoptConversation(p, ev)
	s.adoptContribution(ev)
	if code := c.firstMessage(s, ev); code != 0 {
		_ = c.ua.Reject(c.now, s.call, code, acceptedTypes(code)...)
		c.dropSession(s)
		return
	}
	c.noteSession(s, sessIncoming, 0)
	if c.cfg.Chat.Accept == "auto" || replaced || s.deferred || p.head >= 0 {
		_ = c.ua.Progress(c.now, s.call, 183) // step 3 of the trace: the early dialog
		c.accept(s)
		return
	}
	s.due = c.now.Add(c.cfg.Chat.RingTimeout)
	_ = c.ua.Progress(c.now, s.call, 180)
}

// planAnswer is the plan for an offer. One that has us connect where we never do is refused.
func (c *Core) planAnswer(offer *sdp.Description) sdp.Plan {
	plan := sdp.PlanAnswerer(offer)
	if plan.Refuse == 0 && plan.Active && !c.mayDial(plan.Dial) {
		plan.Refuse = 488
	}
	return plan
}

// adoptConversation takes the peer's Conversation-ID over: one a peer, whoever made it up.
func (c *Core) adoptConversation(p *peer, ev *sipmin.Event) {
	if v, ok := ev.Msg.Get(sipmin.HConversationID); ok && validToken(v.In(ev.Raw)) {
		c.setConversation(p, string(v.In(ev.Raw)))
	}
}

// adoptContribution takes the Contribution-ID of the peer's INVITE over.
func (s *session) adoptContribution(ev *sipmin.Event) {
	if v, ok := ev.Msg.Get(sipmin.HContributionID); ok && validToken(v.In(ev.Raw)) {
		s.contrib = string(v.In(ev.Raw))
	}
}

// validToken reports whether a peer's id is one that we can keep and send again.
func validToken(b []byte) bool {
	if len(b) == 0 || len(b) > 128 {
		return false
	}
	for _, ch := range b {
		if ch <= ' ' || ch >= 0x7f || ch == ',' || ch == ';' {
			return false
		}
	}
	return true
}

// accept answers an INVITE that waits with 200 and our description; one that brought a
// message, once that is on flash.
func (c *Core) accept(s *session) {
	if s.storing {
		s.accepted = true
		return
	}
	c.newOffer(s, false)
	s.offer.Setup, s.offer.CEMA = s.plan.Setup, s.plan.CEMA
	body, err := s.offer.AppendAnswer(make([]byte, 0, maxSDP), s.remote)
	if err != nil {
		c.endSession(s, "", 488)
		return
	}
	s.state, s.due = sessionAnswered, c.now.Add(connectTime)
	err = c.ua.Answer(c.now, s.call, &sipmin.AnswerOut{Headers: c.answerHeaders(s), ContentType: typeSDP, Body: body})
	if err != nil {
		c.endSession(s, "", 480)
		return
	}
	_ = c.ua.StoreSDP(s.call, body)
	if !s.plan.Active && !c.join(s) { // the peer may connect before its ACK arrives
		c.endSession(s, "", 488)
	}
}

func (c *Core) answerHeaders(s *session) []sipmin.ExtraHeader {
	h := []sipmin.ExtraHeader{{Name: "Conversation-ID", Value: c.conversationOf(s.peer)}}
	if s.contrib != "" {
		h = append(h, sipmin.ExtraHeader{Name: "Contribution-ID", Value: s.contrib})
	}
	return h
}

// confirmed joins the MSRP session once our 200 has arrived. The ACK to a re-INVITE that
// had no offer brings the answer to ours.
func (c *Core) confirmed(s *session, ev *sipmin.Event) {
	if s.state != sessionAnswered {
		if d, err := sdp.Parse(ev.Body()); err == nil && d.Message >= 0 && !s.describedBy(d) {
			s.remote, s.plan = d, sdp.PlanOfferer(&s.offer, d)
			c.rejoin(s)
		}
		return
	}
	s.state = sessionJoining
	if s.plan.Active && !c.join(s) {
		c.unusable(s)
		return
	}
	c.checkOpen(s)
}

// cancelled ends a session that the peer took back. A Reason with cause 200 says that
// another device of the user has answered.
func (c *Core) cancelled(s *session, ev *sipmin.Event) {
	s.call = 0
	if ev.Cause == 200 {
		c.noteSession(s, sessElsewhere, 200)
		c.dropSession(s)
		return
	}
	c.closeSession(s, 487)
}

// callEnded closes the session of a call that is over; what was not sent goes again later,
// in a new session.
func (c *Core) callEnded(s *session, ev *sipmin.Event) {
	p, deferred := s.peer, s.deferred
	why := ReasonRetry
	if s.state == sessionOpen {
		why = ReasonLost
	}
	c.continues(s)
	c.closeSession(s, ev.Status)
	if p.head >= 0 && !deferred { // behind the network's own deliveries it goes at once
		c.postpone(p, why, ev.Status, 0)
	}
}

// offered answers a re-INVITE or UPDATE with an offer: a new path or port means a new MSRP
// connection, on which what was not answered is sent again.
func (c *Core) offered(s *session, ev *sipmin.Event) {
	d, err := sdp.Parse(ev.Body())
	if err != nil || d.Message < 0 {
		_ = c.ua.RejectOffer(c.now, s.call, 488)
		return
	}
	plan := c.planAnswer(d)
	if plan.Refuse != 0 { // "the session remains as it was" (RFC 3261 §14.1)
		_ = c.ua.RejectOffer(c.now, s.call, plan.Refuse)
		return
	}
	same := s.describedBy(d)
	if !same || s.offer.Setup != plan.Setup || s.offer.CEMA != plan.CEMA { // an unchanged answer keeps its o= (RFC 4975 §8.4)
		s.offer.Version++
		s.offer.Setup, s.offer.CEMA = plan.Setup, plan.CEMA
	}
	body, err := s.offer.AppendAnswer(make([]byte, 0, maxSDP), d)
	if err != nil || c.ua.AnswerOffer(c.now, s.call, typeSDP, body) != nil {
		_ = c.ua.RejectOffer(c.now, s.call, 488)
		return
	}
	_ = c.ua.StoreSDP(s.call, body)
	if !same {
		s.remote, s.plan = d, plan
		c.rejoin(s)
	}
}

// describedBy reports whether d leaves the peer's end of the MSRP session as it is.
func (s *session) describedBy(d *sdp.Description) bool {
	r := s.remote
	return r != nil && d.RemotePath() == r.RemotePath() && d.Port == r.Port && d.Addr == r.Addr
}

// rejoin opens the MSRP session anew under the descriptions of now.
func (c *Core) rejoin(s *session) {
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
	s.state, s.ready, s.linked = sessionJoining, false, false
	if !c.join(s) {
		c.unusable(s)
	}
}

// reinvited takes the answer to our second offer.
func (c *Core) reinvited(s *session, ev *sipmin.Event) {
	if ev.Status < 200 || ev.Status > 299 {
		c.reofferRefused(s, ev)
		return
	}
	d, err := sdp.Parse(ev.Body())
	if err != nil {
		c.unusable(s)
		return
	}
	s.remote, s.plan = d, sdp.PlanOfferer(&s.offer, d)
	if s.plan.Refuse != 0 || s.plan.NewOffer {
		c.unusable(s)
		return
	}
	c.rejoin(s)
}

// reofferRefused ends a session whose second offer was not taken; a passing failure leaves
// its messages for later.
func (c *Core) reofferRefused(s *session, ev *sipmin.Event) {
	if finalStatus(ev.Status) {
		c.unusable(s)
		return
	}
	p := s.peer
	c.endSession(s, "", ev.Status)
	if p.head >= 0 {
		c.postpone(p, ReasonRetry, ev.Status, ev.RetryAfter)
	}
}
