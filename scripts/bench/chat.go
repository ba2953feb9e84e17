package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"imsagent/agent/ipc"
)

// A host is a host application that acknowledges whatever comes.
type host struct {
	c     *ipc.Client
	shown chan struct{} // a text has come
	seen  chan struct{} // a text of ours was delivered
}

func newHost(d *daemon) *host {
	h := &host{shown: make(chan struct{}, 256), seen: make(chan struct{}, 256)}
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		var err error
		if h.c, err = ipc.Dial(d.socket); err == nil {
			break
		}
		if time.Now().After(end) {
			must(err)
		}
	}
	atEnd(func() { h.c.Close() })
	h.call("subscribe", map[string]any{"topics": []string{"message", "message_status"}})
	go h.follow()
	return h
}

func (h *host) call(method string, params map[string]any) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := h.c.Call(ctx, method, params)
	must(err)
}

func (h *host) follow() {
	for n := range h.c.Notifications() {
		switch id := n.Params["message_id"]; {
		case n.Method == "message":
			h.call("ack", map[string]any{"message_id": id})
			h.shown <- struct{}{}
		case n.Params["state"] == "delivered":
			h.call("ack", map[string]any{"message_id": id})
			h.seen <- struct{}{}
		}
	}
}

func (h *host) send(to string) {
	h.call("send", map[string]any{"to": to, "body": []byte("Hello")})
}

func wait(c chan struct{}) {
	select {
	case <-c:
	case <-time.After(patience):
		fail("nothing has come from the daemon")
	}
}

// A stage is a daemon with its network and host, and one session that the daemon has opened.
type stage struct {
	*daemon
	net  *network
	host *host
	s    *session
}

const partner = "+14448880000"

func newStage(name string) *stage {
	g := &stage{net: newNetwork()}
	g.daemon = startDaemon(name, g.net.proxy.Addr(), 16)
	g.host = newHost(g.daemon)
	g.s = g.open(partner)
	return g
}

// open has the host send a text to someone new and takes it, in the session that it opens.
func (g *stage) open(to string) *session {
	g.host.send(to)
	var s *session
	select {
	case c := <-g.net.calls:
		s = &session{conn: c}
	case <-time.After(patience):
		fail("the daemon has not connected")
	}
	atEnd(func() { s.Close() })
	f := s.next() // the empty SEND: it says who is who
	s.own, s.peer = f.field("To-Path"), f.field("From-Path")
	s.ok(&f)
	s.take()
	wait(g.host.seen)
	return s
}

// bothWays carries n texts from the host to the wire and as many back.
func (g *stage) bothWays(n int) {
	for range n {
		g.host.send(partner)
		g.s.take()
		wait(g.host.seen)
		g.s.give()
		wait(g.host.shown)
	}
}

// chatSamples is how many messages a sample is.
const chatSamples = 10

func chatGroups() []group {
	g := newStage("chat")
	disk := newDisk(filepath.Join(g.dir, "disk"))
	return []group{
		{what: "last octet of a SEND → our 200", threads: true, count: chatSamples, subjects: []*subject{
			{name: "the daemon, spool on this disk", spent: func(n int) (ns int64) {
				for range n {
					ns += int64(g.s.give())
					wait(g.host.shown)
				}
				return ns
			}},
			{name: "one write and fdatasync of 512 octets there", run: disk.sync},
		}, pairs: []pair{{0, 1, aim{more: time.Millisecond}}}},
		{what: "a text host → wire, delivered, and one wire → host", threads: true, count: chatSamples, subjects: []*subject{
			{name: "the daemon, elapsed", run: g.bothWays},
			{name: "the daemon, its CPU time", spent: func(n int) int64 {
				before := g.cpu()
				g.bothWays(n)
				return g.cpu() - before
			}},
			{name: "two writes and fdatasyncs of 512 octets", run: func(n int) { disk.sync(2 * n) }},
		}, pairs: []pair{{0, 2, aim{}}, {1, 2, aim{}}}},
	}
}

// A disk appends records as a log does.
type disk struct {
	file *os.File
	off  int64
}

func newDisk(path string) *disk {
	f, err := os.Create(path)
	must(err)
	_, err = f.WriteAt(make([]byte, 64<<10), 0) // as a segment that is there already
	must(err)
	must(f.Sync())
	atEnd(func() { f.Close() })
	return &disk{file: f}
}

func (d *disk) sync(n int) {
	record := make([]byte, 512)
	for range n {
		_, err := d.file.WriteAt(record, d.off%(64<<10))
		must(err)
		must(unix.Fdatasync(int(d.file.Fd())))
		d.off += int64(len(record))
	}
}

// wireMessages is how many messages the figures of an open session are the mean of.
const wireMessages = 20

// settle lets acknowledgements that TCP delays come.
func settle() { time.Sleep(250 * time.Millisecond) }

func wireGroups() []group {
	g := newStage("wire")
	settle()
	in := g.during(func() {
		for range wireMessages {
			g.s.give()
			wait(g.host.shown)
		}
	}).scaled(wireMessages)
	out := g.during(func() {
		for range wireMessages {
			g.host.send(partner)
			g.s.take()
			wait(g.host.seen)
		}
	}).scaled(wireMessages)
	fresh := g.firstOut()
	return []group{{what: "", figures: [][8]string{
		in.figure("a message received in an open session: TCP", "our 200 and notification in one segment", verdict(in.out == 1)),
		out.figure("a message sent and delivered in an open session: TCP", "", ""),
		g.firstIn().figure("a message received in a new session: INVITE to the notification's 200: TCP", "", ""),
		fresh.figure("a message sent in a new session: INVITE to the notification's 200: TCP", "", ""),
	}}}
}

// during is what f has the session carry.
func (g *stage) during(f func()) counts {
	before := g.s.counts()
	f()
	settle()
	return g.s.counts().plus(-1, before)
}

// firstIn is what a session costs that the other side opens, with one message.
func (g *stage) firstIn() counts {
	c := g.net.connect(g.daemon)
	s := g.net.call(g.daemon, c, 1)
	s.give()
	wait(g.host.shown)
	settle()
	return c.counts().plus(1, s.counts())
}

// firstOut is what a session costs that the daemon opens, with one message; its SIP
// connection is there already.
func (g *stage) firstOut() counts {
	sip := func() (sum counts) {
		g.net.mu.Lock()
		defer g.net.mu.Unlock()
		for _, c := range g.net.sip {
			sum = sum.plus(1, c.counts())
		}
		return sum
	}
	settle()
	before := sip()
	s := g.open("+14448880099")
	settle()
	return sip().plus(-1, before).plus(1, s.counts())
}

// figure is a row: ours, then theirs.
func (c counts) figure(what, aim, met string) [8]string {
	return [8]string{what, "the daemon's", fmt.Sprintf("%.1f segments with data, %.0f octets", c.out, c.outOctets),
		"the peer's", fmt.Sprintf("%.1f segments with data, %.0f octets; both ways %.1f without", c.in, c.inOctets, c.bare), "", aim, met}
}

// memoryGroups opens one session after the other, each with a text received.
func memoryGroups() []group {
	net := newNetwork()
	d := startDaemon("memory", net.proxy.Addr(), 64)
	h := newHost(d)
	c := net.connect(d)
	var rows [][8]string
	var first, firstAnon float64
	for n := 1; n <= 64; n++ {
		s := net.call(d, c, n)
		s.give()
		wait(h.shown)
		if n&(n-1) != 0 {
			continue
		}
		time.Sleep(100 * time.Millisecond)
		rss, anon := d.status("VmRSS"), d.status("RssAnon")
		if n == 1 {
			first, firstAnon = rss, anon
		}
		f := [8]string{fmt.Sprintf("memory with %d sessions", n), "RSS", fmt.Sprintf("%.0f KiB", rss), "of it anonymous", fmt.Sprintf("%.0f KiB", anon)}
		if n > 1 {
			f[7] = fmt.Sprintf("%+.1f KiB a session, %+.1f of it anonymous", (rss-first)/float64(n-1), (anon-firstAnon)/float64(n-1))
		}
		rows = append(rows, f)
	}
	return []group{{figures: rows}}
}
