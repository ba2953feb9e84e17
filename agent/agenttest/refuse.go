package agenttest

import "strings"

// playBusy refuses a call because the user is busy.
func (n *Network) playBusy() error { return n.refuse("486 Busy Here") }

// playDeclined refuses a call because the user does not want it.
func (n *Network) playDeclined() error { return n.refuse("603 Decline") }

// refuse answers an INVITE with a final status and checks its ACK.
func (n *Network) refuse(status string) error {
	d, err := n.nextInvite()
	if err != nil {
		return at(row(stepInvite), err)
	}
	n.note(row(stepInvite), d.invite.flow.transport, false, d.invite.raw)
	offer, err := n.checkInvite(d.invite)
	if err != nil {
		return at(row(stepInvite), err)
	}
	c := n.newChat(d, offer.get("a=path:"))
	trying := c.made("02-100.sip")
	if err := d.answer(trying); err != nil {
		return at(row(stepTrying), err)
	}
	n.note(row(stepTrying), d.invite.flow.transport, true, trying)

	final := row(3)
	final.Message = status
	b := []byte(strings.Replace(string(c.made("02-100.sip", traceTo, d.invite.get("To")+";tag="+c.word(traceTag2))),
		"100 Trying", status, 1))
	if err := d.answer(b); err != nil {
		return at(final, err)
	}
	n.note(final, d.invite.flow.transport, true, b)
	return n.refused(d, b)
}

// refused takes the ACK to our refusal: it is of the INVITE's transaction, so it
// has its branch and its Request-URI (RFC 3261 §17.1.1.3).
func (n *Network) refused(d *dialog, final []byte) error {
	step := row(stepAck)
	step.Number = 4
	ack, err := d.await("ACK", func(m *message) bool { return m.method() == "ACK" })
	if err != nil {
		return at(step, err)
	}
	n.note(step, ack.flow.transport, false, ack.raw)
	sent, err := parseSIP(final)
	if err != nil {
		return at(step, err)
	}
	var k check
	k.same("Request-URI", ack.uri(), d.invite.uri())
	k.same("Via", ack.get("Via"), d.invite.get("Via"))
	k.same("To", ack.get("To"), sent.get("To"))
	k.same("From", ack.get("From"), d.invite.get("From"))
	k.same("Route", ack.get("Route"), d.invite.get("Route"))
	k.same("CSeq", ack.get("CSeq"), strings.TrimSuffix(d.invite.get("CSeq"), "INVITE")+"ACK")
	k.same("P-Access-Network-Info", ack.get("P-Access-Network-Info"), "")
	k.same("transport", ack.flow.transport, d.invite.flow.transport)
	return at(step, k.err())
}
