package board_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"imsagent/board"
	"imsagent/board/image"
)

// process is a program that we started, and only we end.
type process struct {
	name  string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	over  chan struct{}
	err   error

	mu    sync.Mutex
	lines []string
}

// start starts a program; what it says goes to a log in dir and, line by line, to tell.
func start(t *testing.T, dir, name string, tell func(string), argv ...string) *process {
	t.Helper()
	p := &process{name: name, cmd: exec.Command(argv[0], argv[1:]...), over: make(chan struct{})}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = w, w
	if p.stdin, err = p.cmd.StdinPipe(); err == nil {
		err = p.cmd.Start()
	}
	w.Close()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	go func() {
		p.read(r, log, tell)
		p.err = p.cmd.Wait()
		log.Close()
		close(p.over)
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.over
	})
	return p
}

func (p *process) read(r io.Reader, log io.Writer, tell func(string)) {
	for s := bufio.NewScanner(r); s.Scan(); {
		line := strings.TrimRight(s.Text(), "\r")
		fmt.Fprintln(log, line)
		if tell != nil {
			tell(line)
		}
		p.mu.Lock()
		p.lines = append(p.lines, line)
		p.mu.Unlock()
	}
}

// since returns the lines from number n on.
func (p *process) since(n int) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.lines[n:]...)
}

// last is the end of the output, for errors.
func (p *process) last() string {
	lines := p.since(0)
	return "; last lines of " + p.name + ":\n\t" + strings.Join(lines[max(0, len(lines)-25):], "\n\t")
}

// expect waits for a line from number n on that begins with prefix; it returns its number.
func (p *process) expect(ctx context.Context, t *testing.T, n int, limit time.Duration, prefix string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for ended := false; ; {
		for i, l := range p.since(n) {
			if strings.HasPrefix(l, prefix) {
				return l, n + i
			}
		}
		if ended {
			t.Fatalf("%s ended (%v) before it said %q%s", p.name, p.err, prefix, p.last())
		}
		select {
		case <-p.over:
			ended = true
		case <-ctx.Done():
			t.Fatalf("%s did not say %q in %v%s", p.name, prefix, limit, p.last())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// machine is a booted board.
type machine struct {
	t       *testing.T
	ctx     context.Context
	profile *board.Profile
	wire    wire
	dir     string // of the image
	work    string // of this run: sockets, logs
	device  string // modem.device; "" for the profile's
	qemu    *process
	modem   *process
	table   []row
	idle    map[string]int64 // figures at rest
}

// slow is the longest that a machine takes for one thing: seconds, but minutes on a host with
// ten others to run.
const slow = 4 * time.Minute

// boot starts the modem and the machine, and waits until the daemon is ready. variant is of the
// image: "" or onUSB.
func boot(ctx context.Context, t *testing.T, p *board.Profile, w wire, variant string) *machine {
	m := &machine{t: t, ctx: ctx, profile: p, wire: w, dir: filepath.Join(out, p.Name+variant), work: t.TempDir()}
	e := p.Emulator
	if variant == onUSB {
		e, m.device = image.OnUSB(e), "usb:0403:6001:00"
	}
	if e.Net != "" {
		m.configure("trace")
	}
	socket := filepath.Join(m.work, "at.sock")
	m.modem = start(t, m.dir, "modemsim", nil, filepath.Join(out, "modemsim"), "-unix", socket)
	m.modem.expect(ctx, t, 0, slow, "ready")
	argv := image.Command(e, image.Run{
		Kernel: filepath.Join(m.dir, "kernel"), Initramfs: filepath.Join(m.dir, "initramfs.gz"), Share: filepath.Join(m.dir, "share"),
		Append: fmt.Sprintf("board=%s idle=1 relay=%d date=%d %s %s", p.Name, relayPort, time.Now().Unix(), w.kernel, os.Getenv("IMSAGENT_BOOT_APPEND")),
		Modem:  socket, Netdev: w.netdev, DTB: filepath.Join(m.dir, "dtb"), Disk: m.disk(), QMP: filepath.Join(m.work, "qmp.sock"),
	})
	t.Logf("modemsim -unix %s &\n\t%s", socket, image.Quote(argv))
	begin := time.Now()
	m.qemu = start(t, m.dir, "console", func(line string) { t.Log("| " + line) }, argv...)
	line, _ := m.qemu.expect(ctx, t, 0, slow, "init: imsagentd READY=1 after ")
	m.row("start of QEMU to READY=1", time.Since(begin).Milliseconds(), "ms", 0)
	m.row("exec of imsagentd to READY=1", number(t, strings.Fields(line)[4]), "ms", 0)
	m.qemu.expect(ctx, t, 0, slow, "init: ready")
	return m
}

// disk makes an empty disk for the state.
func (m *machine) disk() string {
	m.t.Helper()
	file := filepath.Join(m.work, "state.ext4")
	if out, err := exec.Command("mke2fs", "-q", "-t", "ext4", file, "32M").CombinedOutput(); err != nil {
		m.t.Fatalf("mke2fs: %v\n%s", err, out)
	}
	return file
}

// tell gives the guest's console a command and returns what came, without its status.
func (m *machine) tell(limit time.Duration, line string) (said []string, status int) {
	m.t.Helper()
	n := len(m.qemu.since(0))
	fmt.Fprintln(m.qemu.stdin, line)
	end, i := m.qemu.expect(m.ctx, m.t, n, limit, "[exit ")
	return m.qemu.since(n)[:i-n], int(number(m.t, strings.Trim(end, "[exit ]")))
}

// must is tell for a command that has to succeed.
func (m *machine) must(limit time.Duration, line string) []string {
	m.t.Helper()
	said, status := m.tell(limit, line)
	if status != 0 {
		m.t.Fatalf("%s: exit status %d%s", line, status, m.qemu.last())
	}
	return said
}

// figures asks for the daemon's figures.
func (m *machine) figures() map[string]int64 {
	m.t.Helper()
	f := map[string]int64{}
	for _, line := range m.must(slow, "figures") {
		words := strings.Fields(line)
		if len(words) == 3 && words[0] == "figure" {
			f[words[1]] = number(m.t, words[2])
		}
	}
	return f
}

func number(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
