package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// uasCommand makes this program a server of sipgo's that answers OPTIONS.
const uasCommand = "sipgo-uas"

func serveUAS() {
	ua, err := sipgo.NewUA()
	must(err)
	s, err := sipgo.NewServer(ua)
	must(err)
	s.OnOptions(func(req *sip.Request, tx sip.ServerTransaction) {
		_ = tx.Respond(sip.NewResponseFromRequest(req, 200, "OK", nil))
	})
	must(s.ListenAndServe(context.Background(), "tcp", os.Args[2]))
}

// optionsSample is how many OPTIONS a sample is: what a server does once at its start is
// no part of any.
const optionsSample = 500

// outstanding is how many OPTIONS wait for their answer at once.
const outstanding = 48

// An asker sends OPTIONS on one connection to a server that is another process.
type asker struct {
	c       *conn
	server  *program
	to      string
	asked   int
	waiting int
}

func (a *asker) ask() {
	a.asked++
	local := a.c.LocalAddr().String()
	a.c.put(fmt.Sprintf("OPTIONS sip:310410123456789@%s;transport=tcp SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bKo%d\r\nMax-Forwards: 70\r\n"+
		"From: <sip:+14448880000@sharetechnote.com>;tag=o%d\r\nTo: <sip:310410123456789@sharetechnote.com>\r\nCall-ID: o%d@127.0.0.1\r\nCSeq: 1 OPTIONS\r\n"+
		"Contact: <sip:peer@%s;transport=tcp>\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n", a.to, local, a.asked, a.asked, a.asked, local))
	a.waiting++
}

// run has n requests answered.
func (a *asker) run(n int) {
	for asked := 0; asked < n || a.waiting > 0; {
		for ; asked < n && a.waiting < outstanding; asked++ {
			a.ask()
		}
		must(a.c.SetReadDeadline(time.Now().Add(patience)))
		m, err := a.c.readSIP()
		must(err)
		if !strings.HasPrefix(m.start, "SIP/2.0 200") {
			fail("OPTIONS is answered " + m.start)
		}
		a.waiting--
	}
}

// spent is run by the CPU time of the server.
func (a *asker) spent(n int) int64 {
	before := a.server.cpu()
	a.run(n)
	return a.server.cpu() - before
}

func optionsGroups() []group {
	network := newNetwork()
	d := startDaemon("options", network.proxy.Addr(), 64)
	ours := &asker{c: network.connect(d), server: d.program, to: d.local.String()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	at := l.Addr().String()
	l.Close()
	self, err := os.Executable()
	must(err)
	uas := run("sipgo", self, uasCommand, at)
	theirs := &asker{c: newConn(dialled(at)), server: uas, to: at}
	atEnd(func() { theirs.c.Close() })
	return []group{
		{what: "OPTIONS → 200 over TCP, CPU of the server", threads: true, count: optionsSample, subjects: []*subject{
			{name: "the daemon", spent: ours.spent}, {name: "emiago/sipgo", spent: theirs.spent}}, pairs: []pair{{0, 1, aim{}}}},
		{what: fmt.Sprintf("OPTIONS → 200 over TCP, elapsed, %d outstanding", outstanding), threads: true, count: optionsSample, subjects: []*subject{
			{name: "the daemon", run: ours.run}, {name: "emiago/sipgo", run: theirs.run}}, pairs: []pair{{0, 1, aim{}}}},
	}
}
