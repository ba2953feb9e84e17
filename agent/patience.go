package agent

import "time"

// How long a connection that somebody else has opened may take (L16). The connection that we
// dialled to the P-CSCF and one that has its MSRP session are never closed for their silence.
const (
	firstOctetTime = 10 * time.Second  // to its first octet; of MSRP: to name its session (bindTime)
	headTime       = 32 * time.Second  // to the end of a head that has begun
	stallTime      = 60 * time.Second  // to more octets of a body, or of a host's frame
	idleTime       = 300 * time.Second // to the next message
)

// awaitSIP sets until when an accepted SIP connection may be silent, after what has come.
func (c *Core) awaitSIP(f *sipFlow) {
	switch {
	case f.dialed:
	case f.part == nil:
		f.due, f.inHead = c.now.Add(idleTime), false
	case f.framer.InBody():
		f.due, f.inHead = c.now.Add(stallTime), false
	case !f.inHead: // octet by octet it does not take longer
		f.due, f.inHead = c.now.Add(headTime), true
	}
}

// expireFlows closes the SIP connections and the hosts that have taken too long.
func (c *Core) expireFlows() {
	for i := range c.sipFlows {
		if f := &c.sipFlows[i]; f.id != 0 && due(f.due, c.now) {
			c.do(Action{Kind: ActClose, Flow: f.id})
			c.sipFlowGone(f)
		}
	}
	for i := range c.hosts {
		if h := &c.hosts[i]; h.flow != 0 && due(h.due, c.now) {
			c.closeHost(h)
		}
	}
}

func due(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

func (c *Core) flowDeadline() (d time.Time) {
	for i := range c.sipFlows {
		if f := &c.sipFlows[i]; f.id != 0 {
			d = earliest(d, f.due)
		}
	}
	for i := range c.hosts {
		if h := &c.hosts[i]; h.flow != 0 {
			d = earliest(d, h.due)
		}
	}
	return d
}
