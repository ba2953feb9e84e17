package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"imsagent/agent/ipc"
)

// TestUsage: what cannot be meant is refused before any daemon is called.
func TestUsage(t *testing.T) {
	nobody := filepath.Join(t.TempDir(), "none.sock")
	for _, tt := range []struct {
		args   string
		status int
		says   string
	}{
		{"", exitUsage, "usage: imsctl"},
		{"-h", exitDone, "usage: imsctl"},
		{"help", exitDone, "flow [-v]"},
		{"send -h", exitDone, "usage: imsctl send"},
		{"-x status", exitUsage, "-x"},
		{"warp", exitUsage, "no such command: warp"},
		{"send +1", exitUsage, "usage: imsctl send"},
		{"send +1 a b", exitUsage, "usage: imsctl send"},
		{"send -wait queued +1 a", exitUsage, "-wait is one of"},
		{"send -wait warp +1 a", exitUsage, "-wait is one of"},
		{"send -timeout 0s +1 a", exitUsage, "-timeout"},
		{"send -timeout soon +1 a", exitUsage, "soon"},
		{"watch warp", exitUsage, "no such topic: warp"},
		{"ack", exitUsage, "usage: imsctl ack ID"},
		{"status now", exitUsage, "usage: imsctl status"},
		{"chat +1", exitUsage, "not yet"},
		{"flow -html f.html", exitUsage, "not yet"},
		{"flow f", exitUsage, "usage: imsctl flow"},
		{"status", exitNoDaemon, "no daemon"},
		{"send +1 a", exitNoDaemon, "no daemon"},
		{"watch message", exitNoDaemon, "no daemon"},
		{"flow", exitNoDaemon, "no daemon"},
	} {
		args := append([]string{"-socket", nobody}, strings.Fields(tt.args)...)
		status, out, errors := imsctl(t, "", args...)
		if status != tt.status || !strings.Contains(out+errors, tt.says) {
			t.Errorf("%q: %d, %q, %q; want %d and %q", tt.args, status, out, errors, tt.status, tt.says)
		}
		if (out != "") != (status == exitDone) {
			t.Errorf("%q: standard output is %q", tt.args, out)
		}
	}
}

// TestHelpNamesEveryCommand: the help is the list of what there is.
func TestHelpNamesEveryCommand(t *testing.T) {
	_, out, _ := imsctl(t, "", "help")
	for _, name := range strings.Fields("status send chat watch messages ack displayed cancel register deregister open accept reject close flow") {
		if !strings.Contains(out, "  "+name+" ") {
			t.Errorf("%s is missing", name)
		}
	}
}

// TestInterrupt: SIGINT ends watch and flow with 0.
func TestInterrupt(t *testing.T) {
	d := startDaemon(t, accept)
	for _, command := range []string{"watch", "flow"} {
		var out, errors screen
		end := make(chan int)
		go func() { end <- run([]string{"-socket", d.path, command}, strings.NewReader(""), &out, &errors) }()
		for deadline := time.Now().Add(10 * time.Second); !strings.HasSuffix(d.methods(), "subscribe"); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("no subscription")
			}
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if status := <-end; status != exitDone {
			t.Errorf("%s: %d, %s", command, status, errors.String())
		}
		d.mu.Lock()
		d.asked = nil
		d.mu.Unlock()
	}
}

// TestDaemonGoesAway: a command that loses its daemon says so.
func TestDaemonGoesAway(t *testing.T) {
	d := startDaemon(t, func(d *daemon, out []byte, _ *ipc.Request, _ []byte) []byte {
		d.hangUp()
		return out
	})
	for _, args := range []string{"status", "watch", "send +1 x", "send -wait sent +1 x", "messages"} {
		if status, _, errors := d.imsctl("", strings.Fields(args)...); status != exitNoDaemon {
			t.Errorf("%s: %d, %s", args, status, errors)
		}
	}
}

// TestRefused: what the daemon refuses ends with 1 and its reason.
func TestRefused(t *testing.T) {
	d := startDaemon(t, refuse(ipc.CodeRefused, "declined\x1b[2J", 603))
	for _, args := range []string{"status", "send +1 x", "ack 1", "displayed 1", "cancel 1", "register", "deregister", "open +1", "accept 1", "reject 1", "close 1", "watch", "flow", "messages"} {
		status, out, errors := d.imsctl("", strings.Fields(args)...)
		if status != exitFailed || !strings.Contains(errors, `refused: declined\u001b[2J (SIP 603)`) || strings.Contains(errors, "\x1b") {
			t.Errorf("%s: %d, %q, %q", args, status, out, errors)
		}
	}
	if status, _, errors := d.imsctl("", "send", "+1\r\nX: y", "x"); status != exitFailed || !strings.Contains(errors, "bad_argument") {
		t.Errorf("%d, %q", status, errors)
	}
}

func TestPlainCommands(t *testing.T) {
	d := startDaemon(t, func(_ *daemon, out []byte, r *ipc.Request, frame []byte) []byte {
		switch {
		case r.Method == ipc.MethodOpen && string(r.To.In(frame)) == "+1":
			out, _ = ipc.AppendSession(out, r.ID, 3)
		case r.Method == ipc.MethodCancel && r.MessageID == 17:
			out, _ = ipc.AppendState(out, r.ID, "cancelled")
		case r.Method == ipc.MethodAck && r.MessageID == 17, r.Method == ipc.MethodAccept && r.Session == 3, r.Method == ipc.MethodRegister:
			out, _ = ipc.AppendDone(out, r.ID)
		default:
			out, _ = ipc.AppendError(out, r.ID, ipc.CodeNotFound, "no", 0)
		}
		return out
	})
	for args, want := range map[string]string{"open +1": "3\n", "cancel 17": "cancelled\n", "ack 0000000000000017": "", "accept 3": "", "register": "",
		"-json open +1": `{"session":"3"}` + "\n", "-json ack 17": "{}\n"} {
		if status, out, errors := d.imsctl("", strings.Fields(args)...); status != exitDone || out != want {
			t.Errorf("%s: %d, %q, %q; want %q", args, status, out, errors, want)
		}
	}
}
