package board_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"imsagent/board"
)

// bootVariable makes [TestBoot] run: any value; "inside" is the process in the namespace.
const bootVariable = "IMSAGENT_BOOT"

// boards is for machines to boot; bootLimit is the longest that one board takes. An idle
// machine takes a third of it at most.
const bootLimit = 20 * time.Minute

// out is where everything is made, seen from this package.
const out = "../out/boot"

// TestBoot boots the stand-in of each board that QEMU has one for, and runs there, one after
// the other: the daemon until it is ready, the chat of the reference trace in both
// directions, many messages, the unit tests of the protocols. The modem is modemsim behind
// the board's AT port, the network is imsnet on this machine. At the end it prints the figures.
//
//	IMSAGENT_BOOT=1 go test -v -count=1 -run TestBoot ./board      (or make boot-test)
//
// It runs in a network namespace of its own, on the trace's addresses, over a tap device;
// where that is not allowed, on an IPv4 address of this machine, and then only one way.
// IMSAGENT_BOOT_BOARDS names the boards (all), IMSAGENT_BOOT_MESSAGES is how many messages (500), IMSAGENT_BOOT_REST how long the daemon is
// watched at rest (60s). IMSAGENT_BOOT_APPEND goes to the kernel's command line; what the
// kernel does not know of it is the daemon's environment: GOGC=20.
func TestBoot(t *testing.T) {
	switch os.Getenv(bootVariable) {
	case "":
		t.Skip("boots machines; " + bootVariable + "=1 or make boot-test")
	case "inside":
		w, err := newTap()
		if err != nil {
			t.Log(err)
			os.Exit(exitNoTap)
		}
		bootAll(t, w)
		return
	}
	prepare(t)
	if isolated(t) {
		return
	}
	w, err := newSlirp()
	if err != nil {
		t.Fatalf("neither a tap device in a network namespace nor an IPv4 address: %v", err)
	}
	bootAll(t, w)
}

// exitNoTap says that the namespace is of no use.
const exitNoTap = 77

// emulated returns the profiles that QEMU has a stand-in for.
func emulated() (list []*board.Profile) {
	only := os.Getenv("IMSAGENT_BOOT_BOARDS")
	for _, p := range board.All() {
		if p.Emulator != (board.Emulator{}) && (only == "" || slices.Contains(strings.Fields(only), p.Name)) {
			list = append(list, p)
		}
	}
	return list
}

// prepare checks for the tools and builds what runs on this machine and in the images.
func prepare(t *testing.T) {
	t.Helper()
	if err := os.MkdirAll(out, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"modemsim": "./modem/cmd/modemsim", "imsnet": "./agent/cmd/imsnet", "mkimage": "./board/cmd/mkimage"} {
		command(t, nil, "go", "build", "-o", filepath.Join("out/boot", name), path)
	}
	need(t, "mke2fs", "e2fsprogs")
	for _, p := range emulated() {
		need(t, p.Emulator.Command, "qemu-system-arm")
		buildTests(t, p) // before the image, which has them inside where the board has no 9p
		command(t, nil, "out/boot/mkimage", "-board", p.Name, "-out", filepath.Join("out/boot", p.Name), "-config", writeAlone(t))
		if p.Emulator.USB != "" {
			command(t, nil, "out/boot/mkimage", "-usb", "-board", p.Name, "-out", filepath.Join("out/boot", p.Name+onUSB))
		}
	}
}

// onUSB marks the image whose modem can be unplugged.
const onUSB = "-usb"

// alone is the configuration of a board without a network.
const alone = `[ims]
local = "127.0.0.1:5060"
pcscf = ["127.0.0.1:5070"]
domain = "example.org"
impi = "a@example.org"
impu = "sip:a@example.org"
register = false
[host]
group = ""
`

func writeAlone(t *testing.T) string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join(out, "alone.toml"))
	if err == nil {
		err = os.WriteFile(file, []byte(alone), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// need skips where a tool is missing, except in CI, where a test that skips is one that nobody has.
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

// command runs a program at the top of the module.
func command(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), env...)
	text, err := cmd.CombinedOutput()
	if s := strings.TrimSpace(string(text)); s != "" {
		t.Log(s)
	}
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(cmd.Args, " "), err)
	}
}

// isolated runs this test again in a network namespace of its own; false where there is none.
func isolated(t *testing.T) bool {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), bootLimit*time.Duration(len(emulated())))
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-test.run=^TestBoot$", "-test.v", "-test.count=1", "-test.timeout=0")
	cmd.Env = append(os.Environ(), bootVariable+"=inside")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = namespace()
	err = cmd.Run()
	var ended *exec.ExitError
	switch {
	case err == nil:
		return true
	case errors.As(err, &ended) && ended.ExitCode() != exitNoTap:
		t.Fatal("failed in its namespace, see above")
	}
	t.Log("no namespace with a tap device:", err)
	return false
}

// namespace is a new network; for whoever is not root in a user namespace too.
func namespace() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		a.Cloneflags |= syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return a
}

// bootAll boots one board after the other.
func bootAll(t *testing.T, w wire) {
	t.Log(w.note)
	for _, p := range emulated() {
		t.Run(p.Name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), bootLimit)
			defer cancel()
			m := boot(ctx, t, p, w, "")
			m.play()
		})
		if p.Emulator.USB == "" {
			continue
		}
		t.Run(p.Name+onUSB, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), bootLimit)
			defer cancel()
			boot(ctx, t, p, w, onUSB).replug()
		})
	}
}
