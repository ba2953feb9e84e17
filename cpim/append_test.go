package cpim

import (
	"bytes"
	"testing"
	"time"
)

// hello is the envelope of the trace's Hello; the expected octets are the trace's.
func hello() Envelope {
	return Envelope{
		From: "sip:anonymous@anonymous.invalid", To: "sip:anonymous@anonymous.invalid",
		DateTime:   time.Date(2015, 2, 24, 6, 48, 9, 0, time.UTC),
		Namespaces: []Namespace{{"MyFeatures", "mailto:RCSFeatures@test.com"}},
		Headers: []Field{{Prefix: "MyFeatures", Name: "PANI",
			Value: []byte("3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000")}},
		MessageID: []byte("wYcJuXBbGOfCtBqIPQqz0I"), Notify: PositiveDelivery | Display,
		ContentType: []byte("text/plain;charset=UTF-8"), Length: 5,
	}
}

func TestAppendHeadIsTheTracesHello(t *testing.T) {
	want := fixture(t, "cpim/seed/hello.cpim")
	e := hello()
	got, err := e.AppendHead(make([]byte, 0, len(want)))
	if got = append(got, "Hello"...); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v, got\n%s\nwant\n%s", err, got, want)
	}
}

// TestAppendHeadOfAReceipt: the trace's IMDN of UA1, whose DateTime has -00:00 for Z.
func TestAppendHeadOfAReceipt(t *testing.T) {
	const want = "From: <sip:anonymous@anonymous.invalid>\r\nTo: <sip:anonymous@anonymous.invalid>\r\n" +
		"DateTime: 2015-02-24T06:48:25Z\r\nNS: imdn <urn:ietf:params:imdn>\r\n" +
		"imdn.Message-ID: tZLoOeSS8nxrj0Pi4s7JGAyP9GUqJB\r\n\r\n" +
		"Content-Disposition: notification\r\nContent-type: message/imdn+xml\r\nContent-Length: 276\r\n\r\n"
	trace := fixture(t, "cpim/seed/imdn-delivered-ue.cpim")
	if !bytes.HasPrefix(bytes.Replace(trace, []byte("-00:00\r\n"), []byte("Z\r\n"), 1), []byte(want)) {
		t.Fatal("the expectation is not the trace's")
	}
	e := Envelope{
		From: "sip:anonymous@anonymous.invalid", To: "sip:anonymous@anonymous.invalid",
		DateTime:  time.Date(2015, 2, 24, 7, 48, 25, 0, time.FixedZone("CET", 3600)),
		MessageID: []byte("tZLoOeSS8nxrj0Pi4s7JGAyP9GUqJB"), Disposition: "notification",
		ContentType: []byte("message/imdn+xml"), Length: 276,
	}
	if got, err := e.AppendHead(make([]byte, 0, 512)); err != nil || string(got) != want {
		t.Errorf("%v, got\n%s", err, got)
	}
}

func TestAppendHeadOfLeastEnvelope(t *testing.T) {
	const want = "From: <sip:a@b>\r\nTo: <sip:c@d>\r\n\r\nContent-type: text/plain\r\n\r\n"
	e := Envelope{From: "sip:a@b", To: "sip:c@d", ContentType: []byte("text/plain"), Length: -1}
	if got, err := e.AppendHead(make([]byte, 0, 100)); err != nil || string(got) != want {
		t.Errorf("%v, got %q", err, got)
	}
}

func TestAppendHeadNeverGrows(t *testing.T) {
	e := hello()
	whole, err := e.AppendHead(make([]byte, 0, 1024))
	if err != nil {
		t.Fatal(err)
	}
	for room := range len(whole) {
		buf := append(make([]byte, 0, 3+room), "abc"...)
		if got, err := e.AppendHead(buf); err != ErrNoRoom || string(got) != "abc" {
			t.Fatalf("with room for %d octets: %q, %v", room, got, err)
		}
	}
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	buf := make([]byte, 0, 1024)
	if a := testing.AllocsPerRun(100, func() { e.AppendHead(buf) }); a != 0 {
		t.Errorf("%v allocations", a)
	}
}

// TestNoHeaderCanBeInjected: what would change the structure is refused where there is no
// escape for it, and escaped where there is.
func TestNoHeaderCanBeInjected(t *testing.T) {
	buf := make([]byte, 0, 4096)
	for name, spoil := range map[string]func(*Envelope){
		"From":        func(e *Envelope) { e.From = "sip:a@b>\r\nimdn.Message-ID: x" },
		"To":          func(e *Envelope) { e.To = "sip:a b" },
		"URI of NS":   func(e *Envelope) { e.Namespaces[0].URI = "urn:x>\r\nNS: imdn <urn:x" },
		"prefix":      func(e *Envelope) { e.Namespaces[0].Prefix = "a.b" },
		"no prefix":   func(e *Envelope) { e.Namespaces[0].Prefix = "" },
		"name":        func(e *Envelope) { e.Headers[0].Name = "X: y\r\nZ" },
		"Message-ID":  func(e *Envelope) { e.MessageID = []byte("a\r\nb") },
		"no id":       func(e *Envelope) { e.MessageID = []byte{} },
		"long id":     func(e *Envelope) { e.MessageID = bytes.Repeat([]byte("i"), MaxMessageID+1) },
		"type":        func(e *Envelope) { e.ContentType = []byte("text/plain\r\n\r\nx") },
		"disposition": func(e *Envelope) { e.Disposition = "a\nb" },
	} {
		e := hello()
		spoil(&e)
		if got, err := e.AppendHead(buf); err != ErrValue || len(got) != 0 {
			t.Errorf("%s: %v, %q", name, err, got)
		}
	}
	for _, value := range []string{"x\r\nimdn.Message-ID: evil", "a\\b", "tab\there", "\x00\x1f\x7f\b", "né “”", `"q"`} {
		e := hello()
		e.Headers[0].Value = []byte(value)
		head, err := e.AppendHead(buf)
		if err != nil {
			t.Fatalf("%q: %v", value, err)
		}
		var m Message
		if _, err := ParseHead(head, &m); err != nil {
			t.Fatalf("%q: %v in\n%s", value, err, head)
		}
		v, _ := m.Lookup(head, "mailto:RCSFeatures@test.com", "PANI")
		if text, err := AppendText(make([]byte, 0, 200), v.In(head)); err != nil || string(text) != value {
			t.Errorf("%q came back as %q, %v", value, text, err)
		}
	}
}

func BenchmarkAppendHead(b *testing.B) {
	e := hello()
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.AppendHead(buf); err != nil {
			b.Fatal(err)
		}
	}
}
