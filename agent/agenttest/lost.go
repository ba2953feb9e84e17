package agenttest

// playLost loses the MSRP connection on the first message, unanswered, and takes
// the message in a second session: under the same ids (RFC 4975 §5.4), the same
// Conversation-ID and another Contribution-ID.
func (n *Network) playLost() error {
	first, err := n.take()
	if err != nil {
		return err
	}
	lost, err := first.s.next("SEND with a text", isContent("message/cpim"))
	if err != nil {
		return at(row(stepHello), err)
	}
	n.note(row(stepHello), "tcp", false, lost.raw)
	first.s.stream.conn.Close()
	n.logf("the MSRP connection is closed, the text is not answered")

	n.cfg.Fresh = true // the second session has ids of its own
	second, err := n.take()
	if err != nil {
		return err
	}
	f, err := second.s.next("the same SEND again", isContent("message/cpim"))
	if err != nil {
		return at(row(stepHello), err)
	}
	n.note(row(stepHello), "tcp", false, f.raw)
	if err := second.sameAs(first, f, lost); err != nil {
		return at(row(stepHello), err)
	}
	if err := second.respond(row(stepHelloOK), "09-200-noreason.msrp", "RgGcYXJW2nHr", f); err != nil {
		return err
	}
	e, err := parseCPIM(f.body)
	if err != nil {
		return at(row(stepHello), err)
	}
	return second.give(stepReceipt, "10-send-imdn.msrp", stepReceiptOK, traceHello, e.imdn("Message-ID"))
}

// sameAs checks that the second SEND is the first one again.
func (c *chat) sameAs(first *chat, again, lost *frame) error {
	var k check
	k.same("Message-ID", again.get("Message-ID"), lost.get("Message-ID"))
	k.same("the body", string(again.body), string(lost.body))
	k.want(again.id != lost.id, "the transaction id is the first one's")
	k.same("Conversation-ID", c.d.invite.get("Conversation-ID"), first.d.invite.get("Conversation-ID"))
	k.want(c.d.invite.get("Contribution-ID") != first.d.invite.get("Contribution-ID"), "the Contribution-ID is the first session's")
	if err := k.err(); err != nil {
		return err
	}
	_, err := checkText(again, "")
	return err
}
