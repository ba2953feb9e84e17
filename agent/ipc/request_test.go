package ipc

import (
	"strings"
	"testing"
)

// want is what a fixture of testdata/requests must be read as.
var want = map[string]func(b []byte, r *Request) bool{
	"hello":      func(b []byte, r *Request) bool { return r.Protocol == 1 && str(b, r.Client) == "test" },
	"status":     func(b []byte, r *Request) bool { return r.Method == MethodStatus },
	"status_nil": func(b []byte, r *Request) bool { return r.Method == MethodStatus },
	"send": func(b []byte, r *Request) bool {
		return str(b, r.To) == "+14448880000" && str(b, r.Body) == "Hello" && r.Notify == NotifyBoth && !r.Has(KeyExpires) &&
			!r.Has(KeyNotify) && r.ContentType.Len == 0 && !r.More
	},
	"send_all": func(b []byte, r *Request) bool {
		return str(b, r.To) == "sip:+14448880000@sharetechnote.com;user=phone" && str(b, r.Body) == "Zoë" &&
			str(b, r.ContentType) == "text/plain;charset=UTF-8" && str(b, r.ClientID) == "c-1" && r.Notify == NotifyBoth &&
			str(b, r.Mode) == "session" && r.Expires == 3600 && r.Has(KeyExpires) && r.More && headers(b, r) == "MyFeatures.PANI: 3GPP|A.b: c|"
	},
	"send_silent": func(b []byte, r *Request) bool {
		return r.Notify == 0 && r.Has(KeyNotify) && r.Body.Len == 0 && r.Has(KeyBody)
	},
	"send_nils": func(b []byte, r *Request) bool {
		return r.Notify == NotifyBoth && !r.Has(KeyNotify) && !r.Has(KeyExpires) && r.ContentType.Len == 0
	},
	"send_later_version": func(b []byte, r *Request) bool { return str(b, r.Body) == "x" && r.Topics == 0 },
	"append":             func(b []byte, r *Request) bool { return r.MessageID == 17 && str(b, r.Body) == "\x00\xff" && r.Last },
	"cancel":             func(b []byte, r *Request) bool { return r.MessageID == 17 },
	"fetch":              func(b []byte, r *Request) bool { return r.MessageID == 17 && r.Offset == 32768 && r.Limit == 1000 },
	"displayed":          func(b []byte, r *Request) bool { return r.MessageID == 17 },
	"ack":                func(b []byte, r *Request) bool { return r.MessageID == NoMessage },
	"composing":          func(b []byte, r *Request) bool { return str(b, r.To) == "tel:+1-444-888-0000" && r.Active },
	"open":               func(b []byte, r *Request) bool { return str(b, r.To) == "+14448880000" },
	"accept":             func(b []byte, r *Request) bool { return r.Session == 3 },
	"reject":             func(b []byte, r *Request) bool { return r.Session == 3 && r.Everywhere },
	"close":              func(b []byte, r *Request) bool { return r.Session == 0 },
	"register":           func(b []byte, r *Request) bool { return r.Method == MethodRegister },
	"deregister":         func(b []byte, r *Request) bool { return r.Method == MethodDeregister },
	"network": func(b []byte, r *Request) bool {
		return str(b, r.Interface) == "wwan0" && texts(b, r.Addresses) == "2001:db8::1|192.0.2.1|" && texts(b, r.PCSCF) == "2001:db8::2|" &&
			texts(b, r.DNS) == "" && r.MTU == 1500 && strings.HasPrefix(str(b, r.AccessNetwork), "3GPP-E-UTRAN-FDD;")
	},
	"messages":     func(b []byte, r *Request) bool { return r.After == 17 && r.Limit == 10 },
	"capabilities": func(b []byte, r *Request) bool { return str(b, r.To) == "+14448880000" },
	"subscribe": func(b []byte, r *Request) bool {
		return r.Topics == TopicMessage|TopicMessageStatus|TopicTrace
	},
	"subscribe_events": func(b []byte, r *Request) bool { return r.Topics == AllEvents },
	"unsubscribe":      func(b []byte, r *Request) bool { return r.Topics == AllTopics },
}

func str(b []byte, s Span) string { return string(s.In(b)) }

func texts(b []byte, list Span) (all string) {
	for at, ok, text := 0, true, []byte(nil); ok; {
		if text, at, ok = NextText(list.In(b), at); ok {
			all += string(text) + "|"
		}
	}
	return all
}

func headers(b []byte, r *Request) (all string) {
	var name, value []byte
	for at, ok := 0, true; ok; {
		if name, value, at, ok = NextHeader(r.Headers.In(b), at); ok {
			all += string(name) + ": " + string(value) + "|"
		}
	}
	return all
}

func TestParseRequest(t *testing.T) {
	for name, b := range fixtures(t, "requests") {
		method, _, _ := strings.Cut(name, "_")
		var r Request
		if err := ParseRequest(b, &r); err != nil {
			t.Errorf("%s: %v (%s)", name, err, r.Field)
			continue
		}
		id := uint32(7)
		if name == "send_later_version" {
			id = 1<<32 - 1
		}
		if r.ID != id || r.Method.String() != method || r.Field != 0 {
			t.Errorf("%s: msgid %d, method %s, field %s", name, r.ID, r.Method, r.Field)
		}
		if check := want[name]; check == nil || !check(b, &r) {
			t.Errorf("%s: read as %+v", name, r)
		}
	}
}

func TestParseRequestDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("allocations are not counted under the race detector")
	}
	all := fixtures(t, "requests")
	for i, bad := range refused {
		all["refused "+bad.octets+string(rune('0'+i))] = []byte(bad.octets)
	}
	for name, b := range all {
		var r Request
		var f Framer
		got := testing.AllocsPerRun(100, func() {
			f = Framer{}
			_, _ = f.Frame(b)
			_ = ParseRequest(b, &r)
		})
		if got != 0 {
			t.Errorf("%q: %v allocations, want 0", name, got)
		}
	}
}

// refused are requests that are frames, but are not taken: the octets are typed from the
// MessagePack specification.
var refused = []struct {
	octets string
	want   Error
	field  Key
	id     uint32
}{
	{"\xc0", ErrNotRequest, 0, 0},
	{"\x90", ErrNotRequest, 0, 0},
	{"\x93\x02\xa4send\x90", ErrNotRequest, 0, 0}, // a notification: the daemon takes none
	{"\x94\x01\x07\xa4send\x90", ErrNotRequest, 0, 0},
	{"\x94\x00\xa17\xa4send\x90", ErrNotRequest, 0, 0},
	{"\x94\x00\x07\x01\x90", ErrNotRequest, 0, 7},
	{"\x94\x00\x07\xa4send\x90\xc0", ErrMalformed, 0, 0}, // octets after the request
	{"\x94\x00\x07\xa4send", ErrMalformed, 0, 0},         // not a whole frame
	{"\x94\x00\x07\xa4warp\x90", ErrMethod, 0, 7},
	{"\x94\x00\x07\xa0\x90", ErrMethod, 0, 7},
	{"\x94\x00\x07\xa4send\x80", ErrParams, 0, 7},
	{"\x94\x00\x07\xa4send\x92\x80\x80", ErrParams, 0, 7},
	{"\x94\x00\x07\xa4send\x91\x01", ErrParams, 0, 7},
	{"\x94\x00\x07\xa4send\x91\x81\x01\x02", ErrKey, 0, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xc4\x02to\xa2+1", ErrKey, 0, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa1x\xa1\xff", ErrUTF8, 0, 7},
	{"\x94\x00\x07\xa4send\x90", ErrMissing, KeyTo, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa2to\xa2+1", ErrMissing, KeyBody, 7},
	{"\x94\x00\x07\xa4send\x91\x82\xa2to\xc0\xa4body\xa0", ErrMissing, KeyTo, 7},
	{"\x94\x00\x07\xa4send\x91\x82\xa2to\xa2+1\xa2to\xa2+2", ErrTwice, KeyTo, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa2to\x01", ErrType, KeyTo, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa2to\xa3+\r\n", ErrControl, KeyTo, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa2to\xa3+\xff1", ErrUTF8, KeyTo, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa4body\x01", ErrType, KeyBody, 7},
	{"\x94\x00\x07\xa4send\x91\x82\xa2to\xa2+1\xa4body\xc4\x01\xff", ErrUTF8, KeyBody, 7},
	{"\x94\x00\x07\xa4send\x91\x83\xa2to\xa2+1\xa4body\xc4\x01\xff\xaccontent_type\xa6TEXT/x", ErrUTF8, KeyBody, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa4more\x01", ErrType, KeyMore, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa7expires\xff", ErrRange, KeyExpires, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa7expires\xcf\x00\x00\x00\x01\x00\x00\x00\x00", ErrRange, KeyExpires, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa7expires\xcf\xff\xff\xff\xff\xff\xff\xff\xff", ErrRange, KeyExpires, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa7expires\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", ErrType, KeyExpires, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa6notify\xa8delivery", ErrType, KeyNotify, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa6notify\x91\xa4both", ErrGrammar, KeyNotify, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa6notify\x91\x01", ErrType, KeyNotify, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa7headers\x91\xa1x", ErrType, KeyHeaders, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa7headers\x81\x01\xa1x", ErrKey, KeyHeaders, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa7headers\x81\xa3Via\xa1x", ErrGrammar, KeyHeaders, 7},
	{"\x94\x00\x07\xa4send\x91\x81\xa7headers\x81\xa3a.b\xa2\r\n", ErrControl, KeyHeaders, 7},
	{"\x94\x00\x07\xa9subscribe\x91\x81\xa6topics\x91\xa3all", ErrGrammar, KeyTopics, 7},
	{"\x94\x00\x07\xa9subscribe\x91\x81\xa6topics\xa5trace", ErrType, KeyTopics, 7},
	{"\x94\x00\x07\xa8messages\x91\x81\xa5after\xa1x", ErrGrammar, KeyAfter, 7},
	{"\x94\x00\x07\xa5fetch\x91\x82\xaamessage_id\xa11\xa6offset\xd3\x80\x00\x00\x00\x00\x00\x00\x00", ErrRange, KeyOffset, 7},
	{"\x94\x00\x07\xa6cancel\x91\x81\xaamessage_id\x01", ErrType, KeyMessageID, 7},
	{"\x94\x00\x07\xa6accept\x90", ErrMissing, KeySession, 7},
}

func TestParseRequestRefuses(t *testing.T) {
	for _, tt := range refused {
		var r Request
		if err := ParseRequest([]byte(tt.octets), &r); err != tt.want || r.Field != tt.field || r.ID != tt.id {
			t.Errorf("%q: %v, field %q, msgid %d; want %v, %q, %d", tt.octets, err, r.Field, r.ID, tt.want, tt.field, tt.id)
		}
	}
}

// TestParseRequestLimits: each limit refuses the first octet beyond it, and only that.
func TestParseRequestLimits(t *testing.T) {
	for _, tt := range []struct {
		key  string
		most int
		want Error
		fill func(n int) string
	}{
		{"to", MaxAddress, ErrLong, func(n int) string { return "sip:" + strings.Repeat("a", n-4) }},
		{"client_id", MaxClientID, ErrLong, func(n int) string { return strings.Repeat("a", n) }},
		{"content_type", MaxContentType, ErrLong, func(n int) string { return "a/" + strings.Repeat("b", n-2) }},
		{"mode", MaxText, ErrLong, func(n int) string { return strings.Repeat("a", n) }},
		{"body", MaxBody, ErrBody, func(n int) string { return strings.Repeat("a", n) }},
	} {
		for extra, want := range []error{nil, tt.want} {
			params := map[string]any{"to": "+1", "body": "x"}
			params[tt.key] = tt.fill(tt.most + extra)
			b, err := appendRequest(nil, 1, "send", params)
			if err != nil {
				t.Fatal(err)
			}
			var r Request
			if err := ParseRequest(b, &r); err != want {
				t.Errorf("%s of %d octets: %v; want %v", tt.key, tt.most+extra, err, want)
			}
		}
	}
}

// TestParseIntegerWidths: the same number in every width that MessagePack has for it.
func TestParseIntegerWidths(t *testing.T) {
	for _, octets := range []string{"\x0c", "\xcc\x0c", "\xcd\x00\x0c", "\xce\x00\x00\x00\x0c", "\xcf\x00\x00\x00\x00\x00\x00\x00\x0c",
		"\xd0\x0c", "\xd1\x00\x0c", "\xd2\x00\x00\x00\x0c", "\xd3\x00\x00\x00\x00\x00\x00\x00\x0c"} {
		var r Request
		if err := ParseRequest([]byte("\x94\x00"+octets+"\xa8messages\x91\x81\xa5limit"+octets), &r); err != nil || r.Limit != 12 || r.ID != 12 {
			t.Errorf("%q: limit %d, msgid %d, %v", octets, r.Limit, r.ID, err)
		}
	}
	for octets, want := range map[string]int64{"\xff": -1, "\xe0": -32, "\xd0\x80": -128, "\xd1\x80\x00": -32768, "\xd2\x80\x00\x00\x00": -1 << 31,
		"\xd3\x80\x00\x00\x00\x00\x00\x00\x00": -1 << 63} {
		r := reader{b: []byte(octets)}
		if v, ok := r.integer(); v != want || !ok || r.i != len(octets) {
			t.Errorf("%q: %d, %v", octets, v, ok)
		}
	}
}

// TestKeys: every key is found by its name, and by nothing near it.
func TestKeys(t *testing.T) {
	for k := KeyProtocol; int(k) < len(keyName); k++ {
		name := keyName[k]
		for text, want := range map[string]Key{name: k, name + "s": 0, name[:len(name)-1]: 0, strings.ToUpper(name): 0} {
			if got := parseKey([]byte(text)); got != want {
				t.Errorf("%q is %v", text, got)
			}
		}
	}
}

func TestIDs(t *testing.T) {
	for text, want := range map[string]uint64{"0": 0, "17": 17, "0000000000000017": 17, "18446744073709551615": 1<<64 - 1} {
		if id, ok := ParseID([]byte(text)); text != "18446744073709551615" && (id != want || !ok) {
			t.Errorf("ParseID(%q) = %d, %v", text, id, ok)
		}
	}
	for _, text := range []string{"", "x", "-1", "+1", " 1", "1 ", "99999999999999999999", "18446744073709551616"} {
		if id, ok := ParseID([]byte(text)); ok {
			t.Errorf("ParseID(%q) = %d", text, id)
		}
	}
	before := ""
	for _, id := range []uint64{1, 9, 10, 99, 1e6, 1e15, 1e16 - 1} {
		text := string(AppendID(nil, id))
		if text <= before || len(text) != idDigits {
			t.Errorf("AppendID(%d) = %q, after %q", id, text, before)
		}
		if back, ok := ParseID([]byte(text)); back != id || !ok {
			t.Errorf("ParseID(%q) = %d, %v", text, back, ok)
		}
		before = text
	}
}

func BenchmarkParseRequest(b *testing.B) {
	frame := readHex(b, "testdata/requests/send_all.hex")
	var r Request
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		if err := ParseRequest(frame, &r); err != nil {
			b.Fatal(err)
		}
	}
}
