package sipmin

import (
	"bytes"
	"strings"
	"testing"
)

// writeInvite builds the INVITE of the reference trace.
func writeInvite(w *Writer, body []byte) {
	w.RequestLine(MInvite, "sip:+14448880000@sharetechnote.com;user=phone")
	w.Header(HConversationID, "6b79b8bc937e4985b1dffd062b687bd7")
	w.Header(HContributionID, "d5e4121aeec2cc59546ebaef8966ef185a2f37f0")
	w.Header(HPPreferredService, "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.session")
	w.Header(HPPreferredIdentity, "<sip:310410123456789@sharetechnote.com>")
	w.Header(HPEarlyMedia, "supported")
	w.Header(HAllow, "INVITE,ACK,OPTIONS,CANCEL,BYE,UPDATE,INFO,REFER,NOTIFY,MESSAGE,PRACK")
	w.Header(HUserAgent, "Test IMS 5.0")
	w.Begin(HCSeq)
	w.Uint(1)
	w.Text(" INVITE")
	w.End()
	w.HeaderUint(HMaxForwards, 70)
	w.Header(HPAccessNetworkInfo, "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000")
	w.Header(HRoute, "<sip:[2001:0:0:1::2]:5060;lr>")
	w.Extension("a", `*;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"`)
	w.Header(HContentType, "application/sdp")
	w.HeaderBytes(HFrom, []byte("<sip:310410123456789@sharetechnote.com>;tag=284849603"))
	w.Header(HCallID, "508868544@2001::1:4c16:9c0f:4986:9e6d")
	w.Header(HSupported, "timer")
	w.ContentLength(len(body))
	w.Header(HContact, `<sip:310410123456789@[2001::1:4c16:9c0f:4986:9e6d]:5060;transport=UDP>;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"`)
	w.Header(HTo, "<sip:+14448880000@sharetechnote.com;user=phone>")
	w.Header(HVia, "SIP/2.0/TCP [2001::1:4c16:9c0f:4986:9e6d]:5060;branch=z9hG4bK2563646430smg;transport=TCP")
	w.Body("application/sdp", body)
}

// TestWriterInvite compares with the octets of the trace, in every buffer that
// is too small and in one that is not.
func TestWriterInvite(t *testing.T) {
	want := readFixture(t, vectorRoot()+"/wire/invite.sip")
	_, body, _ := bytes.Cut(want, []byte("\r\n\r\n"))
	for room := range len(want) {
		w := NewWriter(make([]byte, 0, room), true)
		writeInvite(&w, body)
		if got, err := w.Bytes(); err != ErrNoRoom || len(got) != 0 {
			t.Fatalf("%d octets of room: %d octets, %v; want ErrNoRoom", room, len(got), err)
		}
	}
	buf := make([]byte, 3, 3+len(want))
	w := NewWriter(buf, true)
	writeInvite(&w, body)
	got, err := w.Bytes()
	if err != nil || !bytes.Equal(got[3:], want) || w.Len() != len(want) {
		t.Errorf("%v\ngot  %q\nwant %q", err, got, want)
	}
	if &got[0] != &buf[0] {
		t.Error("the buffer was replaced")
	}
}

func TestWriterAllocs(t *testing.T) {
	body := []byte("v=0\r\n")
	buf := make([]byte, 0, 4096)
	if a := testing.AllocsPerRun(100, func() {
		w := NewWriter(buf, true)
		writeInvite(&w, body)
		if _, err := w.Bytes(); err != nil {
			t.Fatal(err)
		}
	}); a != 0 && !raceEnabled {
		t.Errorf("%v allocations, want 0", a)
	}
}

func TestWriterResponse(t *testing.T) {
	w := NewWriter(make([]byte, 0, 512), false)
	w.StatusLine(486, "")
	w.HeaderBytes(HVia, []byte("SIP/2.0/UDP h;branch=z9hG4bK1\r\n ;rport"))
	w.Begin(HTo)
	w.Octets([]byte(`"a \" b" <sip:a@b>`))
	w.Text(";tag=")
	w.Octets([]byte("x"))
	w.End()
	w.Header(HContentType, "text/plain")
	w.Body("application/sdp", []byte("hi"))
	want := "SIP/2.0 486 Busy Here\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1 ;rport\r\n" +
		"To: \"a \\\" b\" <sip:a@b>;tag=x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"
	if got, err := w.Bytes(); err != nil || string(got) != want {
		t.Errorf("%v\ngot  %q\nwant %q", err, got, want)
	}
}

func TestWriterRequest(t *testing.T) {
	w := NewWriter(make([]byte, 0, 512), true)
	w.RequestLineBytes(MMessage, []byte("sip:a@b"))
	w.Extension("Content-Type", "text/plain")
	w.Header(HEvent, "reg")
	w.Body("message/cpim", []byte("hi"))
	want := "MESSAGE sip:a@b SIP/2.0\r\nContent-Type: text/plain\r\no: reg\r\nl: 2\r\n\r\nhi"
	if got, err := w.Bytes(); err != nil || string(got) != want {
		t.Errorf("%v\ngot  %q\nwant %q", err, got, want)
	}
}

// TestWriterRefuses: what would give a message two readings is never written.
func TestWriterRefuses(t *testing.T) {
	tests := map[string]func(w *Writer){
		"CR LF in a value":       func(w *Writer) { w.Header(HSubject, "a\r\nBcc: b"); w.Body("", nil) },
		"LF in a value":          func(w *Writer) { w.Header(HSubject, "a\nb"); w.Body("", nil) },
		"NUL in a value":         func(w *Writer) { w.Header(HSubject, "a\x00b"); w.Body("", nil) },
		"CR in a reason":         func(w *Writer) { w.StatusLine(200, "a\rb"); w.Body("", nil) },
		"blank in a name":        func(w *Writer) { w.Extension("X Y", "a"); w.Body("", nil) },
		"colon in a name":        func(w *Writer) { w.Extension("X:", "a"); w.Body("", nil) },
		"no name":                func(w *Writer) { w.Extension("", "a"); w.Body("", nil) },
		"unknown field":          func(w *Writer) { w.Header(HOther, "a"); w.Body("", nil) },
		"blank in a URI":         func(w *Writer) { w.RequestLine(MBye, "sip:a b"); w.Body("", nil) },
		"no URI":                 func(w *Writer) { w.RequestLine(MBye, ""); w.Body("", nil) },
		"no method":              func(w *Writer) { w.RequestLine(MOther, "sip:a"); w.Body("", nil) },
		"status 99":              func(w *Writer) { w.StatusLine(99, ""); w.Body("", nil) },
		"status 700":             func(w *Writer) { w.StatusLine(700, ""); w.Body("", nil) },
		"Content-Length by hand": func(w *Writer) { w.Header(HContentLength, "0"); w.Body("", nil) },
		"l by hand":              func(w *Writer) { w.Extension("l", "0"); w.Body("", nil) },
		"wrong promise":          func(w *Writer) { w.ContentLength(3); w.Body("", nil) },
		"two promises":           func(w *Writer) { w.ContentLength(0); w.ContentLength(0); w.Body("", nil) },
		"two bodies":             func(w *Writer) { w.Body("", nil); w.Body("", nil) },
		"no body":                func(w *Writer) { w.Header(HSubject, "a") },
	}
	for name, build := range tests {
		w := NewWriter(make([]byte, 2, 512), false)
		build(&w)
		if got, err := w.Bytes(); err != ErrValue || len(got) != 2 {
			t.Errorf("%s: %q, %v; want ErrValue", name, got, err)
		}
	}
	w := NewWriter(make([]byte, 0, 70000), false)
	w.StatusLine(200, "")
	w.Body("text/plain", bytes.Repeat([]byte("x"), MaxMessage))
	if _, err := w.Bytes(); err != ErrMessageTooLong {
		t.Errorf("a message of %d octets: %v", w.Len(), err)
	}
}

func TestReasonPhrase(t *testing.T) {
	for status, want := range map[uint16]string{
		100: "Trying", 183: "Session Progress", 199: "Early Dialog Terminated", 200: "OK", 202: "Accepted", 204: "No Notification",
		180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 404: "Not Found", 422: "Session Interval Too Small",
		150: "Session Progress", 299: "OK", 399: "Redirection", 499: "Bad Request", 599: "Server Internal Error", 699: "Declined",
	} {
		if got := ReasonPhrase(status); got != want {
			t.Errorf("%d %s, want %s", status, got, want)
		}
	}
	for status, s := range failures {
		if status < 300 || status > 699 || s == "" || strings.TrimSpace(s) != s {
			t.Errorf("%d %q", status, s)
		}
	}
}
