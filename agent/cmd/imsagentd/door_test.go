package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"imsagent/agent/spool"
)

// TestConfigurationDoor: a file with faults lists them all, each with key and line, and ends
// with 2 before the state, the socket or the modem's device is opened.
func TestConfigurationDoor(t *testing.T) {
	dir := t.TempDir()
	device := filepath.Join(dir, "modem")
	if err := syscall.Mkfifo(device, 0o600); err != nil { // whoever opened it would wait for ever
		t.Fatal(err)
	}
	state, socket := filepath.Join(dir, "state"), filepath.Join(dir, "run", "h.sock")
	path := write(t, fmt.Sprintf(`state = %q
log = "loud"
[modem]
device = %q
colour = "blue"
[ims]
local = "[::1]:0"
pcscf = ["[::1]:5070"]
impu = "sip:a\r\nX-Injected: 1@b"
register = false
[sip]
t1 = "100h"
[host]
socket = %q
mode = "0888"
[memory]
buffers = -1
`, state, device, socket))
	var stdout, stderr bytes.Buffer
	ended := make(chan int, 1)
	go func() { ended <- run([]string{"-config", path}, strings.NewReader(""), &stdout, &stderr) }()
	select {
	case code := <-ended:
		if code != exitUsage {
			t.Errorf("exit %d", code)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it runs with a faulty configuration")
	}
	for _, want := range []string{":2: log: ", ":5: modem.colour: ", ":7: ims.local: ", ":9: ims.impu: ", ":12: sip.t1: ", ":15: host.mode: ",
		":17: memory.buffers: "} {
		if !strings.Contains(stderr.String(), path+want) {
			t.Errorf("%q is missing in\n%s", path+want, &stderr)
		}
	}
	if strings.Contains(stderr.String(), "\nX-Injected") {
		t.Errorf("a line of the file's own is in the output:\n%s", &stderr)
	}
	for _, p := range []string{state, filepath.Dir(socket)} {
		if _, err := os.Stat(p); err == nil {
			t.Errorf("%s was made", p)
		}
	}
}

// TestSpoolDoorExitCode: a spool that cannot be used is exit 3 and a line that says why.
func TestSpoolDoorExitCode(t *testing.T) {
	for _, v := range []struct {
		name, want string
		edit       func(b []byte)
	}{
		{"newer", "newer", func(b []byte) { b[8], b[48+8] = 2, 2 }},
		{"damaged", "no valid segment header", func(b []byte) { clear(b[:96]) }},
	} {
		t.Run(v.name, func(t *testing.T) {
			dir := t.TempDir()
			spoolWithOneMessage(t, dir)
			found, _ := filepath.Glob(filepath.Join(dir, "*.log"))
			if len(found) != 1 {
				t.Fatalf("segments: %v", found)
			}
			b, err := os.ReadFile(found[0])
			if err != nil {
				t.Fatal(err)
			}
			v.edit(b)
			if err := os.WriteFile(found[0], b, 0o600); err != nil {
				t.Fatal(err)
			}
			if v.name == "damaged" { // the header stands once more, in a file of its own
				if err := os.WriteFile(filepath.Join(dir, "identity"), make([]byte, 96), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var stdout, stderr bytes.Buffer
			code := run([]string{"-config", write(t, minimal(dir))}, strings.NewReader(""), &stdout, &stderr)
			if code != exitSpool || !strings.Contains(stderr.String(), v.want) {
				t.Errorf("exit %d, stderr %s", code, &stderr)
			}
		})
	}
	t.Run("locked", func(t *testing.T) {
		dir := t.TempDir()
		sp, err := spool.Open(dir, spool.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer sp.Close()
		var stdout, stderr bytes.Buffer
		code := run([]string{"-config", write(t, minimal(dir))}, strings.NewReader(""), &stdout, &stderr)
		if code != exitSpool || !strings.Contains(stderr.String(), "in use") {
			t.Errorf("exit %d, stderr %s", code, &stderr)
		}
	})
}

// minimal is a configuration without faults whose spool is in dir.
func minimal(dir string) string {
	return fmt.Sprintf("state = %q\n[modem]\nprotocol = \"none\"\n[ims]\nlocal = \"127.0.0.1:5999\"\npcscf = [\"127.0.0.1:5998\"]\n"+
		"domain = \"example.com\"\nimpi = \"a@example.com\"\nimpu = \"sip:a@example.com\"\nregister = false\nauth = \"none\"\nsecurity = \"none\"\n"+
		"[host]\nsocket = %q\ngroup = \"\"\n", dir, filepath.Join(dir, "h.sock"))
}

func spoolWithOneMessage(t *testing.T, dir string) {
	t.Helper()
	sp, err := spool.Open(dir, spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := spool.Entry{ID: sp.NextID(), Dir: spool.Out, State: 1, Peer: []byte("+1"), ContentType: []byte("text/plain"), Body: []byte("hi"), Size: 2}
	b, err := spool.AppendEntry(make([]byte, 0, 4096), &e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sp.Append(b); err != nil {
		t.Fatal(err)
	}
	if err := sp.Commit(); err != nil {
		t.Fatal(err)
	}
	sp.Close()
}
