// Modemsim is a simulated modem for development, by AT or QMI: package modemtest as a process.
//
// Usage:
//
//	modemsim [-pty LINK | -unix PATH] [-profile NAME] [-protocol at|qmi] [-cell VALUE] [-pin PIN] [-v]
//
// It makes the symbolic link LINK to a new pty (without -pty a link in a new directory), or
// listens on the Unix socket PATH (@NAME: an abstract one; with -protocol qmi it is answered as by
// qmi-proxy, whose own is @qmi-proxy), prints
//
//	ready ADDR
//
// and then takes commands, one a line, from standard input:
//
//	cell VALUE        move to a cell: a value of P-Access-Network-Info or only its digits
//	coverage on|off   the network is there, or not
//	bearer on|off     somebody brings the IMS bearer up, or takes it down (QMI)
//	silent SECONDS    answer nothing
//	vanish SECONDS    take the device away, and bring it back as another pty
//	sim in|out        put the SIM in, or take it out
//	ims STATE         the modem's own IMS client is off, on or registered
//	restart           forget all settings and say the banner, or QMI's sync indication
//	quit              end
//
// A bad command is reported on standard error and changes nothing. The end of standard input
// only ends the reading of commands; modemsim ends on quit, SIGTERM or SIGINT with status 0. It
// ends with 1 if the modem cannot be made and with 2 on wrong usage.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"imsagent/modem/modemtest"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	opts, code := parse(args, stdout, stderr)
	if code >= 0 {
		return code
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	m, err := modemtest.Start(opts)
	if err != nil {
		fmt.Fprintln(stderr, "modemsim:", err)
		return 1
	}
	defer m.Close()
	fmt.Fprintln(stdout, "ready", m.Addr())
	go func() {
		if obey(m, stdin, stderr) {
			stop()
		}
	}()
	<-ctx.Done()
	return 0
}

// parse reads the flags; code is the exit status, or -1 to go on.
func parse(args []string, stdout, stderr io.Writer) (o modemtest.Options, code int) {
	f := flag.NewFlagSet("modemsim", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.Link, "pty", "", "symbolic `LINK` to make to the modem's pty")
	f.StringVar(&o.Unix, "unix", "", "listen on the Unix socket `PATH`; @NAME is abstract")
	f.StringVar(&o.Profile, "profile", "", "`NAME` of a modem: "+strings.Join(modemtest.Profiles(), ", "))
	f.StringVar(&o.Cell, "cell", "", "initial cell, a `VALUE` of P-Access-Network-Info")
	f.StringVar(&o.PIN, "pin", "", "`PIN` that the SIM asks for")
	f.StringVar(&o.Protocol, "protocol", "at", "`at` or qmi")
	verbose := f.Bool("v", false, "print each line on standard error")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, 0
		}
		return o, 2
	}
	fault := ""
	switch {
	case f.NArg() > 0:
		fault = "unexpected argument " + strconv.Quote(f.Arg(0))
	case o.Link != "" && o.Unix != "":
		fault = "-pty and -unix exclude each other"
	case o.Protocol != "at" && o.Protocol != "qmi":
		fault = "-protocol is at or qmi"
	case !modemtest.Known(o.Profile):
		fault = "-profile: not one of " + strings.Join(modemtest.Profiles(), ", ")
	}
	if fault != "" {
		fmt.Fprintln(stderr, "modemsim:", fault)
		return o, 2
	}
	if *verbose {
		o.Log = func(direction, line string) { fmt.Fprintf(stderr, "%s %q\n", direction, line) }
	}
	return o, -1
}

// obey carries out the commands of standard input; it reports whether one was quit.
func obey(m *modemtest.Modem, stdin io.Reader, stderr io.Writer) (quit bool) {
	lines := bufio.NewScanner(stdin)
	for lines.Scan() {
		verb, arg, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if verb == "quit" {
			return true
		}
		if verb == "" {
			continue
		}
		if err := command(m, verb, strings.TrimSpace(arg)); err != nil {
			fmt.Fprintln(stderr, "modemsim:", err)
		}
	}
	return false
}

// command carries out one command.
func command(m *modemtest.Modem, verb, arg string) error {
	switch verb {
	case "cell":
		return m.Cell(arg)
	case "coverage":
		on, err := choose(verb, arg, "on", "off")
		if err == nil {
			m.Coverage(on)
		}
		return err
	case "bearer":
		up, err := choose(verb, arg, "on", "off")
		if err == nil {
			m.Bearer(up)
		}
		return err
	case "sim":
		in, err := choose(verb, arg, "in", "out")
		if err == nil {
			m.SIM(in)
		}
		return err
	case "silent", "vanish":
		s, err := strconv.ParseFloat(arg, 64)
		if err != nil || !(s >= 0 && s <= 1e6) {
			return fmt.Errorf("%s: %q is not a number of seconds", verb, arg)
		}
		if d := time.Duration(s * float64(time.Second)); verb == "silent" {
			m.Silent(d)
		} else {
			m.Vanish(d)
		}
		return nil
	case "ims":
		return m.IMS(arg)
	case "restart":
		m.Restart()
		return nil
	}
	return fmt.Errorf("%q: not a command", verb)
}

// choose reads one of two words.
func choose(verb, arg, yes, no string) (bool, error) {
	if arg != yes && arg != no {
		return false, fmt.Errorf("%s: %q is neither %s nor %s", verb, arg, yes, no)
	}
	return arg == yes, nil
}
