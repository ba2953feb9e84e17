package agenttest

import (
	"fmt"
	"strings"
)

// playEcho takes every call and sends each text back, each with its delivery
// notification, until the network is closed. It fails only if no text ever came.
func (n *Network) playEcho() error {
	n.cfg.Fresh = true // several calls at once
	echoed := make(chan struct{}, 1)
	for {
		d, err := n.nextInvite()
		if err != nil {
			select {
			case <-echoed:
				return nil
			default:
				return at(row(stepInvite), err)
			}
		}
		n.spawn(func() {
			if err := n.echo(d, echoed); err != nil {
				n.logf("%v", err)
			}
		})
	}
}

// echo serves one call.
func (n *Network) echo(d *dialog, echoed chan<- struct{}) error {
	n.note(row(stepInvite), d.invite.flow.transport, false, d.invite.raw)
	offer, err := n.checkInvite(d.invite)
	if err != nil {
		return at(row(stepInvite), err)
	}
	c := n.newChat(d, offer.get("a=path:"))
	if err := c.accept(); err != nil {
		return err
	}
	if err := c.open(); err != nil {
		return err
	}
	for {
		if err := c.echoText(); err != nil {
			return err
		}
		select {
		case echoed <- struct{}{}:
		default:
		}
	}
}

// echoText takes one text, reports it and sends it back. What else the UE sends
// is answered and left at that.
func (c *chat) echoText() error {
	f, err := c.s.next("a text", func(f *frame) bool { return f.what == "SEND" && f.hasBody })
	if err != nil {
		return at(row(stepHello), err)
	}
	e, bad := parseCPIM(f.body)
	if bad != nil || f.flag != '$' || !isText(e) {
		return c.s.write(c.s.answer(f, "200 OK"))
	}
	c.n.note(row(stepHello), "tcp", false, f.raw)
	if err := c.respond(row(stepHelloOK), "09-200-noreason.msrp", "RgGcYXJW2nHr", f); err != nil {
		return err
	}
	var ids []string
	for _, id := range []string{"69172e29", "fd2f8f3e7c", "2252a2757d", "3c60188b", "c10258ab0f", traceHi} {
		ids = append(ids, id, random(len(id)))
	}
	if err := c.give(stepReceipt, "10-send-imdn.msrp", stepReceiptOK, append(ids, traceHello, e.imdn("Message-ID"))...); err != nil {
		return err
	}
	ids = append(ids, "\r\nhi\r\n", fmt.Sprintf("\r\n%s\r\n", e.content))
	return c.give(stepHi, "14-send-hi.msrp", stepHiOK, ids...)
}

// isText reports whether a CPIM message carries a text.
func isText(e envelope) bool {
	return strings.HasPrefix(strings.ToLower(e.mimeHeader("Content-Type")), "text/plain")
}
