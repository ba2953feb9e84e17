package install_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestDeb installs the .deb on this machine with dpkg, lives with it and purges it. It is not
// for a machine that somebody uses: it runs in CI, or with IMSAGENT_INSTALL=1.
func TestDeb(t *testing.T) {
	if os.Getenv("CI") == "" && os.Getenv("IMSAGENT_INSTALL") == "" {
		t.Skip("installs a package on this machine: only in CI or with IMSAGENT_INSTALL=1")
	}
	requireRoot(t)
	need(t, "dpkg", "dpkg")
	need(t, "adduser", "adduser")
	if _, err := os.Stat("/usr/bin/imsagentd"); err == nil {
		t.Skip("imsagent is installed here, and stays")
	}
	s := &system{t: t, bin: "/usr/bin", etc: "/etc/imsagent", spool: "/var/lib/imsagent", port: 5962}
	older, newer := makeDebs(t)
	_, known := exec.Command("getent", "passwd", "imsagent").Output()
	t.Cleanup(func() {
		exec.Command("dpkg", "--purge", "imsagent").Run()
		if known != nil {
			exec.Command("deluser", "--quiet", "imsagent").Run()
		}
	})

	command(t, ".", "dpkg", "--install", older)
	for _, name := range []string{"/usr/bin/imsctl", "/usr/lib/systemd/system/imsagent.service", "/usr/lib/udev/rules.d/60-imsagent.rules"} {
		if st, err := os.Stat(name); err != nil || st.Sys().(*syscall.Stat_t).Uid != 0 || st.Mode().Perm()&0o022 != 0 {
			t.Errorf("%s: %v, %v", name, st, err)
		}
	}
	if out := command(t, ".", "dpkg-query", "-W", "imsagent"); out != "imsagent\t0~1\n" {
		t.Errorf("%q", out)
	}
	if out, code := s.run("/usr/bin/imsagentd"); code != 2 || !strings.Contains(out, "/etc/imsagent/imsagent.toml:") {
		t.Errorf("the configuration as it comes: exit %d\n%s", code, out)
	}
	s.configure()
	s.startAsUnit()
	s.queue("first")
	s.halt()

	command(t, ".", "dpkg", "--install", newer)
	s.configured()
	s.startAsUnit()
	s.holds("first")
	s.halt()
	spool := s.newer()
	if out, code := s.run("/usr/bin/imsagentd", "-user", "imsagent"); code != 3 || !strings.Contains(out, "newer version") {
		t.Errorf("a spool of a later version: exit %d\n%s", code, out)
	}
	command(t, ".", "dpkg", "--remove", "imsagent")
	s.configured()
	if !maps.Equal(spool, s.octets()) {
		t.Error("the spool of a later version was touched")
	}
	command(t, ".", "dpkg", "--purge", "imsagent")
	if left := append(glob("/etc/imsagent*"), glob("/var/lib/imsagent*")...); len(left) > 0 {
		t.Errorf("purge leaves %q", left)
	}
}

// makeDebs makes two versions of the .deb for this machine.
func makeDebs(t *testing.T) (older, newer string) {
	t.Helper()
	built, out := programs(t), t.TempDir()
	os.Chmod(out, 0o755)
	deb := func(version string) string {
		command(t, "../..", "go", "run", "./board/cmd/mkpackage", "-version", version, "-programs", built, "-out", out)
		file := filepath.Join(out, "imsagent_"+version+".deb")
		command(t, "../../scripts/package", "go", "tool", "nfpm", "package", "-f", filepath.Join(out, "deb-"+runtime.GOARCH, "nfpm.yaml"), "-p", "deb", "-t", file)
		return file
	}
	return deb("0~1"), deb("0~2")
}

// startAsUnit starts the agent as its unit says, where no systemd runs, and waits for it.
func (s *system) startAsUnit() {
	s.t.Helper()
	cmd := exec.Command("/usr/bin/imsagentd", "-config", s.etc+"/imsagent.toml", "-user", "imsagent")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go cmd.Wait()
	s.answers()
	s.owner()
}

// halt stops the agent by SIGTERM.
func (s *system) halt() {
	s.t.Helper()
	pid := s.process()
	if pid == 0 {
		s.t.Fatal("the agent does not run")
	}
	syscall.Kill(pid, syscall.SIGTERM)
	s.until("the agent ends", func() bool { return s.process() == 0 })
}
