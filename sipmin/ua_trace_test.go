package sipmin

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

// traceOffer is the body of the reference trace's INVITE, 360 octets.
const traceOffer = `v=0
o=TEST-IMS-UE 1234562 0 IN IP6 2001::1:4c16:9c0f:4986:9e6d
s=SS VOIP
c=IN IP6 2001::1:4c16:9c0f:4986:9e6d
t=0 0
m=message 8880 TCP/MSRP *
a=accept-types:message/cpim application/im-iscomposing+xml
a=accept-wrapped-types:text/plain message/imdn+xml
a=setup:active
a=path:msrp://[2001::1:4c16:9c0f:4986:9e6d]:8880/FmnP;tcp
a=msrp-cema
a=sendrecv
`

// traceInvite is the INVITE of the reference trace, by hand, with what the
// trace made at random replaced (tag, Call-ID, branch), the length of the body
// as it is, and no transport parameter in Via.
const traceInvite = `INVITE sip:+14448880000@sharetechnote.com;user=phone SIP/2.0
Conversation-ID: 6b79b8bc937e4985b1dffd062b687bd7
Contribution-ID: d5e4121aeec2cc59546ebaef8966ef185a2f37f0
P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.oma.cpm.session
P-Preferred-Identity: <sip:310410123456789@sharetechnote.com>
P-Early-Media: supported
Allow: INVITE,ACK,OPTIONS,CANCEL,BYE,UPDATE,INFO,REFER,NOTIFY,MESSAGE,PRACK
User-Agent: Test IMS 5.0
CSeq: 1 INVITE
Max-Forwards: 70
P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000
Route: <sip:[2001:0:0:1::2]:5060;lr>
a: *;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"
c: application/sdp
f: <sip:310410123456789@sharetechnote.com>;tag=0000000000000002
i: 0000000000000003@2001::1:4c16:9c0f:4986:9e6d
k: timer
l: 360
m: <sip:310410123456789@[2001::1:4c16:9c0f:4986:9e6d]:5060;transport=UDP>;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"
t: <sip:+14448880000@sharetechnote.com;user=phone>
v: SIP/2.0/TCP [2001::1:4c16:9c0f:4986:9e6d]:5060;branch=z9hG4bK0000000000000004

`

// trace200 is the 200 of the trace without its body, to the INVITE above.
const trace200 = `SIP/2.0 200 OK
Max-Forwards: 70
Via: SIP/2.0/TCP [2001::1:4c16:9c0f:4986:9e6d]:5060;branch=z9hG4bK0000000000000004
From: <sip:310410123456789@sharetechnote.com>;tag=0000000000000002
To: <sip:+14448880000@sharetechnote.com;user=phone>;tag=b2fbe90a8c2e488ba04ad6d0c0956a6c
Call-ID: 0000000000000003@2001::1:4c16:9c0f:4986:9e6d
CSeq: 1 INVITE
Allow: INVITE, ACK, CANCEL, BYE, MESSAGE
Contact: <sip:[2001:0:0:1::2]:49466;transport=tcp>
Record-Route: <sip:[2001:0:0:1::2]:5060;lr>
Content-Length: 0

`

// traceACK is the ACK of the trace with what we decided otherwise: the
// Request-URI is the Contact unchanged, no Contact, the access network.
const traceACK = `ACK sip:[2001:0:0:1::2]:49466;transport=tcp SIP/2.0
CSeq: 1 ACK
Max-Forwards: 70
P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000
Route: <sip:[2001:0:0:1::2]:5060;lr>
f: <sip:310410123456789@sharetechnote.com>;tag=0000000000000002
i: 0000000000000003@2001::1:4c16:9c0f:4986:9e6d
l: 0
t: <sip:+14448880000@sharetechnote.com;user=phone>;tag=b2fbe90a8c2e488ba04ad6d0c0956a6c
v: SIP/2.0/UDP [2001::1:4c16:9c0f:4986:9e6d]:5060;branch=BRANCH

`

func wireText(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// tape is a wire that keeps what was sent.
type tape struct {
	to  []Target
	msg []string
}

func (w *tape) Send(to Target, b []byte) bool {
	w.to, w.msg = append(w.to, to), append(w.msg, string(b))
	return true
}

func TestUATraceInviteAndACK(t *testing.T) {
	const icsi = `;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"`
	wire := &tape{}
	u, err := New(Config{
		Timers: Cellular(), Local: netip.MustParseAddrPort("[2001::1:4c16:9c0f:4986:9e6d]:5060"), Host: "[2001::1:4c16:9c0f:4986:9e6d]",
		Proxy: netip.MustParseAddrPort("[2001:0:0:1::2]:5060"), ProxyURI: "<sip:[2001:0:0:1::2]:5060;lr>", Transport: UDP,
		Identity: "sip:310410123456789@sharetechnote.com", ContactUser: "310410123456789", ContactParams: icsi,
		UserAgent: "Test IMS 5.0", Allow: "INVITE,ACK,OPTIONS,CANCEL,BYE,UPDATE,INFO,REFER,NOTIFY,MESSAGE,PRACK", Supported: "timer",
		Compact: true, Entropy: counter(), Wire: wire, Memory: &countedMemory{free: 4},
	})
	if err != nil {
		t.Fatal(err)
	}
	u.SetAccessNetwork("3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000")
	now := time.Unix(0, 0)
	_, err = u.Invite(now, &InviteOut{URI: "sip:+14448880000@sharetechnote.com;user=phone", ContentType: "application/sdp",
		Body: []byte(wireText(traceOffer)), Headers: []ExtraHeader{
			{"Conversation-ID", "6b79b8bc937e4985b1dffd062b687bd7"},
			{"Contribution-ID", "d5e4121aeec2cc59546ebaef8966ef185a2f37f0"},
			{"P-Preferred-Service", "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.session"},
			{"P-Preferred-Identity", "<sip:310410123456789@sharetechnote.com>"},
			{"P-Early-Media", "supported"},
			{"a", "*" + icsi},
		}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := wire.msg[0], wireText(traceInvite+traceOffer); got != want {
		t.Errorf("INVITE\n%s\nwant\n%s", got, want)
	}
	if wire.to[0].Transport != TCP {
		t.Error("an INVITE of 1400 octets must go by TCP")
	}
	u.Receive(now, Source{Transport: TCP, Flow: 1, Addr: netip.MustParseAddrPort("[2001:0:0:1::2]:5060")}, []byte(wireText(trace200)))
	if e, ok := u.Next(); !ok || e.Kind != EvAccepted {
		t.Fatalf("event %+v, want accepted", e)
	}
	ack := wire.msg[1]
	branch := ack[strings.Index(ack, "z9hG4bK"):]
	branch = branch[:strings.Index(branch, "\r\n")]
	if want := wireText(strings.Replace(traceACK, "BRANCH", branch, 1)); ack != want {
		t.Errorf("ACK\n%s\nwant\n%s", ack, want)
	}
	if len(branch) != maxBranch || branch == "z9hG4bK0000000000000004" {
		t.Errorf("branch %q of the ACK: want another one", branch)
	}
	if wire.to[1] != (Target{Transport: UDP, Addr: netip.MustParseAddrPort("[2001:0:0:1::2]:5060")}) {
		t.Errorf("ACK went to %+v, want UDP to the route", wire.to[1])
	}
}
