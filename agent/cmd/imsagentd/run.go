package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// Exit codes.
const (
	exitStopped  = 0
	exitFailed   = 1
	exitUsage    = 2
	exitSpool    = 3
	exitInstance = 4
)

// version is what -version prints; a release build sets it by -ldflags -X.
var version = "devel"

// options is what the command line says.
type options struct {
	config, board, state, socket, log, user string
	check, json, version                    bool
}

func run(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitStopped
	case err != nil:
		return exitUsage // flag has said why
	case o.version:
		fmt.Fprintln(stdout, "imsagentd", version)
		return exitStopped
	case o.board == "help":
		listBoards(stdout)
		return exitStopped
	}
	cfg, faults := loadConfig(o)
	if o.user != "" && len(faults) == 0 {
		if err := become(o.user, &cfg); err != nil {
			fmt.Fprintf(stderr, "imsagentd: -user %s: %v\n", o.user, err)
			return exitUsage
		}
	}
	if o.check && !hopeless(faults) {
		return checkMachine(&cfg, faults, o.json, stdout)
	}
	if len(faults) > 0 {
		for _, f := range faults {
			fmt.Fprintf(stderr, "imsagentd: %v\n", f)
		}
		return exitUsage
	}
	return serve(&cfg, stderr)
}

// parseOptions reads the command line.
func parseOptions(args []string, stderr io.Writer) (o options, err error) {
	fs := flag.NewFlagSet("imsagentd", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.config, "config", "", "configuration `FILE` (default "+defaultConfig+" if it exists)")
	fs.StringVar(&o.board, "board", "", "board profile `NAME`, or help to list them; overrides the file's")
	fs.StringVar(&o.state, "state", "", "state `DIR`; overrides the file's")
	fs.StringVar(&o.socket, "socket", "", "`PATH` of the host socket; overrides the file's")
	fs.StringVar(&o.log, "log", "", "`LEVEL`: debug, info, warn or error; overrides the file's")
	fs.StringVar(&o.user, "user", "", "started as root, become `NAME`; keep CAP_NET_RAW and CAP_WAKE_ALARM only")
	fs.BoolVar(&o.check, "check", false, "test the machine and list each finding")
	fs.BoolVar(&o.json, "json", false, "with -check: one object a line")
	fs.BoolVar(&o.version, "version", false, "print the version")
	if err = fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", fs.Arg(0))
		fmt.Fprintln(stderr, "imsagentd:", err)
	}
	return o, err
}
