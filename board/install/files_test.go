package install_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"imsagent/board"
	"imsagent/board/install"
)

// need skips where a tool is missing, except in CI, where a test that skips is one that
// nobody has.
func need(t *testing.T, tool, pkg string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not here; install %s", tool, pkg)
	}
	t.Skipf("%s is not here; install %s", tool, pkg)
}

// installed returns the layouts of all boards that have one, and Debian's.
func installed() (list []install.Layout) {
	for _, p := range board.All() {
		if l, ok := install.On(*p); ok {
			list = append(list, l)
		}
	}
	return append(list, install.Debian())
}

func TestFilesOfEveryBoard(t *testing.T) {
	for _, l := range installed() {
		files, err := l.Files()
		if err != nil {
			t.Fatal(err)
		}
		script, err := l.Script()
		if err != nil {
			t.Fatal(err)
		}
		kept := 0
		for _, f := range append(files, install.File{Path: "/install", Mode: 0o755, Text: script}) {
			if bytes.Contains(f.Text, []byte("{{")) || bytes.Contains(f.Text, []byte("<no value>")) || f.Path[0] != '/' || len(f.Text) == 0 {
				t.Errorf("%s: %s:\n%s", l.Name, f.Path, f.Text)
			}
			if f.Mode == 0o755 {
				sound(t, f)
			}
			if f.Kept {
				kept++
			}
		}
		if kept != 1 {
			t.Errorf("%s: %d files are kept, want the configuration alone", l.Name, kept)
		}
	}
}

// sound has the shell look for syntax errors.
func sound(t *testing.T, f install.File) {
	t.Helper()
	cmd := exec.Command("sh", "-n")
	cmd.Stdin = bytes.NewReader(f.Text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", f.Path, err, out)
	}
}

// TestSystemdUnit has systemd read the units. It complains of a program that is not there, so
// one stands in its place.
func TestSystemdUnit(t *testing.T) {
	need(t, "systemd-analyze", "systemd")
	program := filepath.Join(t.TempDir(), "imsagentd")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, l := range installed() {
		if l.Init != board.Systemd {
			continue
		}
		files, err := l.Files()
		if err != nil {
			t.Fatal(err)
		}
		unit := filepath.Join(t.TempDir(), "imsagent.service")
		text := strings.Replace(string(files[1].Text), l.Bin+"/imsagentd", program, 1)
		if err := os.WriteFile(unit, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("systemd-analyze", "verify", "--man=no", unit).CombinedOutput()
		if err != nil || bytes.Contains(out, []byte("imsagent.service:")) {
			t.Errorf("%s: %v\n%s", l.Name, err, out)
		}
	}
}
