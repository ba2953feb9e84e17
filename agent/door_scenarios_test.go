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
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A scenario says what shows that a recipe of attacks/scenarios comes out as it expects: the
// test that plays it against a daemon of its own, tests that play it elsewhere, by folder and
// name, or the capability that is not there yet.
type scenario struct {
	play  func(t *testing.T)
	by    []string
	later string
}

var scenarios = map[string]scenario{
	"423-loop":                    {later: "registration"},
	"auth-loop":                   {later: "registration"},
	"ip-change":                   {later: "registration"},
	"source-spoof-udp":            {later: "IPsec"},
	"tls-fingerprint-mismatch":    {later: "MSRP over TLS"},
	"tls-renegotiate-old":         {later: "MSRP over TLS"},
	"bit-flip":                    {by: []string{"agent/spool TestBitFlipInEachRecord", "agent TestSpoolDoor"}},
	"torn-write":                  {by: []string{"agent/spool TestTornTailAtEachOctet", "agent TestSpoolDoor"}},
	"eio":                         {by: []string{"agent/spool TestFailingCalls", "agent TestSpoolDoor"}},
	"kill9-random":                {by: []string{"agent TestKill", "agent/spool TestKillAtEveryCall"}},
	"power-cut":                   {by: []string{"agent/spool TestPowerCutAtEveryCall", "agent/spool TestPowerCutTestSeesAMissingSync"}},
	"both-active":                 {by: []string{"agent TestTranscripts/both_active"}},
	"race-two-invites":            {by: []string{"agent TestTranscripts/glare", "agent TestTranscripts/glare_own"}},
	"connect-unbound-msrp":        {by: []string{"agent TestMSRPDoor", "agent TestUnboundMSRPConnections"}},
	"slow-body-msrp":              {by: []string{"agent TestSlowBody"}},
	"two-connections-one-session": {by: []string{"agent TestMSRPDoor"}},
	"source-not-pcscf":            {by: []string{"agent TestSIPDoor"}},
	"ipc-half-frame":              {by: []string{"agent TestHostThatStopsInAFrame", "agent TestHostDoor"}},
	"ipc-other-uid":               {by: []string{"agent TestAllowedUIDs", "agent TestPeerUID"}},
	"ipc-slow-reader":             {by: []string{"agent TestHostThatNeverReads", "agent TestIncomingIsShownUntilAcknowledged"}},
	"modem-reset":                 {by: []string{"agent TestModemDoor", "agent TestTranscripts/modem_gone"}},
	"message-flood":               {by: []string{"agent TestFloodOfMessages", "agent TestSpoolFull"}},
	"options-flood":               {by: []string{"agent TestFloodOfOptions"}},
	"iscomposing-storm":           {play: typingStorm, by: []string{"agent TestFloodOfTyping"}},
	"offer-loop":                  {play: inviteWithoutOffer, by: []string{"agent TestDialsOnlyWhereItMay"}},
	"dup-invite-retransmit":       {play: repeatedInvite},
	"net-drop-before-ack":         {play: lost200, by: []string{"sipmin TestUALossOfAnyPacket"}},
	"idle-connections":            {play: idleConnections, by: []string{"agent TestSIPConnectionsAreNotWaitedForForEver"}},
	"ipc-1000-clients":            {play: thousandClients, by: []string{"agent TestHostDoor"}},
	"memory-malformed":            {play: malformedDatagrams},
	"session-id-guess":            {play: guessedSessions, by: []string{"agent TestMSRPDoor"}},
}

// TestVectorsScenarios plays the recipes. A recipe is words: one that this table does not know
// is skipped where the folder is somebody else's, and an error in our own.
func TestVectorsScenarios(t *testing.T) {
	for _, row := range samples(t, "agent", "attacks/scenarios/") {
		name := strings.TrimSuffix(filepath.Base(row.name), ".scn")
		t.Run(name, func(t *testing.T) {
			s, known := scenarios[name]
			switch {
			case !known && os.Getenv("IMSAGENT_VECTORS") != "":
				t.Skipf("a recipe that no test plays: %s", row.octets)
			case !known:
				t.Errorf("not in the table: %s", row.octets)
			case s.later != "":
				t.Skipf("belongs to %s, which is not there yet", s.later)
			}
			for _, test := range s.by {
				checkTest(t, test)
			}
			if s.play != nil {
				noLeftovers(t)
				s.play(t)
			}
		})
	}
}

// checkTest expects a test to exist, so that the table stays true.
func checkTest(t *testing.T, test string) {
	t.Helper()
	dir, name, _ := strings.Cut(test, " ")
	name, transcript, sub := strings.Cut(name, "/")
	files, _ := filepath.Glob(filepath.Join("..", filepath.FromSlash(dir), "*_test.go"))
	for _, f := range files {
		if b, err := os.ReadFile(f); err == nil && bytes.Contains(b, []byte("\nfunc "+name+"(")) {
			if _, err := os.Stat("testdata/" + transcript + ".txt"); sub && err != nil {
				t.Error(err)
			}
			return
		}
	}
	t.Errorf("there is no %s", test)
}

// chatting is a daemon that chats, and its host.
func chatting(t *testing.T, topics ...string) (*daemon, *app) {
	t.Helper()
	n := network(t, netip.AddrPortFrom(loopback, 0))
	d := startDaemon(t, doorConfig(t, n.Addr()))
	a := d.connect(append(topics, "message", "message_status")...)
	a.chat("before")
	return d, a
}

// sessionsWith counts the sessions with peers of whom the number contains digits.
func (a *app) sessionsWith(digits string) (n int) {
	a.t.Helper()
	list, _ := a.call("status", nil)["sessions"].([]any)
	for _, s := range list {
		if m, _ := s.(map[string]any); strings.Contains(fmt.Sprint(m["peer"]), digits) {
			n++
		}
	}
	return n
}

// heap is what is in use after a collection.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// flat runs f and expects that it leaves nothing behind: rule 1, 4 MiB.
func flat(t *testing.T, f func()) {
	t.Helper()
	f() // what is made once
	before := heap()
	f()
	if after := heap(); after > before+4<<20 {
		t.Errorf("the heap grew from %d to %d octets", before, after)
	}
}

// withFirst is an INVITE that brings a message.
func (k *caller) withFirst(id, text string) string {
	const boundary = "first"
	k.callerPath = "msrp://127.0.0.1:9/" + k.id + "sessionid;tcp"
	cpim := "From: <sip:anonymous@anonymous.invalid>\r\nTo: <sip:anonymous@anonymous.invalid>\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: " + id +
		"\r\nDateTime: 2026-01-01T00:00:00Z\r\n\r\nContent-type: text/plain; charset=utf-8\r\n\r\n" + text
	sdp := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message 9 TCP/MSRP *\r\na=accept-types:message/cpim\r\n" +
		"a=accept-wrapped-types:*\r\na=setup:active\r\na=path:" + k.callerPath + "\r\n"
	return k.request("INVITE", "", "Content-Type: multipart/mixed;boundary="+boundary+"\r\n", "--"+boundary+"\r\nContent-Type: application/sdp\r\n\r\n"+sdp+
		"\r\n--"+boundary+"\r\nContent-Type: message/cpim\r\n\r\n"+cpim+"\r\n--"+boundary+"--\r\n")
}

// tagOf is the To tag of a response.
func tagOf(head string) string {
	_, rest, _ := strings.Cut(head, "\r\nt: ")
	_, rest, _ = strings.Cut(rest, ";tag=")
	tag, _, _ := strings.Cut(rest, "\r\n")
	return tag
}

// repeatedInvite: one INVITE five times is one session, and its message is there once.
func repeatedInvite(t *testing.T) {
	d, a := chatting(t)
	k := &caller{t: t, id: "repeated0", sip: from(t, loopback, d.sip())}
	invite := k.withFirst("only-once", "in the INVITE")
	r := bufio.NewReader(k.sip)
	io.WriteString(k.sip, strings.Repeat(invite, 3))
	head, _ := answered(t, r, "200", k.id)
	first := tagOf(head)
	io.WriteString(k.sip, strings.Repeat(invite, 2))
	head, _ = answered(t, r, "200", k.id)
	if tagOf(head) != first || first == "" {
		t.Errorf("tags %q and %q", first, tagOf(head))
	}
	a.shown("in the INVITE")
	io.WriteString(k.sip, k.request("ACK", ";tag="+first, "", ""))
	a.chat("after five INVITEs")
	if n := a.sessionsWith("+1555"); n != 1 {
		t.Errorf("%d sessions", n)
	}
	for _, n := range a.early {
		if body, _ := n.Params["body"].([]byte); string(body) == "in the INVITE" {
			t.Error("the message was shown twice")
		}
	}
	k.sip.Close()
}

// lost200: a 200 that no ACK comes for is repeated, and makes no second session.
func lost200(t *testing.T) {
	d, a := chatting(t)
	k := &caller{t: t, id: "lost2000", sip: from(t, loopback, d.sip())}
	io.WriteString(k.sip, k.withFirst("lost", "before the ACK"))
	r := bufio.NewReader(k.sip)
	head, _ := answered(t, r, "200", k.id)
	for range 3 {
		again, _ := answered(t, r, "200", k.id)
		if tagOf(again) != tagOf(head) {
			t.Errorf("tags %q and %q", tagOf(head), tagOf(again))
		}
	}
	io.WriteString(k.sip, k.request("ACK", ";tag="+tagOf(head), "", ""))
	a.shown("before the ACK")
	if n := a.sessionsWith("+1555"); n != 1 {
		t.Errorf("%d sessions", n)
	}
	a.chat("after the ACK")
	k.sip.Close()
}

// inviteWithoutOffer: an answer in the ACK could name anybody, so there is none to give.
func inviteWithoutOffer(t *testing.T) {
	d, a := chatting(t)
	victim, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(stranger, 0)))
	if err != nil {
		t.Fatal(err)
	}
	defer victim.Close()
	k := &caller{t: t, id: "offerloop0", sip: from(t, loopback, d.sip())}
	io.WriteString(k.sip, k.request("INVITE", "", "", ""))
	head, _ := answered(t, bufio.NewReader(k.sip), "488", k.id)
	port := victim.Addr().(*net.TCPAddr).Port
	io.WriteString(k.sip, k.request("ACK", ";tag="+tagOf(head), "Content-Type: application/sdp\r\n", fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\n"+
		"t=0 0\r\nm=message %d TCP/MSRP *\r\na=accept-types:*\r\na=setup:passive\r\na=path:msrp://127.0.0.2:%d/x;tcp\r\n", port, port)))
	a.chat("after the ACK")
	victim.SetDeadline(time.Now().Add(50 * time.Millisecond))
	if c, err := victim.Accept(); err == nil {
		c.Close()
		t.Error("a third party was dialled")
	}
	k.sip.Close()
}

// idleConnections: of 300 connections to a port that say nothing eight stay, and these only
// for a while; the others are closed at once, and cost nothing.
func idleConnections(t *testing.T) {
	d, a := chatting(t)
	k := callIn(t, d, "idle0")
	for name, to := range map[string]netip.AddrPort{"SIP": d.sip(), "MSRP": k.at} {
		before := heap()
		var open []*net.TCPConn
		for range 300 {
			open = append(open, from(t, loopback, to))
		}
		for end := time.Now().Add(patience); len(open) > 8 && time.Now().Before(end); {
			open = stillOpen(open)
		}
		if after := heap(); len(open) > 8 || after > before+2<<20 {
			t.Errorf("%s: %d connections are open; %d octets of heap, before %d", name, len(open), after, before)
		}
		a.chat("beside idle connections to " + name)
		for _, c := range open {
			c.Close()
		}
	}
	k.hangUp()
}

// stillOpen closes and leaves out those that the agent has closed.
func stillOpen(all []*net.TCPConn) (open []*net.TCPConn) {
	for _, c := range all {
		c.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
		if _, err := c.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
			open = append(open, c)
			continue
		}
		c.Close()
	}
	return open
}

// thousandClients: four are served, however many come (L15).
func thousandClients(t *testing.T) {
	d, a := chatting(t)
	most := 0
	for range 5 {
		var conns []*net.UnixConn
		for range 200 {
			c := rawHost(t, d)
			io.WriteString(c, "\x94\x00\x01\xa6status\x90")
			conns = append(conns, c)
		}
		served := 0
		for _, c := range conns {
			if n, _ := c.Read(make([]byte, 4096)); n > 0 {
				served++
			}
		}
		most = max(most, served)
		a.chat("beside many clients")
		for _, c := range conns {
			c.Close()
		}
	}
	if most > 3 { // beside ours
		t.Errorf("%d clients were served at once", most)
	}
}

// malformedDatagrams: as large as they come, and none leaves anything.
func malformedDatagrams(t *testing.T) {
	d, a := chatting(t)
	c := datagrams(t, loopback)
	serial := 0
	flat(t, func() {
		for i := range 1000 {
			kind := []string{"\xff", "INVITE ", "SIP/2.0 200 ", "MESSAGE sip:a SIP/2.0\r\nVia: "}[i%4]
			c.WriteToUDPAddrPort([]byte(kind+strings.Repeat(string(rune('A'+i%26)), 60000)), d.sip())
			if i%20 == 0 { // the answer shows that those before are done with, or were dropped
				serial++
				id := fmt.Sprintf("malformed%d", serial)
				for range 50 {
					c.WriteToUDPAddrPort([]byte(options(id, "UDP")), d.sip())
					if heard(c, id) {
						break
					}
				}
			}
		}
	})
	a.chat("after malformed datagrams")
	a.allBuffersFree(24)
}

// heard waits a little for a datagram with this text.
func heard(c *net.UDPConn, what string) bool {
	b := make([]byte, 65535)
	c.SetReadDeadline(time.Now().Add(patience / 50))
	for {
		n, _, err := c.ReadFromUDPAddrPort(b)
		if err != nil || bytes.Contains(b[:n], []byte(what)) {
			return err == nil
		}
	}
}

// guessedSessions: every guess gets 481, every connection ends with the fifth, and what is
// guessed at is long and new each time (RFC 4975 §14.1: 80 bits).
func guessedSessions(t *testing.T) {
	d, a := chatting(t)
	seen := map[string]bool{}
	for i := range 5 {
		k := callIn(t, d, fmt.Sprintf("guessing%d", i))
		_, id, _ := strings.Cut(k.agentPath, k.at.String()+"/")
		if id, _, _ = strings.Cut(id, ";"); len(id) < 14 || seen[id] { // 14 digits of 62 are 83 bits
			t.Errorf("session-id %q", id)
		}
		seen[id] = true
		for conn := range 20 {
			c := from(t, loopback, k.at)
			for guess := range 6 {
				io.WriteString(c, k.text(fmt.Sprintf("msrp://%v/%s%d;tcp", k.at, id[1:], conn*6+guess), "let me in"))
			}
			r, codes := bufio.NewReader(c), ""
			for code := status(t, r); code != ""; code = status(t, r) {
				codes += code + " "
			}
			if codes != "481 481 481 481 481 " {
				t.Fatalf("connection %d: %s", conn, codes)
			}
			c.Close()
		}
		k.hangUp()
	}
	a.chat("after guesses")
}

// typingStorm: a thousand isComposing at once are an event or two a second to the host.
func typingStorm(t *testing.T) {
	d, a := chatting(t, "composing")
	k := callIn(t, d, "typing0")
	r := bufio.NewReader(k.msrp)
	io.WriteString(k.msrp, k.empty(k.agentPath))
	start := time.Now()
	go func() {
		for i := range 1000 {
			io.WriteString(k.msrp, k.typing([]string{"active", "idle"}[i%2]))
		}
	}()
	for i := range 1001 {
		if got := status(t, r); got != "200" {
			t.Fatalf("response %d: %q", i, got)
		}
	}
	a.chat("after the storm")
	told := 0
	for _, n := range a.early {
		if n.Method == "composing" {
			told++
		}
	}
	if most := 2 + int(time.Since(start)/time.Second); told < 1 || told > most {
		t.Errorf("%d events in %v", told, time.Since(start))
	}
	k.hangUp()
}

// typing is a SEND with an isComposing document.
func (k *caller) typing(state string) string {
	k.tid++
	tid := fmt.Sprintf("%stid%d", k.id, k.tid)
	body := "<?xml version=\"1.0\"?><isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>" + state + "</state><refresh>60</refresh></isComposing>"
	return fmt.Sprintf("MSRP %s SEND\r\nTo-Path: %s\r\nFrom-Path: %s\r\nMessage-ID: %s\r\nByte-Range: 1-%d/%d\r\nContent-Type: application/im-iscomposing+xml\r\n\r\n%s\r\n-------%s$\r\n",
		tid, k.agentPath, k.callerPath, tid, len(body), len(body), body, tid)
}
