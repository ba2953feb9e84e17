package qmi

import "encoding/binary"

// QRTRControlPort is the port of every node's name server (linux/qrtr.h QRTR_PORT_CTRL).
const QRTRControlPort = 0xFFFFFFFE

// A QRTRKind is the command of a control packet.
type QRTRKind uint32

// The control packets that a client sends or gets (linux/qrtr.h enum qrtr_pkt_type).
const (
	QRTRBye          QRTRKind = 3 // a node is gone
	QRTRNewServer    QRTRKind = 4 // a service is there; the end of the answer to a lookup where all is zero
	QRTRDeleteServer QRTRKind = 5 // a service is gone
	QRTRNewLookup    QRTRKind = 10
)

// qrtrControlSize is the length of a control packet: the command and four numbers.
const qrtrControlSize = 20

// A QRTRControl is one packet to or from a name server. There is no QMUX and no CTL by QRTR: a
// client is a socket, and where a service is comes from here.
type QRTRControl struct {
	Kind       QRTRKind
	Service    Service
	Instance   uint32 // the version in the low octet
	Node, Port uint32 // where the service is; of QRTRBye only Node
}

// AppendQRTRControl appends a packet to a name server.
func AppendQRTRControl(dst []byte, p QRTRControl) ([]byte, error) {
	if cap(dst)-len(dst) < qrtrControlSize {
		return dst, ErrNoRoom
	}
	for _, v := range [...]uint32{uint32(p.Kind), uint32(p.Service), p.Instance, p.Node, p.Port} {
		dst = binary.LittleEndian.AppendUint32(dst, v)
	}
	return dst, nil
}

// ParseQRTRControl reads a packet of a name server. A service above 65535 reads as 0: QMI has none.
func ParseQRTRControl(b []byte) (p QRTRControl, err error) {
	if len(b) < qrtrControlSize {
		return p, ErrShort
	}
	p.Kind = QRTRKind(binary.LittleEndian.Uint32(b))
	if p.Kind == QRTRBye { // the union's other side: node and port
		p.Node = binary.LittleEndian.Uint32(b[4:])
		return p, nil
	}
	if s := binary.LittleEndian.Uint32(b[4:]); s <= 0xFFFF {
		p.Service = Service(s)
	}
	p.Instance = binary.LittleEndian.Uint32(b[8:])
	p.Node, p.Port = binary.LittleEndian.Uint32(b[12:]), binary.LittleEndian.Uint32(b[16:])
	return p, nil
}

// End reports whether p ends the answer to a lookup.
func (p QRTRControl) End() bool { return p == QRTRControl{Kind: QRTRNewServer} }

// maxServers is how many services by QRTR are remembered: ours, on a few nodes.
const maxServers = 32

// QRTRServers is where the services are that a name server told. The zero QRTRServers is ready.
type QRTRServers struct {
	list [maxServers]QRTRControl
	n    int
}

// Step takes a packet of the name server. More than maxServers are not kept.
func (s *QRTRServers) Step(p QRTRControl) {
	switch p.Kind {
	case QRTRNewServer:
		s.remove(p)
		if p.Service != CTL && s.n < maxServers {
			s.list[s.n] = p
			s.n++
		}
	case QRTRDeleteServer, QRTRBye:
		s.remove(p)
	}
}

// remove forgets what p replaces or takes away.
func (s *QRTRServers) remove(p QRTRControl) {
	kept := 0
	for _, have := range s.list[:s.n] {
		if have.Node != p.Node || p.Kind != QRTRBye && (have.Service != p.Service || have.Port != p.Port) {
			s.list[kept] = have
			kept++
		}
	}
	s.n = kept
}

// Find returns where a service is on a node.
func (s *QRTRServers) Find(service Service, node uint32) (p QRTRControl, ok bool) {
	for _, p := range s.list[:s.n] {
		if p.Service == service && p.Node == node {
			return p, true
		}
	}
	return p, false
}

// Node returns a node that has a service: other processors of the chip have services too, but
// only the modem has NAS.
func (s *QRTRServers) Node(service Service) (node uint32, ok bool) {
	for _, p := range s.list[:s.n] {
		if p.Service == service {
			return p.Node, true
		}
	}
	return 0, false
}

// MuxHeader is the length of the QMUX header of a service below 256.
const MuxHeader = muxHeader

// AppendMux appends the QMUX header of a datagram of n octets that came from a service's socket,
// so that what follows it is a frame.
func AppendMux(dst []byte, s Service, client uint8, n int) []byte {
	size := n + muxHeader - 1
	return append(dst, 1, byte(size), byte(size>>8), 0x80, byte(s), client)
}

// Message returns what a frame carries behind its QMUX header: a datagram to a service's socket.
func Message(frame []byte) []byte { return frame[muxHeader:] }

// AppendControlAnswer appends the answer to a request of CTL for those who stand in for it: with
// a Failure, else with the client id that was allocated or released, if there is one.
func AppendControlAnswer(dst []byte, f *Frame, why Failure, s Service, client uint8) ([]byte, error) {
	w := NewRequest(dst, CTL, 0, f.Txn, f.Message)
	w.TLV(0x02)
	w.U16(min(uint16(why), 1))
	w.U16(uint16(why))
	if client != 0 {
		w.TLV(0x01)
		w.U8(uint8(s))
		w.U8(client)
	}
	out, err := w.Frame()
	if err == nil {
		out[len(dst)+3], out[len(dst)+muxHeader] = 0x80, 1 // of the modem; a response
	}
	return out, err
}
