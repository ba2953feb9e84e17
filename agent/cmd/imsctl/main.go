// Imsctl is the host's command line: it speaks to a running imsagentd over its socket.
//
//	imsctl [-socket PATH] [-json] COMMAND [ARGUMENT…]
//
// `imsctl -h` lists the commands. Everything it prints for people stands on one line an
// event; with -json it prints one object a line. What came from the network is printed
// with its control characters escaped.
//
// Exit status: 0 done, 1 refused or failed, 2 usage, 3 no daemon, 4 not reached in time.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"imsagent/agent/ipc"
)

// The exit statuses.
const (
	exitDone = iota
	exitFailed
	exitUsage
	exitNoDaemon
	exitTimeout
)

// defaultSocket is where the daemon listens unless its configuration says otherwise.
const defaultSocket = "/run/imsagent/host.sock"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is main with its surroundings as arguments. SIGINT and SIGTERM end it.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return execute(ctx, args, stdin, stdout, stderr)
}

// execute runs one command; ctx ends when the user wants it to end.
func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &console{in: stdin, out: stdout, err: stderr}
	flags := flag.NewFlagSet("imsctl", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.socket, "socket", defaultSocket, "")
	flags.BoolVar(&c.json, "json", false, "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		usage(stdout)
		return exitDone
	case err != nil:
		return c.misuse(err.Error())
	case flags.NArg() == 0:
		usage(stderr)
		return exitUsage
	}
	name := flags.Arg(0)
	if name == "help" {
		usage(stdout)
		return exitDone
	}
	for i := range commands {
		if commands[i].name == name {
			return c.command(ctx, &commands[i], flags.Args()[1:])
		}
	}
	return c.misuse("no such command: " + show(name))
}

// A command is one word after the flags.
type command struct {
	name, args, text string
	least, most      int // arguments after its own flags; most -1: any number
	flags            func(c *console, f *flag.FlagSet)
	check            func(c *console, args []string) error // before the daemon is called; nil: nothing
	run              func(ctx context.Context, c *console, args []string) int
}

// commands is filled by init, since help refers to it.
var commands []command

func init() {
	commands = []command{
		{name: "status", text: "registration, cell, modem, sessions, memory", run: status},
		{name: "send", args: "[-wait sent|delivered|displayed] [-timeout 30s] TO TEXT",
			text:  "prints the message id and each state reached; TEXT `-` is standard input",
			least: 2, most: 2, flags: sendFlags, check: checkSend, run: send},
		{name: "chat", args: "TO", text: "interactive chat", least: 1, most: 1, check: notYet},
		{name: "watch", args: "[TOPIC…]", text: "events as they happen; SIGINT ends it", most: -1, check: checkTopics, run: watch},
		{name: "messages", text: "what is in the spool", run: messages},
		{name: "ack", args: "ID", text: "the host has it: the agent may forget it", least: 1, most: 1, run: byID("ack")},
		{name: "displayed", args: "ID", text: "the user saw it", least: 1, most: 1, run: byID("displayed")},
		{name: "cancel", args: "ID", text: "withdraw what has not left", least: 1, most: 1, run: byID("cancel")},
		{name: "register", text: "register at the network", run: plain("register")},
		{name: "deregister", text: "end the registration", run: plain("deregister")},
		{name: "open", args: "TO", text: "open a session; prints its name S", least: 1, most: 1, run: open},
		{name: "accept", args: "S", text: "accept an incoming session", least: 1, most: 1, run: bySession("accept")},
		{name: "reject", args: "S", text: "reject it", least: 1, most: 1, run: bySession("reject")},
		{name: "close", args: "S", text: "close a session", least: 1, most: 1, run: bySession("close")},
		{name: "flow", args: "[-v] [-pcapng FILE] [-html FILE]",
			text:  "live ladder of SIP and MSRP; -v with headers; or a capture for Wireshark",
			flags: flowFlags, check: checkFlow, run: flow},
	}
}

func usage(w io.Writer) {
	fmt.Fprint(w, "usage: imsctl [-socket PATH] [-json] COMMAND\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %s %s\n        %s\n", c.name, c.args, c.text)
	}
	fmt.Fprintf(w, "\nTO is a SIP or tel URI, or a number with +. The socket is %s unless -socket says otherwise.\n", defaultSocket)
	fmt.Fprint(w, "Exit status: 0 done, 1 refused or failed, 2 usage, 3 no daemon, 4 not reached in time.\n")
}

// command runs cmd with what follows its name.
func (c *console) command(ctx context.Context, cmd *command, args []string) int {
	flags := flag.NewFlagSet(cmd.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	if cmd.flags != nil {
		cmd.flags(c, flags)
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(c.out, "usage: imsctl %s %s\n        %s\n", cmd.name, cmd.args, cmd.text)
		return exitDone
	case err != nil:
		return c.misuse(err.Error())
	case flags.NArg() < cmd.least || cmd.most >= 0 && flags.NArg() > cmd.most:
		return c.misuse("usage: imsctl " + cmd.name + " " + cmd.args)
	}
	if cmd.check != nil {
		if err := cmd.check(c, flags.Args()); err != nil {
			return c.misuse(err.Error())
		}
	}
	client, err := ipc.Dial(c.socket)
	if err != nil {
		fmt.Fprintf(c.err, "imsctl: no daemon: %v\n", err)
		return exitNoDaemon
	}
	defer client.Close()
	c.client = client
	return cmd.run(ctx, c, flags.Args())
}

// notYet refuses a command of a later capability.
func notYet(*console, []string) error { return errors.New("not yet") }
