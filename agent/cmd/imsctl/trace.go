package main

import (
	"net/netip"
	"strings"
)

// maxWire bounds a message that is put together from its parts, in octets: no SIP message
// and no chunk that we take is longer, with room for heads.
const maxWire = 1 << 20

// A packet is one message of the wire, whole.
type packet struct {
	time      int64 // ms since 1970
	out       bool
	protocol  string // sip or msrp
	transport string // tcp or udp
	local     netip.AddrPort
	remote    netip.AddrPort
	octets    []byte
}

// An assembler puts the parts of messages together. Each stream and direction has its own
// message in the making.
type assembler struct{ open map[string]*partial }

type partial struct {
	next   int64
	octets []byte
}

// add takes one `trace` notification, and returns the packet that it completes, or nil.
// Parts that do not follow one another are of a message of which a part was dropped: it
// is given up.
func (a *assembler) add(o object) *packet {
	key := text(o, "dir") + " " + text(o, "protocol") + " " + text(o, "local") + " " + text(o, "remote")
	octets, _ := o["bytes"].([]byte)
	part, last := number(o, "part"), flagged(o, "last")
	if part == 0 && last {
		delete(a.open, key)
		return newPacket(o, octets)
	}
	if a.open == nil {
		a.open = make(map[string]*partial)
	}
	if part == 0 {
		a.open[key] = &partial{}
	}
	p := a.open[key]
	if p == nil || p.next != part || len(p.octets)+len(octets) > maxWire {
		delete(a.open, key)
		return nil
	}
	p.next++
	if p.octets = append(p.octets, octets...); !last {
		return nil
	}
	delete(a.open, key)
	return newPacket(o, p.octets)
}

func newPacket(o object, octets []byte) *packet {
	p := &packet{time: number(o, "time"), out: text(o, "dir") == "out", protocol: text(o, "protocol"), octets: octets}
	p.transport, p.local = endpoint(text(o, "local"))
	_, p.remote = endpoint(text(o, "remote"))
	return p
}

// endpoint reads `tcp:[2001:db8::1]:5060`; the transport may be missing, and is tcp then.
func endpoint(s string) (transport string, a netip.AddrPort) {
	transport = "tcp"
	for _, t := range []string{"udp", "tcp"} {
		if rest, ok := strings.CutPrefix(s, t+":"); ok {
			transport, s = t, rest
		}
	}
	a, _ = netip.ParseAddrPort(s) // the zero value where it is none
	return transport, a
}
