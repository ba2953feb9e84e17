package modemtest

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// A qmiConn is one user of the modem by QMI: a connection as to qmi-proxy, or the device. What it
// sends is QMUX: 01, length, flags, service, client, then the message.
type qmiConn struct {
	conn
	proxied bool            // the proxy was told the device; a device needs no telling
	clients map[byte][]byte // client ids by service
	family  byte            // of WDS: 4 or 6; 0 where it did not say
}

// maxClients is how many client ids the modem has for a service.
const maxClients = 8

// acceptQMI serves any number of connections at once, as qmi-proxy does.
func (m *Modem) acceptQMI(l net.Listener) {
	defer m.wg.Done()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		m.wg.Add(1)
		go m.serveQMI(&qmiConn{conn: c, clients: map[byte][]byte{}})
	}
}

// serveQMI answers frames until the connection ends; the proxy then takes its client ids back.
func (m *Modem) serveQMI(c *qmiConn) {
	defer m.wg.Done()
	defer c.Close()
	if !m.enter(c) {
		return
	}
	defer m.leave(c)
	var in []byte
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		in = append(in, buf[:n]...)
		for len(in) >= 3 {
			size := 1 + int(binary.LittleEndian.Uint16(in[1:]))
			if in[0] != 1 || size < 12 {
				return
			}
			if len(in) < size {
				break
			}
			m.qmiRequest(c, in[:size])
			in = in[size:]
		}
	}
}

func (m *Modem) enter(c *qmiConn) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.line.listener == nil && m.line.master == nil && m.line.gadget == nil {
		return false
	}
	m.users = append(m.users, c)
	return true
}

func (m *Modem) leave(c *qmiConn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.users = slices.DeleteFunc(m.users, func(u *qmiConn) bool { return u == c })
	m.hangUp(c)
}

// Clients returns how many client ids are given out.
func (m *Modem) Clients() (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.users {
		for _, ids := range c.clients {
			n += len(ids)
		}
	}
	return n
}

// A message is a request, taken apart.
type message struct {
	service, client byte
	tid             []byte // one octet on CTL, else two
	id              int
	tlvs            map[byte][]byte
}

// dissect takes a frame apart.
func dissect(b []byte) (q message, ok bool) {
	q = message{service: b[4], client: b[5], tlvs: map[byte][]byte{}}
	rest := b[7:]
	n := 2
	if q.service == 0 {
		n = 1
	}
	if len(rest) < n+4 {
		return q, false
	}
	q.tid, q.id, rest = rest[:n], int(binary.LittleEndian.Uint16(rest[n:])), rest[n+4:]
	for len(rest) >= 3 {
		size := 3 + int(binary.LittleEndian.Uint16(rest[1:]))
		if size > len(rest) {
			return q, false
		}
		q.tlvs[rest[0]] = rest[3:size]
		rest = rest[size:]
	}
	return q, len(rest) == 0
}

// name is how a request appears in Commands and the log.
func (q *message) name() string { return fmt.Sprintf("%02x %04x", q.service, q.id) }

// qmiRequest answers one frame, unless the modem is silent.
func (m *Modem) qmiRequest(c *qmiConn, b []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	q, ok := dissect(b)
	if !ok {
		return
	}
	m.commands = append(m.commands, q.name())
	m.log(">", hex.EncodeToString(b))
	if time.Now().Before(m.silentUntil) {
		return
	}
	before := m.state.attached()
	tlvs := m.qmiAnswer(c, &q)
	kind := byte(2)
	if q.service == 0 {
		kind = 1
	}
	m.sendQMI(c, q.service, q.client, kind, q.tid, q.id, tlvs)
	if before != m.state.attached() {
		m.indicate()
	}
}

// sendQMI writes a frame of the modem.
func (m *Modem) sendQMI(c *qmiConn, service, client, kind byte, tid []byte, id int, tlvs []byte) {
	b := append([]byte{1, 0, 0, 0x80, service, client, kind}, tid...)
	b = append(b, byte(id), byte(id>>8), byte(len(tlvs)), byte(len(tlvs)>>8))
	b = append(b, tlvs...)
	binary.LittleEndian.PutUint16(b[1:], uint16(len(b)-1))
	m.log("<", hex.EncodeToString(b))
	c.SetWriteDeadline(time.Now().Add(time.Second))
	c.Write(b)
}

// Results: TLV 02 with status and error.
var (
	resultOK         = octets("02 0400 0000 0000")
	resultInternal   = octets("02 0400 0100 0300")
	resultNoFile     = octets("02 0400 0100 5000")
	resultExhausted  = octets("02 0400 0100 0500")
	resultBadClient  = octets("02 0400 0100 0700")
	resultBadPIN     = octets("02 0400 0100 0c00")
	resultMissing    = octets("02 0400 0100 1100")
	resultNoService  = octets("02 0400 0100 1f00")
	resultUninitial  = octets("02 0400 0100 2500")
	resultNoInfo     = octets("02 0400 0100 4a00")
	resultBadCommand = octets("02 0400 0100 4700")
)

// octets reads octets written in hexadecimal, with spaces.
func octets(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// tlv writes one TLV.
func tlv(kind byte, parts ...[]byte) []byte {
	v := bytes.Join(parts, nil)
	return append([]byte{kind, byte(len(v)), byte(len(v) >> 8)}, v...)
}

// qmiServices are those that a client id can be had of: WDS, DMS, NAS, UIM, IMS, IMSA.
var qmiServices = []byte{0x01, 0x02, 0x03, 0x0B, 0x12, 0x21}

// qmiAnswer returns the TLVs that answer a request.
func (m *Modem) qmiAnswer(c *qmiConn, q *message) []byte {
	if q.service == 0 {
		return m.control(c, q)
	}
	if !slices.Contains(c.clients[q.service], q.client) {
		return resultBadClient
	}
	switch q.service {
	case 0x01:
		return m.wds(c, q)
	case 0x02:
		return m.state.dms(q)
	case 0x03:
		return m.state.nas(q)
	case 0x0B:
		return m.state.uim(q)
	case 0x12:
		return m.state.imsSettings(q)
	case 0x21:
		return m.state.imsa(q)
	}
	return resultBadCommand
}

// control answers CTL: the proxy's opening, version, client ids, synchronisation. The shapes are
// those of libqmi's test-fixture.c.
func (m *Modem) control(c *qmiConn, q *message) []byte {
	v := q.tlvs[1]
	switch q.id {
	case 0xFF00:
		if c.proxied = len(v) > 0; !c.proxied {
			return resultMissing
		}
		return resultOK
	case 0x0021:
		list := []byte{byte(len(qmiServices) + 1), 0, 1, 0, 5, 0}
		for _, s := range qmiServices {
			list = append(list, s, 1, 0, 100, 0)
		}
		return append(slices.Clone(resultOK), tlv(1, list)...)
	case 0x0022:
		return c.allocate(v)
	case 0x0023:
		out := c.release(v)
		m.hangUp(c)
		return out
	case 0x0027:
		clear(c.clients)
		m.hangUp(c)
		return resultOK
	case 0x0020, 0x0026:
		return resultOK
	}
	return resultBadCommand
}

// hangUp ends the call of a user that has no client id of WDS any more.
func (m *Modem) hangUp(c *qmiConn) {
	if call := &m.state.call; call.user == c && call.up && len(c.clients[0x01]) == 0 {
		call.set(false, nil)
		m.tellCall()
	}
}

func (c *qmiConn) allocate(v []byte) []byte {
	if len(v) != 1 || !slices.Contains(qmiServices, v[0]) {
		return resultNoService
	}
	ids := c.clients[v[0]]
	for id := byte(1); id <= maxClients; id++ {
		if !slices.Contains(ids, id) {
			c.clients[v[0]] = append(ids, id)
			return append(slices.Clone(resultOK), tlv(1, []byte{v[0], id})...)
		}
	}
	return resultExhausted
}

func (c *qmiConn) release(v []byte) []byte {
	if len(v) != 2 || !slices.Contains(c.clients[v[0]], v[1]) {
		return resultBadClient
	}
	c.clients[v[0]] = slices.DeleteFunc(c.clients[v[0]], func(id byte) bool { return id == v[1] })
	return append(slices.Clone(resultOK), tlv(1, v)...)
}

// indicate tells every client of NAS that the serving system and system info changed, and every
// client of UIM the card's status.
func (m *Modem) indicate() {
	if time.Now().Before(m.silentUntil) {
		return
	}
	for _, c := range m.users {
		for _, id := range c.clients[0x03] {
			m.sendQMI(c, 0x03, id, 4, []byte{0, 0}, 0x24, m.state.serving())
			m.sendQMI(c, 0x03, id, 4, []byte{0, 0}, 0x4E, m.state.systemInfo())
		}
		for _, id := range c.clients[0x0B] {
			m.sendQMI(c, 0x0B, id, 4, []byte{0, 0}, 0x32, m.state.cardStatus())
		}
	}
}

// resync is what a modem says that has restarted: all client ids are gone.
func (m *Modem) resync() {
	for _, c := range m.users {
		clear(c.clients)
		m.sendQMI(c, 0, 0, 2, []byte{0}, 0x27, nil)
	}
}
