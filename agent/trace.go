package agent

import (
	"net/netip"

	"imsagent/agent/ipc"
	"imsagent/msrp"
	"imsagent/sipmin"
)

// Directions and protocols of a trace.
const (
	traceIn  = false
	traceOut = true

	protoSIP  = "sip"
	protoMSRP = "msrp"
)

// tracePiece is how many octets of a message one trace notification carries, so that its
// frame fits an ordinary buffer.
const tracePiece = 3800

// traceSpare is how many buffers a trace leaves to the protocols: a ladder on a screen
// must never cost a message.
const traceSpare = 8

// trace shows one message on the wire to whoever has subscribed. What was sent by MSRP may
// be several messages in one write: each is shown by itself.
func (c *Core) trace(out bool, proto string, tr sipmin.Transport, remote netip.AddrPort, b []byte) {
	if !c.wanted(ipc.TopicTrace) {
		return
	}
	if proto == protoSIP {
		c.tracePart(out, proto, tr, remote, 0, b, true)
		return
	}
	var r msrp.Reader
	shown := 0
	for at := 0; ; {
		n, it, err := r.Next(b[at:])
		at += n
		if err != nil || it.Kind == msrp.ItemNone {
			break
		}
		if it.Kind == msrp.ItemEnd {
			c.tracePart(out, proto, tr, remote, 0, b[shown:at], true)
			shown = at
		}
	}
	if shown < len(b) {
		c.tracePart(out, proto, tr, remote, 0, b[shown:], true)
	}
}

// traceMSRP shows octets that came on a connection; last ends the message that they are of.
func (c *Core) traceMSRP(k *msrpConn, b []byte, last bool) {
	if len(b) == 0 && !last || !c.wanted(ipc.TopicTrace) {
		return
	}
	k.part = c.tracePart(traceIn, protoMSRP, sipmin.TCP, k.addr, k.part, b, last)
	if last {
		k.part = 0
	}
}

// tracePart sends octets in pieces and returns the number of the next piece.
func (c *Core) tracePart(out bool, proto string, tr sipmin.Transport, remote netip.AddrPort, part int, b []byte, last bool) int {
	t := ipc.Trace{Time: c.wall.UnixMilli(), Out: out, Protocol: proto, Transport: "tcp", Local: c.localOf(proto), Remote: remote}
	if tr == sipmin.UDP {
		t.Transport = "udp"
	}
	for {
		n := min(len(b), tracePiece)
		t.Part, t.Bytes, t.Last = part, b[:n], last && n == len(b)
		frame, err := ipc.AppendTraceNote(c.scratch[:0], &t)
		if err != nil || c.pool.Free() < traceSpare {
			frame = nil
		}
		c.notify(ipc.TopicTrace, frame)
		part++
		if b = b[n:]; len(b) == 0 {
			return part
		}
	}
}

// localOf is our end of a protocol, as the host sees it: the port that we listen on.
func (c *Core) localOf(proto string) netip.AddrPort {
	if proto == protoMSRP {
		return netip.AddrPortFrom(c.cfg.IMS.Local.Addr.Addr(), c.msrpPort)
	}
	return c.cfg.IMS.Local.Addr
}
