package agent

import "imsagent/cpim/imdn"

// onItsWay is no status: the answer follows when the flash has what it acknowledges.
const onItsWay = 1

// receiptArrived moves the message that a notification names on. One from another peer than
// the message went to, or for an unknown message, counts for nothing. It returns the status
// to answer with, or onItsWay.
func (c *Core) receiptArrived(p *peer, doc []byte, answer pending) uint16 {
	var n imdn.Notification
	if err := imdn.Parse(doc, &n); err != nil {
		c.counters.malformed++
		return 200
	}
	place := c.box.FindIMDN(p, n.MessageID(), false)
	if place < 0 {
		return 200
	}
	switch n.Status() {
	case imdn.Delivered:
		return c.learn(place, StateDelivered, ReasonNone, answer)
	case imdn.Displayed:
		return c.learn(place, StateDisplayed, ReasonNone, answer)
	case imdn.Failed, imdn.Failure, imdn.Forbidden:
		if n.Kind() == imdn.Delivery && c.box.table[place].state < StateDelivered {
			return c.learn(place, StateFailed, ReasonPeerFailed, answer)
		}
	}
	return 200
}

// learn moves a message on by what its receiver says. It says so once ("there MUST be at most
// one" per disposition, RFC 5438 §7.2.1), so what it says is on flash before it is answered,
// and the host told.
func (c *Core) learn(place int32, s State, r Reason, answer pending) uint16 {
	m := &c.box.table[place]
	if !m.state.advances(s) && (s != m.state || !m.unmarked) {
		return 200
	}
	answer.place, answer.of, answer.state = place, m.id, s
	token, ok := c.await(answer)
	if !ok {
		return noRoomNow
	}
	c.advance(place, s, r, 0)
	c.do(Action{Kind: ActMark, ID: m.id, State: s, Reason: r, Millis: c.wall.UnixMilli(), Token: token})
	return onItsWay
}

// learned tells the host what a notification said, and returns the status to answer it with:
// what could not be kept shall be said again.
func (c *Core) learned(p *pending, ev *Event) uint16 {
	m := &c.box.table[p.place]
	kept := ev.Fault == FaultNone || ev.Fault == FaultNotFound
	if m.id == p.of && m.state == p.state { // else more is known by now, and told in its turn
		m.unmarked = !kept
		c.noteStatus(m, c.wall.UnixMilli())
	}
	if !kept {
		return noRoomNow
	}
	return 200
}

// receiptKept answers the SEND that brought a notification.
func (c *Core) receiptKept(p *pending, ev *Event) {
	code := c.learned(p, ev)
	if s := c.sessionByNumber(p.session); s != nil {
		if in := &s.slots[p.slot]; in.used && in.waiting && in.id == p.id {
			c.finishSlot(s, p.slot, code)
		}
	}
}
