package agent

import (
	"time"

	"imsagent/agent/internal/bufpool"
	"imsagent/agent/ipc"
)

// hostCredit is how many Bufs may be on their way to one host (L18): half of what is free, so
// that hosts which do not read, however many, never keep the protocols or a host that does
// read from a buffer.
func (c *Core) hostCredit() int { return max(2, min(maxHostCredit, c.pool.Free()/2)) }

// flashCredit is how many actions may wait for the spool before no host is listened to: a
// flash that stalls must not stop the loop, which the queue to it would when it is full.
const flashCredit = spoolQueue / 2

func (c *Core) busyFlash() bool { return c.behind >= flashCredit }

// maxPieces is how many buffers the longest frame takes.
const maxPieces = (ipc.MaxFrame + bufpool.Size - 1) / bufpool.Size

// give sends one frame to a host, or reports that there is no room for it now. A frame that
// outgrows a buffer goes in several: the large ones are for what cannot be divided.
func (c *Core) give(h *host, frame []byte) bool {
	var pieces [maxPieces]*bufpool.Buf
	need := (len(frame) + bufpool.Size - 1) / bufpool.Size
	if h.unsent+need > flowQueue-1 || need > maxPieces {
		return false
	}
	for i := range need {
		if pieces[i] = c.pool.Get(); pieces[i] == nil {
			for _, b := range pieces[:i] {
				b.Release()
			}
			return c.giveLarge(h, frame)
		}
	}
	for _, b := range pieces[:need] {
		n := min(len(frame), b.Cap())
		b.Append(frame[:n])
		frame = frame[n:]
		h.unsent++
		c.do(Action{Kind: ActSend, Flow: h.flow, Buf: b})
	}
	return true
}

// giveLarge sends one frame in a large buffer.
func (c *Core) giveLarge(h *host, frame []byte) bool {
	b := c.pool.GetLarge()
	if b == nil {
		return false
	}
	b.Append(frame)
	h.unsent++
	c.do(Action{Kind: ActSend, Flow: h.flow, Buf: b})
	return true
}

// waitForHost leaves the octets of buf from its last n on unread, and the flow with them,
// until the host has read some of its answers.
func (c *Core) waitForHost(h *host, buf *bufpool.Buf, n int) {
	h.part, h.paused, h.due = c.keep(buf, n), true, time.Time{}
	c.do(Action{Kind: ActPause, Flow: h.flow})
}

// continueHost takes the requests that waited, once enough answers have left.
func (c *Core) continueHost(h *host) {
	if !h.paused || h.unsent > c.hostCredit()/2 || c.busyFlash() {
		return
	}
	id, buf := h.flow, h.part
	h.part, h.paused = nil, false
	c.takeFrames(h, buf)
	if h.flow == id && !h.paused {
		c.do(Action{Kind: ActResume, Flow: id})
	}
}

// closePatience is how long a host that is closed may take to read what was said to it.
const closePatience = time.Second
