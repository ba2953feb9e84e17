package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// sections are the parts of the table. Each makes what it needs when its turn comes.
var sections = []struct {
	name   string
	groups func() []group
}{
	{"sip", sipGroups}, {"sdp", sdpGroups}, {"msrp", msrpGroups}, {"bulk", bulkGroups}, {"cpim", cpimGroups}, {"ipc", ipcGroups},
	{"floor", func() []group { return []group{copyGroup()} }},
	{"options", optionsGroups}, {"chat", chatGroups}, {"wire", wireGroups}, {"hour", hourGroups}, {"memory", memoryGroups},
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == uasCommand {
		serveUAS()
		return
	}
	total := time.Second
	if d, err := time.ParseDuration(os.Getenv("BENCHTIME")); err == nil && d > 0 {
		total = d
	}
	only := regexp.MustCompile("^(" + os.Getenv("ONLY") + ")")
	defer cleanUp()
	head()
	for _, s := range sections {
		if !only.MatchString(s.name) {
			continue
		}
		for _, g := range s.groups() {
			g.measure(total)
			g.print()
		}
	}
}

// folder is scripts/bench, seen from where the command was started: there or at the top.
var folder = func() string {
	if _, err := os.Stat("peers"); err == nil {
		return "."
	}
	return filepath.Join("scripts", "bench")
}()

// wire reads a text of testdata.
func wire(name string) []byte {
	b, err := os.ReadFile(filepath.Join(folder, "testdata", name))
	must(err)
	return b
}

// cleanups undo what sections have made.
var cleanups []func()

func atEnd(f func()) { cleanups = append(cleanups, f) }

func cleanUp() {
	for ; len(cleanups) > 0; cleanups = cleanups[:len(cleanups)-1] {
		cleanups[len(cleanups)-1]()
	}
}

// scratch is a directory for one run, on the disk that the module is on.
var scratch = func() func() string {
	dir := ""
	return func() string {
		if dir == "" {
			out, err := filepath.Abs(filepath.Join(folder, "..", "..", "out"))
			must(err)
			must(os.MkdirAll(out, 0o777))
			dir, err = os.MkdirTemp(out, "bench-")
			must(err)
			atEnd(func() { os.RemoveAll(dir) })
		}
		return dir
	}
}()

func must(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(what string) {
	cleanUp()
	fmt.Fprintln(os.Stderr, "bench:", what)
	os.Exit(1)
}
