package main

import (
	"strings"
	"testing"

	"imsagent/agent/ipc"
)

const ourID = "0000000000000017"

// sends answers send, and lets the message reach these states, "state reason code".
func sends(states ...ipc.MessageStatus) func(*daemon, []byte, *ipc.Request, []byte) []byte {
	subscribed := false
	return func(_ *daemon, out []byte, r *ipc.Request, _ []byte) []byte {
		switch r.Method {
		case ipc.MethodSubscribe:
			subscribed = r.Topics == ipc.TopicMessageStatus
			out, _ = ipc.AppendDone(out, r.ID)
		case ipc.MethodSend:
			if subscribed { // a note may come before the response
				out, _ = ipc.AppendStatusNote(out, &ipc.MessageStatus{ID: 16, State: "displayed"})
				out, _ = ipc.AppendStatusNote(out, &ipc.MessageStatus{ID: 17, State: "queued"})
			}
			out, _ = ipc.AppendSent(out, r.ID, 17)
			for i := range states {
				states[i].ID = 17
				if subscribed {
					out, _ = ipc.AppendStatusNote(out, &states[i])
				}
			}
		}
		return out
	}
}

func TestSend(t *testing.T) {
	sent, delivered, displayed := ipc.MessageStatus{State: "sent"}, ipc.MessageStatus{State: "delivered"}, ipc.MessageStatus{State: "displayed"}
	unsure := ipc.MessageStatus{State: "queued", Reason: "unconfirmed", Code: 408}
	failed := ipc.MessageStatus{State: "failed", Reason: "refused", Code: 603}
	for _, tt := range []struct {
		args   string
		states []ipc.MessageStatus
		status int
		out    string
	}{
		{"send +1 Hello", []ipc.MessageStatus{sent}, exitDone, "queued"},
		{"send -wait sent +1 Hello", []ipc.MessageStatus{sent, delivered}, exitDone, "queued|sent"},
		{"send -wait delivered +1 Hello", []ipc.MessageStatus{unsure, sent, delivered}, exitDone, "queued|queued unconfirmed 408|sent|delivered"},
		{"send -wait delivered +1 Hello", []ipc.MessageStatus{sent, displayed}, exitDone, "queued|sent|displayed"},
		{"send -wait displayed +1 Hello", []ipc.MessageStatus{sent, delivered, displayed}, exitDone, "queued|sent|delivered|displayed"},
		{"send -wait sent +1 Hello", []ipc.MessageStatus{failed}, exitFailed, "queued|failed refused 603"},
		{"send -wait sent +1 Hello", []ipc.MessageStatus{{State: "cancelled"}}, exitFailed, "queued|cancelled"},
		{"send -wait delivered -timeout 50ms +1 Hello", []ipc.MessageStatus{sent}, exitTimeout, "queued|sent"},
	} {
		d := startDaemon(t, sends(tt.states...))
		status, out, errors := d.imsctl("", strings.Fields(tt.args)...)
		want := ourID + " " + strings.ReplaceAll(tt.out, "|", "\n"+ourID+" ") + "\n"
		if status != tt.status || out != want {
			t.Errorf("%s: %d, %q, %q; want %d, %q", tt.args, status, out, errors, tt.status, want)
		}
	}
}

func TestSendJSON(t *testing.T) {
	d := startDaemon(t, sends(ipc.MessageStatus{State: "failed", Reason: "refused", Code: 603}))
	status, out, _ := d.imsctl("", "-json", "send", "-wait", "sent", "+1", "x")
	want := `{"message_id":"` + ourID + `","state":"queued"}` + "\n" + `{"code":603,"message_id":"` + ourID + `","reason":"refused","state":"failed"}` + "\n"
	if status != exitFailed || out != want {
		t.Errorf("%d, %q", status, out)
	}
}

// TestSendBody: the text is sent as it is, from the argument or standard input, and a long
// one in pieces that the daemon takes.
func TestSendBody(t *testing.T) {
	long := strings.Repeat("0123456789abcdé\n", 5000)
	for _, tt := range []struct{ arg, stdin, want, methods string }{
		{"-hello", "", "-hello", "send"},
		{"Zoë\n", "", "Zoë\n", "send"},
		{"-", "from stdin\n", "from stdin\n", "send"},
		{"-", long, long, "send append append"},
		{"-", long[:ipc.MaxBody], long[:ipc.MaxBody], "send"},
	} {
		var got strings.Builder
		var last, more bool
		d := startDaemon(t, func(_ *daemon, out []byte, r *ipc.Request, frame []byte) []byte {
			got.Write(r.Body.In(frame))
			more, last = more || r.More, r.Last
			if r.Method == ipc.MethodAppend {
				out, _ = ipc.AppendSize(out, r.ID, int64(got.Len()))
			} else {
				out, _ = ipc.AppendSent(out, r.ID, 17)
			}
			return out
		})
		status, out, errors := d.imsctl(tt.stdin, "send", "+1", tt.arg)
		if status != exitDone || got.String() != tt.want || out != ourID+" queued\n" || d.methods() != tt.methods {
			t.Errorf("%.20q: %d, %q, %q, by %s, %d octets", tt.arg+tt.stdin, status, out, errors, d.methods(), got.Len())
		}
		if long := strings.Contains(tt.methods, "append"); more != long || last != long {
			t.Errorf("%.20q: more %v, last %v", tt.arg+tt.stdin, more, last)
		}
	}
}
