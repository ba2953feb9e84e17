package agent_test

import (
	"bytes"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"imsagent/agent/agenttest"
	"imsagent/agent/ipc"
)

// carried counts the texts that the network took from the agent and that hold this one.
func carried(n *agenttest.Network, text string) (count int) {
	for _, s := range n.Steps() {
		if s.Message == "SEND" && !s.Sent && bytes.Contains(s.Raw, []byte("\r\n\r\n"+text)) {
			count++
		}
	}
	return count
}

// TestQueuedMessageSurvivesRestarts: what was taken while the network was away is delivered
// once, under the message_id that the host was given, after however many restarts.
func TestQueuedMessageSurvivesRestarts(t *testing.T) {
	noLeftovers(t)
	away := netip.AddrPortFrom(loopback, freePort(t))
	cfg := doorConfig(t, away)
	d := startDaemon(t, cfg)
	a := d.connect("message", "message_status")
	params := map[string]any{"to": doorPeer, "body": []byte("patient text"), "client_id": "only once"}
	id, _ := a.call("send", params)["message_id"].(string)
	for range 2 {
		d.halt()
		d = startDaemon(t, cfg)
		a = d.connect("message", "message_status")
		if got := a.listed(); len(got) != 1 || got[id] != "patient text" {
			t.Fatalf("after a restart the spool holds %v, want %s", got, id)
		}
	}
	d.halt()
	n := network(t, away)
	d = startDaemon(t, cfg)
	a = d.connect("message", "message_status")
	if again, _ := a.call("send", params)["message_id"].(string); again != id {
		t.Errorf("the same client_id is %s, was %s", again, id)
	}
	// Its states may have been reached before we subscribed.
	a.eventually("the message is delivered", func() bool { return state(a, id) == "delivered" }, func() string { return state(a, id) })
	a.shown("patient text")
	d.halt()
	d = startDaemon(t, cfg) // it must not be sent once more
	a = d.connect("message", "message_status")
	a.chat("something else")
	if got := carried(n, "patient text"); got != 1 {
		t.Errorf("the network was given the text %d times", got)
	}
	if s := state(a, id); s != "delivered" {
		t.Errorf("the message is %q", s)
	}
}

// state is the state of a message by `messages`; "" if there is none.
func state(a *app, id string) string {
	a.t.Helper()
	list, _ := a.call("messages", nil)["messages"].([]any)
	for _, e := range list {
		if m, _ := e.(map[string]any); m["message_id"] == id {
			s, _ := m["state"].(string)
			return s
		}
	}
	return ""
}

// TestIncomingIsShownUntilAcknowledged: under the same message_id to every new subscriber and
// after a restart, and not once more after the ack.
func TestIncomingIsShownUntilAcknowledged(t *testing.T) {
	noLeftovers(t)
	n := network(t, netip.AddrPortFrom(loopback, 0))
	cfg := doorConfig(t, n.Addr())
	d := startDaemon(t, cfg)
	a := d.connect("message", "message_status")
	a.reaches(a.send(doorPeer, "show me"), "delivered")
	id := a.shown("show me")
	if got := d.connect("message").shown("show me"); got != id {
		t.Errorf("a second subscriber sees %s, the first saw %s", got, id)
	}
	d.halt()
	d = startDaemon(t, cfg)
	a = d.connect("message", "message_status")
	if got := a.shown("show me"); got != id {
		t.Errorf("after a restart it is %s, was %s", got, id)
	}
	a.call("ack", map[string]any{"message_id": id})
	for range 2 {
		b := d.connect("message", "message_status")
		b.chat("behind the acknowledged one")
		if slices.ContainsFunc(b.early, func(n ipc.Notification) bool { return n.Params["message_id"] == id }) {
			t.Error("an acknowledged message is shown again")
		}
		d.halt()
		d = startDaemon(t, cfg)
	}
	a = d.connect("message_status")
	a.call("displayed", map[string]any{"message_id": id})
	a.eventually("the message is forgotten once the user saw it", func() bool { return state(a, id) == "" },
		func() string { return state(a, id) })
}

// TestPythonThroughTheDaemon: a plain msgpack client in another language sends through the
// real agent and gets the echo.
func TestPythonThroughTheDaemon(t *testing.T) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import msgpack").Run(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("package python3-msgpack is missing: %v", err)
		}
		t.Skip("package python3-msgpack is missing")
	}
	noLeftovers(t)
	n := network(t, netip.AddrPortFrom(loopback, 0))
	d := startDaemon(t, doorConfig(t, n.Addr()))
	var stderr bytes.Buffer
	cmd := exec.Command(python, "ipc/testdata/client.py", "--until", "delivered", "--incoming", "1", "--seconds", "30",
		d.cfg.Host.Socket, doorPeer, "Zoë says \u2603")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("client.py: %v\n%s%s", err, out, stderr.String())
	}
	for _, want := range []string{`"state": "sent"`, `"state": "delivered"`, `"body": "Zoë says ☃"`, `"method": "ack"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%s is missing in\n%s", want, out)
		}
	}
}
