// Command mkpackage packs what `make build` built: `make package`.
//
//	mkpackage -version TEXT [-programs DIR] [-out DIR] [-board NAME]
//
// DIR of -programs (out) has ARCH/imsagentd and ARCH/imsctl. Into -out (out/package) goes a
// tar for each board whose init is not the image's own, imsagent_VERSION_BOARD.tar.gz (with
// the architecture where the board is any host), which has a script `install` and the files
// that it puts in place; and for each architecture of Debian a directory deb-ARCH with the
// files of a .deb and nfpm.yaml, for nfpm. Equal input gives equal octets.
// Exit status: 0, 1 or 2 for usage.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"imsagent/board"
	"imsagent/board/install"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// options is what the command line says.
type options struct{ version, programs, out, board string }

func run(args []string, _ io.Reader, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case err != nil:
		fmt.Fprintln(stderr, "mkpackage:", err)
		return exitUsage
	}
	if err := o.make(stdout); err != nil {
		fmt.Fprintln(stderr, "mkpackage:", err)
		return exitFailed
	}
	return exitDone
}

// parse reads and checks the command line.
func parse(args []string, stderr io.Writer) (o options, err error) {
	f := flag.NewFlagSet("mkpackage", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.version, "version", "", "`TEXT` of the version, such as 1.2 or 0~20260102.1a2b3c4")
	f.StringVar(&o.programs, "programs", "out", "`DIR` with ARCH/imsagentd and ARCH/imsctl")
	f.StringVar(&o.out, "out", filepath.Join("out", "package"), "`DIR` of the packages")
	f.StringVar(&o.board, "board", "", "only board `NAME`, and no .deb")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case o.version == "" || o.version[0] < '0' || o.version[0] > '9' || strings.Trim(o.version, versionLetters) != "":
		return o, fmt.Errorf("-version %q: begins with a digit; letters, digits, . + ~", o.version)
	}
	if _, ok := board.Find(o.board); o.board != "" && !ok {
		return o, fmt.Errorf("-board %s: not known", o.board)
	}
	return o, nil
}

// versionLetters are those of a Debian upstream version, without the hyphen.
const versionLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+~"

// hosts is what a board that any host can be is built for: the first runs on every
// Raspberry Pi.
var hosts = []string{board.ARMv6, board.ARM64, "amd64"}

// debian maps Debian's architectures to ours. armhf is ARMv6, as Raspberry Pi OS has it;
// Debian's own begins with ARMv7 and runs it as well.
var debian = []struct{ deb, ours string }{{"armhf", board.ARMv6}, {"arm64", board.ARM64}, {"amd64", "amd64"}}

// make writes every package.
func (o *options) make(stdout io.Writer) error {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	for _, p := range board.All() {
		l, ok := install.On(*p)
		if !ok || o.board != "" && o.board != p.Name {
			continue
		}
		for _, arch := range archs(p) {
			if err := o.tar(l, arch, stdout); err != nil {
				return fmt.Errorf("%s: %w", p.Name, err)
			}
		}
	}
	if o.board != "" {
		return nil
	}
	for _, d := range debian {
		if err := o.stage(d.deb, d.ours); err != nil {
			return fmt.Errorf("deb %s: %w", d.deb, err)
		}
	}
	return nil
}

// archs are the architectures that a board's tar is made for.
func archs(p *board.Profile) []string {
	if p.Arch == board.Any {
		return hosts
	}
	return []string{p.Arch}
}

// contents returns all files of a layout, programs included.
func (o *options) contents(l install.Layout, arch string) ([]install.File, error) {
	list, err := l.Files()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"imsagentd", "imsctl"} {
		text, err := os.ReadFile(filepath.Join(o.programs, arch, name))
		if err != nil {
			return nil, err
		}
		list = append(list, install.File{Path: l.Bin + "/" + name, Mode: 0o755, Text: text})
	}
	return list, nil
}
