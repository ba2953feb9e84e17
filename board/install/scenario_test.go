package install_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience is the longest wait for anything here.
const patience = 60 * time.Second

// programs builds both programs for this machine, as every architecture: what is tested is
// where they go.
func programs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	command(t, "../..", "go", "build", "-trimpath", "-ldflags=-s -w", "-o", dir+"/", "./agent/cmd/imsagentd", "./agent/cmd/imsctl")
	for _, arch := range []string{"armv6", "armv7", "arm64", "amd64"} {
		if err := os.Mkdir(filepath.Join(dir, arch), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{"imsagentd", "imsctl"} {
			if err := os.Link(filepath.Join(dir, p), filepath.Join(dir, arch, p)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// command runs a program in a directory and returns what it says.
func command(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "DEBIAN_FRONTEND=noninteractive")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return string(out)
}

// configuration is the agent's on a machine without modem and network.
const configuration = `state = %q
[modem]
protocol = "none"
[ims]
local = "127.0.0.1:%d"
pcscf = ["127.0.0.1:1"]
domain = "example.org"
impi = "a@example.org"
impu = "sip:a@example.org"
register = false
auth = "none"
security = "none"
[msrp]
port = 0
`

// A system is where a package is installed: this machine, or a tree with a busybox.
type system struct {
	t     *testing.T
	root  string // "" for this machine
	bin   string
	etc   string
	spool string
	port  int
}

// run runs a program of the system; it returns what it says and its exit status.
func (s *system) run(name string, args ...string) (string, int) {
	s.t.Helper()
	cmd := exec.Command(name, args...)
	if s.root != "" {
		cmd = exec.Command("chroot", append([]string{s.root, name}, args...)...)
	}
	var out bytes.Buffer // a file, since a service that was started keeps what it inherits open
	log, err := os.Create(filepath.Join(s.t.TempDir(), "out"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	err = cmd.Run()
	text, _ := os.ReadFile(log.Name())
	out.Write(text)
	if cmd.ProcessState == nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// must is run for what has to succeed.
func (s *system) must(name string, args ...string) string {
	s.t.Helper()
	out, code := s.run(name, args...)
	if code != 0 {
		s.t.Fatalf("%s %s: exit %d\n%s", name, strings.Join(args, " "), code, out)
	}
	return out
}

func (s *system) file(name string) string { return filepath.Join(s.root, name) }

// configure writes the administrator's configuration.
func (s *system) configure() {
	s.t.Helper()
	text := fmt.Sprintf(configuration, s.spool, s.port)
	if err := os.WriteFile(s.file(s.etc+"/imsagent.toml"), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// configured checks that the configuration is still the administrator's.
func (s *system) configured() {
	s.t.Helper()
	text, err := os.ReadFile(s.file(s.etc + "/imsagent.toml"))
	if err != nil || string(text) != fmt.Sprintf(configuration, s.spool, s.port) {
		s.t.Errorf("the configuration was not kept: %v\n%s", err, text)
	}
}

// until waits for something.
func (s *system) until(what string, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%s: not in %v", what, patience)
		}
	}
}

// answers waits until the host socket answers.
func (s *system) answers() {
	s.t.Helper()
	s.until("the agent answers", func() bool { _, code := s.run(s.bin+"/imsctl", "status"); return code == 0 })
}

// queue hands a message over; without a network it stays.
func (s *system) queue(text string) {
	s.t.Helper()
	s.must(s.bin+"/imsctl", "send", "+14448880000", text)
}

// holds checks that the messages are there.
func (s *system) holds(texts ...string) {
	s.t.Helper()
	out := s.must(s.bin+"/imsctl", "messages")
	for _, text := range texts {
		if strings.Count(out, text) != 1 {
			s.t.Errorf("%q is not once in\n%s", text, out)
		}
	}
}

// newer makes the spool one of a later version, as its header's two copies say (octets 8 and 9
// of each are the version), and returns all its octets.
func (s *system) newer() map[string]string {
	s.t.Helper()
	segments, _ := filepath.Glob(s.file(s.spool + "/*.log"))
	if len(segments) == 0 {
		s.t.Fatal("no spool")
	}
	for _, name := range segments {
		b, err := os.ReadFile(name)
		if err != nil {
			s.t.Fatal(err)
		}
		b[8], b[48+8] = 2, 2
		if err := os.WriteFile(name, b, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	return s.octets()
}

// octets returns every file of the spool.
func (s *system) octets() map[string]string {
	s.t.Helper()
	all := map[string]string{}
	names, _ := filepath.Glob(s.file(s.spool + "/*"))
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			s.t.Fatal(err)
		}
		all[filepath.Base(name)] = string(b)
	}
	return all
}

// process returns the agent that runs with this system's configuration; 0 if none does.
func (s *system) process() int {
	for _, dir := range glob("/proc/[0-9]*") {
		line, _ := os.ReadFile(dir + "/cmdline")
		root, _ := os.Readlink(dir + "/root")
		if root == "" || s.root == "" {
			root = "/"
		}
		if bytes.HasPrefix(line, []byte(s.bin+"/imsagentd\x00-config\x00"+s.etc+"/")) && (s.root == "" || root == s.root) {
			pid, _ := strconv.Atoi(filepath.Base(dir))
			return pid
		}
	}
	return 0
}

func glob(pattern string) []string {
	names, _ := filepath.Glob(pattern)
	return names
}

// owner checks who the agent runs as.
func (s *system) owner() {
	s.t.Helper()
	passwd, err := os.ReadFile(s.file("/etc/passwd"))
	if err != nil {
		s.t.Fatal(err)
	}
	_, rest, _ := strings.Cut("\n"+string(passwd), "\nimsagent:")
	words := strings.Split(rest, ":")
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process()))
	if len(words) < 2 || !strings.Contains(string(status), "\nUid:"+strings.Repeat("\t"+words[1], 4)+"\n") {
		s.t.Errorf("not run by the account %q:\n%s", words, status)
	}
}

// requireRoot skips where this process is not root.
func requireRoot(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("only root can install")
	}
}
