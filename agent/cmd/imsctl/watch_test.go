package main

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"imsagent/agent/ipc"
)

var incoming = ipc.Message{ID: 17, IMDNID: []byte("dc5ebabb21"), Session: 3, From: []byte("+14448880000"), DisplayName: []byte("Z\u202eo\x1b"),
	Time: 1424760506538, ContentType: []byte("text/plain"), Size: 2, Body: []byte("hi\n\x1b[2J"), HasBody: true, Notify: ipc.NotifyBoth}

// notifies answers a subscription with one notification of each kind.
func notifies(d *daemon, out []byte, r *ipc.Request, _ []byte) []byte {
	out, _ = ipc.AppendDone(out, r.ID)
	out, _ = ipc.AppendMessageNote(out, &incoming)
	out, _ = ipc.AppendMessageNote(out, &ipc.Message{ID: 18, ContentType: []byte("image/png"), Body: []byte{0xff, 0xd8}, HasBody: true})
	out, _ = ipc.AppendStatusNote(out, &ipc.MessageStatus{ID: 16, State: "sent"})
	out, _ = ipc.AppendComposingNote(out, "+14448880000", true, 0)
	out, _ = ipc.AppendSessionNote(out, 3, "+14448880000", "failed", 486)
	out, _ = ipc.AppendDroppedNote(out, ipc.TopicTrace, 300)
	return out
}

func TestWatch(t *testing.T) {
	d := startDaemon(t, notifies)
	status, out, errors := d.imsctlUntil("dropped", "watch", "message", "session")
	if status != exitDone {
		t.Errorf("%d, %s", status, errors)
	}
	clock := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d\d\d `)
	lines := strings.Split(strings.TrimSpace(clock.ReplaceAllString(out, "")), "\n")
	for i, want := range []string{`message body="hi\n\u001b[2J" content_type=text/plain display_name=Z\u202eo\u001b from=+14448880000`,
		`message body="`, `message_status code=0 message_id=0000000000000016 state=sent`, `composing active=true from=+14448880000`,
		`session code=486 peer=+14448880000 session=3 state=failed`, `dropped count=300 topic=trace`} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d: want %q in\n%s", i, want, out)
		}
	}
}

// TestWatchJSON: one object a line, with the topic; octets that are no text are base64.
func TestWatchJSON(t *testing.T) {
	d := startDaemon(t, notifies)
	status, out, errors := d.imsctlUntil(`"dropped"`, "-json", "watch")
	if status != exitDone {
		t.Errorf("%d, %s", status, errors)
	}
	var topics []string
	for line := range strings.Lines(out) {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		topics = append(topics, o["topic"].(string))
		switch {
		case o["message_id"] == "0000000000000017" && o["body"] != "hi\n\x1b[2J",
			o["message_id"] == "0000000000000018" && o["body_base64"] != "/9g=",
			o["topic"] == "dropped" && (o["dropped"] != "trace" || o["count"] != 300.0):
			t.Errorf("%s", line)
		}
	}
	if got := strings.Join(topics, " "); got != "message message message_status composing session dropped" {
		t.Error(got)
	}
}

func TestStatus(t *testing.T) {
	d := startDaemon(t, func(_ *daemon, out []byte, r *ipc.Request, _ []byte) []byte {
		out, _ = ipc.AppendStatus(out, r.ID, &ipc.Status{
			Registration: ipc.Registration{State: "off"}, AccessNetwork: ipc.AccessNetwork{Value: "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000",
				Age: 4, Source: "modem", Radio: "LTE", Duplex: "FDD", PLMN: []byte("310410"), Area: "0001", Cell: "0000000", Band: 3},
			Modem: ipc.ModemState{State: "ready", Text: "Quectel EC25", Age: 3725, SIM: "SIM ready", SIMAge: 62, Registration: "home", RegistrationAge: 0, OwnIMS: "off", OwnIMSAge: 59},
			Identity: ipc.Identity{IMPI: "310410123456789@ims.mnc410.mcc310.3gppnetwork.org", IMPU: []string{"sip:310410123456789@sharetechnote.com"},
				IMSI: "310410123456789", IMEI: "359225050039973", ISIM: true, Age: 60},
			Bearer: ipc.Bearer{State: "up", Interface: "wwan0", APN: "ims", Addresses: []netip.Prefix{netip.MustParsePrefix("2001::1:4c16:9c0f:4986:9e6d/64")},
				PCSCF: []netip.Addr{netip.MustParseAddr("2001:0:0:1::2")}, Names: []string{"pcscf.example.org\x1b[2J"}, DNS: []netip.Addr{netip.MustParseAddr("192.0.2.53")}, MTU: 1430, Age: 7},
			Sessions: []ipc.SessionState{{Session: 3, Peer: "+14448880000", State: "open", Age: 12}},
			Buffers:  ipc.Buffers{Total: 64, Free: 60}, Spool: ipc.SpoolState{Bytes: 4096, MaxBytes: 4194304, Messages: 2, MaxMessages: 10000},
			Counters: []ipc.Counter{{Name: "sip_in", Value: 200}}})
		return out
	})
	status, out, errors := d.imsctl("", "status")
	if status != exitDone {
		t.Errorf("%d, %s", status, errors)
	}
	golden(t, "testdata/status.golden", out)
	status, out, _ = d.imsctl("", "-json", "status")
	var o map[string]any
	if err := json.Unmarshal([]byte(out), &o); err != nil || status != exitDone || strings.Count(out, "\n") != 1 {
		t.Errorf("%d, %v: %s", status, err, out)
	}
	if o["buffers"].(map[string]any)["free"] != 60.0 {
		t.Errorf("%s", out)
	}
}

// TestMessages: every page is asked for, and the body of a long text is fetched.
func TestMessages(t *testing.T) {
	body := strings.Repeat("x", 70000)
	d := startDaemon(t, func(_ *daemon, out []byte, r *ipc.Request, _ []byte) []byte {
		w := ipc.NewMessagesWriter(out, r.ID)
		switch {
		case r.Method == ipc.MethodFetch && r.MessageID == 19:
			piece := body[r.Offset:min(int64(len(body)), r.Offset+r.Limit)]
			out, _ = ipc.AppendBody(out, r.ID, []byte(piece), r.Offset+int64(len(piece)) == int64(len(body)))
			return out
		case r.After == 0:
			m := incoming
			m.State = "stored"
			w.Add(&m)
			w.Add(&ipc.Message{ID: 18, Outgoing: true, State: "queued", Reason: "unconfirmed", To: []byte("sip:a@h"), Body: []byte("Hello"), HasBody: true})
			out, _ = w.Bytes(true)
		case r.After == 18:
			w.Add(&ipc.Message{ID: 19, Outgoing: true, State: "sent", To: []byte("+1"), ContentType: []byte("text/plain"), Size: int64(len(body))})
			w.Add(&ipc.Message{ID: 20, State: "stored", From: []byte("+1"), ContentType: []byte("image/png"), Size: 1 << 20})
			out, _ = w.Bytes(false)
		}
		return out
	})
	status, out, errors := d.imsctl("", "messages")
	if status != exitDone {
		t.Errorf("%d, %s", status, errors)
	}
	want := []string{`0000000000000017 .* <-- \+14448880000  stored  'hi\\n\\u001b\[2J'`, `0000000000000018  -  --> sip:a@h  queued \(unconfirmed\)  'Hello'`,
		`0000000000000019  -  --> \+1  sent  'x{70000}'`, `0000000000000020  -  <-- \+1  stored  \(image/png\)`}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for i := range want {
		if i >= len(lines) || !matches(want[i], lines[i]) {
			t.Errorf("line %d: want %s in\n%.500s", i, want[i], out)
		}
	}
	if got := d.methods(); got != "messages fetch fetch fetch messages" && got != "messages messages fetch fetch fetch" {
		t.Error(got)
	}
}

// matches is regexp without its limit on repetition counts.
func matches(pattern, line string) bool {
	pattern, times, _ := strings.Cut(pattern, "x{70000}")
	re := regexp.MustCompile("^" + pattern)
	if times != "" {
		return re.MatchString(line) && strings.HasSuffix(line, strings.Repeat("x", 70000)+times)
	}
	return re.MatchString(line)
}
