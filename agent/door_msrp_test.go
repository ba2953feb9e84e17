package agent_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A caller is a peer that invites the agent by a SIP connection and sends by an MSRP
// connection of its own.
type caller struct {
	t          *testing.T
	id, tag    string
	sip, msrp  *net.TCPConn
	answers    *bufio.Reader // of sip
	agentPath  string
	callerPath string
	at         netip.AddrPort // where the agent takes MSRP
	tid        int
}

// callIn establishes a session with the agent as the passive side.
func callIn(t *testing.T, d *daemon, id string) *caller {
	t.Helper()
	k := &caller{t: t, id: id, sip: from(t, loopback, d.sip())}
	k.callerPath = "msrp://127.0.0.1:9/" + id + "sessionid;tcp"
	sdp := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message 9 TCP/MSRP *\r\n" +
		"a=accept-types:message/cpim application/im-iscomposing+xml\r\na=accept-wrapped-types:*\r\na=setup:active\r\n" +
		"a=path:" + k.callerPath + "\r\na=sendrecv\r\n"
	io.WriteString(k.sip, k.request("INVITE", "", "Content-Type: application/sdp\r\n", sdp))
	k.answers = bufio.NewReader(k.sip)
	head, body := answered(t, k.answers, "200", id)
	_, rest, _ := strings.Cut(body, "a=path:")
	k.agentPath, _, _ = strings.Cut(rest, "\r\n")
	_, rest, _ = strings.Cut(body, "m=message ")
	port, _, _ := strings.Cut(rest, " ")
	p, err := strconv.ParseUint(port, 10, 16)
	if err != nil || p == 0 || k.agentPath == "" {
		t.Fatalf("no usable answer: %q", body)
	}
	k.at = netip.AddrPortFrom(loopback, uint16(p))
	_, rest, _ = strings.Cut(head, "\r\nt: ")
	_, rest, _ = strings.Cut(rest, ";tag=")
	tag, _, _ := strings.Cut(rest, "\r\n")
	k.tag = ";tag=" + tag
	io.WriteString(k.sip, k.request("ACK", k.tag, "", ""))
	k.msrp = from(t, loopback, k.at)
	return k
}

// hangUp ends the session and waits for the answer.
func (k *caller) hangUp() {
	k.t.Helper()
	io.WriteString(k.sip, strings.Replace(k.request("BYE", k.tag, "", ""), "CSeq: 1", "CSeq: 2", 1))
	answered(k.t, k.answers, "200", "2 BYE")
	k.sip.Close()
	k.msrp.Close()
}

func (k *caller) request(method, tag, more, body string) string {
	return method + " sip:310410123456789@127.0.0.1 SIP/2.0\r\n" +
		"Via: SIP/2.0/TCP 127.0.0.1:5999;branch=z9hG4bK" + k.id + method + "\r\nMax-Forwards: 70\r\n" +
		"From: <sip:+15550001111@sharetechnote.com;user=phone>;tag=" + k.id + "\r\n" +
		"To: <sip:310410123456789@sharetechnote.com>" + tag + "\r\nCall-ID: " + k.id + "\r\nCSeq: 1 " + method + "\r\n" +
		"Contact: <sip:+15550001111@127.0.0.1:5999;transport=tcp>\r\n" +
		"P-Asserted-Identity: <sip:+1555" + fmt.Sprintf("%07d", len(k.id)*1000+int(k.id[len(k.id)-1])) + "@sharetechnote.com;user=phone>\r\n" +
		"Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session\"\r\n" +
		more + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

// text is a SEND with a CPIM text.
func (k *caller) text(to, text string) string {
	k.tid++
	tid := k.id + "tid" + strconv.Itoa(k.tid)
	body := "From: <sip:anonymous@anonymous.invalid>\r\nTo: <sip:anonymous@anonymous.invalid>\r\n" +
		"NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: " + tid + "\r\nDateTime: 2026-01-01T00:00:00Z\r\n\r\n" +
		"Content-type: text/plain; charset=utf-8\r\n\r\n" + text
	return "MSRP " + tid + " SEND\r\nTo-Path: " + to + "\r\nFrom-Path: " + k.callerPath + "\r\nMessage-ID: " + tid + "\r\n" +
		"Byte-Range: 1-" + strconv.Itoa(len(body)) + "/" + strconv.Itoa(len(body)) + "\r\nContent-Type: message/cpim\r\n\r\n" +
		body + "\r\n-------" + tid + "$\r\n"
}

// empty is the SEND by which a connection is bound.
func (k *caller) empty(to string) string {
	k.tid++
	tid := k.id + "tid" + strconv.Itoa(k.tid)
	return "MSRP " + tid + " SEND\r\nTo-Path: " + to + "\r\nFrom-Path: " + k.callerPath + "\r\nMessage-ID: " + tid + "\r\n" +
		"Byte-Range: 1-0/0\r\n-------" + tid + "$\r\n"
}

// status reads the next response on a connection and returns its code; "" if it was closed.
func status(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("neither a response nor the end of the connection")
		}
		if err != nil {
			return ""
		}
		if f := strings.Fields(line); len(f) >= 3 && f[0] == "MSRP" && len(f[2]) == 3 {
			return f[2]
		}
	}
}

// TestMSRPDoor: garbage on a session's connection ends that session alone, garbage and
// guesses on other connections end these, and a chat goes on.
func TestMSRPDoor(t *testing.T) {
	noLeftovers(t)
	n := network(t, netip.AddrPortFrom(loopback, 0))
	d := startDaemon(t, doorConfig(t, n.Addr()))
	a := d.connect("message", "message_status", "session")
	a.chat("before")
	for _, door := range []struct {
		name string
		play func(*testing.T, *daemon, *app)
	}{
		{"bound", garbageBound}, {"unbound", garbageUnbound}, {"guesses", guesses}, {"second connection", secondConnection},
	} {
		t.Run(door.name, func(t *testing.T) {
			a.t = t
			door.play(t, d, a)
			a.chat("after " + door.name)
		})
	}
	a.t = t
	a.eventually("only the good session is left", func() bool {
		list, _ := a.call("status", nil)["sessions"].([]any)
		return len(list) == 1
	}, func() string { return fmt.Sprint(a.call("status", nil)["sessions"]) })
	a.allBuffersFree(24)
}

// garbageBound: each sample on a connection that is bound to a session of its own. What was
// stored before it stays.
func garbageBound(t *testing.T, d *daemon, a *app) {
	for i, s := range append(samples(t, "msrp", "attacks/msrp/"), junk...) {
		k := callIn(t, d, fmt.Sprintf("bound%d", i))
		r := bufio.NewReader(k.msrp)
		text := fmt.Sprintf("stored before %s", s.name)
		io.WriteString(k.msrp, k.empty(k.agentPath)+k.text(k.agentPath, text))
		if got := status(t, r) + " " + status(t, r); got != "200 200" {
			t.Fatalf("%s: a good message got %s", s.name, got)
		}
		octets := bytes.ReplaceAll(s.octets, []byte("msrp://alice.example.com:7394/2s93i93idj;tcp"), []byte(k.agentPath))
		octets = bytes.ReplaceAll(octets, []byte("msrp://bob.example.com:8493/si438dsaodes;tcp"), []byte(k.callerPath))
		k.msrp.Write(octets)
		k.msrp.CloseWrite()
		if _, err := io.Copy(io.Discard, r); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the connection stays open", s.name)
		}
		k.msrp.Close()
		k.sip.Close()
		a.call("ack", map[string]any{"message_id": a.shown(text)})
	}
}

// junk is what is no MSRP at all.
var junk = []sample{
	{name: "zeros", octets: make([]byte, 100000)},
	{name: "http", octets: []byte("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")},
	{name: "endless line", octets: bytes.Repeat([]byte("MSRP"), 50000)},
	{name: "endless headers", octets: []byte("MSRP abcd SEND\r\n" + strings.Repeat("X-Header: 1\r\n", 10000))},
	{name: "binary", octets: bytes.Repeat([]byte{0xff, 0x0d, 0x0a, 0x2d}, 5000)},
}

// garbageUnbound: each sample on a connection that names no session.
func garbageUnbound(t *testing.T, d *daemon, a *app) {
	k := callIn(t, d, "unbound0") // for the address
	k.hangUp()
	all := append(samples(t, "msrp", "attacks/msrp"), junk...)
	for i, s := range all {
		c := from(t, []netip.Addr{loopback, stranger}[i%2], k.at)
		go func() { c.Write(s.octets); c.CloseWrite() }()
		if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the connection stays open", s.name)
		}
		c.Close()
	}
}

// guesses: L17, a wrong To-Path is answered 481, and the fifth on a connection is the last.
func guesses(t *testing.T, d *daemon, a *app) {
	k := callIn(t, d, "guess0")
	for _, source := range []netip.Addr{loopback, stranger} {
		c := from(t, source, k.at)
		r := bufio.NewReader(c)
		for i := range 5 {
			io.WriteString(c, k.text(fmt.Sprintf("msrp://%v/guessedsession%d;tcp", k.at, i), "let me in"))
			if got := status(t, r); got != "481" {
				t.Errorf("guess %d: status %q", i, got)
			}
		}
		if got := status(t, r); got != "" {
			t.Errorf("after five guesses: %q", got)
		}
		c.Close()
	}
	// The session was not hurt: its own connection is still taken.
	io.WriteString(k.msrp, k.empty(k.agentPath)+k.text(k.agentPath, "the right path"))
	r := bufio.NewReader(k.msrp)
	if got := status(t, r) + status(t, r); got != "200200" {
		t.Errorf("the right path: %s", got)
	}
	a.call("ack", map[string]any{"message_id": a.shown("the right path")})
	k.hangUp()
}

// secondConnection: "second connection 506", and From-Path must be the peer's.
func secondConnection(t *testing.T, d *daemon, a *app) {
	k := callIn(t, d, "second0")
	r := bufio.NewReader(k.msrp)
	io.WriteString(k.msrp, k.empty(k.agentPath))
	if got := status(t, r); got != "200" {
		t.Fatalf("the opening SEND: %q", got)
	}
	for _, source := range []netip.Addr{loopback, stranger} {
		c := from(t, source, k.at)
		io.WriteString(c, k.text(k.agentPath, "from a second connection"))
		if got := status(t, bufio.NewReader(c)); got != "506" {
			t.Errorf("a second connection: %q", got)
		}
		c.Close()
	}
	own := k.callerPath
	k.callerPath = "msrp://127.0.0.1:9/somebodyelse;tcp"
	io.WriteString(k.msrp, k.text(k.agentPath, "from a foreign path"))
	if got := status(t, r); got == "200" {
		t.Error("a foreign From-Path got 200")
	}
	k.callerPath = own
	io.WriteString(k.msrp, k.text(k.agentPath, "from the first connection"))
	if got := status(t, r); got != "200" {
		t.Errorf("the first connection: %q", got)
	}
	a.call("ack", map[string]any{"message_id": a.shown("from the first connection")})
	for _, n := range a.early {
		if body, _ := n.Params["body"].([]byte); bytes.Contains(body, []byte("second")) || bytes.Contains(body, []byte("foreign")) {
			t.Errorf("the host was shown %q", body)
		}
	}
	k.hangUp()
}

// TestMSRPPeersThatNeverRead: peers that send without end and read no answer cost their own
// sessions, and nobody else's.
func TestMSRPPeersThatNeverRead(t *testing.T) {
	noLeftovers(t)
	n := network(t, netip.AddrPortFrom(loopback, 0))
	d := startDaemon(t, doorConfig(t, n.Addr()))
	a := d.connect("message", "message_status")
	a.chat("before")
	for i := range 4 {
		k := callIn(t, d, fmt.Sprintf("deaf%d", i))
		k.msrp.SetReadBuffer(4096)
		k.msrp.SetDeadline(time.Time{})
		io.WriteString(k.msrp, k.empty(k.agentPath))
		flood := []byte(strings.Repeat(k.empty(k.agentPath), 10))
		go func() {
			for {
				if _, err := k.msrp.Write(flood); err != nil {
					return
				}
				time.Sleep(200 * time.Microsecond) // as fast as it goes fills no queue but the agent's own
			}
		}()
	}
	a.eventually("the answers to them wait in the agent", func() bool {
		b, _ := a.call("status", nil)["buffers"].(map[string]any)
		free, _ := b["free"].(int64)
		return free < 40
	}, func() string { return "they do not" })
	for i := range 40 {
		start := time.Now()
		a.chat(fmt.Sprintf("beside peers that never read %d", i))
		if took := time.Since(start); took > 10*time.Second {
			t.Fatalf("a chat took %v", took)
		}
	}
	if list, _ := a.call("status", nil)["sessions"].([]any); len(list) != 5 {
		t.Errorf("the peers have had no 30 s to read, and there are %d sessions, not 5", len(list))
	}
}
