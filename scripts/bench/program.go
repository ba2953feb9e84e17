package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A program is a process that we started, and only we end.
type program struct{ cmd *exec.Cmd }

// run starts a program; what it says goes to a file in scratch.
func run(name, bin string, args ...string) *program {
	log, err := os.Create(filepath.Join(scratch(), name+".log"))
	must(err)
	p := &program{cmd: exec.Command(bin, args...)}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(p.cmd.Start())
	log.Close()
	atEnd(p.stop)
	return p
}

func (p *program) stop() {
	if p.cmd != nil {
		p.cmd.Process.Kill()
		p.cmd.Wait()
		p.cmd = nil
	}
}

// cpu is the time that all threads of the program have run, in nanoseconds: the clock of
// clock_getcpuclockid(3).
func (p *program) cpu() int64 {
	return reading(int32(^p.cmd.Process.Pid<<3 | unix.CLOCK_PROCESS_CPUTIME_ID))
}

// status is a field of /proc/PID/status in KiB.
func (p *program) status(field string) (kib float64) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	must(err)
	_, after, _ := strings.Cut(string(b), "\n"+field+":")
	fmt.Sscan(after, &kib)
	return kib
}

// A daemon is imsagentd with a network of its own and a spool on the disk.
type daemon struct {
	*program
	local  netip.AddrPort // its SIP address
	socket string
	dir    string
}

// daemonBinary builds imsagentd once, as for a board.
var daemonBinary = func() func() string {
	bin := ""
	return func() string {
		if bin == "" {
			bin = filepath.Join(scratch(), "imsagentd")
			cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", bin, "./agent/cmd/imsagentd")
			cmd.Dir = filepath.Join(folder, "..", "..")
			cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
			if out, err := cmd.CombinedOutput(); err != nil {
				fail(fmt.Sprintf("go build: %v\n%s", err, out))
			}
		}
		return bin
	}
}()

// buffersEach is how many buffers of 4 KiB a daemon gets for each session: a call that has
// just been taken keeps some for its transaction, 64·T1 long (RFC 3261 §17.2.1).
const buffersEach = 6

// startDaemon runs a daemon whose P-CSCF is proxy, with room for sessions.
func startDaemon(name string, proxy net.Addr, sessions int) *daemon {
	d := &daemon{dir: filepath.Join(scratch(), name)}
	must(os.Mkdir(d.dir, 0o700))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	d.local = l.Addr().(*net.TCPAddr).AddrPort()
	l.Close()
	d.socket = filepath.Join(d.dir, "h.sock")
	file := filepath.Join(d.dir, "config.toml")
	must(os.WriteFile(file, fmt.Appendf(nil, `state = %q
log = "info"
[modem]
protocol = "none"
access_network = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000"
[ims]
access = "fixed"
local = "%v"
pcscf = ["%v"]
domain = "sharetechnote.com"
impi = "310410123456789@sharetechnote.com"
impu = "sip:310410123456789@sharetechnote.com"
register = false
auth = "none"
security = "none"
[msrp]
port = 0
setup = "active"
[host]
socket = %q
group = ""
[memory]
sessions = %d
buffers = %d
`, filepath.Join(d.dir, "state"), d.local, proxy, d.socket, sessions, sessions*buffersEach), 0o600))
	d.program = run(name, daemonBinary(), "-config", file)
	return d
}

// dialled connects to what is just starting.
func dialled(at string) *net.TCPConn {
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("tcp", at)
		if err == nil {
			return c.(*net.TCPConn)
		}
		if time.Now().After(end) {
			must(err)
		}
	}
}
