package sdp

import (
	"os"
	"strings"
	"testing"
)

// traceOffer is what the phone of the reference trace says about itself.
func traceOffer() *Offer {
	return &Offer{
		User: "TEST-IMS-UE", SessionID: 1234562, Host: "2001::1:4c16:9c0f:4986:9e6d", Name: "SS VOIP", Port: 8880,
		Types:   "message/cpim application/im-iscomposing+xml",
		Wrapped: "text/plain message/imdn+xml", Setup: SetupActive,
		Path: "msrp://[2001::1:4c16:9c0f:4986:9e6d]:8880/FmnP;tcp", CEMA: true, Direction: "sendrecv",
	}
}

// TestOfferIsTheTraces holds the offer against the trace, octet by octet, in exactly enough
// room and in too little.
func TestOfferIsTheTraces(t *testing.T) {
	want, err := os.ReadFile("testdata/wire/sdp_offer.sdp")
	if err != nil {
		t.Fatal(err)
	}
	got, err := traceOffer().Append(make([]byte, 0, len(want)))
	if err != nil || string(got) != string(want) {
		t.Errorf("%v\ngot\n%s\nwant\n%s", err, got, want)
	}
	for room := range len(want) {
		if got, err := traceOffer().Append(make([]byte, 0, room)); err != ErrNoRoom || len(got) != 0 {
			t.Fatalf("in %d octets: %d, %v", room, len(got), err)
		}
	}
}

func TestAnswerKeepsTheMediaOfTheOffer(t *testing.T) {
	offer, err := Parse([]byte("v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n" +
		"m=audio 4000 RTP/AVP 0 96\r\na=rtpmap:96 x/8000\r\nm=message 2855 TCP/MSRP *\r\na=accept-types:message/cpim\r\n" +
		"a=path:msrp://192.0.2.2:2855/kjhd37s2s20w2a;tcp\r\nm=video 4002 RTP/AVP 31\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	ours := &Offer{SessionID: 7, Version: 8, Host: "192.0.2.9", Port: 8880, Types: "message/cpim", Setup: SetupPassive,
		Path: "msrp://192.0.2.9:8880/abc;tcp", MaxSize: 65536}
	const head = "v=0\r\no=- 7 8 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
	got, err := ours.AppendAnswer(make([]byte, 0, 1024), offer)
	want := head + "m=audio 0 RTP/AVP 0 96\r\nm=message 8880 TCP/MSRP *\r\na=accept-types:message/cpim\r\na=setup:passive\r\n" +
		"a=path:msrp://192.0.2.9:8880/abc;tcp\r\na=max-size:65536\r\nm=video 0 RTP/AVP 31\r\n"
	if err != nil || string(got) != want {
		t.Errorf("%v\ngot\n%s\nwant\n%s", err, got, want)
	}
	got, err = ours.AppendRefusal(make([]byte, 0, 1024), offer)
	want = head + "m=audio 0 RTP/AVP 0 96\r\nm=message 0 TCP/MSRP *\r\nm=video 0 RTP/AVP 31\r\n"
	if err != nil || string(got) != want {
		t.Errorf("%v\ngot\n%s\nwant\n%s", err, got, want)
	}
}

// TestParseOfTheTracesAnswer: no t= line, another spelling of the address in the path.
func TestParseOfTheTracesAnswer(t *testing.T) {
	b, err := os.ReadFile("testdata/wire/sdp_answer_seed_no_t.sdp")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		string(b), strings.ReplaceAll(string(b), "\r\n", "\n"), strings.TrimSuffix(string(b), "\r\n"),
		strings.Replace(string(b), "TCP/MSRP", "tcp/msrp", 1), strings.Replace(string(b), "s=-\r\n", "", 1),
		strings.Replace(string(b), "1192", "1a9fCAFE", 1), strings.Replace(string(b), "m=", "\r\nm=", 1),
	} {
		d, err := Parse([]byte(text))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if d.Port != 16000 || d.Addr.String() != "2001:0:0:1::2" || !d.CEMA || d.Setup != SetupPassive || d.TLS ||
			d.RemotePath() != "msrp://[2001:0000:0000:0001:0000:0000:0000:0002]:16000/558f02b9d0;tcp" {
			t.Errorf("%+v of\n%s", d, text)
		}
		if !AllowsType(d.Wrapped, "text/plain;charset=UTF-8") || !AllowsType(d.Types, "Message/CPIM") || AllowsType(d.Types, "text/plain") {
			t.Errorf("types %q, wrapped %q", d.Types, d.Wrapped)
		}
		p := PlanOfferer(traceOffer(), d)
		if !p.Active || p.Refuse != 0 || p.NewOffer || p.Dial.String() != "[2001:0:0:1::2]:16000" || p.RemotePath != d.RemotePath() {
			t.Errorf("plan %+v", p)
		}
	}
}
