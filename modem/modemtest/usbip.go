package modemtest

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"
)

// A gadget is a USB device in user space: a Quectel EC25 as its descriptors say, behind USB/IP
// (Documentation/usb/usbip_protocol.rst of Linux). AT is on interface 2, QMI on interface 4; the
// other ports are silent.
type gadget struct {
	host io.ReadWriteCloser // the kernel's vhci_hcd, or a test

	mu      sync.Mutex
	waiting map[uint32][]request // bulk and interrupt IN, by endpoint, in order
	ready   map[uint32][][]byte  // what comes in there, not yet asked for
	answers [][]byte             // GET_ENCAPSULATED_RESPONSE, oldest first
	at, qmi *pipe
}

// Endpoints of the ports that answer, by their numbers in usbConfiguration.
const (
	atIn, atOut = 4, 3
	qmiEvents   = 9
)

// A request is one CMD_SUBMIT.
type request struct {
	seq, direction, endpoint uint32
	length                   int
	setup                    [8]byte
	out                      []byte
}

// Commands of USB/IP.
const (
	usbSubmit, usbUnlink       = 1, 2
	usbSubmitted, usbUnlinked  = 3, 4
	usbHeader                  = 48
	maxURB                     = 64 << 10
	statusStall, statusReset   = -32, -104 // EPIPE, ECONNRESET
	requestGetDescriptor       = 0x06
	requestSetLineState        = 0x22
	requestSendEncapsulated    = 0x00
	requestGetEncapsulated     = 0x01
	classOut, classIn          = 0x21, 0xA1
	standardIn, standardDevice = 0x80, 0x00
)

func newGadget(host io.ReadWriteCloser) *gadget {
	g := &gadget{host: host, waiting: map[uint32][]request{}, ready: map[uint32][][]byte{}}
	g.at = newPipe(func(b []byte) { g.deliver(atIn, b) })
	g.qmi = newPipe(g.encapsulate)
	return g
}

// serve answers the host until the device is unplugged.
func (g *gadget) serve() {
	defer g.at.Close()
	defer g.qmi.Close()
	defer g.host.Close()
	var head [usbHeader]byte
	for {
		if _, err := io.ReadFull(g.host, head[:]); err != nil {
			return
		}
		word := func(i int) uint32 { return binary.BigEndian.Uint32(head[4*i:]) }
		q := request{seq: word(1), direction: word(3), endpoint: word(4), length: int(int32(word(6)))}
		copy(q.setup[:], head[40:])
		switch word(0) {
		case usbUnlink:
			g.unlink(q.seq, word(5))
			continue
		case usbSubmit:
		default:
			return
		}
		if q.length < 0 || q.length > maxURB {
			return
		}
		if q.direction == 0 {
			q.out = make([]byte, q.length)
			if _, err := io.ReadFull(g.host, q.out); err != nil {
				return
			}
		}
		g.submit(q)
	}
}

// submit carries out one transfer, or lets it wait for what comes.
func (g *gadget) submit(q request) {
	switch {
	case q.endpoint == 0:
		in, status := g.control(q)
		g.complete(q, status, in)
	case q.direction == 0:
		if q.endpoint == atOut {
			g.at.put(q.out)
		}
		g.complete(q, 0, nil)
	default:
		g.mu.Lock()
		g.waiting[q.endpoint] = append(g.waiting[q.endpoint], q)
		g.mu.Unlock()
		g.flush(q.endpoint)
	}
}

// deliver lets octets come in on an endpoint.
func (g *gadget) deliver(endpoint uint32, b []byte) {
	g.mu.Lock()
	g.ready[endpoint] = append(g.ready[endpoint], append([]byte(nil), b...))
	g.mu.Unlock()
	g.flush(endpoint)
}

// flush brings together what came and who waits for it.
func (g *gadget) flush(endpoint uint32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.waiting[endpoint]) > 0 && len(g.ready[endpoint]) > 0 {
		q, b := g.waiting[endpoint][0], g.ready[endpoint][0]
		g.waiting[endpoint], g.ready[endpoint] = g.waiting[endpoint][1:], g.ready[endpoint][1:]
		if len(b) > q.length {
			g.ready[endpoint] = append([][]byte{b[q.length:]}, g.ready[endpoint]...)
			b = b[:q.length]
		}
		g.write(q, 0, b)
	}
}

// unlink takes a transfer back that waits.
func (g *gadget) unlink(seq, victim uint32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	status := int32(0)
	for endpoint, list := range g.waiting {
		for i, q := range list {
			if q.seq == victim {
				g.waiting[endpoint] = append(list[:i:i], list[i+1:]...)
				status = statusReset
			}
		}
	}
	var b [usbHeader]byte
	binary.BigEndian.PutUint32(b[0:], usbUnlinked)
	binary.BigEndian.PutUint32(b[4:], seq)
	binary.BigEndian.PutUint32(b[20:], uint32(status))
	g.host.Write(b[:])
}

// complete ends a transfer.
func (g *gadget) complete(q request, status int32, in []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.write(q, status, in)
}

// write sends RET_SUBMIT. The caller holds g.mu.
func (g *gadget) write(q request, status int32, in []byte) {
	actual := len(in)
	if q.direction == 0 {
		actual = len(q.out)
	}
	b := make([]byte, usbHeader, usbHeader+len(in))
	binary.BigEndian.PutUint32(b[0:], usbSubmitted)
	binary.BigEndian.PutUint32(b[4:], q.seq)
	binary.BigEndian.PutUint32(b[20:], uint32(status))
	binary.BigEndian.PutUint32(b[24:], uint32(actual))
	g.host.Write(append(b, in...))
}

// control answers endpoint 0.
func (g *gadget) control(q request) (in []byte, status int32) {
	kind, number := q.setup[0], q.setup[1]
	length := int(binary.LittleEndian.Uint16(q.setup[6:]))
	switch {
	case kind == standardIn && number == requestGetDescriptor:
		in = descriptor(q.setup[3], q.setup[2])
	case kind == standardIn && number == 0: // GET_STATUS
		in = []byte{1, 0}
	case kind == classIn && number == requestGetEncapsulated:
		in = g.response()
	case kind == classOut && number == requestSendEncapsulated:
		g.qmi.put(q.out)
		return nil, 0
	case kind&0x7F == standardDevice, kind == 0x01, kind == 0x02, kind == classOut && number == requestSetLineState:
		return nil, 0 // address, configuration, interface, halts, DTR
	}
	if in == nil {
		return nil, statusStall
	}
	return in[:min(len(in), length)], 0
}

// encapsulate keeps a frame for GET_ENCAPSULATED_RESPONSE and says that it is there
// (RESPONSE_AVAILABLE, CDC 1.2 §6.3).
func (g *gadget) encapsulate(b []byte) {
	g.mu.Lock()
	g.answers = append(g.answers, append([]byte(nil), b...))
	g.mu.Unlock()
	g.deliver(qmiEvents, []byte{classIn, 0x01, 0, 0, 4, 0, 0, 0})
}

// response takes the oldest frame; none is an answer without octets.
func (g *gadget) response() []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.answers) == 0 {
		return []byte{}
	}
	b := g.answers[0]
	g.answers = g.answers[1:]
	return b
}

// A pipe is the modem's end of a port: a conn.
type pipe struct {
	send func([]byte)
	in   chan []byte
	done chan struct{}
	once sync.Once
}

// pipeDepth is how much the host may say ahead of the modem; what is more is lost.
const pipeDepth = 64

func newPipe(send func([]byte)) *pipe {
	return &pipe{send: send, in: make(chan []byte, pipeDepth), done: make(chan struct{})}
}

// put is what the host said.
func (p *pipe) put(b []byte) {
	select {
	case p.in <- b:
	default:
	}
}

// Read returns what the host said in one transfer. A transfer that does not fit is cut.
func (p *pipe) Read(b []byte) (int, error) {
	select {
	case v := <-p.in:
		return copy(b, v), nil
	case <-p.done:
		return 0, net.ErrClosed
	}
}

func (p *pipe) Write(b []byte) (int, error)      { p.send(b); return len(b), nil }
func (p *pipe) SetWriteDeadline(time.Time) error { return nil }

func (p *pipe) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}
