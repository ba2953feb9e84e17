package agent

import (
	"time"

	"imsagent/agent/internal/bufpool"
	"imsagent/agent/spool"
	"imsagent/cpim"
	"imsagent/cpim/imdn"
	"imsagent/msrp/sdp"
	"imsagent/sipmin"
)

// owed returns the marks of the notifications that an incoming message still owes its
// sender: delivery as soon as it is on flash, display once the user has seen it.
func (c *Core) owed(place int32) (s State) {
	m := &c.box.table[place]
	if m.imdnLen == 0 || m.peer.noIMDN || m.peer.key == anonymous && m.peer.session == nil {
		return 0
	}
	if m.notify&notifyDelivery != 0 && c.cfg.Chat.DeliveryNotifications && m.state&InReceipted == 0 {
		s |= InReceipted
	}
	if m.notify&notifyDisplay != 0 && c.cfg.Chat.DisplayNotifications && m.state&InSeen != 0 && m.state&InDisplayed == 0 {
		s |= InDisplayed
	}
	return s
}

// oweReceipts puts an incoming message on its peer's list if it owes a notification.
func (c *Core) oweReceipts(place int32) {
	m := &c.box.table[place]
	if m.queued || c.owed(place) == 0 {
		return
	}
	c.remember(m)
	m.queued = true
	m.next = -1
	link := &m.peer.receipts
	for *link >= 0 {
		link = &c.box.table[*link].next
	}
	*link = place
}

// receipted notes which notifications of an incoming message have reached the network.
func (c *Core) receipted(place int32, marks State) {
	m := &c.box.table[place]
	if m.state|marks != m.state {
		m.state |= marks
		if !m.ghost {
			c.do(Action{Kind: ActMark, ID: m.id, State: m.state, Millis: c.wall.UnixMilli()})
		}
	}
	if c.owed(place) == 0 {
		c.unlinkReceipt(place)
	}
	c.forgetIfSettled(place)
}

// wantsNone notes that a peer takes no notifications: nothing is owed to it any more.
func (c *Core) wantsNone(p *peer) {
	p.noIMDN = true
	for p.receipts >= 0 {
		c.receipted(p.receipts, 0)
	}
}

// unlinkReceipt takes an incoming message off its peer's list.
func (c *Core) unlinkReceipt(place int32) {
	m := &c.box.table[place]
	if !m.queued {
		return
	}
	for link := &m.peer.receipts; *link >= 0; link = &c.box.table[*link].next {
		if *link == place {
			*link = m.next
			break
		}
	}
	m.queued, m.next = false, -1
}

// repeatReceipt answers a message that was here before: it is not shown again, but its
// sender, who may not have got the notification, gets it once more (RFC 4975 §5.4).
func (c *Core) repeatReceipt(p *pending, ev *Event) {
	var e spool.Entry
	peer := c.peers[p.key]
	if peer == nil || spool.ParseEntry(ev.Buf.Bytes(), &e) != nil {
		return
	}
	place := c.box.FindIMDN(peer, e.IMDNID, true)
	if place < 0 { // settled and forgotten long ago
		m := inboxMessage(&e, peer)
		m.ghost, m.state = true, InStored|InAcked|InReceipted|InSeen|InDisplayed
		if place = c.addGhost(m); place < 0 {
			return
		}
	}
	if c.box.table[place].state&InReceipted != 0 {
		c.box.table[place].state &^= InReceipted
		c.oweReceipts(place)
	}
	c.forgetIfSettled(place)
}

// maxGhosts is how many messages may be in the table only to be notified of once more. The
// oldest gives way: its sender says it again if it must.
const maxGhosts = 32

// addGhost takes a message into the table whose place no real one will miss.
func (c *Core) addGhost(m message) int32 {
	if c.box.ghosts >= maxGhosts {
		oldest := c.oldestGhost()
		c.unlinkReceipt(oldest)
		c.box.Remove(oldest)
	}
	return c.box.Add(m)
}

func (c *Core) oldestGhost() (oldest int32) {
	oldest = -1
	for i := range c.box.table {
		g := &c.box.table[i]
		if g.id != 0 && g.ghost && (oldest < 0 || g.id < c.box.table[oldest].id) {
			oldest = int32(i)
		}
	}
	return oldest
}

// takesIMDN reports whether notifications may go on a session; else they wait, and go by
// MESSAGE when it has ended.
func (s *session) takesIMDN() bool {
	listed := s.remote == nil || len(s.remote.Wrapped) == 0 || sdp.AllowsType(s.remote.Wrapped, "message/imdn+xml")
	return listed && !s.peer.noIMDN && !s.mute
}

// queueReceipts sends the notifications that wait for the peer of an open session, if its
// description lists their type.
func (c *Core) queueReceipts(s *session) {
	if !s.takesIMDN() {
		return
	}
	for i := s.peer.receipts; i >= 0; i = c.box.table[i].next {
		owed := c.owed(i)
		if owed&InReceipted != 0 && !c.queueReceipt(s, i, xferDelivery) {
			return
		}
		if owed&InDisplayed != 0 && !c.queueReceipt(s, i, xferDisplay) {
			return
		}
	}
}

// queueReceipt builds one notification and gives it to the session.
func (c *Core) queueReceipt(s *session, place int32, use transferUse) bool {
	if s.carries(use, place) || c.paged(use, place) {
		return true
	}
	x := s.freeTransfer(0)
	if x == nil {
		return false
	}
	buf := c.pool.Get()
	if buf == nil {
		c.counters.shed++
		return false
	}
	b, err := c.appendReceipt(buf.Space()[:0], place, use)
	if err != nil {
		buf.Release()
		c.receipted(place, InReceipted|InDisplayed) // an id that cannot be written can never be notified
		return false
	}
	buf.SetLen(len(b))
	*x = transfer{use: use, place: place, id: c.box.table[place].id, buf: buf, head: len(b), size: int64(len(b))}
	return c.queueTransfer(s, x, "message/cpim", nil, true)
}

// appendReceipt appends a notification in its envelope: "an IMDN MUST have its own
// Message-ID" and must not itself ask for one (RFC 5438 §7.2.1).
func (c *Core) appendReceipt(dst []byte, place int32, use transferUse) ([]byte, error) {
	m := &c.box.table[place]
	var date [40]byte
	n := imdn.Payload{MessageID: m.imdn(), Report: imdn.Report{Kind: imdn.Delivery, Status: imdn.Delivered},
		DateTime: time.UnixMilli(m.created).UTC().AppendFormat(date[:0], dateForm)}
	if use == xferDisplay {
		n.Report = imdn.Report{Kind: imdn.Display, Status: imdn.Displayed}
	}
	doc, err := imdn.Append(c.document[:0], &n)
	if err != nil {
		return dst, err
	}
	c.fillID(c.receiptID[:])
	env := cpim.Envelope{From: c.cpimFrom(), To: c.cpimTo(m.peer), DateTime: c.wall, MessageID: c.receiptID[:],
		Disposition: "notification", ContentType: typeIMDN, Length: len(doc)}
	out, err := env.AppendHead(dst)
	if err != nil || len(doc) > cap(out)-len(out) {
		return dst, cpim.ErrNoRoom
	}
	return append(out, doc...), nil
}

// dateForm is DateTime of RFC 3862 §4.4 with as much precision as the table keeps.
const dateForm = "2006-01-02T15:04:05.999Z07:00"

var typeIMDN = []byte("message/imdn+xml")

// sendPagers sends the notifications of peers without a session by MESSAGE (RFC 5438
// §12.1), one at a time for each peer.
func (c *Core) sendPagers() {
	for !c.stopping && c.ready() && c.freePager() >= 0 {
		p := c.nextPaged()
		if p == nil {
			return
		}
		c.sendPager(p)
	}
}

// nextPaged is the peer that has waited longest for a notification that can go now, or nil.
func (c *Core) nextPaged() (next *peer) {
	for _, p := range c.peers {
		if !p.pageable() || p.nextPage.After(c.now) {
			continue
		}
		if next == nil || c.box.table[p.receipts].id < c.box.table[next.receipts].id {
			next = p
		}
	}
	return next
}

// pageable reports whether notifications to p are owed and go by MESSAGE: there is no
// session, or one whose INVITE waits for our user.
func (p *peer) pageable() bool {
	free := p.session == nil || p.key != anonymous && p.session.state == sessionIncoming && !p.session.accepted
	return p.receipts >= 0 && free && !p.paging && !p.noIMDN && p.uri != ""
}

func (c *Core) sendPager(p *peer) {
	place := p.receipts
	owed, use := c.owed(place), xferDelivery
	if owed == 0 { // whom the network withholds is reached by a session alone, and that is over
		c.receipted(place, 0)
		return
	}
	if owed&InReceipted == 0 {
		use = xferDisplay
	}
	var room [bufpool.Size]byte
	body, err := c.appendReceipt(room[:0], place, use)
	if err != nil {
		c.receipted(place, InReceipted|InDisplayed)
		return
	}
	slot := c.freePager()
	if slot < 0 {
		return
	}
	c.pagers[slot] = pager{peer: p, place: place, id: c.box.table[place].id, use: use}
	err = c.ua.Request(c.now, &sipmin.RequestOut{
		Method: sipmin.MMessage, URI: p.uri, ContentType: "message/cpim", Body: body, Tag: uint32(slot),
		Headers: []sipmin.ExtraHeader{
			{Name: "Conversation-ID", Value: c.conversationOf(p)},
			{Name: "P-Preferred-Service", Value: "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg"},
			{Name: "P-Preferred-Identity", Value: "<" + c.cfg.IMS.From() + ">"},
			{Name: c.acceptContactName(), Value: `*;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg"`},
		},
	})
	if err != nil {
		c.pagers[slot] = pager{}
		p.nextPage = c.now.Add(retryAfter[0])
		return
	}
	p.paging = true
	c.drainUA()
}

// maxPagers is how many MESSAGEs may wait for their response at once.
const maxPagers = 4

// A pager is a notification that went by MESSAGE.
type pager struct {
	peer  *peer // nil: free
	place int32
	id    uint64
	use   transferUse
}

// paged reports whether a notification is on its way by MESSAGE: it goes once.
func (c *Core) paged(use transferUse, place int32) bool {
	for i := range c.pagers {
		if g := &c.pagers[i]; g.peer != nil && g.use == use && g.place == place {
			return true
		}
	}
	return false
}

func (c *Core) freePager() int {
	for i := range c.pagers {
		if c.pagers[i].peer == nil {
			return i
		}
	}
	return -1
}

// stepResponse takes the final response to a MESSAGE of ours.
func (c *Core) stepResponse(ev *sipmin.Event) {
	if int(ev.Tag) >= len(c.pagers) || c.pagers[ev.Tag].peer == nil {
		return
	}
	g := c.pagers[ev.Tag]
	c.pagers[ev.Tag] = pager{}
	g.peer.paging = false
	if ev.Status >= 300 && !finalStatus(ev.Status) {
		g.peer.pageTries = min(g.peer.pageTries+1, 200)
		wait := max(retryAfter[min(int(g.peer.pageTries)-1, len(retryAfter)-1)], ev.RetryAfter)
		g.peer.nextPage = c.now.Add(wait)
		return
	}
	g.peer.pageTries = 0
	if c.box.table[g.place].id != g.id {
		return
	}
	if ev.Status == 415 {
		c.wantsNone(g.peer)
		return
	}
	c.receipted(g.place, markOf(g.use))
}

// markOf is the mark of a notification that is settled.
func markOf(use transferUse) State {
	if use == xferDisplay {
		return InDisplayed
	}
	return InReceipted
}

// pageDeadline is the next time at which sendPagers has something to do.
func (c *Core) pageDeadline() (d time.Time) {
	if c.stopping || !c.ready() || c.freePager() < 0 {
		return d // a response comes first
	}
	for _, p := range c.peers {
		if p.pageable() {
			d = earliest(d, p.nextPage)
		}
	}
	return d
}
