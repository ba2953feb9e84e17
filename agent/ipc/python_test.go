package ipc

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const python = "/usr/bin/python3"

// needPython skips the test where there is no python3-msgpack, and fails it in CI.
func needPython(t *testing.T) {
	t.Helper()
	if err := exec.Command(python, "-c", "import msgpack").Run(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("package python3-msgpack is missing: %v", err)
		}
		t.Skip("package python3-msgpack is missing")
	}
}

// TestPlainPythonClient: a client made of nothing but a MessagePack library sends, follows
// its message, and takes over an incoming one.
func TestPlainPythonClient(t *testing.T) {
	needPython(t)
	path, server := startServer(t)
	args := []string{"testdata/client.py", "--until", "delivered", "--incoming", "1", "--seconds", "20", path, "+14448880000", "Zoë"}
	t.Log(python, strings.Join(args, " "))
	out, err := exec.Command(python, args...).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got []string
	for line := range strings.Lines(string(out)) {
		var o struct {
			Method, Notification string
			Params               struct{ State, Body string }
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		got = append(got, strings.TrimSpace(o.Method+o.Notification+" "+o.Params.State+o.Params.Body))
	}
	all := strings.Join(got, "|")
	for _, want := range []string{"hello|subscribe|", "message hi", "send|message_status queued|", "message_status sent|message_status delivered", "ack"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in %s", want, all)
		}
	}
	if server.mu.Lock(); !server.acked {
		t.Error("the incoming message was not acknowledged")
	}
	server.mu.Unlock()
}
