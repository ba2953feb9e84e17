package modemtest

import (
	"net/netip"
	"slices"
)

// A call is the IMS PDN connection of a simulated modem, over IPv6 only. It is there by
// somebody else, or brought up by a client, with whom it goes.
type call struct {
	up    bool
	user  *qmiConn // who brought it up; nil for somebody else
	other byte     // the last octet of its address: another with each call
}

// The network's side of the call.
var (
	simAPN  = "ims"
	simCSCF = netip.MustParseAddr("2001:db8:0:1::1")
	simDNS  = netip.MustParseAddr("2001:db8:0:53::1")
)

const simMTU = 1428

// Results of WDS, and the reason of a call that the network refused: type 6 is 3GPP's.
var (
	resultOutOfCall = octets("02 0400 0100 0f00")
	resultNoEffect  = octets("02 0400 0100 1a00")
	resultNoCall    = octets("02 0400 0100 0e00 10 0200 0100")
)

// Bearer brings the PDN connection up, as if somebody else had, or takes it down.
func (m *Modem) Bearer(up bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.call.set(up, nil)
	if m.opts.Protocol == "qmi" {
		m.tellCall()
	} else {
		m.tellBearer()
	}
}

func (c *call) set(up bool, user *qmiConn) {
	c.up, c.user = up, user
	if up {
		c.other++
	}
}

// tellCall tells each client of WDS the packet service status.
func (m *Modem) tellCall() {
	for _, u := range m.users {
		for _, id := range u.clients[0x01] {
			m.sendQMI(u, 0x01, id, 4, []byte{0, 0}, 0x22, tlv(1, m.state.call.status()))
		}
	}
}

func (c *call) status() []byte {
	if c.up {
		return []byte{2, 0}
	}
	return []byte{1, 0}
}

// wds answers the data service.
func (m *Modem) wds(c *qmiConn, q *message) []byte {
	ok := slices.Clone(resultOK)
	now := &m.state.call
	switch q.id {
	case 0x004D:
		if v := q.tlvs[1]; len(v) != 1 || v[0] != 4 && v[0] != 6 {
			return resultMissing
		}
		c.family = q.tlvs[1][0]
		return ok
	case 0x0020:
		return m.startCall(c, q)
	case 0x0021:
		if !now.up || now.user != c {
			return resultNoEffect
		}
		now.set(false, nil)
		m.tellCall()
		return ok
	case 0x0022:
		return append(ok, tlv(1, now.status()[:1])...)
	case 0x002D:
		if !now.up || c.family == 4 || !m.state.attached() {
			return resultOutOfCall
		}
		return append(ok, now.settings(le32(q.tlvs[0x10]))...)
	}
	return resultBadCommand
}

// startCall answers Start Network: TLV 14 is the APN, 19 the family.
func (m *Modem) startCall(c *qmiConn, q *message) []byte {
	family := c.family
	if v := q.tlvs[0x19]; len(v) == 1 {
		family = v[0]
	}
	cause := byte(0)
	switch {
	case !m.state.attached():
		return resultNoCall
	case m.state.call.up:
		return resultNoEffect
	case string(q.tlvs[0x14]) != simAPN:
		cause = 27 // unknown APN
	case family != 6:
		cause = 51 // IPv6 only
	default:
		m.state.call.set(true, c)
		m.tellCall()
		return append(slices.Clone(resultOK), tlv(1, octets("78563412"))...)
	}
	return append(slices.Clone(resultNoCall), tlv(0x11, []byte{6, 0, cause, 0})...)
}

// le32 reads four octets, the low one first; 0 if there are fewer.
func le32(b []byte) uint32 {
	if len(b) < 4 {
		return 0
	}
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// settings returns what the mask asks for, by the layout of libqmi's tables; 2E is not in them.
func (c *call) settings(mask uint32) (out []byte) {
	address := c.address().As16()
	if mask&(1<<8) != 0 {
		out = append(out, tlv(0x25, address[:], []byte{64})...)
	}
	if mask&(1<<9) != 0 {
		gateway := netip.MustParseAddr("2001:db8:0:2::ff").As16()
		out = append(out, tlv(0x26, gateway[:], []byte{64})...)
	}
	if mask&(1<<4) != 0 {
		out = append(out, tlv(0x27, simDNS.AsSlice())...)
	}
	if mask&(1<<10) != 0 {
		out = append(out, tlv(0x22, []byte{1})...)
	}
	if mask&(1<<11) != 0 {
		out = append(out, tlv(0x2E, []byte{1}, simCSCF.AsSlice())...)
	}
	if mask&(1<<13) != 0 {
		out = append(out, tlv(0x29, le(4, simMTU))...)
	}
	if mask&(1<<15) != 0 {
		out = append(out, tlv(0x2B, []byte{6})...)
	}
	return out
}
