package agent_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// from is a TCP connection to the agent from one of the loopback addresses.
func from(t *testing.T, source netip.Addr, to netip.AddrPort) *net.TCPConn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: source.AsSlice()}, Timeout: patience}
	c, err := d.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c.(*net.TCPConn)
}

// datagrams is a UDP socket on one of the loopback addresses.
func datagrams(t *testing.T, source netip.Addr) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(source, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// options is an OPTIONS request of its own transaction.
func options(id, transport string) string {
	return "OPTIONS sip:310410123456789@127.0.0.1 SIP/2.0\r\n" +
		"Via: SIP/2.0/" + transport + " 127.0.0.1:5999;branch=z9hG4bK" + id + ";rport\r\nMax-Forwards: 70\r\n" +
		"From: <sip:probe@sharetechnote.com>;tag=" + id + "\r\nTo: <sip:310410123456789@sharetechnote.com>\r\n" +
		"Call-ID: " + id + "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
}

// answered reads a stream until a SIP response with this status and this text has come.
func answered(t *testing.T, r *bufio.Reader, status, text string) (head, body string) {
	t.Helper()
	for {
		head, body, err := readSIP(r)
		if err != nil {
			t.Fatalf("no %s to %s: %v", status, text, err)
		}
		if strings.HasPrefix(head, "SIP/2.0 "+status) && strings.Contains(head, text) {
			return head, body
		}
	}
}

// readSIP reads one message of a stream.
func readSIP(r *bufio.Reader) (head, body string, err error) {
	size := 0
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return head, "", err
		}
		if line == "\r\n" && head == "" {
			continue // a keep-alive
		}
		head += line
		name, value, _ := strings.Cut(line, ":")
		if name == "l" || strings.EqualFold(name, "Content-Length") {
			size, _ = strconv.Atoi(strings.TrimSpace(value))
		}
		if line == "\r\n" {
			b := make([]byte, size)
			_, err := io.ReadFull(r, b)
			return head, string(b), err
		}
	}
}

// replyTo waits for a datagram with this text.
func replyTo(t *testing.T, c *net.UDPConn, what string) {
	t.Helper()
	b := make([]byte, 65535)
	c.SetReadDeadline(time.Now().Add(patience))
	for {
		n, _, err := c.ReadFromUDPAddrPort(b)
		if err != nil {
			t.Fatalf("no answer with %q: %v", what, err)
		}
		if bytes.Contains(b[:n], []byte(what)) {
			return
		}
	}
}

// nothingFor fails if anything came for c so far.
func nothingFor(t *testing.T, c *net.UDPConn) {
	t.Helper()
	b := make([]byte, 65535)
	c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if n, _, err := c.ReadFromUDPAddrPort(b); err == nil {
		t.Errorf("a stranger was answered: %q", b[:n])
	}
}

// closedSilently expects the end of a connection, and not an octet before it.
func closedSilently(t *testing.T, c net.Conn) {
	t.Helper()
	b, err := io.ReadAll(c)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection stays open")
	}
	if len(b) > 0 {
		t.Errorf("a stranger was answered: %q", b)
	}
}

func sipSamples(t *testing.T) []sample {
	return append(samples(t, "sipmin", "attacks/sip"), samples(t, "sipmin", "attacks/multipart/")...)
}

// TestSIPDoor: whatever comes as SIP, by datagrams and connections, whole, half, oversize or
// from strangers, a chat goes on.
func TestSIPDoor(t *testing.T) {
	noLeftovers(t)
	n := network(t, netip.AddrPortFrom(loopback, 0))
	d := startDaemon(t, doorConfig(t, n.Addr()))
	a := d.connect("message", "message_status")
	a.chat("before")
	for _, door := range []struct {
		name string
		play func(*testing.T, *daemon, *app)
	}{
		{"datagrams", garbageDatagrams}, {"streams", garbageStreams}, {"half messages", halfMessages},
		{"too large", tooLarge}, {"answerable", answerable}, {"strangers", strangers},
	} {
		t.Run(door.name, func(t *testing.T) {
			a.t = t
			door.play(t, d, a)
			a.chat("after " + door.name)
		})
	}
	a.t = t
	a.allBuffersFree(24)
}

func garbageDatagrams(t *testing.T, d *daemon, a *app) {
	c := datagrams(t, loopback)
	for i, s := range sipSamples(t) {
		if len(s.octets) > 65507 {
			s.octets = s.octets[:65507]
		}
		if _, err := c.WriteToUDPAddrPort(s.octets, d.sip()); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		// The answer to what comes behind shows that this one is done with.
		id := "dgram" + strconv.Itoa(i) + "x"
		c.WriteToUDPAddrPort([]byte(options(id, "UDP")), d.sip())
		replyTo(t, c, id)
	}
	for _, junk := range []string{"", "\x00", "\r\n\r\n", "SIP/2.0", "\xff\xfe" + strings.Repeat("A", 60000)} {
		c.WriteToUDPAddrPort([]byte(junk), d.sip())
	}
	c.WriteToUDPAddrPort([]byte(options("dgram-last", "UDP")), d.sip())
	replyTo(t, c, "dgram-last")
}

func garbageStreams(t *testing.T, d *daemon, a *app) {
	for _, s := range sipSamples(t) {
		c := from(t, loopback, d.sip())
		c.Write(s.octets) // the agent may have closed it in the middle
		c.CloseWrite()
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the connection stays open", s.name)
		}
		c.Close()
	}
}

// halfMessages: a message that comes slowly stops nobody and is answered when it is whole.
func halfMessages(t *testing.T, d *daemon, a *app) {
	var conns []*net.TCPConn
	for i := range 4 {
		c := from(t, loopback, d.sip())
		m := options("half"+strconv.Itoa(i), "TCP")
		io.WriteString(c, m[:20+80*i])
		conns = append(conns, c)
	}
	a.chat("in the middle of half messages")
	for i, c := range conns {
		id := "half" + strconv.Itoa(i)
		io.WriteString(c, options(id, "TCP")[20+80*i:])
		answered(t, bufio.NewReader(c), "200", id)
		c.Close()
	}
}

// tooLarge: a message above the limits ends its connection (L1, L2, L3), an endless one too.
func tooLarge(t *testing.T, d *daemon, a *app) {
	head, _, _ := strings.Cut(options("large", "TCP"), "Content-Length")
	for _, m := range []string{
		head + "Content-Length: 65536\r\n\r\n" + strings.Repeat("x", 1000),
		head + "Content-Length: 4294967296\r\n\r\n",
		head + "Content-Length: 5\r\nl: 7\r\n\r\nhello",
		head + "X: " + strings.Repeat("y", 1<<20),
		strings.Repeat("A", 1<<20),
	} {
		c := from(t, loopback, d.sip())
		go io.WriteString(c, m)
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%.40q…: the connection stays open", m)
		}
		c.Close()
	}
}

// answerable: what is malformed but can be answered gets the status that says why.
func answerable(t *testing.T, d *daemon, a *app) {
	for i, v := range []struct{ old, new, status string }{
		{"CSeq: 1 OPTIONS", "CSeq: 1 INFO", "400"},
		{"OPTIONS sip:", "OPTIONS mailto:", "416"},
		{"Max-Forwards: 70", "Max-Forwards: 70\r\nRequire: teleport", "420"},
		{"OPTIONS", "DANCE", "501"},
		{"OPTIONS", "BYE", "481"},
		{"OPTIONS", "REFER", "405"},
		{"127.0.0.1 SIP/2.0", "127.0.0.1 SIP/3.0", "505"},
	} {
		id := "answerable" + strconv.Itoa(i)
		m := strings.ReplaceAll(options(id, "TCP"), v.old, v.new)
		c := from(t, loopback, d.sip())
		io.WriteString(c, m)
		answered(t, bufio.NewReader(c), v.status, id)
		c.Close()
	}
}

// strangers: "anything else is dropped without reply".
func strangers(t *testing.T, d *daemon, a *app) {
	before := a.counter("foreign")
	s, own := datagrams(t, stranger), datagrams(t, loopback)
	wire := options("stranger", "UDP")
	s.WriteToUDPAddrPort([]byte(wire), d.sip())
	s.WriteToUDPAddrPort([]byte(strings.ReplaceAll(wire, "OPTIONS", "MESSAGE")), d.sip())
	own.WriteToUDPAddrPort([]byte(options("known", "UDP")), d.sip())
	replyTo(t, own, "known")
	nothingFor(t, s)
	c := from(t, stranger, d.sip())
	io.WriteString(c, options("stranger2", "TCP"))
	closedSilently(t, c)
	if got := a.counter("foreign") - before; got != 3 {
		t.Errorf("%d strangers are counted, not 3", got)
	}
}

// TestSIPConnectionsUsedUp: whoever has the P-CSCF's address may use up all connections that
// are accepted, and the agent still reaches the P-CSCF.
func TestSIPConnectionsUsedUp(t *testing.T) {
	noLeftovers(t)
	n := network(t, netip.AddrPortFrom(loopback, 0))
	d := startDaemon(t, doorConfig(t, n.Addr()))
	a := d.connect("message", "message_status")
	for range 12 {
		from(t, loopback, d.sip())
	}
	// The last one was seen when this one is closed.
	closedSilently(t, from(t, loopback, d.sip()))
	a.chat("with all connections in use")
}
