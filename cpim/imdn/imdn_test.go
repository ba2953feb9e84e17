package imdn

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"imsagent/cpim/xmlscan"
)

func TestVectorsIMDN(t *testing.T) {
	want := oracle(t, "imdn/xml-oracle.tsv")
	for _, v := range vectors(t, "imdn", "imdn/") {
		t.Run(v.path, func(t *testing.T) {
			var n, again Notification
			err := Parse(v.b, &n)
			if err2 := Parse(v.b, &again); err2 != err || err == nil && again != n {
				t.Fatalf("a second run gives %v after %v", err2, err)
			}
			switch {
			case v.verdict == "accept" && err != nil:
				t.Fatal(err)
			case v.verdict == "reject" && err == nil:
				t.Fatalf("accepted: %q %v", n.MessageID(), n.Reports())
			case err != nil || want[v.path]["message_id"] == "" || strings.Contains(want[v.path]["message_id"], `\`):
				return
			}
			row := want[v.path]
			if string(n.MessageID()) != row["message_id"] || n.Kind().String() != row["notification"] {
				t.Errorf("%q %v, the oracle has %q %s", n.MessageID(), n.Kind(), row["message_id"], row["notification"])
			}
			if n.Status() != Unknown && n.Status().String() != row["status"] {
				t.Errorf("status %v, the oracle has %s", n.Status(), row["status"])
			}
			if n.Status() == Unknown && row["status"] != "teleported" {
				t.Errorf("%s is not known", row["status"])
			}
		})
	}
}

// document wraps children in an imdn element.
func document(children string) []byte {
	return []byte(`<?xml version="1.0"?><imdn xmlns="urn:ietf:params:xml:ns:imdn">` + children + `</imdn>`)
}

const delivered = `<delivery-notification><status><delivered/></status></delivery-notification>`

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		id   string
		want []Report
		err  error
	}{
		{"comment, entity, CDATA in the id", document("<message-id> a<!-- x -->&#98;<![CDATA[c<]]>&amp;</message-id>" + delivered),
			"abc<&", []Report{{Delivery, Delivered}}, nil},
		{"two notifications", document("<message-id>a</message-id>" + delivered +
			`<display-notification><status><displayed/></status></display-notification>`),
			"a", []Report{{Delivery, Delivered}, {Display, Displayed}}, nil},
		{"extension before the status", document("<message-id>a</message-id><x:y xmlns:x='urn:x'><message-id>b</message-id></x:y>" +
			"<delivery-notification><x:z xmlns:x='urn:x'/><status><x:w xmlns:x='urn:x'/><delivered/></status></delivery-notification>"),
			"a", []Report{{Delivery, Delivered}}, nil},
		{"status of another kind", document("<message-id>a</message-id><delivery-notification><status><displayed/></status></delivery-notification>"),
			"a", []Report{{Delivery, Unknown}}, nil},
		{"only an extension status", document("<message-id>a</message-id><delivery-notification><status><x:w xmlns:x='urn:x'/></status></delivery-notification>"),
			"a", []Report{{Delivery, Unknown}}, nil},
		{"delivered of a foreign namespace", document("<message-id>a</message-id><delivery-notification><status><delivered xmlns='urn:x'/></status></delivery-notification>"),
			"a", []Report{{Delivery, Unknown}}, nil},
		{"empty status", document("<message-id>a</message-id><delivery-notification><status/></delivery-notification>"), "", nil, ErrNoStatus},
		{"no id", document(delivered), "", nil, ErrMessageID},
		{"empty id", document("<message-id> </message-id>" + delivered), "", nil, ErrMessageID},
		{"two ids", document("<message-id>a</message-id>" + delivered + "<message-id>a</message-id>"), "", nil, ErrMessageID},
		{"control character in the id", document("<message-id>a&#13;b</message-id>" + delivered), "", nil, ErrMessageID},
		{"longest id", document("<message-id>" + strings.Repeat("i", MaxMessageID) + "</message-id>" + delivered),
			strings.Repeat("i", MaxMessageID), []Report{{Delivery, Delivered}}, nil},
		{"long id", document("<message-id>" + strings.Repeat("i", MaxMessageID+1) + "</message-id>" + delivered), "", nil, ErrMessageID},
		{"very long id", document("<message-id>" + strings.Repeat("i", 3000) + "</message-id>" + delivered), "", nil, ErrMessageID},
		{"long datetime", document("<message-id>a</message-id><datetime>" + strings.Repeat("9", 300) + "</datetime>" + delivered),
			"a", []Report{{Delivery, Delivered}}, nil},
		{"many reports", document("<message-id>a</message-id>" + strings.Repeat(delivered, 9)), "a",
			[]Report{{Delivery, Delivered}, {Delivery, Delivered}, {Delivery, Delivered}, {Delivery, Delivered}}, nil},
		{"DOCTYPE", []byte(`<!DOCTYPE imdn><imdn/>`), "", nil, xmlscan.ErrDoctype},
		{"another root", []byte(`<isComposing xmlns="urn:ietf:params:xml:ns:imdn"/>`), "", nil, ErrRoot},
		{"another namespace", []byte(`<imdn xmlns="urn:other"><message-id>a</message-id>` + delivered + `</imdn>`), "", nil, ErrRoot},
	} {
		t.Run(c.name, func(t *testing.T) {
			var n Notification
			if err := Parse(c.b, &n); !errors.Is(err, c.err) {
				t.Fatalf("%v, want %v", err, c.err)
			} else if err != nil {
				return
			}
			if string(n.MessageID()) != c.id || len(n.Reports()) != len(c.want) {
				t.Fatalf("%q %v", n.MessageID(), n.Reports())
			}
			for i, r := range n.Reports() {
				if r != c.want[i] {
					t.Errorf("report %d is %v %v", i, r.Kind, r.Status)
				}
			}
		})
	}
}

func TestDateTimeIsKept(t *testing.T) {
	var n Notification
	if err := Parse(fixture(t, "imdn/suite/rcsjta-displayed.xml"), &n); err != nil || string(n.DateTime()) != "2008-04-04T12:16:49-05:00" {
		t.Errorf("%q, %v", n.DateTime(), err)
	}
	if err := Parse(fixture(t, "imdn/seed/delivered.xml"), &n); err != nil || len(n.DateTime()) != 0 {
		t.Errorf("%q, %v", n.DateTime(), err)
	}
}

// TestAppendIsTheTraces: octet by octet what UA1 of the reference trace sent.
func TestAppendIsTheTraces(t *testing.T) {
	want := fixture(t, "imdn/seed/delivered-ue.xml")
	p := Payload{MessageID: []byte("dc5ebabb21"), DateTime: []byte("2015-02-24T06:48:25-00:00"), Report: Report{Delivery, Delivered}}
	got, err := Append(make([]byte, 0, len(want)), &p)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v, got\n%s\nwant\n%s", err, got, want)
	}
	for room := range len(want) {
		if got, err := Append(make([]byte, 0, room), &p); err != ErrNoRoom || len(got) != 0 {
			t.Fatalf("with %d octets: %q, %v", room, got, err)
		}
	}
}

// TestAppendEscapes: the expected octets are written by hand.
func TestAppendEscapes(t *testing.T) {
	const want = `<?xml version="1.0" encoding="utf-8"?>
<imdn xmlns="urn:ietf:params:xml:ns:imdn">
  <message-id>a&lt;/message-id&gt;&lt;status/&gt;&amp;x;</message-id>
  <recipient-uri>sip:a@b</recipient-uri>
  <original-recipient-uri>tel:+1</original-recipient-uri>
  <subject>&quot;é&quot;&#10;</subject>
  <display-notification>
    <status>
      <error/>
    </status>
  </display-notification>
</imdn>
`
	p := Payload{MessageID: []byte("a</message-id><status/>&x;"), Recipient: []byte("sip:a@b"), OriginalTo: []byte("tel:+1"),
		Subject: []byte("\"é\"\n"), Report: Report{Display, Failure}}
	got, err := Append(make([]byte, 0, 1000), &p)
	if err != nil || string(got) != want {
		t.Errorf("%v, got\n%s\nwant\n%s", err, got, want)
	}
	var n Notification
	if err := Parse(got, &n); err != nil || !bytes.Equal(n.MessageID(), p.MessageID) || n.Reports()[0] != p.Report {
		t.Errorf("read back: %q %v, %v", n.MessageID(), n.Reports(), err)
	}
}

func TestAppendRefuses(t *testing.T) {
	for name, p := range map[string]Payload{
		"no id":                {Report: Report{Delivery, Delivered}},
		"long id":              {MessageID: make([]byte, MaxMessageID+1), Report: Report{Delivery, Delivered}},
		"no report":            {MessageID: []byte("a")},
		"delivery: displayed":  {MessageID: []byte("a"), Report: Report{Delivery, Displayed}},
		"network's own report": {MessageID: []byte("a"), Report: Report{Interworking, LegacySMS}},
		"unknown kind":         {MessageID: []byte("a"), Report: Report{99, Delivered}},
	} {
		if got, err := Append(make([]byte, 0, 1000), &p); err == nil || err == ErrNoRoom || len(got) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, v := range vectors(t, "imdn", "imdn/") {
		var n Notification
		if a := testing.AllocsPerRun(20, func() { Parse(v.b, &n) }); a != 0 {
			t.Errorf("%s: %v allocations", v.path, a)
		}
	}
	p := Payload{MessageID: []byte("dc5ebabb21"), Report: Report{Delivery, Delivered}}
	buf := make([]byte, 0, 512)
	if a := testing.AllocsPerRun(20, func() { Append(buf, &p) }); a != 0 {
		t.Errorf("Append: %v allocations", a)
	}
}

// FuzzParse: what was read can be written, and comes back the same.
func FuzzParse(f *testing.F) {
	for _, v := range vectors(f, "imdn", "imdn/") {
		if len(v.b) <= xmlscan.MaxDocument {
			f.Add(v.b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var n, again Notification
		if Parse(b, &n) != nil {
			return
		}
		if len(n.MessageID()) == 0 || len(n.Reports()) == 0 || bytes.ContainsAny(n.MessageID(), "\r\n\x00") {
			t.Fatalf("%q %v", n.MessageID(), n.Reports())
		}
		p := Payload{MessageID: n.MessageID(), DateTime: n.DateTime(), Report: n.Reports()[0]}
		if p.Report.Status == Unknown || p.Report.Kind == Interworking {
			return
		}
		out, err := Append(make([]byte, 0, 4096), &p)
		if err != nil {
			t.Fatal(err)
		}
		if err = Parse(out, &again); err != nil || !bytes.Equal(again.MessageID(), n.MessageID()) || again.Reports()[0] != p.Report {
			t.Fatalf("%v, wrote\n%s", err, out)
		}
	})
}

func TestErrorsNameTheirClause(t *testing.T) {
	for e := ErrRoot; e <= ErrNoRoom; e++ {
		if e.Error() == "imdn: " || e.Clause() == "" {
			t.Errorf("error %d: %q, %q", e, e.Error(), e.Clause())
		}
	}
	if Error(200).Error() == "" || Error(200).Clause() != "" || Kind(9).String() != "" || Status(99).String() != "unknown" {
		t.Error("what is unknown has a name")
	}
}

func BenchmarkParse(b *testing.B) {
	doc := fixture(b, "imdn/seed/delivered.xml")
	var n Notification
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Parse(doc, &n); err != nil {
			b.Fatal(err)
		}
	}
}
