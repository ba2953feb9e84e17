package agent

import (
	"slices"
	"time"

	"imsagent/msrp/sdp"
)

// maxPeers bounds how many peers are remembered at once; the one that has had nothing to
// do for the longest time makes room.
const maxPeers = 1024

// maxConversations bounds the Conversation-IDs in memory, as the number of peers on flash.
const maxConversations = 4096

// maxKey is the longest key of a peer, in octets.
const maxKey = 256

// A peer is one person we chat with, under one key (INTERFACES: E.164 where there is one,
// else the SIP URI).
type peer struct {
	key          string
	uri          string // Request-URI of an INVITE to it
	conversation string // one Conversation-ID a peer, kept in the spool
	keyOctets    []byte // key
	convOctets   []byte // conversation
	session      *session
	head, tail   int32 // its outgoing messages not yet sent, oldest first; -1: none
	receipts     int32 // its incoming messages that still owe a notification; -1: none
	lastUsed     time.Time
	nextTry      time.Time // no INVITE before; zero: at once
	tries        uint8     // INVITEs in a row that came to nothing
	paging       bool      // a MESSAGE to it has no response yet
	pageTries    uint8     // MESSAGEs in a row that came to nothing
	nextPage     time.Time // no MESSAGE before
	noIMDN       bool      // a 415 said that it takes no notifications
	noTyping     bool      // a 415 said that it takes no isComposing
	glare        bool      // we refused its INVITE because ours was pending
	continues    string    // Contribution-ID of the session that left something undone; "" for none
	typing       typingState
}

// idle reports whether forgetting the peer loses nothing but its Conversation-ID, which
// is in the spool.
func (p *peer) idle() bool { return p.session == nil && p.head < 0 && p.receipts < 0 }

// relearn lets a new session, which lists a type by its name, overrule the 415 of an earlier
// one: that told what the peer took "for the duration of the session" (RFC 4975 §10.6).
func (p *peer) relearn(d *sdp.Description) {
	if d == nil {
		return
	}
	if slices.Contains(d.Wrapped, string(typeIMDN)) {
		p.noIMDN = false
	}
	if slices.Contains(d.Types, typeComposing) {
		p.noTyping = false
	}
}

// peerOf returns the peer of key, made if need be; nil if the table is full of busy ones.
func (c *Core) peerOf(key []byte) *peer {
	if p := c.peers[string(key)]; p != nil {
		p.lastUsed = c.now
		return p
	}
	if len(c.peers) >= maxPeers && !c.dropIdlePeer() {
		return nil
	}
	return c.addPeer(key)
}

// addPeer makes a peer, whatever the limit: what the spool holds has its peer.
func (c *Core) addPeer(key []byte) *peer {
	p := &peer{key: string(key), keyOctets: append([]byte(nil), key...), head: -1, tail: -1, receipts: -1, lastUsed: c.now}
	c.peers[p.key] = p
	return p
}

// dropIdlePeer forgets the peer that has been idle longest.
func (c *Core) dropIdlePeer() bool {
	var oldest *peer
	for _, p := range c.peers {
		if p.idle() && (oldest == nil || p.lastUsed.Before(oldest.lastUsed) || p.lastUsed.Equal(oldest.lastUsed) && p.key < oldest.key) {
			oldest = p
		}
	}
	if oldest == nil {
		return false
	}
	delete(c.peers, oldest.key)
	return true
}

// remember makes sure that the peer of a message is the one in the table: it may have been
// idle, and have made room for another.
func (c *Core) remember(m *message) {
	if p := c.peers[m.peer.key]; p != nil {
		m.peer = p
	} else {
		c.peers[m.peer.key] = m.peer
	}
}

// conversationOf returns the peer's Conversation-ID, made and stored on first use.
func (c *Core) conversationOf(p *peer) string {
	if p.conversation == "" {
		if id, ok := c.conversations[p.key]; ok {
			p.conversation, p.convOctets = id, []byte(id)
		} else {
			c.setConversation(p, c.newUUID())
		}
	}
	return p.conversation
}

// setConversation notes the Conversation-ID of p and puts it on flash.
func (c *Core) setConversation(p *peer, id string) {
	if p.conversation == id {
		return
	}
	p.conversation, p.convOctets = id, []byte(id)
	if _, known := c.conversations[p.key]; known || len(c.conversations) < maxConversations {
		c.conversations[p.key] = id
	}
	c.do(Action{Kind: ActPeer, Key: p.key, Text: id})
}
