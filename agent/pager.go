package agent

import (
	"imsagent/agent/internal/bufpool"
	"imsagent/agent/spool"
	"imsagent/cpim"
	"imsagent/sipmin"
)

// incomingRequest takes a request outside the dialogs of our chats: MESSAGE with a CPIM
// body, as notifications come when there is no session.
func (c *Core) incomingRequest(ev *sipmin.Event) {
	if ev.Method != sipmin.MMessage {
		_ = c.ua.Respond(c.now, ev.Txn, 405, []sipmin.ExtraHeader{{Name: "Allow", Value: allowed}}, "", nil)
		return
	}
	if code := c.incomingMessage(ev); code != 0 {
		_ = c.ua.Respond(c.now, ev.Txn, code, acceptHeader(code), "", nil)
	}
}

// acceptHeader says with a 415 what would have been taken (RFC 3261 §21.4.13).
func acceptHeader(code uint16) []sipmin.ExtraHeader {
	if code != 415 {
		return nil
	}
	return []sipmin.ExtraHeader{{Name: "Accept", Value: "message/cpim"}}
}

// incomingMessage reads a MESSAGE. It returns the status to answer with, or 0 while the
// message is on its way to flash.
func (c *Core) incomingMessage(ev *sipmin.Event) uint16 {
	ct, _ := ev.Msg.Get(sipmin.HContentType)
	if !cpim.IsType(ct.In(ev.Raw), "message/cpim") {
		return 415
	}
	body := ev.Body()
	m := &c.cpim
	if _, err := cpim.Parse(body, m); err != nil {
		c.counters.malformed++
		return 400
	}
	if name, unmet := m.Unmet(body, nil); unmet && name.Len > 0 {
		return 415
	}
	var room [maxKey]byte
	p := c.peerOf(c.appendCaller(room[:0], ev.Msg, ev.Raw))
	if p == nil {
		return 480
	}
	if p.uri == "" {
		p.uri = c.uriOf(p.key)
	}
	answer := pending{use: pendReceiptPager, txn: uint32(ev.Txn)}
	switch code := c.takePayload(p, m, body, int64(len(body)), answer); code {
	case 0:
		return c.storePager(p, m, body, ev)
	case onItsWay:
		return 0
	default:
		return code
	}
}

// storePager sends a message that came by MESSAGE to flash; its 200 waits for that.
func (c *Core) storePager(p *peer, m *cpim.Message, body []byte, ev *sipmin.Event) uint16 {
	c.tidy()
	c.adoptConversation(p, ev)
	buf, id := c.entryOf(p, m, body)
	if buf == nil {
		return 480
	}
	token, ok := c.await(pending{use: pendPager, txn: uint32(ev.Txn), id: id, key: p.key})
	if !ok {
		buf.Release()
		return 480
	}
	c.do(Action{Kind: ActStore, ID: id, Token: token, Buf: buf})
	return 0
}

// entryOf is a buffer with the entry of a whole message of p that came by SIP, and its id;
// nil when no buffer is free.
func (c *Core) entryOf(p *peer, m *cpim.Message, body []byte) (*bufpool.Buf, uint64) {
	c.conversationOf(p)
	var e spool.Entry
	c.describeContent(&e, p, m, body, int64(len(body)))
	e.ID = c.newID()
	return c.entryBuf(&e), e.ID
}

// answerPager answers a MESSAGE that waited for the flash.
func (c *Core) answerPager(p *pending, code uint16) {
	_ = c.ua.Respond(c.now, sipmin.Txn(p.txn), code, nil, "", nil)
	c.drainUA()
}

// pagerStored answers a MESSAGE that is on flash.
func (c *Core) pagerStored(p *pending, ev *Event) {
	code := storedCode(ev)
	c.answerPager(p, code)
	if code != 200 {
		c.refusedByFlash(ev.Fault)
		return
	}
	if ev.Dup {
		c.counters.duplicate++
		c.repeatReceipt(p, ev)
		return
	}
	c.addIncoming(p.key, ev.Buf.Bytes(), 0)
}
