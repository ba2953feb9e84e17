package agent

import (
	"imsagent/cpim"
	"imsagent/sipmin"
)

// firstMessage takes the message that an INVITE may bring beside its description (OMA SIMPLE
// IM: multipart/mixed with message/cpim). The INVITE is not answered with 200 before it is
// on flash, since the 200 acknowledges both. A status other than 0 refuses the INVITE.
func (c *Core) firstMessage(s *session, ev *sipmin.Event) uint16 {
	ct, ok := ev.Msg.Get(sipmin.HContentType)
	if !ok || !isMultipart(ct.In(ev.Raw)) {
		return 0
	}
	body, ok := findPart(ev, "message/cpim")
	if !ok {
		return 0
	}
	m := &c.cpim
	if _, err := cpim.Parse(body, m); err != nil {
		c.counters.malformed++
		return 400
	}
	if name, unmet := m.Unmet(body, nil); unmet && name.Len > 0 {
		return 415
	}
	answer := pending{use: pendReceiptFirst, session: s.number}
	switch code := c.takePayload(s.peer, m, body, int64(len(body)), answer); code {
	case 0:
		return c.storeFirst(s, m, body)
	case onItsWay:
		s.storing = true
		return 0
	case 200: // a notification that says nothing new
		return 0
	default:
		return code
	}
}

// storeFirst sends a first message to flash.
func (c *Core) storeFirst(s *session, m *cpim.Message, body []byte) uint16 {
	c.tidy()
	buf, id := c.entryOf(s.peer, m, body)
	if buf == nil {
		return 480
	}
	token, ok := c.await(pending{use: pendFirst, session: s.number, id: id, key: s.peer.key})
	if !ok {
		buf.Release()
		return 480
	}
	s.storing = true
	c.do(Action{Kind: ActStore, ID: id, Token: token, Buf: buf})
	return 0
}

// firstStored shows a first message to the host and lets its INVITE be answered; if the
// flash does not take it, the INVITE is refused, and the peer keeps it.
func (c *Core) firstStored(p *pending, ev *Event) {
	switch {
	case ev.Fault != FaultNone:
		c.refusedByFlash(ev.Fault)
	case ev.Dup:
		c.counters.duplicate++
		c.repeatReceipt(p, ev)
	default:
		c.addIncoming(p.key, ev.Buf.Bytes(), p.session)
	}
	c.firstAnswered(p, storedCode(ev))
}

// firstAnswered lets an INVITE be answered whose message waited for the flash, or refuses it.
func (c *Core) firstAnswered(p *pending, code uint16) {
	s := c.sessionByNumber(p.session)
	if s == nil {
		return
	}
	s.storing = false
	switch {
	case code != 200:
		c.endSession(s, "", code)
	case s.accepted && s.state == sessionIncoming:
		c.accept(s)
	}
}

// acceptedTypes says with a 415 what would have been taken (RFC 3261 §21.4.13).
func acceptedTypes(code uint16) []sipmin.ExtraHeader {
	if code != 415 {
		return nil
	}
	return []sipmin.ExtraHeader{{Name: "Accept", Value: acceptedBodies}}
}
