package modemtest

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"
)

// A Socket is a datagram socket of QRTR on which one service answers. An address is node and port.
type Socket interface {
	Receive(b []byte) (n int, from [2]uint32, err error)
	Send(to [2]uint32, b []byte) error
	Close() error
}

// qrtrControlPort is from where the name server tells what became of a client.
const qrtrControlPort = 0xFFFFFFFE

// plugQRTR opens a socket for each service and starts answering. The caller holds m.mu.
func (m *Modem) plugQRTR() error {
	var open []Socket
	for _, service := range qmiServices {
		s, err := m.opts.QRTR(service)
		if err != nil {
			for _, s := range open {
				s.Close()
			}
			return err
		}
		open = append(open, s)
	}
	m.line = line{sockets: open}
	for i, s := range open {
		m.wg.Add(1)
		go m.serveQRTR(s, qmiServices[i])
	}
	return nil
}

// serveQRTR answers the datagrams of a service until its socket is closed.
func (m *Modem) serveQRTR(s Socket, service byte) {
	defer m.wg.Done()
	buf := make([]byte, 4096)
	for {
		n, from, err := s.Receive(buf)
		switch {
		case err != nil:
			return
		case from[1] == qrtrControlPort:
			m.forget(s, buf[:n])
		case n >= 7:
			frame := append([]byte{1, 0, 0, 0, service, 1}, buf[:n]...)
			binary.LittleEndian.PutUint16(frame[1:], uint16(len(frame)-1))
			m.qmiRequest(m.qrtrUser(s, service, from), frame)
		}
	}
}

// qrtrUser returns the client behind an address; a datagram is how one begins.
func (m *Modem) qrtrUser(s Socket, service byte, from [2]uint32) *qmiConn {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range m.users {
		if c, ok := u.conn.(*qrtrConn); ok && c.socket == s && c.peer == from {
			return u
		}
	}
	u := &qmiConn{conn: &qrtrConn{s, from}, proxied: true, clients: map[byte][]byte{service: {1}}}
	m.users = append(m.users, u)
	return u
}

// forget ends the client that the name server says is gone: DEL_CLIENT with node and port.
func (m *Modem) forget(s Socket, b []byte) {
	if len(b) < 12 || binary.LittleEndian.Uint32(b) != 6 {
		return
	}
	gone := [2]uint32{binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.users = slices.DeleteFunc(m.users, func(u *qmiConn) bool {
		c, ok := u.conn.(*qrtrConn)
		return ok && c.socket == s && c.peer == gone
	})
}

// A qrtrConn is one client of one service.
type qrtrConn struct {
	socket Socket
	peer   [2]uint32
}

// Read is not used: requests come by the service's socket.
func (c *qrtrConn) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Write sends a frame without its QMUX header, or octets that are no frame as they are.
func (c *qrtrConn) Write(b []byte) (int, error) {
	if len(b) >= 6 && b[0] == 1 && b[3] == 0x80 {
		return len(b), c.socket.Send(c.peer, b[6:])
	}
	return len(b), c.socket.Send(c.peer, b)
}

func (c *qrtrConn) Close() error                     { return nil }
func (c *qrtrConn) SetWriteDeadline(time.Time) error { return nil }
