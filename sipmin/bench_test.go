package sipmin

import "testing"

func BenchmarkParse(b *testing.B) {
	for _, name := range []string{"invite.sip", "invite_long.sip", "200ok.sip", "100trying.sip"} {
		b.Run(name, func(b *testing.B) {
			text := readFixture(b, vectorRoot()+"/wire/"+name)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var m Msg
			for b.Loop() {
				if _, err := Parse(text, &m, false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkParseWithURIs also reads what the agent reads of an INVITE: the
// Request-URI, the Contact and the URIs of From and To.
func BenchmarkParseWithURIs(b *testing.B) {
	text := readFixture(b, vectorRoot()+"/wire/invite.sip")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var m Msg
	for b.Loop() {
		if _, err := Parse(text, &m, false); err != nil {
			b.Fatal(err)
		}
		contact, _ := m.Get(HContact)
		na, err := ParseNameAddr(text, contact)
		if err != nil {
			b.Fatal(err)
		}
		for _, s := range [...]Span{m.URI, m.From.URI, m.To.URI, na.URI} {
			if _, err := ParseURI(text, s); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkFramer(b *testing.B) {
	text := readFixture(b, vectorRoot()+"/wire/invite.sip")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var f Framer
	for b.Loop() {
		if _, err := f.Frame(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriter(b *testing.B) {
	body := readFixture(b, vectorRoot()+"/wire/sdp_offer.sdp")
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		w := NewWriter(buf, true)
		writeInvite(&w, body)
		out, err := w.Bytes()
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(out)))
	}
}
