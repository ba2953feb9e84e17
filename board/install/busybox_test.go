package install_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// busyboxTree is a root file system as a module has it: a static busybox and little else.
func busyboxTree(t *testing.T) string {
	t.Helper()
	need(t, "busybox", "busybox-static")
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"bin", "sbin", "usr/bin", "etc/init.d", "dev", "proc", "tmp", "data", "var/run", "run"} {
		if err := os.MkdirAll(filepath.Join(root, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	os.Chmod(filepath.Dir(filepath.Dir(root)), 0o755) // any user has to get there
	os.Chmod(filepath.Dir(root), 0o755)
	os.Chmod(root, 0o755)
	command(t, ".", "cp", "/bin/busybox", filepath.Join(root, "bin/busybox"))
	s := &system{t: t, root: root}
	for _, applet := range strings.Fields(s.must("/bin/busybox", "--list")) {
		os.Symlink("/bin/busybox", filepath.Join(root, "bin", applet))
	}
	for name, text := range map[string]string{"etc/passwd": "root:x:0:0:root:/:/bin/sh\n", "etc/group": "root:x:0:\ndialout:x:20:\ninet:x:3003:\n"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mknod(filepath.Join(root, "dev/null"), syscall.S_IFCHR|0o666, 1<<8|3); err != nil {
		t.Skipf("no device node: %v", err)
	}
	os.Chmod(filepath.Join(root, "dev/null"), 0o666)
	return root
}

// TestTarOnBusybox installs the tar of a module on a tree with nothing but a busybox, and lives
// with it: started and supervised by its init script, killed, upgraded, downgraded, removed.
func TestTarOnBusybox(t *testing.T) {
	requireRoot(t)
	s := &system{t: t, root: busyboxTree(t), bin: "/data/opt/imsagent/bin", etc: "/data/opt/imsagent/etc", spool: "/data/imsagent", port: 5961}
	built := programs(t)
	for _, version := range []string{"1.0", "1.1"} {
		command(t, "../..", "go", "run", "./board/cmd/mkpackage", "-version", version, "-programs", built, "-out", filepath.Join(s.root, "tmp"), "-board", "quectel-ec25")
		s.must("/bin/tar", "-xzf", "/tmp/imsagent_"+version+"_quectel-ec25.tar.gz", "-C", "/tmp")
	}
	const service = "/etc/init.d/imsagent"
	t.Cleanup(func() {
		s.run(service, "stop")
		if log, _ := os.ReadFile(s.file("/tmp/log")); t.Failed() {
			t.Logf("log:\n%s", log)
		}
	})
	os.Remove(s.file("/bin/logger")) // syslogd is not here; the log shall be
	if err := os.WriteFile(s.file("/bin/logger"), []byte("#!/bin/sh\ncat >>/tmp/log\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.must("/tmp/imsagent_1.0_quectel-ec25/install")
	s.configure()
	s.must(service, "start")
	s.answers()
	s.owner()
	s.queue("first")

	// A crash loses nothing, and it comes back.
	before := s.process()
	syscall.Kill(before, syscall.SIGKILL)
	s.until("the agent is started again", func() bool { p := s.process(); return p != 0 && p != before })
	s.answers()
	s.holds("first")
	s.queue("second")

	// An upgrade keeps configuration and messages, and runs the new program.
	before = s.process()
	s.must("/tmp/imsagent_1.1_quectel-ec25/install")
	s.answers()
	if s.process() == before {
		t.Error("an upgrade leaves the old program running")
	}
	s.configured()
	if _, err := os.Stat(s.file(s.etc + "/imsagent.toml.dist")); err != nil {
		t.Error("the package's configuration is not beside the administrator's:", err)
	}
	s.holds("first", "second")

	// The spool of a later version is refused, left alone, and not tried again and again.
	s.must(service, "stop")
	spool := s.newer()
	s.run(service, "start")
	s.until("the agent gives up", func() bool {
		log, _ := os.ReadFile(s.file("/tmp/log"))
		return strings.Contains(string(log), "ended with 3")
	})
	time.Sleep(100 * time.Millisecond)
	if _, code := s.run(service, "status"); code != 3 || s.process() != 0 {
		t.Errorf("status %d with a spool of a later version", code)
	}
	if !maps.Equal(spool, s.octets()) {
		t.Error("the spool of a later version was touched")
	}

	s.must("/tmp/imsagent_1.1_quectel-ec25/install", "remove")
	if left := append(glob(s.file("/data/opt/imsagent/bin/*")), glob(s.file(service))...); len(left) > 0 {
		t.Errorf("remove leaves %q", left)
	}
	s.configured()
	if !maps.Equal(spool, s.octets()) {
		t.Error("remove touched the messages")
	}
	s.must("/tmp/imsagent_1.1_quectel-ec25/install", "purge")
	if left := append(glob(s.file("/data/imsagent*")), glob(s.file(s.etc+"/*"))...); len(left) > 0 {
		t.Errorf("purge leaves %q", left)
	}
}
