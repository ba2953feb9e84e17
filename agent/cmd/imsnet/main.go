// Command imsnet is the simulated IMS network of agenttest as a process: a
// development tool that is not put on a board.
//
//	imsnet [-listen ADDR] [-auth none|digest|aka] [-script NAME] [-msrp ADDR] [-ue ADDR]
//	       [-text TEXT] [-pani VALUE] [-fresh] [-timeout 30s] [-linger 3s] [-dump DIR]
//
// It prints `ready ADDR`, then one line for each step. Exit status 0: every step
// of the script happened; 1: one did not, it is named; 2: usage.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"imsagent/agent/agenttest"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// options is what the command line says.
type options struct {
	net    agenttest.Config
	auth   string
	linger time.Duration
	dump   string
	list   bool
}

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		fmt.Fprintln(stderr, "imsnet:", err)
		return exitUsage
	case o.list:
		for _, s := range agenttest.Scripts() {
			fmt.Fprintf(stdout, "%-18s %s\n", s.Name, s.Text)
		}
		return exitDone
	}
	o.net.Log = stdout
	if o.dump != "" {
		o.net.Seen = dumper(o.dump, stderr)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM) // before anybody is told that we run
	defer signal.Stop(stop)
	n, err := agenttest.Start(o.net)
	if err != nil {
		fmt.Fprintln(stderr, "imsnet:", err)
		return exitFailed
	}
	fmt.Fprintln(stdout, "ready", n.Addr())
	return serve(n, o, stop, stdout, stderr)
}

// parse reads and checks the command line.
func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	var listen, msrp, ue string
	f := flag.NewFlagSet("imsnet", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&listen, "listen", "[::1]:5070", "SIP `address`, UDP and TCP; port 0 picks one")
	f.StringVar(&msrp, "msrp", "", "MSRP `address`; default: the address of -listen, a free port")
	f.StringVar(&ue, "ue", "", "SIP `address` of the UE, for scripts that originate")
	f.StringVar(&o.auth, "auth", "none", "none, digest or aka")
	f.StringVar(&o.net.Script, "script", "trace", "what is played; help lists them")
	f.StringVar(&o.net.Text, "text", "Hello", "the first `text` of the chat")
	f.StringVar(&o.net.PANI, "pani", "", "the P-Access-Network-Info that the UE must send; default any")
	f.BoolVar(&o.net.Fresh, "fresh", false, "random ids instead of the trace's")
	f.DurationVar(&o.net.Timeout, "timeout", agenttest.DefaultTimeout, "longest wait for one step")
	f.DurationVar(&o.linger, "linger", 3*time.Second, "how long to wait for a BYE after the last step")
	f.StringVar(&o.dump, "dump", "", "`directory` that gets each message as a file")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("%q is not understood", f.Arg(0))
	}
	if o.net.Script == "help" {
		o.list = true
		return o, nil
	}
	if !known(o.net.Script) {
		return o, fmt.Errorf("no script %q; -script help lists them", o.net.Script)
	}
	if agenttest.Endless(o.net.Script) {
		o.net.Timeout = -1
	}
	return o, errors.Join(o.checkAuth(), address("-listen", listen, &o.net.Listen),
		address("-msrp", msrp, &o.net.MSRP), address("-ue", ue, &o.net.UE))
}

// known reports whether there is such a script.
func known(name string) bool {
	for _, s := range agenttest.Scripts() {
		if s.Name == name {
			return true
		}
	}
	return false
}

func (o options) checkAuth() error {
	switch o.auth {
	case "none":
		return nil
	case "digest", "aka":
		return fmt.Errorf("-auth %s: not yet", o.auth)
	}
	return fmt.Errorf("-auth %s: none, digest or aka", o.auth)
}

// address reads one address; "" stays the zero value.
func address(name, text string, to *netip.AddrPort) error {
	if text == "" {
		return nil
	}
	a, err := netip.ParseAddrPort(text)
	if err != nil {
		return fmt.Errorf("%s %s: want IP:PORT or [IP]:PORT", name, text)
	}
	*to = a
	return nil
}

// serve waits for the end of the script or for a signal, then a little longer
// for a BYE.
func serve(n *agenttest.Network, o options, stop <-chan os.Signal, stdout, stderr io.Writer) int {
	select {
	case <-n.Done():
	case <-stop:
		n.Close()
	}
	err := n.Wait()
	if err == nil {
		fmt.Fprintf(stdout, "done %s\n", o.net.Script)
		select {
		case <-n.Ended():
			time.Sleep(50 * time.Millisecond) // the answer to the BYE may have to be repeated
		case <-time.After(o.linger):
		case <-stop:
		}
	}
	n.Close()
	if err != nil {
		fmt.Fprintln(stderr, "imsnet:", err)
		return exitFailed
	}
	return exitDone
}

// dumper writes each message to a file named for its step: 01-invite, 08-send …
func dumper(dir string, stderr io.Writer) func(agenttest.Step) {
	times := map[string]int{}
	return func(s agenttest.Step) {
		word, _, _ := strings.Cut(strings.ToLower(s.Message), " ")
		name := fmt.Sprintf("%02d-%s", s.Number, word)
		times[name]++
		if n := times[name]; n > 1 {
			name += fmt.Sprintf(".%d", n)
		}
		if err := os.WriteFile(filepath.Join(dir, name), s.Raw, 0o644); err != nil {
			fmt.Fprintln(stderr, "imsnet:", err)
		}
	}
}
