package agent

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"imsagent/agent/internal/bufpool"
)

// What a reader may be ahead of the loop by, in Bufs: a peer that sends faster than the loop
// reads waits, and does not take the buffers from the others.
const (
	readAhead      = 4
	datagramsAhead = 16
)

// mayRead waits until the loop has looked at enough of a flow. It returns false when the
// daemon ends.
func (e *edge) mayRead(f *flow) bool {
	select {
	case f.ahead <- struct{}{}:
		return true
	case <-f.end:
		return true // the read that follows ends the reader
	case <-e.done:
		return false
	}
}

// took tells a reader that the loop has looked at one Buf of its flow.
func (e *edge) took(id FlowID) {
	ahead := e.udpAhead
	if id != udpFlow {
		e.mu.Lock()
		f := e.flows[id]
		e.mu.Unlock()
		if f == nil {
			return
		}
		ahead = f.ahead
	}
	select {
	case <-ahead:
	default:
	}
}

// maxDatagram is the largest payload of UDP; SIP has the same limit (L1).
const maxDatagram = 65535

// readDatagrams moves datagrams to the loop. While it waits the kernel keeps some and drops
// the others: SIP retransmits them.
func (e *edge) readDatagrams() {
	space := make([]byte, maxDatagram)
	for {
		select {
		case e.udpAhead <- struct{}{}:
		case <-e.done:
			return
		}
		n, from, err := e.udp.ReadFromUDPAddrPort(space)
		buf := (*bufpool.Buf)(nil)
		if err == nil {
			buf = e.datagramBuf(n)
		}
		if buf == nil {
			e.took(udpFlow)
			if errors.Is(err, net.ErrClosed) || err != nil && e.pause(10*time.Millisecond) {
				return
			}
			continue // an ICMP error of an earlier datagram, or no room for this one
		}
		buf.Append(space[:n])
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		if !e.post(Event{Kind: EvDatagram, Flow: udpFlow, Door: DoorSIP, Addr: from, Buf: buf}) {
			return
		}
	}
}

// datagramBuf is a buffer for n octets, or nil: then the datagram is dropped.
func (e *edge) datagramBuf(n int) *bufpool.Buf {
	if n <= bufpool.Size {
		return e.pool.Wait(e.done)
	}
	return e.pool.GetLarge()
}

// A pace lets at most ten log lines a second through (L20). One goroutine uses it.
type pace struct {
	since time.Time
	lines int
}

func (p *pace) allow() bool {
	if now := time.Now(); now.Sub(p.since) >= time.Second {
		p.since, p.lines = now, 0
	}
	p.lines++
	return p.lines <= 10
}
