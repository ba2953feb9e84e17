package ipc

import (
	"bytes"
	"net/netip"
	"testing"
	"unicode/utf8"
)

const imdnID = "wYcJuXBbGOfCtBqIPQqz0I"

var (
	entry = Message{ID: 17, Outgoing: true, State: "queued", Reason: "unconfirmed", Code: 408, IMDNID: []byte(imdnID),
		ConversationID: []byte("6b79b8bc937e4985b1dffd062b687bd7"), To: []byte("+14448880000"), Time: 1424760489000,
		ContentType: []byte("text/plain;charset=UTF-8"), Size: 5, Body: []byte("Hello"), HasBody: true, Notify: NotifyBoth}
	incoming = Message{ID: 17, IMDNID: []byte("dc5ebabb21"), Session: 3, ConversationID: []byte("6b79b8bc937e4985b1dffd062b687bd7"),
		From: []byte("+14448880000"), DisplayName: []byte("Zoë"), To: []byte("sip:310410123456789@sharetechnote.com"),
		Time: 1424760506538, TimeReceived: 1424760507000, ContentType: []byte("text/plain; charset=utf-8"), Size: 2,
		Body: []byte("hi"), HasBody: true, Notify: NotifyDisplay}
	status = Status{
		Registration:  Registration{"registered", 600000, 200},
		AccessNetwork: here,
		Modem:         ModemState{"ready", "", 12, "SIM ready", 11, "home", 10, "off", NeverSeen},
		Identity: Identity{"310410123456789@ims.mnc410.mcc310.3gppnetwork.org", "ims.mnc410.mcc310.3gppnetwork.org",
			[]string{"sip:310410123456789@sharetechnote.com", "tel:+13104105678"}, "310410123456789", "359225050039973", true, 9},
		Bearer: Bearer{"up", "wwan0", "2001::1:4c16:9c0f:4986:9e6d", "ims", []netip.Prefix{netip.MustParsePrefix("2001::1:4c16:9c0f:4986:9e6d/64")},
			netip.MustParseAddr("fe80::1"), []netip.Addr{netip.MustParseAddr("2001:0:0:1::2")}, []string{"pcscf.example.org"},
			[]netip.Addr{netip.MustParseAddr("192.0.2.53")}, 1430, 3},
		Sessions: []SessionState{{3, "+14448880000", "open", 12}},
		Buffers:  Buffers{64, 60},
		Spool:    SpoolState{4096, 4194304, 2, 10000},
		Counters: []Counter{{"sip_in", 200}, {"sip_bad", 0}},
	}
	here  = AccessNetwork{cell, 1424760489000, 4, "modem", "LTE", "FDD", []byte("310410"), "0001", "0000000", 3}
	trace = Trace{Time: 1424760489000, Out: true, Protocol: "sip", Transport: "udp", Last: true, Bytes: []byte("\r\n\r\n"),
		Local: netip.MustParseAddrPort("[2001::1:4c16:9c0f:4986:9e6d]:5060"), Remote: netip.MustParseAddrPort("[2001:0:0:1::2]:5060")}
	headerRoom [64]byte // what a Writer writes to is taken for the heap's
	misused    = Request{ID: 7, Field: KeyTo}
)

const cell = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000"

// encoders write what testdata/encode holds, under the same names.
var encoders = map[string]func(dst []byte) ([]byte, error){
	"done":             func(dst []byte) ([]byte, error) { return AppendDone(dst, 7) },
	"done_large_msgid": func(dst []byte) ([]byte, error) { return AppendDone(dst, 1<<32-1) },
	"error":            func(dst []byte) ([]byte, error) { return AppendError(dst, 7, CodeNotFound, "no such message", 0) },
	"error_sip":        func(dst []byte) ([]byte, error) { return AppendError(dst, 7, CodeRefused, "declined", 603) },
	"fault":            func(dst []byte) ([]byte, error) { return AppendFault(dst, &misused, ErrControl) },
	"hello":            func(dst []byte) ([]byte, error) { return AppendHello(dst, 7, 1, "1.0", "qemu-virt") },
	"sent":             func(dst []byte) ([]byte, error) { return AppendSent(dst, 7, 17) },
	"size":             func(dst []byte) ([]byte, error) { return AppendSize(dst, 7, 65536) },
	"state":            func(dst []byte) ([]byte, error) { return AppendState(dst, 7, "cancelled") },
	"body":             func(dst []byte) ([]byte, error) { return AppendBody(dst, 7, []byte("Hello"), true) },
	"session":          func(dst []byte) ([]byte, error) { return AppendSession(dst, 7, 3) },
	"capabilities": func(dst []byte) ([]byte, error) {
		return AppendCapabilities(dst, 7, &Capabilities{Chat: true, IMDN: true, MaxSize: 65536})
	},
	"status": func(dst []byte) ([]byte, error) { return AppendStatus(dst, 7, &status) },
	"messages": func(dst []byte) ([]byte, error) {
		w := NewMessagesWriter(dst, 7)
		if !w.Add(&entry) {
			return dst, ErrNoRoom
		}
		return w.Bytes(true)
	},
	"note_message": func(dst []byte) ([]byte, error) {
		m := incoming
		h := NewHeaderWriter(headerRoom[:0])
		h.Add([]byte("MyFeatures.PANI"), []byte("3GPP-E-UTRAN-FDD"))
		m.Headers, _ = h.Bytes()
		return AppendMessageNote(dst, &m)
	},
	"note_message_large": func(dst []byte) ([]byte, error) {
		return AppendMessageNote(dst, &Message{ID: 17, From: []byte("anonymous"), Size: 65536, Body: []byte("not shown")})
	},
	"note_message_status": func(dst []byte) ([]byte, error) {
		return AppendStatusNote(dst, &MessageStatus{17, "queued", 408, "unconfirmed", 1424760489000})
	},
	"note_composing": func(dst []byte) ([]byte, error) {
		return AppendComposingNote(dst, "+14448880000", true, 1424760519000)
	},
	"note_session":        func(dst []byte) ([]byte, error) { return AppendSessionNote(dst, 3, "+14448880000", "failed", 486) },
	"note_registration":   func(dst []byte) ([]byte, error) { return AppendRegistrationNote(dst, "registered", 600000, 200) },
	"note_access_network": func(dst []byte) ([]byte, error) { return AppendAccessNetworkNote(dst, &here) },
	"note_modem":          func(dst []byte) ([]byte, error) { return AppendModemNote(dst, "gone", "no answer") },
	"note_dropped":        func(dst []byte) ([]byte, error) { return AppendDroppedNote(dst, TopicTrace, 300) },
	"note_trace":          func(dst []byte) ([]byte, error) { return AppendTraceNote(dst, &trace) },
}

// wire is the fixture as our encoder writes it: the one difference to python3-msgpack is
// the 16-bit header of a map that is counted at its end.
func wire(name string, b []byte) []byte {
	if name == "note_message" {
		return bytes.Replace(b, []byte("\xa7headers\x81"), []byte("\xa7headers\xde\x00\x01"), 1)
	}
	return b
}

// TestAppend: the octets are those of another encoder; with any less room dst stays as it
// was; and nothing is allocated.
func TestAppend(t *testing.T) {
	for name, want := range fixtures(t, "encode") {
		want = wire(name, want)
		encode := encoders[name]
		if encode == nil {
			t.Errorf("%s: no encoder", name)
			continue
		}
		before := []byte("before")
		got, err := encode(append(make([]byte, 0, len(before)+len(want)), before...))
		if err != nil || string(got) != "before"+string(want) {
			t.Errorf("%s: %v\n got %x\nwant %x", name, err, got, want)
			continue
		}
		for room := range len(want) {
			dst := append(make([]byte, 0, len(before)+room), before...)
			if got, err := encode(dst); err != ErrNoRoom || string(got) != "before" || &got[0] != &dst[0] {
				t.Fatalf("%s with room for %d of %d: %q, %v; want ErrNoRoom", name, room, len(want), got, err)
			}
		}
		if raceEnabled {
			continue
		}
		buf := make([]byte, 0, len(want))
		if a := testing.AllocsPerRun(100, func() { _, _ = encode(buf) }); a != 0 {
			t.Errorf("%s: %v allocations, want 0", name, a)
		}
	}
	if len(encoders) != len(fixtures(t, "encode")) {
		t.Errorf("%d encoders for %d fixtures", len(encoders), len(fixtures(t, "encode")))
	}
}

// TestWriterFormsAreShortest: the header of each value is the shortest that can say it
// (MessagePack specification, "formats").
func TestWriterFormsAreShortest(t *testing.T) {
	for v, want := range map[int64]string{0: "\x00", 127: "\x7f", 128: "\xcc\x80", 255: "\xcc\xff", 256: "\xcd\x01\x00", 65535: "\xcd\xff\xff",
		65536: "\xce\x00\x01\x00\x00", 1 << 32: "\xcf\x00\x00\x00\x01\x00\x00\x00\x00", -1: "\xff", -32: "\xe0", -33: "\xd0\xdf"} {
		w := NewWriter(make([]byte, 0, 9))
		w.Int(v)
		if got, err := w.Bytes(); string(got) != want || err != nil {
			t.Errorf("Int(%d) = %x, %v; want %x", v, got, err, want)
		}
	}
	for n, want := range map[int]string{0: "\xa0", 31: "\xbf", 32: "\xd9\x20", 255: "\xd9\xff", 256: "\xda\x01\x00", 65535: "\xda\xff\xff", 65536: "\xdb\x00\x01\x00\x00"} {
		w, v := NewWriter(make([]byte, 0, 70000)), NewWriter(make([]byte, 0, 70000))
		w.Str(string(make([]byte, n)))
		v.Text(make([]byte, n))
		got, err := w.Bytes()
		if string(got[:len(want)]) != want || len(got) != len(want)+n || err != nil {
			t.Errorf("Str of %d octets begins %x, %v; want %x", n, got[:5], err, want)
		}
		if same, err := v.Bytes(); !bytes.Equal(got, same) || err != nil {
			t.Errorf("Text of %d octets differs from Str", n)
		}
	}
}

// TestEndpointForms: what a reader of `trace` gets to see.
func TestEndpointForms(t *testing.T) {
	for want, a := range map[string]netip.AddrPort{
		"tcp:[::1]:5060":       netip.MustParseAddrPort("[::1]:5060"),
		"tcp:192.0.2.1:5060":   netip.MustParseAddrPort("192.0.2.1:5060"),
		"tcp:[fe80::1%wwan0]:": netip.AddrPort{},
	} {
		w := NewWriter(make([]byte, 0, 64))
		w.Endpoint("tcp", a)
		got, err := w.Bytes()
		if err != nil || a.IsValid() && string(got[1:]) != want || !a.IsValid() && string(got) != "\xa0" {
			t.Errorf("%v: %q, %v; want %q", a, got, err, want)
		}
	}
}

// TestMessagesWriterFillsTheBuffer: an entry that does not fit is left out whole, and the
// list stays readable whatever the room.
func TestMessagesWriterFillsTheBuffer(t *testing.T) {
	for room := range 1500 {
		w := NewMessagesWriter(make([]byte, 0, room), 7)
		for w.Add(&entry) {
		}
		b, err := w.Bytes(true)
		if err != nil {
			if w.Len() != 0 || len(b) != 0 {
				t.Fatalf("room %d: %v after %d entries", room, err, w.Len())
			}
			continue
		}
		f := Framer{most: maxOpen}
		if n, err := f.Frame(b); n != len(b) || err != nil {
			t.Fatalf("room %d: %d, %v", room, n, err)
		}
		v, err := decodeFrame(b)
		if err != nil {
			t.Fatal(err)
		}
		result := v.([]any)[3].(map[string]any)
		if got := len(result["messages"].([]any)); got != w.Len() || result["more"] != true {
			t.Fatalf("room %d: %d entries, counted %d, more %v", room, got, w.Len(), result["more"])
		}
	}
}

// TestMessagesWriterKeepsTheFrameLimit: a larger buffer does not make a larger frame.
func TestMessagesWriterKeepsTheFrameLimit(t *testing.T) {
	w := NewMessagesWriter(make([]byte, 10, 10+2*MaxFrame), 7)
	for w.Add(&entry) {
	}
	b, err := w.Bytes(true)
	if err != nil || len(b)-10 > MaxFrame || len(b)-10 < MaxFrame-400 {
		t.Errorf("%d octets, %v", len(b)-10, err)
	}
}

// TestErrorTextIsCut: the text of an error never breaks a frame, or a character.
func TestErrorTextIsCut(t *testing.T) {
	b, err := AppendError(make([]byte, 0, 400), 7, CodeRefused, "x"+string(bytes.Repeat([]byte("ë"), 300)), 0)
	if err != nil {
		t.Fatal(err)
	}
	v, err := decodeFrame(b)
	if err != nil {
		t.Fatal(err)
	}
	if text := v.([]any)[2].(map[string]any)["text"].(string); len(text) != MaxText-1 || !utf8.ValidString(text) {
		t.Errorf("%d octets: %q", len(text), text)
	}
}

// TestErrorsAreDescribed: every error has a text and a code, and every code a name.
func TestErrorsAreDescribed(t *testing.T) {
	for e := ErrShort; int(e) < len(errorTable); e++ {
		if e.Text() == "" || e.Code() == CodeNone || e.Error() != "ipc: "+e.Text() {
			t.Errorf("error %d: %q, code %v", e, e.Text(), e.Code())
		}
	}
	names := map[Code]string{1: "bad_frame", 2: "unknown_method", 3: "bad_argument", 4: "too_large", 5: "busy", 6: "not_found",
		7: "not_registered", 8: "wrong_state", 9: "refused", 10: "timeout", 11: "storage", 12: "unsupported", 13: "modem", 99: "internal"}
	for c, name := range names {
		if c.String() != name {
			t.Errorf("code %d is %q, want %q", c, c, name)
		}
	}
}

func BenchmarkAppendMessageNote(b *testing.B) {
	dst := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := AppendMessageNote(dst, &incoming); err != nil {
			b.Fatal(err)
		}
	}
}
