//go:build linux

package modem

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"imsagent/modem/modemtest"
)

// A localQRTR stands in for the kernel's QRTR where there is none: datagram sockets of AF_UNIX in
// the abstract namespace, whose names are node and port, and a name server that speaks literals.
type localQRTR struct {
	prefix string
	next   atomic.Uint32
	names  *net.UnixConn

	mu      sync.Mutex
	servers [][4]uint32 // service, instance, node, port
	asked   []string    // who has asked for all and is told what changes
}

const modemNode, ourNode = 3, 1

func newLocalQRTR(t *testing.T) *localQRTR {
	t.Helper()
	q := &localQRTR{prefix: socket(t)}
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: q.name(qrtrAddress{ourNode, 0xFFFFFFFE}), Net: "unixgram"})
	check(t, err)
	q.names = c
	done := make(chan struct{})
	go func() { defer close(done); q.serve() }()
	t.Cleanup(func() { c.Close(); <-done })
	return q
}

func (q *localQRTR) name(a qrtrAddress) string {
	return fmt.Sprintf("%s-%d-%d", q.prefix, a.node, a.port)
}

func (q *localQRTR) parse(name string) (a qrtrAddress) {
	words := strings.Split(name, "-")
	node, _ := strconv.ParseUint(words[len(words)-2], 10, 32)
	port, _ := strconv.ParseUint(words[len(words)-1], 10, 32)
	return qrtrAddress{uint32(node), uint32(port)}
}

// serve answers lookups of everything.
func (q *localQRTR) serve() {
	b := make([]byte, 64)
	for {
		n, from, err := q.names.ReadFromUnix(b)
		if err != nil {
			return
		}
		if n != 20 || binary.LittleEndian.Uint32(b) != 10 {
			continue
		}
		q.mu.Lock()
		q.asked = append(q.asked, from.Name)
		for _, s := range q.servers {
			q.tell(from.Name, 4, s)
		}
		q.tell(from.Name, 4, [4]uint32{})
		q.mu.Unlock()
	}
}

func (q *localQRTR) tell(to string, kind uint32, server [4]uint32) {
	b := binary.LittleEndian.AppendUint32(nil, kind)
	for _, v := range server {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	q.names.WriteToUnix(b, &net.UnixAddr{Name: to, Net: "unixgram"})
}

// announce tells all who asked of a service that comes (4) or goes (5).
func (q *localQRTR) announce(kind uint32, server [4]uint32) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if kind == 4 {
		q.servers = append(q.servers, server)
	} else {
		kept := q.servers[:0]
		for _, s := range q.servers {
			if s != server {
				kept = append(kept, s)
			}
		}
		q.servers = kept
	}
	for _, to := range q.asked {
		q.tell(to, kind, server)
	}
}

func (q *localQRTR) socket() (int, qrtrAddress, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, qrtrAddress{}, err
	}
	a := qrtrAddress{ourNode, 0x4000 + q.next.Add(1)}
	return fd, a, unix.Bind(fd, &unix.SockaddrUnix{Name: q.name(a)})
}

func (q *localQRTR) send(fd int, to qrtrAddress, b []byte) error {
	return unix.Sendto(fd, b, 0, &unix.SockaddrUnix{Name: q.name(to)})
}

func (q *localQRTR) receive(fd int, b []byte) (int, qrtrAddress, error) {
	n, from, err := unix.Recvfrom(fd, b, unix.MSG_TRUNC)
	if err != nil {
		return 0, qrtrAddress{}, err
	}
	return n, q.parse(from.(*unix.SockaddrUnix).Name), nil
}

// A localService is the modem's side of the stand-in.
type localService struct {
	q      *localQRTR
	c      *net.UnixConn
	server [4]uint32
}

// service opens the socket of a service, as Options.QRTR wants it.
func (q *localQRTR) service(service byte) (modemtest.Socket, error) {
	a := qrtrAddress{modemNode, q.next.Add(1)}
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: q.name(a), Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	s := &localService{q, c, [4]uint32{uint32(service), 1, a.node, a.port}}
	q.announce(4, s.server)
	return s, nil
}

func (s *localService) Receive(b []byte) (int, [2]uint32, error) {
	n, from, err := s.c.ReadFromUnix(b)
	if err != nil {
		return 0, [2]uint32{}, err
	}
	a := s.q.parse(from.Name)
	return n, [2]uint32{a.node, a.port}, nil
}

func (s *localService) Send(to [2]uint32, b []byte) error {
	_, err := s.c.WriteToUnix(b, &net.UnixAddr{Name: s.q.name(qrtrAddress{to[0], to[1]}), Net: "unixgram"})
	return err
}

func (s *localService) Close() error {
	s.q.announce(5, s.server)
	return s.c.Close()
}

// beginQRTR runs a simulated modem by the stand-in.
func beginQRTR(t *testing.T, o modemtest.Options, cfg Config) (*bench, *localQRTR) {
	t.Helper()
	t.Parallel()
	q := newLocalQRTR(t)
	q.announce(4, [4]uint32{0x0B, 1, 9, 77}) // a card on another node, which is not the modem
	o.Protocol, o.QRTR = "qmi", q.service
	m, err := modemtest.Start(o)
	check(t, err)
	cfg.Device, cfg.qrtr = QRTRDevice, q
	b := attach(t, cfg)
	b.Modem = m
	t.Cleanup(func() { b.stop(); m.Close() })
	return b, q
}

func TestRunQRTR(t *testing.T) {
	b, _ := beginQRTR(t, modemtest.Options{PIN: "1234"}, Config{Protocol: "qmi", PIN: "1234"})
	b.await(Status, "PIN accepted")
	b.await(Back, "ready: Quectel EC25")
	b.await(Access, trace)
	begun := time.Now()
	check(t, b.Cell("31041000010000001"))
	b.await(Access, "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000001")
	b.Coverage(false)
	b.await(Access, "")
	if d := time.Since(begun); d > 6*time.Second {
		t.Errorf("took %v: the changes were not told, but found by a poll", d)
	}
}

// A modem that restarts takes its services back one by one, and has them on other ports.
func TestRunQRTRVanish(t *testing.T) {
	b, _ := beginQRTR(t, modemtest.Options{}, quickQMI)
	b.await(Access, trace)
	for range 3 {
		b.Vanish(300 * time.Millisecond)
		b.await(Gone, "no such device")
		b.await(Back, "EC25")
		b.await(Access, trace)
	}
}

// What is no answer of the modem's changes nothing: a datagram from somebody else, half a
// message, one larger than what is read at once.
func TestRunQRTRGarbage(t *testing.T) {
	b, q := beginQRTR(t, modemtest.Options{}, quickQMI)
	b.await(Access, trace)
	fd, _, err := q.socket()
	check(t, err)
	defer unix.Close(fd)
	for port := uint32(0x4001); port < 0x4001+q.next.Load(); port++ {
		q.send(fd, qrtrAddress{ourNode, port}, []byte("\x04\x00\x00\x24\x00\x08\x00\x01\x05\x00\x02\x02\x02\x02\x00")) // searching
	}
	b.never(Access, 300*time.Millisecond)
	b.Send("\x04\x00")
	b.await(Status, "frame dropped")
	b.Send("\x04\x00\x00\x24\x00\x01\x20" + strings.Repeat("\x00", 0x2001))
	b.await(Status, "frame dropped")
	check(t, b.Cell("31041000010000003"))
	b.await(Access, "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000003")
	b.never(Gone, 300*time.Millisecond)
}

// Where the kernel has QRTR, its name server and its sockets are the ones that are used.
func TestRunQRTRKernel(t *testing.T) {
	m, err := modemtest.Start(modemtest.Options{Protocol: "qmi", QRTR: modemtest.KernelQRTR})
	if err != nil {
		if os.Getenv("IMSAGENT_QRTR") != "" {
			t.Fatal(err)
		}
		t.Skip("this kernel has no AF_QIPCRTR: ", err)
	}
	defer m.Close()
	cfg := quickQMI
	cfg.Device = QRTRDevice
	b := attach(t, cfg)
	b.await(Back, "EC25")
	b.await(Access, trace)
	if m.Clients() == 0 {
		t.Error("the modem sees no client")
	}
	check(t, m.Cell("31041000010000003"))
	b.await(Access, "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000003")
	m.Vanish(time.Second)
	b.await(Gone, "")
	b.await(Back, "EC25")
	b.stop()
	for end := time.Now().Add(5 * time.Second); m.Clients() != 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d clients are left", m.Clients())
		}
	}
}
