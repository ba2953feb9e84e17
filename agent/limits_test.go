package agent_test

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"imsagent/agent/agenttest"
	"imsagent/agent/ipc"
)

// mirrored starts a network that sends every text back, again and again until it is taken.
func mirrored(t *testing.T) *agenttest.Network {
	t.Helper()
	n, err := agenttest.Start(agenttest.Config{Listen: netip.AddrPortFrom(loopback, 0), Script: "mirror", Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

// TestSpoolFull: with the spool full by messages or by octets, what the peer sends gets no
// 200, the host's `send` is refused and the host is told; nothing of it is lost or there
// twice once the host has acknowledged what it has, also if the agent was restarted full.
func TestSpoolFull(t *testing.T) {
	for _, v := range []struct {
		name     string
		messages int
		octets   int64
		text     string
	}{
		{"messages", 12, 4 << 20, "short"},
		{"octets", 10000, 256 << 10, strings.Repeat("long ", 280)},
	} {
		t.Run(v.name, func(t *testing.T) {
			n := mirrored(t)
			cfg := doorConfig(t, n.Addr())
			cfg.Spool.MaxMessages, cfg.Spool.MaxBytes = v.messages, v.octets
			f := &filler{t: t, n: n, text: v.text, shown: map[string]string{}, delivered: map[string]bool{}}
			f.fill(startDaemon(t, cfg))
			f.drain(startDaemon(t, cfg))
		})
	}
}

// A filler is a host that fills a spool and empties it again.
type filler struct {
	t         *testing.T
	n         *agenttest.Network
	a         *app
	text      string
	sent      int
	shown     map[string]string // imdn_id: message_id
	delivered map[string]bool   // outgoing, not yet acknowledged
	dropped   bool
}

// fill sends until the spool is full, has the network send what it owes for that, which
// cannot be taken, and stops the agent. It acknowledges nothing.
func (f *filler) fill(d *daemon) {
	f.a = d.connect("message", "message_status")
	for range 3 {
		f.send()
	}
	f.waitFor("the first messages", func() bool { return len(f.shown) == f.sent })
	f.n.Hold(true)
	var refused *ipc.CallError
	var err error
	for err == nil {
		err = f.send()
	}
	if !errors.As(err, &refused) || refused.Code != ipc.CodeStorage {
		f.t.Fatalf("send: %v", err)
	}
	f.n.Hold(false)
	refusals := func() int { l := f.n.Ledger(); return l.Refused["413"] + l.Refused["480"] }
	f.waitFor("refusal at the network and word of it at the host", func() bool { return f.dropped && refusals() > 0 })
	f.take(300 * time.Millisecond)
	l := f.n.Ledger()
	if len(l.Given) != len(f.shown) || len(l.Given) >= f.sent || len(l.Refused) != 1 {
		f.t.Errorf("full: %d texts, %d answered with 200, %d shown, %v refused", f.sent, len(l.Given), len(f.shown), l.Refused)
	}
	f.t.Logf("full: %d texts sent, %d taken from the network, then %v", f.sent, len(l.Given), l.Refused)
	f.a.c.Close()
	d.halt()
}

func (f *filler) send() error {
	_, err := f.a.try("send", map[string]any{"to": doorPeer, "body": []byte(fmt.Sprintf("%s%d", f.text, f.sent))})
	if err == nil {
		f.sent++
	}
	return err
}

// waitFor takes notifications until ok.
func (f *filler) waitFor(what string, ok func() bool) {
	f.t.Helper()
	for end := time.Now().Add(patience); !ok(); f.take(20 * time.Millisecond) {
		if time.Now().After(end) {
			f.t.Fatalf("no %s; %d texts sent, %d shown, network %v", what, f.sent, len(f.shown), f.n.Ledger().Refused)
		}
	}
}

// drain acknowledges everything until nothing is owed any more.
func (f *filler) drain(d *daemon) {
	f.a = d.connect("message", "message_status")
	acked := map[string]bool{}
	for end := time.Now().Add(patience); ; f.take(20 * time.Millisecond) {
		for _, id := range f.shown {
			if !acked[id] {
				acked[id] = true
				f.a.call("ack", map[string]any{"message_id": id})
			}
		}
		for id := range f.delivered {
			f.a.call("ack", map[string]any{"message_id": id})
			delete(f.delivered, id)
		}
		l := f.n.Ledger()
		if l.Owed == 0 && len(f.shown) == f.sent && len(l.Given) == f.sent {
			return
		}
		if time.Now().After(end) {
			f.t.Fatalf("drained: %d texts, %d have come back, %d shown, %d owed, %v refused", f.sent, len(l.Given), len(f.shown), l.Owed, l.Refused)
		}
		if len(l.Taken) > 0 && l.Owed > 0 && l.Calls == 0 && len(f.shown) < f.sent {
			f.nudge()
		}
	}
}

// nudge opens a session, so that the network can send again.
func (f *filler) nudge() {
	f.a.call("open", map[string]any{"to": doorPeer})
}

// take notes what comes for a while.
func (f *filler) take(d time.Duration) {
	for late := time.After(d); ; {
		select {
		case n, ok := <-f.a.c.Notifications():
			if !ok {
				f.t.Fatal("the agent closed the host's connection")
			}
			f.note(n)
		case <-late:
			return
		}
	}
}

func (f *filler) note(n ipc.Notification) {
	id, _ := n.Params["message_id"].(string)
	switch {
	case n.Method == "dropped" && n.Params["topic"] == "message":
		f.dropped = true
	case n.Method == "message":
		imdn, _ := n.Params["imdn_id"].(string)
		if was, known := f.shown[imdn]; known && was != id {
			f.t.Errorf("%s was shown as %s and as %s", imdn, was, id)
		}
		f.shown[imdn] = id
	case n.Params["state"] == "delivered":
		f.delivered[id] = true
	case n.Params["state"] == "failed":
		f.t.Errorf("message %s failed: %v", id, n.Params)
	}
}

// TestOctetByOctet: a frame of 60 KiB that comes in single octets holds up neither the
// network nor another client, and arrives.
func TestOctetByOctet(t *testing.T) {
	n := network(t, netip.AddrPortFrom(loopback, 0))
	cfg := doorConfig(t, n.Addr())
	d := startDaemon(t, cfg)
	a := d.connect("message", "message_status")
	pad := strings.Repeat("0123456789abcdef", 60<<10/16)
	frame := framed("\x83\xa2to\xac" + doorPeer + "\xa4body\xa4slow\xa3pad\xda" + string([]byte{byte(len(pad) >> 8), byte(len(pad))}) + pad)
	c := served(t, d)
	defer c.Close()
	written := make(chan error, 1)
	go func() {
		for i := range frame {
			if _, err := c.Write(frame[i : i+1]); err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	chats := 0
	for done := false; !done; chats++ {
		a.chat(fmt.Sprintf("meanwhile %d", chats))
		select {
		case err := <-written:
			if err != nil {
				t.Fatal(err)
			}
			done = true
		default:
		}
	}
	b := make([]byte, 4096)
	if n, err := c.Read(b); err != nil && err != io.EOF || !strings.HasPrefix(string(b[:n]), "\x94\x01\x07\xc0\x81\xaamessage_id") {
		t.Errorf("%q, %v", b[:n], err)
	}
	a.shown("slow")
	a.allBuffersFree(24)
	t.Logf("%d octets one by one, %d chats meanwhile", len(frame), chats)
}
