package agent

import "imsagent/agent/spool"

// restore takes over what the spool holds: messages to be sent go back into their queues,
// notifications that are owed go back on their lists.
func (c *Core) restore(sp *spool.Spool) error {
	sp.EachConversation(func(peer, id string) bool {
		c.conversations[peer] = id
		return true
	})
	err := sp.Each(func(e *spool.Entry) bool {
		p := c.peers[string(e.Peer)]
		if p == nil {
			p = c.addPeer(e.Peer)
		}
		if e.Dir == spool.In {
			c.restoreIncoming(p, e)
		} else {
			c.restoreOutgoing(p, e)
		}
		return true
	})
	c.forgetRest(sp)
	c.nextID = sp.NextID()
	c.spoolBytes, _ = sp.Usage()
	return err
}

// forgetRest drops incoming messages whose last mark was written and whose end was not:
// nothing will happen to them any more.
func (c *Core) forgetRest(sp *spool.Spool) {
	for i := range c.box.table {
		if m := &c.box.table[i]; m.id != 0 && c.settled(int32(i)) {
			_ = sp.Forget(m.id) // else it is back with the next start
			c.box.Remove(int32(i))
		}
	}
}

func (c *Core) restoreIncoming(p *peer, e *spool.Entry) {
	if p.uri == "" {
		p.uri = c.uriOf(p.key)
	}
	if place := c.box.Add(inboxMessage(e, p)); place >= 0 {
		c.oweReceipts(place)
	}
}

func (c *Core) restoreOutgoing(p *peer, e *spool.Entry) {
	if len(e.Name) > 0 {
		p.uri = string(e.Name)
	}
	m := message{id: e.ID, state: State(e.State), reason: Reason(e.Reason), code: e.Code, notify: e.Notify,
		large: e.Large, peer: p, size: e.Size, created: e.Time, expires: e.Expires}
	m.imdnLen = uint8(copy(m.imdnID[:], e.IMDNID))
	m.client, m.content = clientKey(e.ClientID), contentKey(p.key, e.Body)
	if m.state == StateSent && m.notify&notifyDelivery != 0 && c.cfg.Chat.ReceiptTimeout > 0 {
		m.receipt = c.now.Add(c.cfg.Chat.ReceiptTimeout) // the mark of its delivery may be lost
	}
	if place := c.box.Add(m); place >= 0 && m.state == StateQueued {
		c.enqueue(place)
		p.nextTry = c.now // after a restart INVITEs are paced as after a failure
	}
}
