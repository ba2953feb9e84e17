package agent

import (
	"math/bits"

	"imsagent/agent/ipc"
)

// beyondLimit is how many messages the table takes above [spool] max_messages: those that
// are on their way to flash. It is the spool that refuses, since it also knows duplicates,
// which are acknowledged even when it is full.
const beyondLimit = maxOutstanding + maxHosts

// tidy forgets a message that is kept only because the user has not seen it, if its place
// is needed for one of a peer.
func (c *Core) tidy() {
	if c.box.live >= c.cfg.Spool.MaxMessages {
		c.makeRoom()
	}
}

// refusedByFlash is what a fault of the spool means for the messages to come: a full one
// forgets what it need not keep, and the hosts are told that a message was refused.
func (c *Core) refusedByFlash(why Fault) {
	if why == FaultFull {
		c.noteFull()
		c.makeRoom()
	}
}

// noteFull tells every host that a message of a peer was refused: it has to acknowledge
// some, and the peer to send it again.
func (c *Core) noteFull() {
	for i := range c.hosts {
		if h := &c.hosts[i]; h.flow != 0 && h.topics&ipc.TopicMessage != 0 {
			h.dropped[bits.TrailingZeros8(uint8(ipc.TopicMessage))]++
		}
	}
}
