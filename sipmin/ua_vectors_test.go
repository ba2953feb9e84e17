package sipmin

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// openUA is a UA that takes from anybody and sends to nobody.
func openUA(t testing.TB) (*UA, *well) {
	t.Helper()
	wire := &well{last: make([]byte, 0, MaxMessage)}
	cfg := Config{
		Local: peerUDP.Addr, Proxy: peerUDP.Addr, Identity: "sip:alice@example.net", Compact: true,
		Allow: "INVITE,ACK,OPTIONS,CANCEL,BYE,UPDATE,PRACK,MESSAGE", Accept: "application/sdp,multipart/mixed", Supported: "timer",
		Entropy: counter(), Wire: wire, Memory: newSlab(128, MaxMessage),
	}
	u, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return u, wire
}

// firstStatus gives a datagram to a new UA and returns the status of what it
// answers at once; "-" is silence.
func firstStatus(t testing.TB, b []byte) string {
	t.Helper()
	u, wire := openUA(t)
	u.Receive(epoch, peerUDP, b)
	if wire.n == 0 {
		if e, ok := u.Next(); ok && e.Kind == EvRequest {
			return "asked"
		}
		return "-"
	}
	return strings.Fields(string(wire.last))[1]
}

// tortureExtra are the rows of sip-torture whose column leaves more open than
// the code says, and why.
var tortureExtra = map[string]string{
	"wsinv":    "481",                                       // its To has a tag that is none of ours, RFC 3261 §12.2.2
	"cparam01": "405", "cparam02": "405", "regescrt": "405", // REGISTER at a UA
	"test":  "-",                                       // no Via to answer to
	"esc01": "100", "longreq": "100", "inv2543": "100", // processed: INVITE
	"lwsdisp": "200", "semiuri": "200", "transports": "200", "zeromf": "200", // OPTIONS
	"mpart01":    "asked",   // MESSAGE: its type is for the owner
	"novelsc":    "416 405", // the method is checked before the URI, RFC 3261 §8.2.1
	"unksm2":     "405",
	"unkscm":     "416",
	"escnull":    "405",
	"intmeth":    "501",
	"esc02":      "501",
	"dblreq":     "405",
	"mismatch02": "400 501",
	"regbadct":   "400 405",
	"badaspec":   "400 200",
	"badbranch":  "400 200",
	"ltgtruri":   "400 100", "lwsstart": "400 100", "trws": "400 200", "baddate": "400 100",
	"baddn": "400 200 100", "escruri": "400 100",
}

func TestVectorsUATorture(t *testing.T) {
	for _, r := range vectorRows(t, "sip-torture") {
		t.Run(r.col["name"], func(t *testing.T) {
			want := tortureExtra[r.col["name"]]
			if want == "" {
				want, _, _ = strings.Cut(r.col["expected_code"], " ")
			}
			if got := firstStatus(t, r.text); !strings.Contains(" "+want+" ", " "+got+" ") {
				t.Errorf("answered %s, want %s (%s: %s)", got, want, r.col["uas_action"], r.col["expected_code"])
			}
		})
	}
}

// TestVectorsUAPolicy: what belongs to nobody's dialog or transaction.
func TestVectorsUAPolicy(t *testing.T) {
	for _, r := range vectorRows(t, "attacks", "sip-policy") {
		name := strings.TrimSuffix(r.path()[strings.LastIndexByte(r.path(), '/')+1:], ".sip")
		t.Run(name, func(t *testing.T) {
			got, codes := firstStatus(t, r.text), statusCodes.FindAllString(r.col["expectation"], -1)
			switch {
			case r.col["verdict"] != "reject":
				return
			case strings.Contains(r.col["expectation"], "drop"): // by the source filter, which is the owner's
				if got == "100" || got[0] == '2' && got != "200" {
					t.Errorf("answered %s: %s", got, r.col["expectation"])
				}
			case !slices.Contains(codes, got):
				t.Errorf("answered %s, want one of %v", got, codes)
			}
		})
	}
}

var statusCodes = regexp.MustCompile(`\b[3-6]\d\d\b`)

// TestVectorsUASurvives gives every SIP vector, and every message as it stands
// in none of our dialogs, to one UA, whole and cut short: no panic, no table
// that stays full, and every buffer back at the end.
func TestVectorsUASurvives(t *testing.T) {
	u, _ := openUA(t)
	memory := u.cfg.Memory.(*slab)
	buffers := len(memory.free)
	now := epoch
	feed := func(b []byte) {
		for _, src := range []Source{peerUDP, {Transport: TCP, Flow: 3, Addr: peerUDP.Addr}} {
			u.Receive(now, src, b)
			for e, ok := u.Next(); ok; e, ok = u.Next() {
				switch e.Kind {
				case EvIncoming:
					_ = u.Answer(now, e.Call, &AnswerOut{ContentType: "application/sdp", Body: []byte("v=0\r\n")})
				case EvRequest:
					_ = u.Respond(now, e.Txn, 200, nil, "", nil)
				}
			}
			now = now.Add(300 * 1e6)
			u.Expire(now)
		}
	}
	rows := attackRows(t)
	for _, group := range []string{"sip-torture", "sip-ipv6", "sip-suite", "ims"} {
		rows = append(rows, vectorRows(t, group)...)
	}
	for _, r := range rows {
		feed(r.text)
		feed(r.text[:len(r.text)/2])
	}
	for range 1000 {
		at := u.Deadline()
		if at.IsZero() {
			break
		}
		if at.After(now) {
			now = at
		}
		u.Expire(now)
		for e, ok := u.Next(); ok; e, ok = u.Next() {
			_ = e
		}
	}
	for i := range u.calls {
		if u.calls[i].state != callFree {
			_ = u.Bye(now, u.calls[i].name(), "")
		}
	}
	for range 1000 {
		at := u.Deadline()
		if at.IsZero() {
			break
		}
		if at.After(now) {
			now = at
		}
		u.Expire(now)
	}
	if len(memory.free) != buffers {
		t.Errorf("%d buffers are back, want %d", len(memory.free), buffers)
	}
}
