package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
)

// move sends a text, moves the modem to another cell, and sends two more: one in the same session
// and one to somebody else, so that there is a next request.
func (t *theatre) move(ctx context.Context) error {
	show := func(line string) {
		fmt.Fprintln(t.screen, line)
		fmt.Fprintln(t.ladder, line)
	}
	watch, err := t.run("imsctl", "imsctl-watch", show, "-socket", "host.sock", "watch", "access_network")
	if err != nil {
		return err
	}
	t.flows = append(t.flows, watch)
	if _, err := watch.expect(ctx, ""); err != nil { // what it is now comes at once
		return err
	}
	if err := t.said(ctx, show, pani, "+14448880000", "Hello", "INVITE "); err != nil {
		return err
	}
	show("modem: cell " + nextPANI)
	if _, err := io.WriteString(t.modem.stdin, "cell "+nextPANI+"\n"); err != nil {
		return err
	}
	if err := t.located(ctx, nextPANI); err != nil {
		return err
	}
	if err := t.said(ctx, show, nextPANI, "+14448880000", "Hello from the next cell", "MSRP "); err != nil {
		return err
	}
	if err := t.said(ctx, show, nextPANI, "+14448880001", "Hello, you too", "INVITE "); err != nil {
		return err
	}
	return t.shown(ctx, show, "cell ")
}

// said sends a text and expects a message of ours on the wire that begins with start, carries the access
// network, and for MSRP the text too.
func (t *theatre) said(ctx context.Context, show func(string), pani, to, text, start string) error {
	if err := t.send(ctx, "send", "-wait", "delivered", "-timeout", "5s", to, text); err != nil {
		return err
	}
	for {
		select {
		case n, ok := <-t.host.Notifications():
			if !ok {
				return fmt.Errorf("the daemon closed the host socket: %w", t.host.Err())
			}
			raw, _ := n.Params["bytes"].([]byte)
			message := string(raw)
			if n.Params["dir"] != "out" || !strings.HasPrefix(message, start) || start == "MSRP " && !strings.Contains(message, text) {
				continue
			}
			line, _, _ := strings.Cut(message, "\r\n")
			for _, l := range strings.Split(message, "\r\n") {
				if _, value, ok := strings.Cut(l, "PANI: "); ok && value == pani || l == "P-Access-Network-Info: "+pani {
					show("  " + line)
					show("  " + l)
					return nil
				}
			}
			return fmt.Errorf("%s does not carry the access network %s:\n%s", line, pani, message)
		case <-ctx.Done():
			return fmt.Errorf("no %sof ours was seen", start)
		}
	}
}

// shown prints the lines of `imsctl status` about the modem and expects one that begins with name.
func (t *theatre) shown(ctx context.Context, show func(string), name string) error {
	show("$ imsctl status")
	p, err := t.run("imsctl", "imsctl-status", nil, "-socket", "host.sock", "status")
	if err != nil {
		return err
	}
	if err := p.wait(ctx); err != nil {
		return err
	}
	found := false
	for _, l := range p.output() {
		if word, _, _ := strings.Cut(l, "  "); strings.Contains(" modem SIM network own IMS client access network cell identity card bearer P-CSCF ", " "+word+" ") {
			show("  " + l)
		}
		found = found || strings.HasPrefix(l, name) && strings.Contains(l, "LTE TDD") && strings.Contains(l, "PLMN 310-410, TAC 0002, cell 0ABCDEF")
	}
	if !found {
		return errors.New("the status does not show the cell:\n\t" + strings.Join(p.output(), "\n\t"))
	}
	return nil
}

// leave stops the daemon, then the rest.
func (t *theatre) leave(ctx context.Context) error {
	if err := t.daemon.signal(ctx, syscall.SIGTERM); err != nil {
		return err
	}
	t.net.cmd.Process.Signal(os.Interrupt)
	err := t.net.wait(ctx)
	for _, f := range t.flows {
		f.cmd.Process.Signal(os.Interrupt)
		select {
		case <-f.over:
		case <-ctx.Done():
			err = errors.Join(err, fmt.Errorf("%s has not ended", f.name))
		}
	}
	return err
}
