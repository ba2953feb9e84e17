package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imsagent/agent"
)

// machineConfig is a configuration that any machine with a loopback can run.
func machineConfig(t *testing.T) agent.Config {
	t.Helper()
	c := agent.DefaultConfig()
	c.State = filepath.Join(t.TempDir(), "state")
	c.Modem.Protocol = "none"
	c.IMS.Local, _ = agent.ParseEndpoint("127.0.0.1:5060")
	c.IMS.Register = false
	return c
}

func find(t *testing.T, out, check string) finding {
	t.Helper()
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if f.Check == check {
			return f
		}
	}
	t.Fatalf("no finding %q in\n%s", check, out)
	return finding{}
}

func TestCheckPasses(t *testing.T) {
	c := machineConfig(t)
	var out bytes.Buffer
	if code := checkMachine(&c, nil, true, &out); code != exitStopped {
		t.Fatalf("exit %d\n%s", code, &out)
	}
	for _, q := range questions {
		if f := find(t, out.String(), q.name); f.Verdict == bad || f.Text == "" || f.Verdict == warn && f.Fix == "" {
			t.Errorf("%+v", f)
		}
	}
	left, err := os.ReadDir(c.State)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestCheckFindsWhatIsInTheWay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		check string
		spoil func(c *agent.Config)
		text  string
	}{
		{"device", func(c *agent.Config) { c.Modem.Protocol, c.Modem.Device = "at", "/dev/none" }, "is not there"},
		{"device", func(c *agent.Config) { c.Modem.Protocol, c.Modem.Device = "at", "" }, "is not set"},
		{"device", func(c *agent.Config) { c.Modem.Protocol, c.Modem.Device = "at", file }, "not a character device"},
		{"device", func(c *agent.Config) { c.Modem.Protocol, c.Modem.Device = "qmi", "proxy@imsagent-nobody:/dev/cdc-wdm0" }, "imsagent-nobody"},
		{"device", func(c *agent.Config) { c.Modem.Protocol, c.Modem.Device = "at", "usb:0bad:0bad:02" }, "usb:0bad:0bad:02 is not there"},
		{"state", func(c *agent.Config) { c.State = file + "/below" }, "not a directory"},
		{"address", func(c *agent.Config) { c.IMS.Local, _ = agent.ParseEndpoint("192.0.2.77:5060") }, "192.0.2.77"},
		{"memory", func(c *agent.Config) { c.Memory.Limit = 1 << 50 }, "MiB wanted"},
	} {
		c := machineConfig(t)
		x.spoil(&c)
		var out bytes.Buffer
		code := checkMachine(&c, nil, true, &out)
		f := find(t, out.String(), x.check)
		if code != exitFailed || f.Verdict != bad || f.Fix == "" || !strings.Contains(f.Text, x.text) {
			t.Errorf("exit %d, %+v; want %q", code, f, x.text)
		}
	}
}

func TestCheckNamesWhoHoldsTheDevice(t *testing.T) {
	f, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := machineConfig(t)
	c.Modem.Device = "/dev/null"
	got := checkHolder(&c)
	if got.Verdict != bad || !strings.Contains(got.Text, command(os.Getpid())) {
		t.Errorf("%+v, want %s", got, command(os.Getpid()))
	}
}

func TestCheckReportsTheConfiguration(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := run([]string{"-check", "-config", "testdata/faults.toml", "-state", t.TempDir()}, nil, &stdout, &stderr)
	if code != exitFailed || !strings.Contains(stdout.String(), "memory.limit") || !strings.Contains(stdout.String(), "ok    kernel") {
		t.Errorf("exit %d\n%s%s", code, &stdout, &stderr)
	}
}

// TestReadmeShowsTheBoards: the README's table is the output of -board help, as it is.
func TestReadmeShowsTheBoards(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := run([]string{"-board", "help"}, nil, &out, &out); code != exitStopped {
		t.Fatalf("exit %d", code)
	}
	if !strings.Contains(string(readme), "```\n"+out.String()+"```\n") {
		t.Errorf("README.md does not show this:\n%s", &out)
	}
}

func TestKernelVersion(t *testing.T) {
	for release, want := range map[string][2]int{
		"3.18.140-perf-g1f2": {3, 18}, "6.1.0-50-armmp": {6, 1}, "5.15-rc1": {5, 15}, "3.14.29ltsi": {3, 14}, "odd": {0, 0},
	} {
		if got := kernelVersion(release); got != want {
			t.Errorf("%s: %v, want %v", release, got, want)
		}
	}
	if !older([2]int{3, 16}, randomKernel) || older([2]int{3, 17}, randomKernel) || older([2]int{4, 0}, randomKernel) {
		t.Error("order of versions")
	}
}

func TestCapabilities(t *testing.T) {
	const all = 1<<41 - 1
	for _, x := range []struct {
		bound         string
		uid           int
		has           uint64
		kernel        [2]int
		verdict, text string
	}{
		{"", 990, 0, [2]int{3, 18}, good, "user 990 with none"},
		{"", 990, 1 << 35, [2]int{3, 18}, good, "user 990 with CAP_WAKE_ALARM"},
		{"rmnet1", 990, 1<<35 | 1<<13, [2]int{3, 18}, good, "user 990 with CAP_NET_RAW, CAP_WAKE_ALARM"},
		{"rmnet1", 990, 1 << 35, [2]int{5, 6}, bad, "user 990 with CAP_WAKE_ALARM"},
		{"rmnet1", 990, 0, [2]int{5, 7}, good, "user 990 with none"},
		{"", 0, all, [2]int{6, 1}, warn, "user 0 with CAP_NET_RAW, CAP_WAKE_ALARM and more than the agent needs"},
	} {
		f := judgeCapabilities(x.bound, x.uid, x.has, x.kernel)
		if f.Verdict != x.verdict || f.Text != x.text || (f.Verdict == good) != (f.Fix == "") {
			t.Errorf("%+v: %+v", x, f)
		}
	}
	if got := effective("Name:\tx\nCapPrm:\tff\nCapEff:\t0000000800002000\nCapBnd:\t00\n"); got != 1<<35|1<<13 {
		t.Errorf("%x", got)
	}
}

func TestCiphers(t *testing.T) {
	for _, x := range []struct {
		has, lacks []string
		wanted     bool
		verdict    string
		text       string
	}{
		{[]string{"a", "b"}, nil, true, good, "security associations, with a, b"},
		{[]string{"a"}, []string{"c"}, true, warn, "security associations, with a; without c"},
		{nil, []string{"a"}, false, warn, "security associations, but no cipher for them; without a"},
		{nil, []string{"a"}, true, bad, "security associations, but no cipher for them; without a"},
	} {
		f := judgeCiphers(x.has, x.lacks, x.wanted)
		if f.Verdict != x.verdict || f.Text != x.text || (f.Verdict == good) != (f.Fix == "") {
			t.Errorf("%+v: %+v", x, f)
		}
	}
	if errno := bindCipher("authenc(no(no),no(no))"); errno == 0 {
		t.Error("the kernel has a cipher that there is not")
	}
}
