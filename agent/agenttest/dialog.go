package agenttest

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// dialog is one SIP call, begun by either side.
type dialog struct {
	n      *Network
	invite *message // the UE's, nil where we invited
	in     chan *message
	gone   chan struct{} // BYE came and was answered
	once   sync.Once

	mu   sync.Mutex
	sent map[string][]byte // our last answer by Via and CSeq, for retransmissions
}

// newDialog makes a call known under its Call-ID.
func (n *Network) newDialog(callID string, invite *message) *dialog {
	d := &dialog{n: n, invite: invite, in: make(chan *message, 64), gone: make(chan struct{}), sent: map[string][]byte{}}
	n.dialogs[callID] = d
	return d
}

// route gives a message to whom it is for.
func (n *Network) route(m *message) {
	n.mu.Lock()
	d := n.dialogs[m.get("Call-ID")]
	fresh := d == nil && m.method() == "INVITE"
	if fresh {
		d = n.newDialog(m.get("Call-ID"), m)
	}
	n.mu.Unlock()
	switch {
	case fresh:
		select {
		case n.invites <- d:
		default:
			n.logf("left aside an INVITE: too many")
		}
	case d != nil:
		d.take(m)
	case m.response() || m.method() == "ACK":
		n.logf("left aside %q: it belongs to no call", m.start)
	default:
		n.stray(m)
	}
}

// stray answers a request outside of every call.
func (n *Network) stray(m *message) {
	switch m.method() {
	case "MESSAGE":
		if e, err := parseCPIM(m.body); err == nil {
			n.mirror.take(e)
		}
		n.reply(m, "200 OK")
	case "OPTIONS":
		n.reply(m, "200 OK")
	case "REGISTER":
		n.reply(m, "200 OK", "Contact: "+m.get("Contact")+";expires=600000")
	default:
		n.reply(m, "481 Call/Transaction Does Not Exist")
	}
}

// reply answers a request in plain form.
func (n *Network) reply(m *message, status string, more ...string) []byte {
	var b strings.Builder
	b.WriteString("SIP/2.0 " + status + "\r\n")
	for _, f := range m.fields {
		if canonical(f.name) == "via" {
			b.WriteString("Via: " + f.value + "\r\n")
		}
	}
	to := m.get("To")
	if param(to, "tag") == "" {
		to += ";tag=agenttest"
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n", m.get("From"), to, m.get("Call-ID"), m.get("CSeq"))
	for _, line := range more {
		b.WriteString(line + "\r\n")
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	if err := m.flow.write([]byte(b.String())); err != nil {
		n.logf("answering %s: %v", m.method(), err)
	}
	return []byte(b.String())
}

// transaction names the transaction of a request.
func transaction(m *message) string { return m.get("Via") + " " + m.get("CSeq") }

// take handles a message of a known call: retransmissions and what any UE may
// send at any time are answered here, the rest is for the script.
func (d *dialog) take(m *message) {
	if !m.response() && m.method() != "ACK" {
		d.mu.Lock()
		last := d.sent[transaction(m)]
		d.mu.Unlock()
		if last != nil {
			m.flow.write(last)
			return
		}
	}
	switch m.method() {
	case "BYE":
		d.remember(m, d.n.reply(m, "200 OK"))
		d.end()
	case "OPTIONS", "UPDATE", "PRACK":
		d.remember(m, d.n.reply(m, "200 OK"))
	case "INVITE":
		if d.invite != nil && transaction(m) == transaction(d.invite) {
			return // a retransmission before anything was answered
		}
		d.remember(m, d.n.reply(m, "488 Not Acceptable Here"))
	case "CANCEL":
		d.remember(m, d.n.reply(m, "481 Call/Transaction Does Not Exist"))
	default:
		select {
		case d.in <- m:
		default:
			d.n.logf("left aside %q: the script does not ask", m.start)
		}
	}
}

// end notes that the call is over.
func (d *dialog) end() {
	d.once.Do(func() { close(d.gone) })
	d.n.hangUp.Do(func() { close(d.n.ended) })
}

// remember keeps an answer for retransmissions of its request.
func (d *dialog) remember(m *message, answer []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent[transaction(m)] = answer
}

// answer sends a response to the UE's INVITE.
func (d *dialog) answer(b []byte) error {
	d.remember(d.invite, b)
	return d.invite.flow.write(b)
}

// await returns the next message that wanted accepts.
func (d *dialog) await(what string, wanted func(*message) bool) (*message, error) {
	timer := time.NewTimer(d.n.patience())
	defer timer.Stop()
	for {
		select {
		case m := <-d.in:
			if wanted(m) {
				return m, nil
			}
			d.n.logf("left aside %q: waiting for %s", m.start, what)
		case <-d.gone:
			return nil, fmt.Errorf("%s did not come: the UE sent BYE", what)
		case <-timer.C:
			return nil, fmt.Errorf("%s did not come", what)
		case <-d.n.closed:
			return nil, net.ErrClosed
		}
	}
}

// nextInvite waits for the next call of the UE.
func (n *Network) nextInvite() (*dialog, error) {
	timer := time.NewTimer(n.patience())
	defer timer.Stop()
	select {
	case d := <-n.invites:
		return d, nil
	case <-timer.C:
		return nil, errors.New("INVITE did not come")
	case <-n.closed:
		return nil, net.ErrClosed
	}
}
