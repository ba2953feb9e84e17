package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// patience is the longest wait for anything of a daemon.
const patience = 30 * time.Second

// A network is a daemon's P-CSCF and all remote UEs behind it. It writes literals.
type network struct {
	proxy, media *net.TCPListener
	calls        chan *conn // MSRP connections that came in
	mu           sync.Mutex
	sip          []*conn // SIP connections that came in, answered as they ask
	next         int
}

// A conn is one connection with its reader.
type conn struct {
	*net.TCPConn
	r *bufio.Reader
}

func newConn(c *net.TCPConn) *conn {
	must(c.SetNoDelay(true))
	return &conn{c, bufio.NewReaderSize(c, 64<<10)}
}

func newNetwork() *network {
	n := &network{calls: make(chan *conn, 16)}
	for _, l := range []**net.TCPListener{&n.proxy, &n.media} {
		var err error
		*l, err = net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		must(err)
	}
	go n.accept(n.media, func(c *conn) { n.calls <- c })
	go n.accept(n.proxy, func(c *conn) {
		n.mu.Lock()
		n.sip = append(n.sip, c)
		n.mu.Unlock()
		go n.serve(c)
	})
	atEnd(func() { n.proxy.Close(); n.media.Close() })
	return n
}

func (n *network) accept(l *net.TCPListener, f func(*conn)) {
	for {
		c, err := l.AcceptTCP()
		if err != nil {
			return
		}
		f(newConn(c))
	}
}

// message is one SIP message: start line, header lines, body.
type message struct {
	start string
	lines []string
	body  string
}

// value of a header by its two names.
func (m *message) value(long, short string) string {
	for _, l := range m.lines {
		name, v, _ := strings.Cut(l, ":")
		if strings.EqualFold(name, long) || strings.EqualFold(name, short) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func (c *conn) line() (string, error) {
	l, err := c.r.ReadString('\n')
	return strings.TrimSuffix(l, "\r\n"), err
}

// readSIP reads the next message, past keep-alives.
func (c *conn) readSIP() (*message, error) {
	m := &message{}
	for m.start == "" {
		var err error
		if m.start, err = c.line(); err != nil {
			return nil, err
		}
	}
	for {
		l, err := c.line()
		if err != nil {
			return nil, err
		}
		if l == "" {
			break
		}
		m.lines = append(m.lines, l)
	}
	size, _ := strconv.Atoi(m.value("Content-Length", "l"))
	body := make([]byte, size)
	_, err := io.ReadFull(c.r, body)
	m.body = string(body)
	return m, err
}

// serve answers the daemon's requests: a call is taken at once.
func (n *network) serve(c *conn) {
	for {
		m, err := c.readSIP()
		if err != nil {
			return
		}
		switch method, _, _ := strings.Cut(m.start, " "); method {
		case "INVITE":
			at := n.media.Addr().(*net.TCPAddr).Port
			c.reply(m, fmt.Sprintf("Contact: <sip:peer@%v;transport=tcp>\r\nContent-Type: application/sdp\r\n", n.proxy.Addr()),
				description("passive", at, fmt.Sprintf("msrp://127.0.0.1:%d/peer%d;tcp", at, n.number())))
		case "ACK", "SIP/2.0":
		default:
			c.reply(m, "", "")
		}
	}
}

func (n *network) number() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.next++
	return n.next
}

func (c *conn) reply(m *message, more, body string) {
	to := m.value("To", "t")
	if !strings.Contains(to, ";tag=") {
		to += ";tag=peer"
	}
	var b strings.Builder
	b.WriteString("SIP/2.0 200 OK\r\n")
	for _, l := range m.lines {
		if name, v, _ := strings.Cut(l, ":"); strings.EqualFold(name, "Via") || strings.EqualFold(name, "v") {
			b.WriteString("Via:" + v + "\r\n")
		}
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n%sContent-Length: %d\r\n\r\n%s",
		m.value("From", "f"), to, m.value("Call-ID", "i"), m.value("CSeq", "CSeq"), more, len(body), body)
	c.put(b.String())
}

func (c *conn) put(text string) {
	_, err := io.WriteString(c, text)
	must(err)
}

// description is an SDP of ours.
func description(setup string, port int, path string) string {
	return fmt.Sprintf("v=0\r\no=PEER 1234562 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message %d TCP/MSRP *\r\n"+
		"a=accept-types:message/cpim application/im-iscomposing+xml\r\na=accept-wrapped-types:text/plain message/imdn+xml\r\n"+
		"a=setup:%s\r\na=path:%s\r\na=sendrecv\r\n", port, setup, path)
}

// connect opens a SIP connection to a daemon.
func (n *network) connect(d *daemon) *conn {
	c := newConn(dialled(d.local.String()))
	atEnd(func() { c.Close() })
	return c
}

// call opens a session with a daemon by an INVITE on c from a user of that number, and
// returns when the empty SEND that opens it has been answered.
func (n *network) call(d *daemon, c *conn, user int) *session {
	k := n.number()
	id := fmt.Sprintf("%d@127.0.0.1", k)
	local := c.LocalAddr().String()
	own := fmt.Sprintf("msrp://127.0.0.1:9/call%d;tcp", k)
	offer := description("active", 9, own)
	from := fmt.Sprintf("<sip:+1444888%04d@sharetechnote.com;user=phone>", user)
	c.put(fmt.Sprintf("INVITE sip:310410123456789@%v;transport=tcp SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bK%di\r\nMax-Forwards: 70\r\n"+
		"From: %s;tag=c%d\r\nTo: <sip:310410123456789@sharetechnote.com>\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\nContact: <sip:peer@%s;transport=tcp>\r\n"+
		"P-Asserted-Identity: %s\r\nP-Asserted-Service: urn:urn-7:3gpp-service.ims.icsi.oma.cpm.session\r\n"+
		"Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%%3Aurn-7%%3A3gpp-service.ims.icsi.oma.cpm.session\"\r\n"+
		"Allow: INVITE,ACK,OPTIONS,CANCEL,BYE,UPDATE,PRACK,MESSAGE\r\nSupported: timer\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
		d.local, local, k, from, k, id, local, from, len(offer), offer))
	ok := c.final()
	contact := strings.SplitN(strings.SplitN(ok.value("Contact", "m"), "<", 2)[1], ">", 2)[0]
	c.put(fmt.Sprintf("ACK %s SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bK%da\r\nMax-Forwards: 70\r\nFrom: %s;tag=c%d\r\nTo: %s\r\nCall-ID: %s\r\n"+
		"CSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n", contact, local, k, from, k, ok.value("To", "t"), id))
	_, path, _ := strings.Cut(ok.body, "a=path:")
	path, _, _ = strings.Cut(path, "\r\n")
	at := strings.SplitN(strings.TrimPrefix(path, "msrp://"), "/", 2)[0]
	s := &session{conn: newConn(dialled(at)), own: own, peer: path}
	atEnd(func() { s.Close() })
	s.put(fmt.Sprintf("MSRP open%d SEND\r\nTo-Path: %s\r\nFrom-Path: %s\r\nMessage-ID: open%d\r\n-------open%d$\r\n", k, path, own, k, k))
	s.await("200")
	return s
}

// final reads up to the final response, which must be a 200.
func (c *conn) final() *message {
	for {
		must(c.SetReadDeadline(time.Now().Add(patience)))
		m, err := c.readSIP()
		must(err)
		switch {
		case strings.HasPrefix(m.start, "SIP/2.0 200"):
			return m
		case !strings.HasPrefix(m.start, "SIP/2.0 1"):
			fail("the daemon answers " + m.start)
		}
	}
}

// counts are what a connection has carried, as the kernel tells: segments with data and
// without, and octets, by direction seen from the daemon.
type counts struct{ out, in, bare, outOctets, inOctets float64 }

func (c *conn) counts() counts {
	raw, err := c.SyscallConn()
	must(err)
	var t *unix.TCPInfo
	must(raw.Control(func(fd uintptr) { t, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) }))
	must(err)
	return counts{out: float64(t.Data_segs_in), in: float64(t.Data_segs_out), outOctets: float64(t.Bytes_received), inOctets: float64(t.Bytes_acked),
		bare: float64(t.Segs_in + t.Segs_out - t.Data_segs_in - t.Data_segs_out)}
}

// plus is a + k × b.
func (a counts) plus(k float64, b counts) counts {
	return counts{a.out + k*b.out, a.in + k*b.in, a.bare + k*b.bare, a.outOctets + k*b.outOctets, a.inOctets + k*b.inOctets}
}

// scaled is a / n.
func (a counts) scaled(n float64) counts { return counts{}.plus(1/n, a) }
