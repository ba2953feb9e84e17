package main

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// A peer is a program around a C parser: peers/NAME.c, compiled here against what Debian
// has of the library. It runs beside us and takes part in the rounds; the CPU time that it
// tells is its own.
type peer struct {
	name, library, config, debian string // config is the name that pkg-config knows

	lacks  string
	in     io.Writer
	out    *bufio.Reader
	begun  bool
	allocs float64
}

var parsers = []*peer{
	{name: "osip", library: "libosip2", config: "libosip2", debian: "libosip2-dev"},
	{name: "sofia", library: "sofia-sip", config: "sofia-sip-ua", debian: "libsofia-sip-ua-dev"},
	{name: "re", library: "libre", config: "libre", debian: "libre-dev"},
}

// subject is what the program calls op.
func (p *peer) subject(op string) *subject {
	s := &subject{name: p.library + " (C)", lacks: p.start()}
	s.spent = func(n int) (ns int64) {
		fmt.Fprintln(p.in, op, n)
		line, err := p.out.ReadString('\n')
		must(err)
		allocs := 0
		_, err = fmt.Sscan(line, &ns, &allocs)
		must(err)
		s.allocs = float64(allocs) / float64(n)
		return ns
	}
	return s
}

// start compiles and starts the program, once, and returns what it lacks.
func (p *peer) start() string {
	if p.begun {
		return p.lacks
	}
	p.begun = true
	for _, tool := range []string{"gcc", "pkg-config"} {
		if _, err := exec.LookPath(tool); err != nil {
			p.lacks = tool
			return p.lacks
		}
	}
	flags, err := exec.Command("pkg-config", "--cflags", "--libs", p.config).Output()
	if err != nil {
		p.lacks = p.debian
		return p.lacks
	}
	bin := filepath.Join(scratch(), p.name)
	args := append([]string{"-O2", "-o", bin, filepath.Join(folder, "peers", p.name+".c")}, strings.Fields(string(flags))...)
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		fail(fmt.Sprintf("gcc %s: %v\n%s", strings.Join(args, " "), err, out))
	}
	cmd := exec.Command(bin, filepath.Join(folder, "testdata", "invite.sip"), filepath.Join(folder, "testdata", "sdp_offer.sdp"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	must(err)
	out, err := cmd.StdoutPipe()
	must(err)
	p.in, p.out = in, bufio.NewReader(out)
	must(cmd.Start())
	atEnd(func() { in.Close(); cmd.Wait() })
	return ""
}

// beside adds the peers that have op to g, each against the first subject.
func beside(g group, op string) group {
	for _, p := range parsers {
		if op == "build" && p.name == "re" {
			continue
		}
		g.subjects = append(g.subjects, p.subject(op))
		g.pairs = append(g.pairs, pair{ours: 0, other: len(g.subjects) - 1})
	}
	return g
}
