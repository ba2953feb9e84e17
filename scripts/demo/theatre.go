package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"imsagent/agent/ipc"
)

// runLimit is the longest time for one run.
const runLimit = 15 * time.Second

// pani is the cell of the trace: what the simulated modem reports. nextPANI is where it moves to.
const (
	pani     = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000"
	nextPANI = "3GPP-E-UTRAN-TDD;utran-cell-id-3gpp=31041000020ABCDEF"
)

// scenario is one of the two runs.
type scenario struct {
	name, title string
	script      string // of imsnet
	calls       bool   // our agent is UA1
}

var (
	originating = scenario{"originating", "Our agent calls: it is UA1 of the trace.", "trace", true}
	answering   = scenario{"answering", "Our agent is called: it is UA2 of the trace.", "trace-originating", false}
	moving      = scenario{"moving", "The modem moves to another cell between two messages.", "mirror", true}
)

// theatre is one run: its processes, and where what they say goes.
type theatre struct {
	scenario
	world  world
	out    string // of everything
	dir    string // of this run
	screen io.Writer
	ladder io.Writer // demo.txt

	running []*program
	modem   *program
	net     *program
	daemon  *program
	flows   []*program
	host    *ipc.Client
}

// ours and theirs are the two ends in this run.
func (t *theatre) ours() party {
	if t.calls {
		return t.world.one
	}
	return t.world.two
}

func (t *theatre) theirs() party {
	if t.calls {
		return t.world.two
	}
	return t.world.one
}

// perform does the run. Whatever happens, it leaves no process.
func (t *theatre) perform(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	defer func() {
		if t.host != nil {
			t.host.Close()
		}
		for i := len(t.running) - 1; i >= 0; i-- {
			t.running[i].kill()
		}
		if err != nil && t.net != nil {
			err = fmt.Errorf("%w\nthe network saw:\n\t%s\nlogs are in %s", err, strings.Join(t.net.output(), "\n\t"), relative(t.dir))
		}
	}()
	fmt.Fprintf(t.screen, "\n%s\n", t.title)
	fmt.Fprintf(t.ladder, "%s\n", t.title)
	parts := []func(context.Context) error{t.prepare, t.startNetwork, t.startDaemon, t.chat, t.finish}
	if t.scenario == moving {
		parts = []func(context.Context) error{t.prepare, t.startNetwork, t.startDaemon, t.move, t.leave}
	}
	for _, part := range parts {
		if err := part(ctx); err != nil {
			return err
		}
	}
	fmt.Fprintln(t.ladder)
	if t.scenario == moving {
		return nil
	}
	if err := t.checkLadder(t.flows[0].output()); err != nil {
		return err
	}
	return t.review()
}

// run starts one of the programs.
func (t *theatre) run(name, log string, tee func(string), args ...string) (*program, error) {
	p, err := start(t.dir, filepath.Join(t.out, "demo", name), log, tee, args...)
	if err == nil {
		t.running = append(t.running, p)
	}
	return p, err
}

// prepare makes the directory of the run empty and the configuration.
func (t *theatre) prepare(context.Context) error {
	if err := os.RemoveAll(t.dir); err != nil {
		return err
	}
	for _, d := range []string{"state", "messages"} {
		if err := os.MkdirAll(filepath.Join(t.dir, d), 0o755); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(t.dir, "imsagentd.toml"), []byte(t.config()), 0o644)
}

// startNetwork starts the modem and, where we call, the network, which then waits.
func (t *theatre) startNetwork(ctx context.Context) (err error) {
	if t.modem, err = t.run("modemsim", "modemsim", nil, "-pty", "modem"); err != nil {
		return err
	}
	if _, err := t.modem.expect(ctx, "ready"); err != nil {
		return err
	}
	if t.calls {
		return t.startPeer(ctx)
	}
	return nil
}

// startPeer starts imsnet; as a caller it calls at once.
func (t *theatre) startPeer(ctx context.Context) (err error) {
	peer := t.theirs()
	args := []string{"-listen", peer.at(peer.sip), "-msrp", peer.at(peer.msrp), "-ue", t.ours().at(t.ours().sip), "-script", t.script, "-dump", "messages"}
	if t.scenario != moving {
		args = append(args, "-pani", pani, "-timeout", "5s")
	}
	t.net, err = t.run("imsnet", "imsnet", nil, args...)
	if err != nil {
		return err
	}
	_, err = t.net.expect(ctx, "ready")
	return err
}

// startDaemon starts the daemon and all who listen to it.
func (t *theatre) startDaemon(ctx context.Context) (err error) {
	if t.daemon, err = t.run("imsagentd", "imsagentd", nil, "-config", "imsagentd.toml"); err != nil {
		return err
	}
	if err := t.dial(ctx); err != nil {
		return err
	}
	if t.scenario == moving {
		if err := t.host.Subscribe(ctx, "trace"); err != nil {
			return err
		}
		return t.located(ctx, pani)
	}
	if err := t.host.Subscribe(ctx, "message"); err != nil {
		return err
	}
	show := func(line string) {
		fmt.Fprintln(t.screen, line)
		fmt.Fprintln(t.ladder, line)
	}
	captured := "demo.pcapng"
	if !t.calls {
		captured = "demo-answering.pcapng"
	}
	for _, f := range []struct {
		log  string
		tee  func(string)
		args []string
	}{
		{"flow", show, []string{"-socket", "host.sock", "flow"}},
		{"flow-pcapng", nil, []string{"-socket", "host.sock", "flow", "-pcapng", filepath.Join(t.out, captured)}},
	} {
		p, err := t.run("imsctl", f.log, f.tee, f.args...)
		if err != nil {
			return err
		}
		t.flows = append(t.flows, p)
	}
	return t.located(ctx, pani)
}

// dial waits until the host socket answers.
func (t *theatre) dial(ctx context.Context) error {
	for {
		client, err := ipc.Dial(filepath.Join(t.dir, "host.sock"))
		if err == nil {
			t.host = client
			return nil
		}
		select {
		case <-t.daemon.over:
			return fmt.Errorf("imsagentd ended: %v%s", t.daemon.err, t.daemon.last())
		case <-ctx.Done():
			return fmt.Errorf("the host socket does not answer: %w%s", err, t.daemon.last())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// located waits until the daemon knows the cell from the modem, and a little for
// the two flows to have subscribed.
func (t *theatre) located(ctx context.Context, pani string) error {
	for {
		status, err := t.host.Call(ctx, "status", nil)
		if err != nil {
			return err
		}
		where, _ := status["access_network"].(map[string]any)
		if where["value"] == pani {
			time.Sleep(150 * time.Millisecond)
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the daemon does not know the cell of the modem: access_network is %v, modem %v", where, status["modem"])
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// chat is the host's part.
func (t *theatre) chat(ctx context.Context) error {
	if t.calls {
		if err := t.send(ctx, "send", "-wait", "delivered", "-timeout", "5s", "+14448880000", "Hello"); err != nil {
			return err
		}
		_, err := t.received(ctx, "hi")
		return err
	}
	if err := t.startPeer(ctx); err != nil {
		return err
	}
	from, err := t.received(ctx, "Hello")
	if err != nil {
		return err
	}
	if _, err := t.flows[0].expect(ctx, "(11)"); err != nil { // our notification was answered
		return err
	}
	if _, err := t.host.Call(ctx, "composing", map[string]any{"to": from, "active": true}); err != nil {
		return err
	}
	if _, err := t.flows[0].expect(ctx, "(13)"); err != nil {
		return err
	}
	return t.send(ctx, "send", "-wait", "delivered", "-timeout", "5s", from, "hi")
}

// send runs imsctl and shows what it says.
func (t *theatre) send(ctx context.Context, args ...string) error {
	fmt.Fprintf(t.screen, "$ imsctl %s\n", strings.Join(args, " "))
	p, err := t.run("imsctl", "imsctl-send", nil, append([]string{"-socket", "host.sock"}, args...)...)
	if err != nil {
		return err
	}
	return p.wait(ctx)
}

// received waits for the text, takes it over, and says who sent it.
func (t *theatre) received(ctx context.Context, text string) (from string, err error) {
	for {
		select {
		case n, ok := <-t.host.Notifications():
			if !ok {
				return "", fmt.Errorf("the daemon closed the host socket: %w%s", t.host.Err(), t.daemon.last())
			}
			body, _ := n.Params["body"].([]byte)
			if n.Method != "message" || string(body) != text {
				continue
			}
			id, _ := n.Params["message_id"].(string)
			if _, err := t.host.Call(ctx, "ack", map[string]any{"message_id": id}); err != nil {
				return "", err
			}
			from, _ = n.Params["from"].(string)
			return from, nil
		case <-t.net.over:
			return "", fmt.Errorf("imsnet ended before the text %q came: %v", text, t.net.err)
		case <-ctx.Done():
			return "", fmt.Errorf("the text %q did not come", text)
		}
	}
}

// finish lets the network see the last step, then stops the daemon, which says
// BYE, and the rest.
func (t *theatre) finish(ctx context.Context) error {
	if _, err := t.net.expect(ctx, "done"); err != nil {
		return err
	}
	time.Sleep(50 * time.Millisecond)
	if err := t.daemon.signal(ctx, syscall.SIGTERM); err != nil {
		return err
	}
	var errs []error
	errs = append(errs, t.net.wait(ctx))
	for _, f := range t.flows {
		f.cmd.Process.Signal(os.Interrupt)
		select {
		case <-f.over: // its status depends on who was first, the daemon or the signal
		case <-ctx.Done():
			errs = append(errs, fmt.Errorf("%s has not ended", f.name))
		}
	}
	return errors.Join(errs...)
}
