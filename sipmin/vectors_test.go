package sipmin

import (
	"strconv"
	"strings"
	"testing"
)

// TestVectorsSIPTorture: RFC 4475. Verdict of the parser, and for what it
// refuses the response that its error proposes.
func TestVectorsSIPTorture(t *testing.T) {
	for _, r := range vectorRows(t, "sip-torture") {
		t.Run(r.col["name"], func(t *testing.T) {
			m, err := checkVerdict(t, r, r.col["parse_verdict"])
			if err == 0 {
				return
			}
			code, _, _ := strings.Cut(r.col["expected_code"], " ")
			want, _ := strconv.Atoi(code)
			switch {
			case r.col["name"] == "test": // no Via: "400" cannot be sent
				want = 0
			case r.col["name"] == "mismatch02": // "501 (400 acceptable)"
				want = 400
			}
			if m.Answerable() != (want != 0) || want != 0 && int(err.Status()) != want {
				t.Errorf("%v: answerable %v, status %d; want %s", err, m.Answerable(), err.Status(), r.col["expected_code"])
			}
		})
	}
}

// TestVectorsSIPIPv6: RFC 5118. A message with bare LF is answered with 400.
func TestVectorsSIPIPv6(t *testing.T) {
	for _, r := range vectorRows(t, "sip-ipv6") {
		t.Run(r.col["name"], func(t *testing.T) {
			m, err := checkVerdict(t, r, r.col["parse_verdict"])
			if err != 0 && (!m.Answerable() || err.Status() != 400) {
				t.Errorf("%v: answerable %v, status %d; want 400", err, m.Answerable(), err.Status())
			}
		})
	}
}

func TestVectorsSIPSuite(t *testing.T) { checkGroup(t, "sip-suite") }

// TestVectorsIMS: rows of the class register-401-bad are sound SIP; what is
// bad in them, the challenge, this package does not read.
func TestVectorsIMS(t *testing.T) { checkGroup(t, "ims") }

func checkGroup(t *testing.T, group string) {
	for _, r := range vectorRows(t, group) {
		t.Run(strings.TrimPrefix(r.path(), group+"/"), func(t *testing.T) {
			want := r.col["verdict"]
			if r.col["class"] == "register-401-bad" {
				want = "accept"
			}
			checkVerdict(t, r, want)
		})
	}
}

// checkVerdict parses a row and compares; the same call twice, and in a buffer
// with other octets behind it, has the same result.
func checkVerdict(t *testing.T, r vectorRow, want string) (*Msg, Error) {
	t.Helper()
	stream := strings.HasSuffix(r.path(), ".stream")
	var m, again Msg
	n, err := Parse(r.text, &m, stream)
	if n2, err2 := Parse(append([]byte(nil), r.text...), &again, stream); n2 != n || err2 != err || again != m {
		t.Errorf("a second time: %d, %v; first %d, %v", n2, err2, n, err)
	}
	if got := verdict(err); want != "either" && got != want {
		t.Errorf("%s at %d (%v), want %s: %s", got, n, err, want, r.col["expectation"])
	}
	e, _ := err.(Error)
	if err == nil && int(m.Body.End()) != n {
		t.Errorf("body ends at %d, message at %d", m.Body.End(), n)
	}
	return &m, e
}

func verdict(err error) string {
	if err != nil {
		return "reject"
	}
	return "accept"
}

// TestVectorsAttacks: a row that is refused by what is read later than Parse
// is refused there.
func TestVectorsAttacks(t *testing.T) {
	for _, r := range attackRows(t) {
		t.Run(strings.TrimPrefix(r.path(), "attacks/"), func(t *testing.T) {
			got := verdict(firstDefect(r))
			if want := r.col["verdict"]; want != "either" && got != want {
				t.Errorf("%s, want %s: %s", got, want, r.col["expectation"])
			}
		})
	}
}

// firstDefect reads a message as the agent does: also the session timer and
// the parts of a multipart body, of which the first must not be empty.
func firstDefect(r vectorRow) error {
	b := r.text
	var m Msg
	var f Framer
	switch {
	case strings.Contains(r.path(), ".stream"), strings.Contains(r.path(), ".head"):
		if n, err := f.Frame(b); err != nil {
			return err
		} else if b = b[:n]; skipLineEnds(b, 0) == n {
			return nil
		}
	}
	if _, err := Parse(b, &m, false); err != nil {
		return err
	}
	if err := badField(b, &m); err != nil {
		return err
	}
	ct, _ := m.Get(HContentType)
	if !strings.HasPrefix(string(ct.In(b)), "multipart/") {
		return nil
	}
	if err := CheckMultipart(b, ct, m.Body); err != nil {
		return err
	}
	parts, _ := OpenParts(b, ct, m.Body)
	var part Part
	if parts.NextPart(b, &part); part.Body.Len == 0 {
		return ErrMultipart
	}
	return nil
}

// badField is what is wrong with the first field that cannot be used; "a UAS MUST ignore any
// malformed header fields that are not necessary for processing" (RFC 3261 §8.2).
func badField(b []byte, m *Msg) error {
	for _, h := range m.Headers() {
		var err error
		switch h.ID {
		case HSessionExpires, HMinSE:
			_, _, err = ParseSessionExpires(b, h.Value)
		case HRetryAfter:
			_, err = ParseRetryAfter(b, h.Value)
		case HRAck:
			_, _, _, err = ParseRAck(b, h.Value)
		case HContact, HRoute, HRecordRoute, HPAssertedIdentity:
			for elem, rest, ok := NextElement(b, h.Value); ok && err == nil && string(elem.In(b)) != "*"; elem, rest, ok = NextElement(b, rest) {
				_, err = ParseNameAddr(b, elem)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// TestVectorsURIs: the rows of MSRP URIs are no SIP URIs, whatever they are.
func TestVectorsURIs(t *testing.T) {
	for _, r := range vectorRows(t, "uris") {
		t.Run(strings.TrimPrefix(r.path(), "uris/"), func(t *testing.T) {
			err := error(ErrURITooLong) // no message holds it
			var u URI
			if len(r.text) <= MaxMessage {
				u, err = ParseURI(r.text, span(0, len(r.text)))
			}
			if strings.HasPrefix(r.col["class"], "msrp") {
				if u.Scheme != SchemeOther || u.Host.Len != 0 {
					t.Errorf("%q became a URI of SIP: %+v", r.text, u)
				}
				return
			}
			if got, want := verdict(err), r.col["verdict"]; want != "either" && got != want {
				t.Errorf("%.80q: %s (%v), want %s", r.text, got, err, want)
			}
		})
	}
}
