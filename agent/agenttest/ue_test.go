package agenttest

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// A tiny UE of literals: it writes what a UE has to write, with the ids of one
// run, and edit may spoil any of it.

const ueInvite = `INVITE sip:+14448880000@sharetechnote.com;user=phone SIP/2.0
Conversation-ID: 5b0a1d9e-7d0c-4f5e-9a54-0f3a2f5f7c11
Contribution-ID: CONTRIBUTION
P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.oma.cpm.session
P-Preferred-Identity: <sip:310410123456789@sharetechnote.com>
P-Early-Media: supported
Allow: INVITE,ACK,OPTIONS,CANCEL,BYE,UPDATE,PRACK
User-Agent: Test IMS 5.0
CSeq: 1 INVITE
Max-Forwards: 70
P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000
Route: <sip:NET;lr>
a: *;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"
c: application/sdp
f: <sip:310410123456789@sharetechnote.com>;tag=ue1
i: CALL
k: timer
l: LENGTH
m: <sip:310410123456789@UE>;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"
t: <sip:+14448880000@sharetechnote.com;user=phone>
v: SIP/2.0/TCP UE;branch=z9hG4bKinviteCALL

`

const ueSDP = `v=0
o=TEST-IMS-UE 1234562 0 IN IP6 ::1
s=SS VOIP
c=IN IP6 ::1
t=0 0
m=message MSRPPORT TCP/MSRP *
a=accept-types:message/cpim application/im-iscomposing+xml
a=accept-wrapped-types:text/plain message/imdn+xml
a=setup:SETUP
a=path:OWN
a=msrp-cema
a=sendrecv
`

const ueAck = `ACK TARGET SIP/2.0
CSeq: 1 ACK
Max-Forwards: 70
Route: <sip:NET;lr>
f: <sip:310410123456789@sharetechnote.com>;tag=ue1
i: CALL
l: 0
t: TOTAG
v: SIP/2.0/UDP UE;branch=z9hG4bKack0CALL

`

const ueEmpty = `MSRP empty0CALL SEND
To-Path: PEER
From-Path: OWN
Message-ID: m0CALL
Success-Report: no
Failure-Report: yes
-------empty0CALL$
`

const ueText = `From: <sip:anonymous@anonymous.invalid>
To: <sip:anonymous@anonymous.invalid>
DateTime: 2015-02-24T06:48:09Z
NS: imdn <urn:ietf:params:imdn>
imdn.Message-ID: IMDNID
imdn.Disposition-Notification: positive-delivery, display

Content-type: text/plain;charset=UTF-8
Content-Length: SIZE

TEXT`

const ueReceipt = `From: <sip:anonymous@anonymous.invalid>
To: <sip:anonymous@anonymous.invalid>
DateTime: 2015-02-24T06:48:27Z
NS: imdn <urn:ietf:params:imdn>
imdn.Message-ID: receipt1

Content-Disposition: notification
Content-type: message/imdn+xml

<imdn xmlns="urn:ietf:params:xml:ns:imdn">
<message-id>IMDNID</message-id>
<datetime>DATE</datetime>
<delivery-notification>
<status>
<delivered/>
</status>
</delivery-notification>
</imdn>`

// ue is one simulated UE.
type ue struct {
	t       *testing.T
	n       *Network
	call    string
	edit    *strings.Replacer
	sip     net.Conn
	sipIn   *bufio.Reader
	msrp    net.Conn
	msrpIn  *bufio.Reader
	waiting []*frame // arrived while an answer was waited for
	own     string
	peer    string
}

// crlf puts the line ends of the wire into a literal.
func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// fill puts the words of the run in, then the spoiling edit.
func (u *ue) fill(s string, more ...string) string {
	if u.n != nil {
		more = append(more, "NET", u.n.Addr().String())
	}
	more = append(more, "CALL", u.call, "OWN", u.own, "PEER", u.peer)
	return u.edit.Replace(strings.NewReplacer(more...).Replace(crlf(s)))
}

func newUE(t *testing.T, n *Network, edit ...string) *ue {
	t.Helper()
	u := &ue{t: t, n: n, call: "call1", edit: strings.NewReplacer(edit...), own: "msrp://[::1]:8880/ue1;tcp"}
	c, err := net.Dial("tcp", n.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	u.sip, u.sipIn = c, bufio.NewReader(c)
	return u
}

// invite sends the INVITE and returns the first final response.
func (u *ue) invite() (final *message, err error) {
	sdp := u.fill(ueSDP, "MSRPPORT", "8880", "SETUP", "active")
	head := u.fill(ueInvite, "UE", u.sip.LocalAddr().String(), "LENGTH", fmt.Sprint(len(sdp)), "CONTRIBUTION", fmt.Sprintf("%032x", len(u.call)))
	if _, err := u.sip.Write([]byte(head + sdp)); err != nil {
		return nil, err
	}
	for {
		m, err := readSIP(u.sipIn, func([]byte) error { return nil })
		if err != nil || m.status() >= 200 {
			return m, err
		}
	}
}

// open makes the whole session.
func (u *ue) open() error {
	ok, err := u.invite()
	if err != nil {
		return err
	}
	d := sdp{strings.Split(string(ok.body), "\r\n")}
	u.peer = d.get("a=path:")
	udp, err := net.Dial("udp", u.n.Addr().String())
	if err != nil {
		return err
	}
	defer udp.Close()
	if _, err := udp.Write([]byte(u.fill(ueAck, "UE", udp.LocalAddr().String(), "TARGET", inAngles(ok.get("Contact")), "TOTAG", ok.get("To")))); err != nil {
		return err
	}
	if u.msrp, err = net.Dial("tcp", d.address()); err != nil {
		return err
	}
	u.t.Cleanup(func() { u.msrp.Close() })
	u.msrp.SetDeadline(time.Now().Add(10 * time.Second))
	u.msrpIn = bufio.NewReader(u.msrp)
	u.waiting = nil
	if _, err := u.msrp.Write([]byte(u.fill(ueEmpty))); err != nil {
		return err
	}
	return u.answered("empty0" + u.call)
}

// answered waits for the 200 to a transaction.
func (u *ue) answered(id string) error {
	for {
		f, err := readFrame(u.msrpIn)
		if err != nil {
			return err
		}
		if f.id == id {
			if f.code() != "200" {
				return fmt.Errorf("%s was answered %s", id, f.what)
			}
			return nil
		}
		u.waiting = append(u.waiting, f)
	}
}

// send sends one SEND and waits for its answer.
func (u *ue) send(id, byteRange, kind, content, flag string) error {
	b := u.fill("MSRP TRANS SEND\nTo-Path: PEER\nFrom-Path: OWN\nMessage-ID: MSG\nByte-Range: RANGE\nContent-Type: KIND\n\n",
		"TRANS", id, "MSG", "msg"+id[:1], "RANGE", byteRange, "KIND", kind) + content + "\r\n-------" + id + flag + "\r\n"
	if _, err := u.msrp.Write([]byte(u.edit.Replace(b))); err != nil {
		return err
	}
	return u.answered(id)
}

// whole sends one message in one SEND.
func (u *ue) whole(id, kind, content string) error {
	return u.send(id, fmt.Sprintf("1-%d/%d", len(content), len(content)), kind, content, "$")
}

func (u *ue) text(id, text string) string {
	return u.fill(ueText, "IMDNID", id, "TEXT", text, "SIZE", fmt.Sprint(len(text)))
}

// receive takes the next SEND and answers it.
func (u *ue) receive() (f *frame, err error) {
	if len(u.waiting) > 0 {
		f, u.waiting = u.waiting[0], u.waiting[1:]
	} else if f, err = readFrame(u.msrpIn); err != nil {
		return nil, err
	}
	_, err = u.msrp.Write([]byte(u.fill("MSRP TRANS 200 OK\nTo-Path: SENDER\nFrom-Path: OWN\n-------TRANS$\n", "TRANS", f.id, "SENDER", f.get("From-Path"))))
	return f, err
}

// report sends the delivery notification for a message.
func (u *ue) report(id string, content []byte) error {
	e, err := parseCPIM(content)
	if err != nil {
		return err
	}
	return u.whole(id, "message/cpim", u.fill(ueReceipt, "IMDNID", e.imdn("Message-ID"), "DATE", e.get("DateTime")))
}

// chat does the UE's part of script trace.
func (u *ue) chat() error {
	if err := u.open(); err != nil {
		return err
	}
	if err := u.whole("hello1", "message/cpim", u.text("wYcJuX", "Hello")); err != nil {
		return err
	}
	var last *frame
	for range 3 {
		f, err := u.receive()
		if err != nil {
			return err
		}
		last = f
	}
	return u.report("receipt1", last.body)
}

// bye ends the call.
func (u *ue) bye() (*message, error) {
	u.sip.Write([]byte(crlf("BYE sip:x SIP/2.0\nv: SIP/2.0/TCP [::1]:9;branch=z9hG4bKbye\nf: <sip:a@b>;tag=ue1\nt: <sip:c@d>;tag=x\ni: " +
		u.call + "\nCSeq: 2 BYE\nl: 0\n\n")))
	return readSIP(u.sipIn, func([]byte) error { return nil })
}

// start starts a network on the loopback.
func start(t *testing.T, c Config) *Network {
	t.Helper()
	if !c.Listen.IsValid() {
		c.Listen = loopback(t)
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	c.Log = t.Output()
	n, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}
