package agent

import (
	"math/bits"

	"imsagent/agent/ipc"
)

// beyondLimit is how many messages the table takes above [spool] max_messages: those that
// are on their way to flash, and ghosts. It is the spool that refuses, since it also knows duplicates,
// which are acknowledged even when it is full.
const beyondLimit = maxOutstanding + maxHosts + maxGhosts

// tidy forgets a message that is kept only because the user has not seen it, if its place
// is needed for one of a peer.
func (c *Core) tidy() {
	if c.full() {
		c.makeRoom()
	}
}

// full reports whether the table holds as many messages as may be kept.
func (c *Core) full() bool { return c.box.live-c.box.ghosts >= c.cfg.Spool.MaxMessages }

// refusedByFlash is what a fault of the spool means for the messages to come: a full one
// forgets what it need not keep, and the hosts are told that a message was refused.
func (c *Core) refusedByFlash(why Fault) {
	if why == FaultFull {
		c.noteFull()
		c.makeRoom()
	}
}

// noteLost tells every host that the flash has lost messages; one that comes later if none
// is here to be told.
func (c *Core) noteLost(n int) {
	if n == 0 {
		return
	}
	c.counters.damaged += uint64(n)
	told := false
	for i := range c.hosts {
		if h := &c.hosts[i]; h.flow != 0 && h.topics&ipc.TopicMessage != 0 {
			h.drop(ipc.TopicMessage, int64(n))
			told = true
		}
	}
	if !told {
		c.untold += int64(n)
	}
}

// drop counts notifications of a topic that a host does not get.
func (h *host) drop(topic ipc.Topics, n int64) { h.dropped[bits.TrailingZeros8(uint8(topic))] += n }

// noteFull tells every host that a message of a peer was refused: it has to acknowledge
// some, and the peer to send it again.
func (c *Core) noteFull() {
	for i := range c.hosts {
		if h := &c.hosts[i]; h.flow != 0 && h.topics&ipc.TopicMessage != 0 {
			h.drop(ipc.TopicMessage, 1)
		}
	}
}
