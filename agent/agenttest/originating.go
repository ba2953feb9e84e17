package agenttest

import (
	"bufio"
	"errors"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"time"
)

// caller is the remote UE when it calls: UA1 of the reference trace.
type caller struct {
	chat
	invite *message
	ok     *message // the UE's 200
	answer sdp
}

// playOriginating is UA1 of the reference trace. What a P-CSCF changes on the
// way is changed: P-Preferred-Identity and P-Preferred-Service arrive as
// P-Asserted- ones (RFC 3325 §9, RFC 6050 §4).
func (n *Network) playOriginating() error {
	c := n.newCaller()
	for _, part := range []func() error{c.call, c.progress, c.ack, c.openActive, c.hello, c.typing, c.hi} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

func (n *Network) newCaller() *caller {
	t, path := callTexts(n.Addr(), n.MSRPAddr(), n.cfg.UE, n.cfg.Fresh)
	return &caller{chat: chat{texts: t, n: n, s: n.newSession(path, "")}}
}

// call sends the INVITE over TCP: step 1.
func (c *caller) call() error {
	b := c.made("01-invite.sip")
	var err error
	if c.invite, err = parseSIP(b); err != nil {
		return at(row(stepInvite), err)
	}
	c.n.mu.Lock()
	c.d = c.n.newDialog(c.invite.get("Call-ID"), nil)
	c.n.mu.Unlock()
	f, err := c.n.connect(c.n.cfg.UE)
	if err != nil {
		return at(row(stepInvite), err)
	}
	c.invite.flow = f
	if err := f.write(b); err != nil {
		return at(row(stepInvite), err)
	}
	c.n.note(row(stepInvite), "tcp", true, b)
	return nil
}

// connect opens a SIP connection to the UE.
func (n *Network) connect(to netip.AddrPort) (flow, error) {
	conn, err := n.dial(to.String())
	if err != nil {
		return flow{}, err
	}
	if !n.keep(conn) {
		return flow{}, net.ErrClosed
	}
	var mu sync.Mutex
	f := flow{transport: "tcp", write: func(b []byte) error {
		mu.Lock()
		defer mu.Unlock()
		_, err := conn.Write(b)
		return err
	}}
	n.spawn(func() {
		defer n.drop(conn)
		for r := bufio.NewReader(conn); ; {
			m, err := readSIP(r, f.write)
			if err != nil {
				return
			}
			m.flow = f
			n.route(m)
		}
	})
	return f, nil
}

// checkResponse checks that a response carries back what ours carried.
func (c *caller) checkResponse(m *message) check {
	var k check
	for _, name := range []string{"Via", "From", "Call-ID", "CSeq"} {
		k.same(name, m.get(name), c.invite.get(name))
	}
	to := m.get("To")
	k.want(strings.HasPrefix(to, c.invite.get("To")), "To is %q", to)
	k.want(m.status() == 100 || param(to, "tag") != "", "To has no tag")
	return k
}

// progress takes the 100, a 180 or 183 and the 200: steps 2 to 4.
func (c *caller) progress() error {
	tag := ""
	for _, want := range []struct {
		step int
		what string
		ok   func(status int) bool
	}{
		{stepTrying, "100 Trying", func(s int) bool { return s == 100 }},
		{stepProgress, "183 Session Progress or 180 Ringing", func(s int) bool { return s == 180 || s == 183 }},
		{stepOK, "200 OK", func(s int) bool { return s >= 200 }},
	} {
		m, err := c.d.await(want.what, func(m *message) bool { return want.ok(m.status()) || m.status() >= 200 })
		if err != nil {
			return at(row(want.step), err)
		}
		step := row(want.step)
		step.Message = strings.TrimPrefix(m.start, "SIP/2.0 ")
		c.n.note(step, m.flow.transport, false, m.raw)
		k := c.checkResponse(m)
		k.want(want.ok(m.status()) && m.status() < 300, "the UE answers %q", m.start)
		got := param(m.get("To"), "tag")
		k.want(tag == "" || tag == got, "the To tag changes from %q to %q", tag, got)
		tag = got
		if want.step == stepOK {
			k.want(inAngles(m.get("Contact")) != "", "Contact is missing")
			c.answer = k.description(m, "passive")
			c.ok = m
			c.s.peer = c.answer.get("a=path:")
		}
		if err := k.err(); err != nil {
			return at(row(want.step), err)
		}
	}
	return nil
}

// transportParam is the transport parameter of a SIP URI.
var transportParam = regexp.MustCompile(`(?i);transport=[a-z]+`)

// ack sends the ACK over UDP, its Request-URI the Contact of the 200 but for
// the transport, as in the trace: step 5.
func (c *caller) ack() error {
	contact := inAngles(c.ok.get("Contact"))
	uri := transportParam.ReplaceAllString(contact, "") + ";transport=UDP"
	b := c.made("05-ack.sip", "sip:["+traceUA2+"]:49466;transport=UDP", uri, traceTo+";tag="+traceTag2, c.ok.get("To"))
	if _, err := c.n.udp.WriteToUDPAddrPort(b, c.n.cfg.UE); err != nil {
		return at(row(stepAck), err)
	}
	c.n.note(row(stepAck), "udp", true, b)
	return nil
}

// headStart is how long the ACK travels before the MSRP connection is opened:
// they go by different sockets, and in the trace the ACK is first.
const headStart = 50 * time.Millisecond

// openActive connects to the UE and sends the empty SEND: steps 6 and 7.
func (c *caller) openActive() error {
	time.Sleep(headStart)
	if err := c.s.dial(c.answer.address()); err != nil {
		return at(row(stepEmpty), err)
	}
	c.put(tracePath2, c.s.peer)
	return c.give(stepEmpty, "06-send-bodiless.msrp", stepEmptyOK)
}

// hello sends the text and takes its delivery notification: steps 8 to 11.
func (c *caller) hello() error {
	b := c.made("08-send-hello.msrp", "\r\nHello\r\n", "\r\n"+c.n.cfg.Text+"\r\n")
	if err := c.s.write(b); err != nil {
		return at(row(stepHello), err)
	}
	c.n.note(row(stepHello), "tcp", true, b)
	if err := c.answered(row(stepHelloOK), b); err != nil {
		return err
	}
	ours, err := parseFrame(b)
	if err != nil {
		return at(row(stepHello), err)
	}
	e, err := parseCPIM(ours.body)
	if err != nil {
		return at(row(stepHello), err)
	}
	f, err := c.s.next("SEND with the delivery notification", isContent("message/cpim"))
	if err != nil {
		return at(row(stepReceipt), err)
	}
	c.n.note(row(stepReceipt), "tcp", false, f.raw)
	if err := errors.Join(c.s.checkWhole(f), checkReceipt(f, e.imdn("Message-ID"), e.get("DateTime"))); err != nil {
		return at(row(stepReceipt), err)
	}
	return c.respondNamed(row(stepReceiptOK), f)
}

// respondNamed answers as UA1 does: with the Message-ID in the response.
func (c *caller) respondNamed(step Step, f *frame) error {
	b := c.made("11-200-with-msgid.msrp", "69172e29", f.id, "fd2f8f3e7c", f.get("Message-ID"))
	if err := c.s.write(b); err != nil {
		return at(step, err)
	}
	c.n.note(step, "tcp", true, b)
	return nil
}

// typing takes the UE's typing indication, bare or in CPIM: steps 12 and 13.
func (c *caller) typing() error {
	f, err := c.s.next("SEND with isComposing", isContent("application/im-iscomposing+xml"))
	if err != nil {
		return at(row(stepTyping), err)
	}
	c.n.note(row(stepTyping), "tcp", false, f.raw)
	var k check
	k.same("state", element(string(f.body), "state"), "active")
	k.want(strings.Contains(string(f.body), `"urn:ietf:params:xml:ns:im-iscomposing"`), "the namespace of isComposing is missing")
	if err := errors.Join(c.s.checkWhole(f), k.err()); err != nil {
		return at(row(stepTyping), err)
	}
	return c.respondNamed(row(stepTypingOK), f)
}

// hi takes the UE's text and reports its delivery: steps 14 to 17.
func (c *caller) hi() error {
	f, err := c.s.next("SEND with the text 'hi'", isContent("message/cpim"))
	if err != nil {
		return at(row(stepHi), err)
	}
	c.n.note(row(stepHi), "tcp", false, f.raw)
	e, err := checkText(f, "hi")
	if err = errors.Join(c.s.checkWhole(f), err); err != nil {
		return at(row(stepHi), err)
	}
	if err := c.respondNamed(row(stepHiOK), f); err != nil {
		return err
	}
	return c.give(stepReceiptBack, "16-send-imdn.msrp", stepReceiptBackOK, traceHi, e.imdn("Message-ID"))
}
