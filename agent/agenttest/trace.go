package agenttest

import (
	"errors"
	"strings"
)

// chat is one call of the UE that the remote UE has taken, with its session.
type chat struct {
	*texts
	n *Network
	d *dialog
	s *session
}

// playTrace is UA2 of the reference trace.
func (n *Network) playTrace() error {
	c, err := n.take()
	if err != nil {
		return err
	}
	hello, err := c.takeText(n.cfg.Text)
	if err != nil {
		return err
	}
	if err := c.give(stepReceipt, "10-send-imdn.msrp", stepReceiptOK, traceHello, hello.imdn("Message-ID")); err != nil {
		return err
	}
	if err := c.give(stepTyping, "12-send-iscomposing.msrp", stepTypingOK); err != nil {
		return err
	}
	return c.giveHi()
}

// take waits for a call of the UE and takes it: steps 1 to 7.
func (n *Network) take() (*chat, error) {
	d, err := n.nextInvite()
	if err != nil {
		return nil, at(row(stepInvite), err)
	}
	n.note(row(stepInvite), d.invite.flow.transport, false, d.invite.raw)
	offer, err := n.checkInvite(d.invite)
	if err != nil {
		return nil, at(row(stepInvite), err)
	}
	c := n.newChat(d, offer.get("a=path:"))
	if err := c.accept(); err != nil {
		return nil, err
	}
	return c, c.open()
}

// newChat prepares the words of a call.
func (n *Network) newChat(d *dialog, peer string) *chat {
	t, path := answerTexts(d.invite, peer, n.Addr(), n.MSRPAddr(), n.cfg.Fresh)
	return &chat{texts: t, n: n, d: d, s: n.newSession(path, peer)}
}

// accept sends the three responses and waits for the ACK: steps 2 to 5.
func (c *chat) accept() error {
	var ok *message
	for i, file := range []string{"02-100.sip", "03-183.sip", "04-200-invite.sip"} {
		b := c.made(file)
		if err := c.d.answer(b); err != nil {
			return at(row(stepTrying+i), err)
		}
		c.n.note(row(stepTrying+i), c.d.invite.flow.transport, true, b)
		ok, _ = parseSIP(b)
	}
	ack, err := c.d.await("ACK", func(m *message) bool { return m.method() == "ACK" })
	if err != nil {
		return at(row(stepAck), err)
	}
	c.n.note(row(stepAck), ack.flow.transport, false, ack.raw)
	return at(row(stepAck), checkAck(ack, c.d.invite, ok))
}

// open takes the connection and the empty SEND that comes first: steps 6 and 7.
func (c *chat) open() error {
	if err := c.s.connected(); err != nil {
		return at(row(stepEmpty), err)
	}
	f, err := c.s.next("the empty SEND", func(f *frame) bool { return f.what == "SEND" })
	if err != nil {
		return at(row(stepEmpty), err)
	}
	c.n.note(row(stepEmpty), "tcp", false, f.raw)
	if err := c.s.checkEmpty(f); err != nil {
		return at(row(stepEmpty), err)
	}
	return c.respond(row(stepEmptyOK), "07-200.msrp", "kePLNmnn6eCcn7lB9X", f)
}

// respond answers a SEND of the UE with a response of the trace; id is the
// transaction id that stands in it.
func (c *chat) respond(step Step, file, id string, f *frame) error {
	b := c.made(file, id, f.id, tracePath1, f.get("From-Path"))
	if err := c.s.write(b); err != nil {
		return at(step, err)
	}
	c.n.note(step, "tcp", true, b)
	return nil
}

// takeText takes a text of the UE: steps 8 and 9.
func (c *chat) takeText(text string) (envelope, error) {
	f, err := c.s.next("SEND with a text", isContent("message/cpim"))
	if err != nil {
		return envelope{}, at(row(stepHello), err)
	}
	c.n.note(row(stepHello), "tcp", false, f.raw)
	e, err := checkText(f, text)
	if err = errors.Join(c.s.checkWhole(f), err); err != nil {
		return e, at(row(stepHello), err)
	}
	return e, c.respond(row(stepHelloOK), "09-200-noreason.msrp", "RgGcYXJW2nHr", f)
}

// isContent accepts a SEND with a body of a content type.
func isContent(kind string) func(*frame) bool {
	return func(f *frame) bool {
		got, _, _ := strings.Cut(f.get("Content-Type"), ";")
		return f.what == "SEND" && f.hasBody && strings.EqualFold(got, kind)
	}
}

// give sends a SEND of the trace and waits for the UE's answer.
func (c *chat) give(step int, file string, answer int, more ...string) error {
	b := c.made(file, more...)
	if err := c.s.write(b); err != nil {
		return at(row(step), err)
	}
	c.n.note(row(step), "tcp", true, b)
	return c.answered(row(answer), b)
}

// answered waits for the UE's answer to what we sent.
func (c *chat) answered(step Step, ours []byte) error {
	sent, err := parseFrame(ours)
	if err != nil {
		return at(step, err)
	}
	f, err := c.s.next("the answer to "+sent.id, func(f *frame) bool { return f.id == sent.id && f.code() != "" })
	if err != nil {
		return at(step, err)
	}
	c.n.note(step, "tcp", false, f.raw)
	return at(step, c.s.checkAnswer(f, ours))
}

// giveHi sends the text 'hi' and takes its delivery notification: steps 14 to 17.
func (c *chat) giveHi() error {
	if err := c.give(stepHi, "14-send-hi.msrp", stepHiOK); err != nil {
		return err
	}
	hi, err := parseFrame(c.made("14-send-hi.msrp"))
	if err != nil {
		return at(row(stepHi), err)
	}
	e, err := parseCPIM(hi.body)
	if err != nil {
		return at(row(stepHi), err)
	}
	return c.takeReceipt(e)
}

// takeReceipt takes the UE's delivery notification for our message: steps 16 and 17.
func (c *chat) takeReceipt(ours envelope) error {
	f, err := c.s.next("SEND with the delivery notification", isContent("message/cpim"))
	if err != nil {
		return at(row(stepReceiptBack), err)
	}
	c.n.note(row(stepReceiptBack), "tcp", false, f.raw)
	err = errors.Join(c.s.checkWhole(f), checkReceipt(f, ours.imdn("Message-ID"), ours.get("DateTime")))
	if err != nil {
		return at(row(stepReceiptBack), err)
	}
	return c.respond(row(stepReceiptBackOK), "09-200-noreason.msrp", "RgGcYXJW2nHr", f)
}
