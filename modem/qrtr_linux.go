package modem

import (
	"cmp"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"imsagent/modem/qmi"
)

// qrtrLookup is how long the name server may take to say where the modem is: it is the kernel.
const qrtrLookup = 500 * time.Millisecond

// A qrtrPort is a modem behind QRTR that looks like a cdc-wdm node: a client id is a socket, and
// datagrams get the QMUX header that they lack. Its file is an epoll descriptor, which is ready
// when one of the sockets is, so that one Read with a deadline waits for all of them.
type qrtrPort struct {
	*os.File
	net     qrtrNet
	names   int // socket to the name server
	node    uint32
	servers qmi.QRTRServers
	clients [qrtrServices]qrtrClient // fd is -1 where there is none
	control qrtrControl
}

// openQRTR opens a socket and looks for the modem.
func openQRTR(net qrtrNet) (device, error) {
	p := &qrtrPort{net: net, names: -1}
	for i := range p.clients {
		p.clients[i].fd = -1
	}
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, &OpError{"open", QRTRDevice, err}
	}
	unix.SetNonblock(fd, true) // makes os.NewFile hand it to the poller
	p.File = os.NewFile(uintptr(fd), QRTRDevice)
	if err := p.lookup(); err != nil {
		p.Close()
		return nil, &OpError{"open", QRTRDevice, err}
	}
	return p, nil
}

// lookup asks the name server where all services are. It goes on to say what comes and goes.
func (p *qrtrPort) lookup() error {
	fd, local, err := p.net.socket()
	if err != nil {
		return err
	}
	p.names = fd
	if err := p.watch(fd); err != nil {
		return err
	}
	var room [32]byte
	ask, _ := qmi.AppendQRTRControl(room[:0], qmi.QRTRControl{Kind: qmi.QRTRNewLookup})
	if err := p.net.send(fd, qrtrAddress{local.node, qmi.QRTRControlPort}, ask); err != nil {
		return err
	}
	for end := time.Now().Add(qrtrLookup); time.Now().Before(end); {
		if done, err := p.name(); done || err != nil && err != unix.EAGAIN {
			return p.settle(err)
		} else if err == unix.EAGAIN {
			unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(time.Until(end).Milliseconds())+1)
		}
	}
	return p.settle(nil) // a name server that does not end may have told enough
}

// settle chooses the node that is the modem.
func (p *qrtrPort) settle(err error) error {
	if err != nil {
		return err
	}
	node, ok := p.servers.Node(qmi.NAS)
	if !ok {
		return unix.ENODEV
	}
	p.node = node
	return nil
}

// name takes one packet of the name server; done says that the answer to the lookup has ended.
func (p *qrtrPort) name() (done bool, err error) {
	var b [64]byte
	n, _, err := p.net.receive(p.names, b[:])
	if err != nil {
		return false, err
	}
	c, err := qmi.ParseQRTRControl(b[:min(n, len(b))])
	if err != nil {
		return false, nil // not ours: the next one may be
	}
	p.servers.Step(c)
	return c.End(), nil
}

func (p *qrtrPort) watch(fd int) error { return p.epoll(unix.EPOLL_CTL_ADD, fd) }

func (p *qrtrPort) epoll(op, fd int) error {
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	err := os.ErrClosed
	rc, rerr := p.SyscallConn()
	if rerr == nil {
		rc.Control(func(ep uintptr) { err = unix.EpollCtl(int(ep), op, fd, &ev) })
	}
	return err
}

// Close closes all sockets, which is how their clients end.
func (p *qrtrPort) Close() error {
	for i := range p.clients {
		p.release(&p.clients[i])
	}
	if p.names >= 0 {
		unix.Close(p.names)
		p.names = -1
	}
	return p.File.Close()
}

func (p *qrtrPort) release(c *qrtrClient) {
	if c.fd >= 0 {
		p.epoll(unix.EPOLL_CTL_DEL, c.fd)
		unix.Close(c.fd)
		*c = qrtrClient{fd: -1}
	}
}

// Write takes one frame: a request of CTL is answered here, any other is sent.
func (p *qrtrPort) Write(b []byte) (int, error) {
	var f qmi.Frame
	if n, err := qmi.Parse(b, &f); err != nil || n != len(b) {
		return 0, unix.EINVAL
	}
	if f.Service == qmi.CTL {
		return len(b), p.own(b, &f)
	}
	c := p.client(f.Service, f.Client)
	if c == nil {
		return 0, unix.EINVAL // the session sends nothing without a client id
	}
	if err := p.net.send(c.fd, c.server, qmi.Message(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (p *qrtrPort) client(s qmi.Service, id uint8) *qrtrClient {
	for i := range p.clients {
		if c := &p.clients[i]; c.fd >= 0 && c.service == s && c.id == id {
			return c
		}
	}
	return nil
}

// own answers what CTL is asked for. After a Sync there are no clients of an earlier run: their
// sockets ended with it.
func (p *qrtrPort) own(b []byte, f *qmi.Frame) error {
	switch f.Message {
	case qmi.CTLSync:
		return p.control.answer(f, qmi.FailureNone, 0, 0)
	case qmi.CTLAllocateClientID:
		r, _ := f.Find(b, 0x01)
		return p.allocate(f, qmi.Service(r.U8()))
	case qmi.CTLReleaseClientID:
		r, _ := f.Find(b, 0x01)
		if c := p.client(qmi.Service(r.U8()), r.U8()); c != nil {
			s, id := c.service, c.id
			p.release(c)
			return p.control.answer(f, qmi.FailureNone, s, id)
		}
		return p.control.answer(f, qmi.FailureInvalidClientID, 0, 0)
	}
	return p.control.answer(f, qmi.FailureNotSupported, 0, 0)
}

// allocate opens a socket for a service of the modem.
func (p *qrtrPort) allocate(f *qmi.Frame, s qmi.Service) error {
	where, ok := p.servers.Find(s, p.node)
	if !ok {
		return p.control.answer(f, qmi.FailureNotSupported, 0, 0)
	}
	for i := range p.clients {
		c := &p.clients[i]
		if c.fd >= 0 {
			continue
		}
		fd, _, err := p.net.socket()
		if err != nil {
			return err
		}
		*c = qrtrClient{fd: fd, service: s, id: uint8(i + 1), server: qrtrAddress{where.Node, where.Port}}
		if err := p.watch(fd); err != nil {
			return err
		}
		return p.control.answer(f, qmi.FailureNone, s, c.id)
	}
	return p.control.answer(f, qmi.FailureClientIDsExhausted, 0, 0)
}

// Read returns an answer of our own, else one datagram as a frame. A service of ours that goes
// away is the end of the modem.
func (p *qrtrPort) Read(b []byte) (n int, err error) {
	if n := p.control.read(b); n > 0 {
		return n, nil
	}
	rc, err := p.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failure error
	err = rc.Read(func(ep uintptr) bool {
		n, failure = p.collect(int(ep), b)
		return failure != unix.EAGAIN
	})
	if err != nil {
		return 0, err
	}
	return n, failure
}

// qrtrBurst is how many rounds of events Read looks at before it waits again.
const qrtrBurst = 64

// collect takes the first that is there from the sockets; EAGAIN says that nothing is. It goes on
// until the epoll descriptor is not ready any more: only then does it wake the poller again.
func (p *qrtrPort) collect(ep int, b []byte) (int, error) {
	for range qrtrBurst {
		var ready [1]unix.EpollEvent
		n, err := unix.EpollWait(ep, ready[:], 0)
		if err == unix.EINTR {
			continue
		}
		if n <= 0 {
			return 0, cmp.Or(err, error(unix.EAGAIN))
		}
		if int(ready[0].Fd) == p.names {
			err = p.change()
		} else {
			n, err = p.datagram(int(ready[0].Fd), b)
		}
		if err != unix.EAGAIN && (err != nil || n > 0 && int(ready[0].Fd) != p.names) {
			return n, err
		}
	}
	return 0, os.ErrDeadlineExceeded // a flood of what is not for us
}

// change takes a packet of the name server and sees whether all of our services are still there.
func (p *qrtrPort) change() error {
	if _, err := p.name(); err != nil {
		return err
	}
	for _, c := range p.clients {
		if at, ok := p.servers.Find(c.service, p.node); c.fd >= 0 && (!ok || at.Port != c.server.port) {
			return unix.ENODEV
		}
	}
	return nil
}

// datagram reads one datagram behind the room of its QMUX header. Of one that does not fit the
// end is missing, which its own length shows: it is dropped and counted as a bad frame. Datagrams
// of others are no answers.
func (p *qrtrPort) datagram(fd int, b []byte) (int, error) {
	for i := range p.clients {
		c := &p.clients[i]
		if c.fd != fd {
			continue
		}
		n, from, err := p.net.receive(fd, b[qmi.MuxHeader:])
		if err != nil {
			return 0, err
		}
		if from != c.server {
			return 0, nil
		}
		n = min(n, len(b)-qmi.MuxHeader)
		qmi.AppendMux(b[:0], c.service, c.id, n)
		return qmi.MuxHeader + n, nil
	}
	return 0, unix.EAGAIN
}

// A kernelQRTR is AF_QIPCRTR of the kernel. The library has no address for it, so the calls are
// made as they are.
type kernelQRTR struct{}

// sockaddrQRTR is struct sockaddr_qrtr of linux/qrtr.h.
type sockaddrQRTR struct {
	family     uint16
	_          uint16
	node, port uint32
}

func (kernelQRTR) socket() (int, qrtrAddress, error) {
	fd, err := unix.Socket(unix.AF_QIPCRTR, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, qrtrAddress{}, err
	}
	var a sockaddrQRTR
	size := uint32(unsafe.Sizeof(a))
	_, _, errno := unix.Syscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(&a)), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		unix.Close(fd)
		return -1, qrtrAddress{}, errno
	}
	return fd, qrtrAddress{a.node, a.port}, nil
}

func (kernelQRTR) send(fd int, to qrtrAddress, b []byte) error {
	a := sockaddrQRTR{family: unix.AF_QIPCRTR, node: to.node, port: to.port}
	_, _, errno := unix.Syscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), 0,
		uintptr(unsafe.Pointer(&a)), unsafe.Sizeof(a))
	if errno != 0 {
		return errno
	}
	return nil
}

func (kernelQRTR) receive(fd int, b []byte) (int, qrtrAddress, error) {
	var a sockaddrQRTR
	size := uint32(unsafe.Sizeof(a))
	n, _, errno := unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
		unix.MSG_DONTWAIT|unix.MSG_TRUNC, uintptr(unsafe.Pointer(&a)), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return 0, qrtrAddress{}, errno
	}
	return int(n), qrtrAddress{a.node, a.port}, nil
}
