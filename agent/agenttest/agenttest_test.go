package agenttest

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// loopback is [::1] with a free port; these tests need IPv6.
func loopback(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 loopback")
	}
	l.Close()
	return netip.MustParseAddrPort("[::1]:0")
}

// On the trace's own addresses and with its ids every message that the network
// sends is the trace's, octet for octet.
func TestTextsAreTheTraceOctets(t *testing.T) {
	invite, err := os.ReadFile("testdata/trace/01-invite.sip")
	if err != nil {
		t.Fatal(err)
	}
	m, err := parseSIP(invite)
	if err != nil {
		t.Fatal(err)
	}
	ua1, ua2 := netip.MustParseAddr(traceUA1), netip.MustParseAddr(traceUA2)
	answers, path := answerTexts(m, tracePath1, netip.AddrPortFrom(ua2, 5060), netip.AddrPortFrom(ua2, 16000), false)
	if path != tracePath2 {
		t.Errorf("our path is %q", path)
	}
	calls, path := callTexts(netip.AddrPortFrom(ua1, 5060), netip.AddrPortFrom(ua1, 8880), netip.AddrPortFrom(ua2, 5060), false)
	if path != tracePath1 {
		t.Errorf("our path is %q", path)
	}
	entries, err := os.ReadDir("testdata/trace")
	if err != nil || len(entries) != 14 {
		t.Fatalf("%d files: %v", len(entries), err)
	}
	for _, e := range entries {
		want, _ := os.ReadFile("testdata/trace/" + e.Name())
		made := answers
		switch e.Name()[:2] {
		case "01", "05", "06", "08", "11", "16":
			made = calls
			want = bytes.ReplaceAll(want, []byte("P-Preferred-"), []byte("P-Asserted-"))
		}
		if got := made.made(e.Name()); !bytes.Equal(got, want) {
			t.Errorf("%s:\n%s\nwant:\n%s", e.Name(), got, want)
		}
	}
}

// Lengths follow the words; the octet by which 'Hello' is off stays.
func TestTextsMendLengths(t *testing.T) {
	a := netip.MustParseAddrPort("127.0.0.1:5070")
	calls, _ := callTexts(a, netip.MustParseAddrPort("127.0.0.1:7777"), netip.MustParseAddrPort("127.0.0.1:5060"), true)
	m, err := parseSIP(calls.made("01-invite.sip")) // checks l
	if err != nil {
		t.Fatal(err)
	}
	if d := (sdp{strings.Split(string(m.body), "\r\n")}); d.address() != "127.0.0.1:7777" || d.get("c=") != "IN IP4 127.0.0.1" {
		t.Errorf("the SDP is %s", m.body)
	}
	f, err := parseFrame(calls.made("08-send-hello.msrp", "\r\nHello\r\n", "\r\nGood morning\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("1-%d/%[1]d", len(f.body)-1); f.get("Byte-Range") != want {
		t.Errorf("Byte-Range is %q, want %q", f.get("Byte-Range"), want)
	}
	if e, err := parseCPIM(f.body); err != nil || e.mimeHeader("Content-Length") != "12" {
		t.Errorf("%+v, %v", e, err)
	}
	f, err = parseFrame(calls.made("16-send-imdn.msrp", traceHi, "a-much-longer-message-id"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := parseCPIM(f.body)
	if err != nil || e.mimeHeader("Content-Length") != fmt.Sprint(len(e.content)) || f.get("Byte-Range") != fmt.Sprintf("1-%d/%[1]d", len(f.body)) {
		t.Errorf("%+v, Byte-Range %s, %v", e, f.get("Byte-Range"), err)
	}
}

func TestRespellWritesTheAddressInFull(t *testing.T) {
	for uri, want := range map[string]string{
		"msrp://[2001::1:4c16:9c0f:4986:9e6d]:8880/FmnP;tcp": "msrp://[2001:0000:0000:0001:4C16:9C0F:4986:9E6D]:8880/FmnP;tcp",
		"msrp://[::1]:1/s;tcp":                               "msrp://[0000:0000:0000:0000:0000:0000:0000:0001]:1/s;tcp",
		"msrp://127.0.0.1:1/s;tcp":                           "msrp://127.0.0.1:1/s;tcp",
		"msrp://token.invalid:1/s;tcp":                       "msrp://token.invalid:1/s;tcp",
	} {
		if got := respell(uri); got != want {
			t.Errorf("respell(%q) = %q, want %q", uri, got, want)
		}
	}
}

func TestTraceHasSeventeenSteps(t *testing.T) {
	var seen []Step
	n := start(t, Config{Script: "trace", Seen: func(s Step) { seen = append(seen, s) }})
	u := newUE(t, n)
	if err := u.chat(); err != nil {
		t.Fatal(err)
	}
	if err := n.Wait(); err != nil {
		t.Fatal(err)
	}
	for i, s := range n.Steps() {
		if s.Number != i+1 || len(s.Raw) == 0 || s.Transport == "" {
			t.Errorf("step %d is %+v", i+1, s)
		}
	}
	if len(n.Steps()) != 17 || len(seen) != 17 {
		t.Errorf("%d steps, %d told", len(n.Steps()), len(seen))
	}
	if m, err := u.bye(); err != nil || m.status() != 200 {
		t.Errorf("BYE: %v, %v", m, err)
	}
	select {
	case <-n.Ended():
	case <-time.After(time.Second):
		t.Error("the BYE is not told")
	}
}

// Whatever a UE does wrong is named with its step.
func TestTraceNamesTheWrongStep(t *testing.T) {
	for _, c := range []struct {
		name, from, to string
		step           int
		want           string
	}{
		{"no Contribution-ID", "Contribution-ID", "X-Contribution-ID", 1, "Contribution-ID"},
		{"wrong service", "oma.cpm.session\r\nP-Preferred-Id", "oma.cpm.largemsg\r\nP-Preferred-Id", 1, "P-Preferred-Service"},
		{"Max-Forwards", "Max-Forwards: 70\r\nP-Acc", "Max-Forwards: 69\r\nP-Acc", 1, "Max-Forwards"},
		{"setup passive", "a=setup:active", "a=setup:passive", 1, "a=setup"},
		{"no cema", "a=msrp-cema", "a=x-cema", 1, "msrp-cema"},
		{"transport in Via", ";branch=z9hG4bKinvite", ";transport=TCP;branch=z9hG4bKinvite", 1, "Via"},
		{"ACK elsewhere", "49466;transport=tcp", "49466;transport=UDP", 5, "Request-URI"},
		{"Contact in ACK", "CSeq: 1 ACK", "m: <sip:a@b>\r\nCSeq: 1 ACK", 5, "Contact"},
		{"branch of ACK", "z9hG4bKack0", "ack0", 5, "Via"},
		{"empty SEND with a range", "Failure-Report: yes", "Failure-Report: yes\r\nByte-Range: 1-0/0", 6, "Byte-Range"},
		{"our path respelt", "To-Path: msrp://[0000:", "To-Path: msrp://[::", 6, "To-Path"},
		{"another text", "\r\n\r\nHello", "\r\n\r\nHallo", 8, "the text"},
		{"range is wrong", "Byte-Range: 1-", "Byte-Range: 2-", 8, "Byte-Range"},
		{"no notification wanted", "positive-delivery, display", "none", 8, "Disposition-Notification"},
		{"refuses the notification", "MSRP 69172e29 200 OK", "MSRP 69172e29 415 No", 11, "status"},
		{"From-Path is not ours", "MSRP 9bc7cfab 200 OK\r\nTo-Path: msrp://[0000:0000:0000:0000:0000:0000:0000:0001]", "MSRP 9bc7cfab 200 OK\r\nTo-Path: msrp://[::1]", 13, "To-Path"},
		{"receipt for another", "<message-id>dc5ebabb21", "<message-id>dc5ebabb22", 16, "message-id"},
		{"datetime of the receipt", "<datetime>2015", "<datetime>2016", 16, "datetime"},
		{"displayed, not delivered", "<delivered/>", "<displayed/>", 16, "delivered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := start(t, Config{Script: "trace", Timeout: 2 * time.Second})
			u := newUE(t, n, c.from, c.to)
			go u.chat()
			err := n.Wait()
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("step %d ", c.step)) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want step %d and %q", err, c.step, c.want)
			}
		})
	}
}

func TestTraceNamesTheMissingStep(t *testing.T) {
	n := start(t, Config{Script: "trace", Timeout: 100 * time.Millisecond})
	if err := n.Wait(); err == nil || !strings.Contains(err.Error(), "step 1 (UA1 --> Proxy/UA2 SIP/SDP INVITE): INVITE did not come") {
		t.Errorf("without INVITE: %v", err)
	}
	n = start(t, Config{Script: "trace", Timeout: 200 * time.Millisecond})
	u := newUE(t, n)
	if err := u.open(); err != nil {
		t.Fatal(err)
	}
	if err := n.Wait(); err == nil || !strings.Contains(err.Error(), "step 8 ") {
		t.Errorf("without a text: %v", err)
	}
}

func TestCloseEndsTheScript(t *testing.T) {
	n := start(t, Config{Script: "trace"})
	n.Close()
	if err := n.Wait(); err == nil {
		t.Error("a closed script did not fail")
	}
}

func TestRefusalsWantTheirACK(t *testing.T) {
	for name, status := range map[string]int{"busy": 486, "declined": 603} {
		n := start(t, Config{Script: name})
		u := newUE(t, n)
		m, err := u.invite()
		if err != nil || m.status() != status {
			t.Fatalf("%s: %v, %v", name, m, err)
		}
		ack := strings.ReplaceAll(ueAck, "z9hG4bKack0", "z9hG4bKinvite")
		ack = strings.ReplaceAll(ack, "SIP/2.0/UDP", "SIP/2.0/TCP")
		u.sip.Write([]byte(u.fill(ack, "UE", u.sip.LocalAddr().String(), "TARGET", "sip:+14448880000@sharetechnote.com;user=phone", "TOTAG", m.get("To"))))
		if err := n.Wait(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEchoSendsEachTextBack(t *testing.T) {
	n := start(t, Config{Script: "echo", Timeout: -1})
	u := newUE(t, n)
	if err := u.open(); err != nil {
		t.Fatal(err)
	}
	for i, text := range []string{"one", "two, a little longer"} {
		if err := u.whole(fmt.Sprintf("text%d", i), "message/cpim", u.text(fmt.Sprintf("id%d", i), text)); err != nil {
			t.Fatal(err)
		}
		receipt, err := u.receive()
		if err != nil || !strings.Contains(string(receipt.body), fmt.Sprintf("<message-id>id%d<", i)) {
			t.Fatalf("receipt: %+v, %v", receipt, err)
		}
		back, err := u.receive()
		if err != nil {
			t.Fatal(err)
		}
		if e, err := parseCPIM(back.body); err != nil || e.content != text || e.mimeHeader("Content-Length") != fmt.Sprint(len(text)) {
			t.Errorf("%+v, %v", e, err)
		}
	}
	if m, err := u.bye(); err != nil || m.status() != 200 {
		t.Errorf("BYE: %v, %v", m, err)
	}
	n.Close()
	if err := n.Wait(); err != nil {
		t.Error(err)
	}
}

func TestChunksBothWays(t *testing.T) {
	n := start(t, Config{Script: "chunks"})
	u := newUE(t, n)
	if err := u.open(); err != nil {
		t.Fatal(err)
	}
	all := u.text("long1", strings.Repeat("a long text ", 400))
	for from, i := 0, 0; from < len(all); from, i = from+2048, i+1 {
		to, flag := min(from+2048, len(all)), "+"
		if to == len(all) {
			flag = "$"
		}
		if err := u.send(fmt.Sprintf("chunk%d", i), fmt.Sprintf("%d-%d/%d", from+1, to, len(all)), "message/cpim", all[from:to], flag); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := u.receive(); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for {
		f, err := u.receive()
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, f.body...); f.flag == '$' {
			break
		}
	}
	if e, err := parseCPIM(got); err != nil || len(e.content) != largeText {
		t.Errorf("%d octets came back: %v", len(e.content), err)
	}
	if err := u.report("receipt1", got); err != nil {
		t.Fatal(err)
	}
	if err := n.Wait(); err != nil {
		t.Error(err)
	}
}

func TestLostWantsTheSameAgain(t *testing.T) {
	for _, same := range []bool{true, false} {
		n := start(t, Config{Script: "lost"})
		u := newUE(t, n)
		if err := u.open(); err != nil {
			t.Fatal(err)
		}
		if err := u.whole("text1", "message/cpim", u.text("id1", "Hello")); err == nil {
			t.Fatal("the first SEND was answered")
		}
		u.call = "call2nd"
		if err := u.open(); err != nil {
			t.Fatal(err)
		}
		id := "id1"
		if !same {
			id = "id2"
		}
		go func() {
			u.whole("text2", "message/cpim", u.text(id, "Hello"))
			u.receive()
		}()
		if err := n.Wait(); (err == nil) != same {
			t.Errorf("same ids: %v, got %v", same, err)
		}
	}
}

func TestMediaServesConnectionsOfAnotherSIPPeer(t *testing.T) {
	n := start(t, Config{Script: "media", Timeout: -1})
	for i := range 2 {
		c, err := net.Dial("tcp", n.MSRPAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(5 * time.Second))
		u := &ue{t: t, n: n, call: fmt.Sprintf("media%d", i), edit: strings.NewReplacer(), own: "msrp://[::1]:1/ue;tcp",
			peer: "msrp://" + n.MSRPAddr().String() + "/media;tcp", msrp: c, msrpIn: bufio.NewReader(c)}
		c.Write([]byte(u.fill(ueEmpty)))
		if err := u.answered("empty0" + u.call); err != nil {
			t.Fatal(err)
		}
		if err := u.whole("text1", "message/cpim", u.text("id1", "Hello")); err != nil {
			t.Fatal(err)
		}
		if f, err := u.receive(); err != nil || !strings.Contains(string(f.body), "<message-id>id1<") {
			t.Errorf("%v, %v", f, err)
		}
		c.Close()
	}
	n.Close()
	if err := n.Wait(); err != nil {
		t.Error(err)
	}
}
