package agent_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"imsagent/agent/ipc"
)

// rawHost is a connection to the host socket without the client of package ipc.
func rawHost(t *testing.T, d *daemon) *net.UnixConn {
	t.Helper()
	c, err := net.Dial("unix", d.cfg.Host.Socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c.(*net.UnixConn)
}

// talk sends octets and returns what came until the agent closed the connection; half says
// that we end our side.
func talk(t *testing.T, d *daemon, octets []byte, half bool) []byte {
	t.Helper()
	c := rawHost(t, d)
	defer c.Close()
	go func() {
		c.Write(octets) // the agent may have closed it in the middle
		if half {
			c.CloseWrite()
		}
	}()
	b, err := io.ReadAll(c)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%.40q: the connection stays open; so far came %q", octets, b)
	}
	return b
}

// framed is the request [0, 7, "send", [octets]].
func framed(octets string) []byte { return []byte("\x94\x00\x07\xa4send\x91" + octets) }

// TestHostDoor: whatever a host application sends, it gets an error, and the others go on.
func TestHostDoor(t *testing.T) {
	noLeftovers(t)
	n := network(t, netip.AddrPortFrom(loopback, 0))
	d := startDaemon(t, doorConfig(t, n.Addr()))
	a, b := d.connect("message", "message_status"), d.connect("message", "message_status")
	a.chat("before")
	for _, door := range []struct {
		name string
		play func(*testing.T, *daemon, *app)
	}{
		{"bad frames", badFrames}, {"clear errors", clearErrors}, {"half frames", halfFrames}, {"injection", injection},
		{"too many clients", tooManyClients}, {"floods without reading", requestFlood}, {"floods and reads", readingFlood}, {"asks far ahead", pipeline},
	} {
		t.Run(door.name, func(t *testing.T) {
			a.t = t
			over := chatBeside(t, b, door.name)
			door.play(t, d, a)
			over()
			a.chat("after " + door.name)
		})
	}
	a.t = t
	a.allBuffersFree(24)
}

// others is how many clients there may be besides the two that chat (L15).
const others = 2

// chatBeside lets another host application chat all the while. The function that it returns
// waits for the chat of now, and fails the test if there was none.
func chatBeside(t *testing.T, b *app, name string) (over func()) {
	var stop atomic.Bool
	ended, chats := make(chan struct{}), 0
	b.t = t
	go func() {
		defer close(ended)
		for chats == 0 || !stop.Load() {
			b.chat(fmt.Sprintf("%d beside %s", chats, name))
			chats++
		}
	}()
	return func() {
		stop.Store(true)
		<-ended
		if chats == 0 {
			t.Errorf("no chat beside %s", name)
		}
	}
}

// badFrames: each sample as it is and as the parameters of a request.
func badFrames(t *testing.T, d *daemon, a *app) {
	for _, s := range samples(t, "agent/ipc", "attacks/msgpack/") {
		talk(t, d, s.octets, true)
		talk(t, d, append(framed(""), s.octets...), true)
	}
	for _, junk := range []string{"GET / HTTP/1.1\r\n\r\n", "\x00", strings.Repeat("\x91", 70000), strings.Repeat("\x94\x00", 40000),
		"\x94\x00\x01\xdb\xff\xff\xff\xff", "\xc1"} {
		talk(t, d, []byte(junk), true)
	}
}

// clearErrors: the code that INTERFACES gives the fault, under the msgid of the request; the
// connection ends only where the stream cannot be followed any more.
func clearErrors(t *testing.T, d *daemon, a *app) {
	for _, v := range []struct {
		what, frame, code string
		closes            bool
	}{
		{"an array of 4 G", string(framed("\xdd\xff\xff\xff\xff")), "\xa4code\x04", true},
		{"nesting", string(framed("\x81\xa1x\x91\x91\x91\x91\x91\xc0")), "\xa4code\x01", true},
		{"the octet c1", string(framed("\xc1")), "\xa4code\x01", true},
		{"a method that is none", "\x94\x00\x07\xa5dance\x90", "\xa4code\x02", false},
		{"params that are no array", "\x94\x00\x07\xa6status\x80", "\xa4code\x03", false},
		{"no to", string(framed("\x81\xa4body\xa1x")), "\xa4code\x03", false},
		{"a number as to", string(framed("\x82\xa2to\x05\xa4body\xa1x")), "\xa4code\x03", false},
		{"a key that is no str", string(framed("\x81\x05\xa1x")), "\xa4code\x03", false},
		{"text that is not UTF-8", string(framed("\x82\xa2to\xa2\xff\xfe\xa4body\xa1x")), "\xa4code\x03", false},
	} {
		c := served(t, d)
		io.WriteString(c, v.frame)
		b := make([]byte, 4096)
		n, err := c.Read(b)
		if err != nil || !bytes.HasPrefix(b[:n], []byte("\x94\x01\x07\x84")) || !bytes.Contains(b[:n], []byte(v.code)) {
			t.Errorf("%s: %q, %v", v.what, b[:n], err)
		}
		if !v.closes {
			io.WriteString(c, "\x94\x00\x08\xa6status\x90")
		}
		n, err = c.Read(b)
		if v.closes != (err == io.EOF) || !v.closes && !bytes.HasPrefix(b[:n], []byte("\x94\x01\x08\xc0")) {
			t.Errorf("%s: then %q, %v", v.what, b[:n], err)
		}
		c.Close()
	}
}

// halfFrames: a frame may come octet by octet, and its client may go in the middle of it.
func halfFrames(t *testing.T, d *daemon, a *app) {
	slow, gone := served(t, d), served(t, d)
	frame := framed("\x82\xa2to\xac" + doorPeer + "\xa4body\xa4slow")
	gone.Write(frame[:len(frame)-3])
	gone.Close()
	for i := range frame {
		if i == len(frame)/2 {
			a.chat("in the middle of a frame")
		}
		slow.Write(frame[i : i+1])
	}
	b := make([]byte, 4096)
	n, err := slow.Read(b)
	if err != nil || !bytes.HasPrefix(b[:n], []byte("\x94\x01\x07\xc0\x81\xaamessage_id")) {
		t.Errorf("%q, %v", b[:n], err)
	}
	a.call("ack", map[string]any{"message_id": a.shown("slow")})
	slow.Close()
}

// injection: no field can put a line into a header. What is refused is refused as a bad
// argument, and nothing of it is seen on the wire.
func injection(t *testing.T, d *daemon, a *app) {
	wire := d.connect("trace")
	defer wire.c.Close()
	inject := "\r\nX-Injected: 1"
	tries := []map[string]any{
		{"to": "sip:a@b" + inject}, {"to": "+14448880000" + inject}, {"to": "sip:a@b\x00c"}, {"to": "sip:a b@c"}, {"to": ""},
		{"to": "msrp://127.0.0.1:1/x;tcp"}, {"to": "tel:letters"}, {"to": "sip:a@b\nX-Injected: 1"}, {"to": "<sip:a@b>, <sip:c@d>"},
		{"to": "sip:a@b?X-Injected=1" + inject},
		{"to": doorPeer, "content_type": "text/plain" + inject},
		{"to": doorPeer, "client_id": "id" + inject},
		{"to": doorPeer, "headers": map[string]string{"MyFeatures.X": "1" + inject}},
		{"to": doorPeer, "headers": map[string]string{"MyFeatures.X" + inject: "1"}},
		{"to": doorPeer, "headers": map[string]string{"imdn.Message-ID": "1"}},
		{"to": doorPeer, "headers": map[string]string{"From": "<sip:somebody@else>"}},
	}
	for _, s := range samples(t, "agent/ipc", "attacks/ipc-fields/to-") {
		tries = append(tries, map[string]any{"to": string(s.octets)})
	}
	for _, params := range tries {
		if params["body"] = []byte("injected"); len(fmt.Sprint(params)) > 60000 {
			continue // beyond a frame; the framer has its own test
		}
		_, err := a.try("send", params)
		var refused *ipc.CallError
		if !errors.As(err, &refused) || refused.Code != ipc.CodeBadArgument {
			t.Errorf("%.80q: %v", params, err)
		}
	}
	for _, method := range []string{"open", "composing"} {
		_, err := a.try(method, map[string]any{"to": "sip:a@b" + inject, "active": true})
		var refused *ipc.CallError
		if !errors.As(err, &refused) || refused.Code != ipc.CodeBadArgument {
			t.Errorf("%s: %v", method, err)
		}
	}
	// Text may be anything, and comes out as it went in.
	for _, text := range []string{inject, "\r\n\r\n", "\x00", "-------" + strings.Repeat("-", 50) + "$\r\n", "\ufeffbom"} {
		a.chat(text)
	}
	a.chat("the last of the injection")
	for last := false; !last; {
		n := wire.until("traced message", func(n ipc.Notification) bool { return n.Method == "trace" })
		b, _ := n.Params["bytes"].([]byte)
		head, body, _ := bytes.Cut(b, []byte("\r\n\r\n"))
		if bytes.Contains(head, []byte("X-Injected")) {
			t.Errorf("on the wire: %q", b)
		}
		last = bytes.Contains(body, []byte("the last of the injection"))
	}
}

// tooManyClients: the fifth client is closed (L15), and a place that becomes free is used.
func tooManyClients(t *testing.T, d *daemon, a *app) {
	var conns []*net.UnixConn
	for range others {
		conns = append(conns, served(t, d))
	}
	if b := talk(t, d, nil, false); len(b) > 0 {
		t.Errorf("the client too many got %q", b)
	}
	for _, c := range conns {
		c.Close()
	}
	served(t, d).Close()
}

// served is a connection to the host socket that has been answered; with all places taken it
// waits for one.
func served(t *testing.T, d *daemon) *net.UnixConn {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		c := rawHost(t, d)
		io.WriteString(c, "\x94\x00\x01\xa6status\x90")
		if _, err := c.Read(make([]byte, 4096)); err == nil {
			return c
		}
		c.Close()
	}
	t.Fatal("no place becomes free for a client")
	return nil
}

// requestFlood: clients that ask without end and never read cost the others nothing.
func requestFlood(t *testing.T, d *daemon, a *app) {
	flood := bytes.Repeat([]byte("\x94\x00\x01\xa6status\x90"), 20)
	for range others {
		c := served(t, d)
		go func() {
			for range 5000 {
				if _, err := c.Write(flood); err != nil {
					return
				}
				time.Sleep(100 * time.Microsecond)
			}
		}()
	}
	time.Sleep(100 * time.Millisecond) // let them fill what they can
	for i := range 20 {
		a.chat(fmt.Sprintf("during the flood %d", i))
	}
}

// readingFlood: clients that ask without end and do read have their share, and no more.
func readingFlood(t *testing.T, d *daemon, a *app) {
	flood := bytes.Repeat([]byte("\x94\x00\x01\xa6status\x90"), 200)
	var answered [others]atomic.Int64
	for i := range others {
		c := served(t, d)
		defer c.Close()
		c.SetDeadline(time.Time{})
		go func() {
			for b := make([]byte, 65536); ; {
				n, err := c.Read(b)
				if answered[i].Add(int64(n)); err != nil {
					return
				}
			}
		}()
		go func() {
			for {
				if _, err := c.Write(flood); err != nil {
					return
				}
			}
		}()
	}
	for i := range 20 {
		a.chat(fmt.Sprintf("during the flood that reads %d", i))
	}
	for i := range answered {
		if answered[i].Load() == 0 {
			t.Errorf("client %d had no answer", i)
		}
	}
}

// pipeline: a client may ask much before it reads, and gets every answer.
func pipeline(t *testing.T, d *daemon, a *app) {
	const requests = 1000
	c := served(t, d)
	defer c.Close()
	go c.Write(bytes.Repeat([]byte("\x94\x00\x01\xa6status\x90"), requests))
	var all []byte
	b := make([]byte, 65536)
	for bytes.Count(all, []byte("registration")) < requests {
		n, err := c.Read(b)
		if all = append(all, b[:n]...); err != nil {
			t.Fatalf("%d of %d answers, then %v", bytes.Count(all, []byte("registration")), requests, err)
		}
	}
}

// TestHostThatNeverReads: clients that subscribe and do not read lose notifications, which
// they are told, but no message; another client sees everything at once.
func TestHostThatNeverReads(t *testing.T) {
	noLeftovers(t)
	n := network(t, netip.AddrPortFrom(loopback, 0))
	d := startDaemon(t, doorConfig(t, n.Addr()))
	a := d.connect("message", "message_status")
	a.chat("before")
	var deaf []*net.UnixConn
	for range 3 {
		c := served(t, d)
		io.WriteString(c, "\x94\x00\x01\xa9subscribe\x91\x81\xa6topics\x98\xa7message\xaemessage_status\xa9composing\xa7session"+
			"\xacregistration\xaeaccess_network\xa5modem\xa5trace")
		deaf = append(deaf, c)
	}
	var shown []string
	long := strings.Repeat("long ", 200)
	start := time.Now()
	for i := range 60 {
		text := fmt.Sprintf("%d %s", i, long)
		id := a.send(doorPeer, text)
		a.reaches(id, "delivered")
		shown = append(shown, a.shown(text))
		a.call("ack", map[string]any{"message_id": id})
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("60 chats beside clients that do not read took %v", took)
	}
	reader := &app{t: t, c: ipc.NewClient(deaf[0])}
	defer reader.c.Close()
	dropped := reader.until("dropped", func(n ipc.Notification) bool { return n.Method == "dropped" })
	if count, _ := dropped.Params["count"].(int64); count < 1 {
		t.Errorf("dropped: %v", dropped.Params)
	}
	for i, id := range shown { // none is missing, none has another id
		if got := reader.shown(fmt.Sprintf("%d %s", i, long)); got != id {
			t.Errorf("message %d is %s, was %s", i, got, id)
		}
	}
	for _, c := range deaf[1:] {
		c.Close()
	}
	a.allBuffersFree(24)
}
