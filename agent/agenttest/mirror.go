package agenttest

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"
)

// Limits of script mirror.
const (
	mirrorWindow = 8                      // SENDs of ours that wait for their answer, for each session
	mirrorPace   = 50 * time.Millisecond  // how often a session looks for what is to be sent again
	mirrorAgain  = 500 * time.Millisecond // what the UE refused is sent again after that
	mirrorCall   = 300 * time.Millisecond // without a session for so long, we call
)

// A Ledger is what script mirror knows about every text, by its imdn.Message-ID.
type Ledger struct {
	Taken    map[string]string // texts of the UE that have come
	Given    map[string]string // texts of ours that the UE answered with 200
	Receipts map[string]int    // delivery notifications that have come for ours
	Refused  map[string]int    // answers of the UE that were no 200, by code
	Owed     int               // texts and notifications of ours that the UE has not answered
	Calls    int               // calls of ours that the UE has taken
}

// parcel is one message of ours, until the UE has answered it.
type parcel struct {
	messageID string // of MSRP
	imdnID    string
	text      string // what a text says; "" for a notification
	cpim      string // the whole message
	after     time.Time
}

// mirror is the remote UE of script mirror: it keeps what it owes over every loss.
type mirror struct {
	n *Network

	mu       sync.Mutex
	ledger   Ledger
	owed     []*parcel // not under way, oldest first
	held     bool      // nothing of ours is sent
	sessions int
	alone    time.Time // since when there is no session
	ue, own  string    // identities, from the UE's last INVITE
}

func newMirror(n *Network) *mirror {
	return &mirror{n: n, ledger: Ledger{Taken: map[string]string{}, Given: map[string]string{}, Receipts: map[string]int{}, Refused: map[string]int{}}}
}

// Ledger returns what script mirror has noted so far.
func (n *Network) Ledger() Ledger {
	m := n.mirror
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.ledger
	l.Taken, l.Given, l.Receipts, l.Refused = maps.Clone(l.Taken), maps.Clone(l.Given), maps.Clone(l.Receipts), maps.Clone(l.Refused)
	return l
}

// Hold makes script mirror keep its own messages back, or send them.
func (n *Network) Hold(on bool) {
	n.mirror.mu.Lock()
	defer n.mirror.mu.Unlock()
	n.mirror.held = on
}

// playMirror takes every call, reports each text once and sends it back once. What the UE
// does not answer goes again under its ids (RFC 4975 §5.4), in the next session; where
// there is none and the UE's address is known, we call. It goes on until the network is
// closed and fails only if no text ever came.
func (n *Network) playMirror() error {
	n.cfg.Fresh = true
	tick := time.NewTicker(mirrorPace)
	defer tick.Stop()
	calling := make(chan struct{}, 1)
	for {
		select {
		case d := <-n.invites:
			n.spawn(func() { n.mirror.taken(d) })
		case <-tick.C:
			if n.mirror.lonely() {
				select {
				case calling <- struct{}{}:
					n.spawn(func() { defer func() { <-calling }(); n.mirror.call() })
				default:
				}
			}
		case <-n.closed:
			if len(n.Ledger().Taken) == 0 {
				return at(row(stepHello), errors.New("no text came"))
			}
			return nil
		}
	}
}

// taken serves a call of the UE.
func (m *mirror) taken(d *dialog) {
	m.enter(1)
	defer m.enter(-1)
	m.mu.Lock()
	m.ue, m.own = inAngles(d.invite.get("From")), inAngles(d.invite.get("To"))
	m.mu.Unlock()
	offer, err := m.n.checkInvite(d.invite)
	if err != nil {
		m.n.logf("%v", at(row(stepInvite), err))
		return
	}
	c := m.n.newChat(d, offer.get("a=path:"))
	if err = c.accept(); err == nil {
		err = c.s.connected()
	}
	if err != nil {
		m.n.logf("mirror: a call came to nothing: %v", err)
		return
	}
	m.serve(c.s)
}

// enter counts sessions.
func (m *mirror) enter(by int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions += by
	m.alone = time.Now()
}

// lonely reports whether only a call of ours can bring the UE what it is owed.
func (m *mirror) lonely() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sessions == 0 && len(m.owed) > 0 && m.ue != "" && m.n.cfg.UE.IsValid() && time.Since(m.alone) > mirrorCall
}

// call opens a session of ours and serves it.
func (m *mirror) call() {
	m.enter(1)
	defer m.enter(-1)
	c := m.n.newCaller()
	m.mu.Lock()
	c.put("sip:310410123456789@sharetechnote.com", m.own, "sip:+14448880000@sharetechnote.com;user=phone", m.ue)
	m.mu.Unlock()
	for _, part := range []func() error{c.call, c.settled, c.ack, c.openActive} {
		if err := part(); err != nil {
			m.n.logf("mirror: a call of ours came to nothing: %v", err)
			return
		}
	}
	m.mu.Lock()
	m.ledger.Calls++
	m.mu.Unlock()
	m.serve(c.s)
}

// settled takes the final response to our INVITE and acknowledges a refusal.
func (c *caller) settled() error {
	m, err := c.d.await("the final response", func(m *message) bool { return m.status() >= 200 })
	if err != nil {
		return err
	}
	k := c.checkResponse(m)
	if m.status() >= 300 {
		fmt.Fprintf(writer(c.invite.flow.write), "ACK %s SIP/2.0\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
			c.invite.uri(), c.invite.get("Via"), c.invite.get("From"), m.get("To"), c.invite.get("Call-ID"))
		return errors.New(m.start)
	}
	c.answer = k.description(m, "passive")
	c.ok, c.s.peer = m, c.answer.get("a=path:")
	return k.err()
}

// writer is a function as an io.Writer.
type writer func([]byte) error

func (w writer) Write(b []byte) (int, error) { return len(b), w(b) }

// serve carries messages both ways until the connection ends.
func (m *mirror) serve(s *session) {
	flight := map[string]*parcel{} // by transaction id
	defer m.back(flight)
	tick := time.NewTicker(mirrorPace)
	defer tick.Stop()
	for _, f := range s.overheld {
		if m.frame(s, f, flight) != nil {
			return
		}
	}
	for {
		for p := m.pick(flight); p != nil; p = m.pick(flight) {
			tid := random(12)
			flight[tid] = p
			if s.write(p.send(s, tid)) != nil {
				return
			}
		}
		select {
		case f, ok := <-s.stream.frames:
			if !ok || m.frame(s, f, flight) != nil {
				return
			}
		case <-tick.C:
		case <-m.n.closed:
			return
		}
	}
}

// send is the SEND of a parcel; its ids are the same each time, but for the transaction's.
func (p *parcel) send(s *session, tid string) []byte {
	return fmt.Appendf(nil, "MSRP %s SEND\r\nTo-Path: %s\r\nFrom-Path: %s\r\nMessage-ID: %s\r\nByte-Range: 1-%d/%d\r\nContent-Type: message/cpim\r\n\r\n%s\r\n-------%s$\r\n",
		tid, s.peer, s.own, p.messageID, len(p.cpim), len(p.cpim), p.cpim, tid)
}

// pick returns the next parcel to send, or nil.
func (m *mirror) pick(flight map[string]*parcel) *parcel {
	if len(flight) >= mirrorWindow {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, p := range m.owed {
		if !m.held && p.after.Before(time.Now()) {
			copy(m.owed[1:i+1], m.owed[:i])
			m.owed = m.owed[1:]
			return p
		}
	}
	return nil
}

// back puts what was not answered in front of what waits.
func (m *mirror) back(flight map[string]*parcel) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range flight {
		m.owed = append([]*parcel{p}, m.owed...)
	}
}

// frame takes one request or response of the UE.
func (m *mirror) frame(s *session, f *frame, flight map[string]*parcel) error {
	switch {
	case f.code() != "":
		if p := flight[f.id]; p != nil {
			delete(flight, f.id)
			m.answered(p, f.code())
		}
		return nil
	case f.what != "SEND":
		return nil
	}
	if f.hasBody {
		if f.flag != '$' {
			return fmt.Errorf("the UE sends a message in chunks")
		}
		if e, err := parseCPIM(f.body); err == nil {
			m.take(e)
		}
	}
	return s.write(s.answer(f, "200 OK"))
}

// answered notes what the UE said to a parcel; refused, it waits for another time.
func (m *mirror) answered(p *parcel, code string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if code != "200" {
		m.ledger.Refused[code]++
		p.after = time.Now().Add(mirrorAgain)
		m.owed = append(m.owed, p)
		return
	}
	m.ledger.Owed--
	if p.text != "" {
		m.ledger.Given[p.imdnID] = p.text
	}
}

// take notes a message of the UE; a text that comes for the first time is owed a
// notification and its echo.
func (m *mirror) take(e envelope) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := e.imdn("Message-ID")
	if !isText(e) {
		if of := element(e.content, "message-id"); strings.Contains(e.content, "<delivery-notification>") {
			m.ledger.Receipts[of]++
		}
		return
	}
	if _, again := m.ledger.Taken[id]; again {
		return
	}
	m.ledger.Taken[id] = e.content
	m.ledger.Owed += 2
	m.owed = append(m.owed, receiptFor(id), echoOf(e.content))
}

const mirrorHead = "From: <sip:anonymous@anonymous.invalid>\r\nTo: <sip:anonymous@anonymous.invalid>\r\nDateTime: 2015-02-24T06:48:26Z\r\n" +
	"NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: "

// receiptFor is a delivery notification.
func receiptFor(id string) *parcel {
	p := &parcel{messageID: random(10), imdnID: random(10)}
	p.cpim = mirrorHead + p.imdnID + "\r\n\r\nContent-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n\r\n" +
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">\r\n  <message-id>" + id + "</message-id>\r\n" +
		"  <delivery-notification>\r\n    <status>\r\n      <delivered />\r\n    </status>\r\n  </delivery-notification>\r\n</imdn>"
	return p
}

// echoOf is a text of ours that says the same.
func echoOf(text string) *parcel {
	p := &parcel{messageID: random(10), imdnID: random(16), text: text}
	p.cpim = fmt.Sprintf("%s%s\r\nimdn.Disposition-Notification: positive-delivery\r\n\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s",
		mirrorHead, p.imdnID, len(text), text)
	return p
}
