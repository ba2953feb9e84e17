package agenttest

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// called is a tiny UE of literals that is called: it listens for SIP and MSRP
// and answers as UA2 of the trace should.
type called struct {
	ue
	tcp, media net.Listener
	udp        net.PacketConn
}

func newCalled(t *testing.T, edit ...string) *called {
	t.Helper()
	c := &called{ue: ue{t: t, call: "answer", edit: strings.NewReplacer(edit...)}}
	var err error
	if c.tcp, err = net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skip("no IPv6 loopback")
	}
	if c.udp, err = net.ListenPacket("udp", c.tcp.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if c.media, err = net.Listen("tcp", "[::1]:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.tcp.Close(); c.udp.Close(); c.media.Close() })
	c.own = "msrp://" + c.media.Addr().String() + "/called1;tcp"
	return c
}

func (c *called) addr() netip.AddrPort { return c.tcp.Addr().(*net.TCPAddr).AddrPort() }

// respond answers the INVITE.
func (c *called) respond(m *message, status, tag, more, body string) error {
	text := crlf("SIP/2.0 " + status + "\nv: " + m.get("Via") + "\nf: " + m.get("From") + "\nt: " + m.get("To") + tag + "\ni: " +
		m.get("Call-ID") + "\nCSeq: " + m.get("CSeq") + "\n" + more + fmt.Sprintf("l: %d\n\n", len(body)))
	_, err := c.sip.Write([]byte(c.edit.Replace(text) + body))
	return err
}

// answer takes the call: steps 1 to 7.
func (c *called) answer() (invite *message, err error) {
	if c.sip, err = c.tcp.Accept(); err != nil {
		return nil, err
	}
	c.sip.SetDeadline(time.Now().Add(5 * time.Second))
	if invite, err = readSIP(bufio.NewReader(c.sip), nil); err != nil {
		return nil, err
	}
	d := sdp{strings.Split(string(invite.body), "\r\n")}
	c.peer = d.get("a=path:")
	port := c.media.Addr().(*net.TCPAddr).Port
	body := c.fill(strings.Replace(ueSDP, "o=TEST-IMS-UE 1234562 0", "o=- 1 1", 1), "MSRPPORT", fmt.Sprint(port), "SETUP", "passive")
	contact := "m: <sip:ue@" + c.addr().String() + ";transport=tcp>\nc: application/sdp\n"
	for _, r := range [][4]string{{"100 Trying"}, {"183 Session Progress", ";tag=called", contact[:strings.IndexByte(contact, '\n')+1]}, {"200 OK", ";tag=called", contact, body}} {
		if err := c.respond(invite, r[0], r[1], r[2], r[3]); err != nil {
			return nil, err
		}
	}
	b := make([]byte, maxMessage)
	c.udp.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, _, err := c.udp.ReadFrom(b)
	if err != nil {
		return nil, err
	}
	ack, err := parseSIP(b[:n])
	if err != nil || ack.start != "ACK sip:ue@"+c.addr().String()+";transport=UDP SIP/2.0" || ack.get("To") != invite.get("To")+";tag=called" {
		return nil, fmt.Errorf("the ACK is %q: %v", b[:n], err)
	}
	if c.msrp, err = c.media.Accept(); err != nil {
		return nil, err
	}
	c.msrp.SetDeadline(time.Now().Add(5 * time.Second))
	c.msrpIn = bufio.NewReader(c.msrp)
	f, err := c.receive()
	if err == nil && (f.hasBody || f.get("To-Path") != c.own) {
		err = fmt.Errorf("the empty SEND is %q", f.raw)
	}
	return invite, err
}

// chat does the rest.
func (c *called) chat() error {
	hello, err := c.receive()
	if err != nil {
		return err
	}
	if err := c.report("receipt1", hello.body); err != nil {
		return err
	}
	typing := `<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>active</state></isComposing>`
	if err := c.whole("typing1", "application/im-iscomposing+xml", c.edit.Replace(typing)); err != nil {
		return err
	}
	if err := c.whole("hi1hi1", "message/cpim", c.text("hi-id", "hi")); err != nil {
		return err
	}
	f, err := c.receive()
	if err == nil && !strings.Contains(string(f.body), "<message-id>hi-id</message-id>") {
		err = fmt.Errorf("the receipt is %q", f.body)
	}
	return err
}

// playCalled runs the script against such a UE.
func playCalled(t *testing.T, fresh bool, edit ...string) (*Network, *message, error) {
	t.Helper()
	c := newCalled(t, edit...)
	n := start(t, Config{Script: "trace-originating", UE: c.addr(), Fresh: fresh, Timeout: 2 * time.Second})
	c.n = n
	var invite *message
	ended := make(chan error, 1)
	go func() {
		m, err := c.answer()
		if invite = m; err == nil {
			err = c.chat()
		}
		ended <- err
	}()
	if n.Wait() != nil { // the UE need not wait for what does not come
		n.Close()
		c.media.Close()
		c.udp.Close()
	}
	err := <-ended
	return n, invite, err
}

func TestOriginatingHasSeventeenSteps(t *testing.T) {
	for _, fresh := range []bool{false, true} {
		n, invite, err := playCalled(t, fresh)
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Wait(); err != nil {
			t.Fatal(err)
		}
		if len(n.Steps()) != 17 {
			t.Errorf("%d steps", len(n.Steps()))
		}
		if got := invite.get("Contribution-ID") == "d5e4121aeec2cc59546ebaef8966ef185a2f37f0"; got == fresh {
			t.Errorf("fresh %v: Contribution-ID is %q", fresh, invite.get("Contribution-ID"))
		}
		if invite.get("P-Asserted-Identity") != "<sip:310410123456789@sharetechnote.com>" {
			t.Errorf("P-Asserted-Identity is %q", invite.get("P-Asserted-Identity"))
		}
	}
}

func TestOriginatingNamesTheWrongStep(t *testing.T) {
	for _, c := range []struct {
		name, from, to string
		step           int
		want           string
	}{
		{"busy instead of ringing", "183 Session Progress", "486 Busy Here", 3, "486"},
		{"no 100", "100 Trying", "183 Session Progress", 2, "100 Trying"},
		{"other branch", "200 OK\r\nv: SIP/2.0/TCP [::1]", "200 OK\r\nv: SIP/2.0/TCP [::2]", 4, "Via"},
		{"active answer", "a=setup:passive", "a=setup:active", 4, "a=setup"},
		{"empty SEND refused", "MSRP kePLNmnn6eCcn7lB9X 200 OK", "MSRP kePLNmnn6eCcn7lB9X 481 No", 7, "status"},
		{"receipt for another", "<message-id>wYcJ", "<message-id>wYcK", 10, "message-id"},
		{"gone instead of active", "<state>active", "<state>gone", 12, "state"},
		{"not hi", "\r\n\r\nhi", "\r\n\r\nho", 14, "the text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, _, _ := playCalled(t, false, c.from, c.to)
			err := n.Wait()
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("step %d ", c.step)) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want step %d and %q", err, c.step, c.want)
			}
		})
	}
}

func TestOriginatingNeedsTheUE(t *testing.T) {
	if _, err := Start(Config{Listen: loopback(t), Script: "trace-originating"}); err == nil {
		t.Error("started without the address of the UE")
	}
	if _, err := Start(Config{Listen: loopback(t), Script: "nonesuch"}); err == nil {
		t.Error("started a script that is not there")
	}
}
