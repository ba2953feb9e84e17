package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"imsagent/agent"
)

// Kernels: Go's floor, and the first with getrandom(2).
var (
	floorKernel  = [2]int{3, 2}
	randomKernel = [2]int{3, 17}
)

func checkKernel(*agent.Config) finding {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return finding{Verdict: bad, Text: "no version: " + err.Error(), Fix: "mount -t proc proc /proc"}
	}
	release := strings.TrimSpace(string(text))
	f := finding{Verdict: good, Text: "Linux " + release + ", program for " + runtime.GOARCH}
	v := kernelVersion(release)
	switch {
	case older(v, floorKernel):
		f.Verdict, f.Fix = bad, "needs Linux 3.2 or newer"
	case older(v, randomKernel):
		if _, err := os.Stat("/dev/urandom"); err != nil {
			f.Verdict, f.Fix = bad, "this kernel has no getrandom: mknod /dev/urandom c 1 9"
		}
	}
	return f
}

// kernelVersion reads the first two numbers of a release such as 3.18.140-g1f2.
func kernelVersion(release string) (v [2]int) {
	for i, part := range strings.SplitN(release, ".", 3) {
		if i < 2 {
			end := strings.IndexFunc(part+"-", func(r rune) bool { return r < '0' || r > '9' })
			v[i], _ = strconv.Atoi(part[:end])
		}
	}
	return v
}

func older(v, than [2]int) bool { return v[0] < than[0] || v[0] == than[0] && v[1] < than[1] }

// usesIPv6 reports whether the configuration names an IPv6 address; without any address the
// bearer decides, and that is IPv6 for IMS.
func usesIPv6(c *agent.Config) bool {
	return !c.IMS.Local.IsValid() || strings.Contains(c.IMS.Local.Host, ":")
}

func checkIPv6(c *agent.Config) finding {
	s, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err == nil {
		syscall.Close(s)
		if text, err := os.ReadFile("/proc/net/if_inet6"); err == nil && len(text) > 0 {
			return finding{Verdict: good, Text: "the kernel has it, and addresses"}
		}
		err = errors.New("no interface has an IPv6 address")
	}
	f := finding{Verdict: warn, Text: err.Error(), Fix: "a kernel with CONFIG_IPV6, not booted with ipv6.disable=1; sysctl net.ipv6.conf.all.disable_ipv6=0"}
	if usesIPv6(c) {
		f.Verdict = bad
	}
	return f
}

// checkAddress tries to use the address of ims.local, with any port.
func checkAddress(c *agent.Config) finding {
	if !c.IMS.Local.IsValid() {
		return finding{Verdict: good, Text: "ims.local is not set: the bearer's"}
	}
	a, err := netip.ParseAddr(strings.Trim(c.IMS.Local.Host, "[]"))
	if err != nil {
		return finding{Verdict: good, Text: c.IMS.Local.Host + " is a name: not tried"}
	}
	l, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 0)))
	if err != nil {
		return finding{Verdict: bad, Text: fmt.Sprintf("ims.local %v: %v", a, errors.Unwrap(err)), Fix: "bring the IMS bearer up first (ip address), or correct ims.local"}
	}
	l.Close()
	return finding{Verdict: good, Text: a.String() + " is ours"}
}

// bindKernel is the first that lets anybody bind a socket to an interface.
var bindKernel = [2]int{5, 7}

// checkCapabilities says what of root we have, and what of it is missing.
func checkCapabilities(c *agent.Config) finding {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return finding{Verdict: warn, Text: err.Error(), Fix: "mount -t proc proc /proc"}
	}
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return judgeCapabilities(c.Bearer.Interface, os.Geteuid(), effective(string(text)), kernelVersion(string(release)))
}

// effective reads CapEff of /proc/PID/status.
func effective(status string) uint64 {
	_, rest, _ := strings.Cut(status, "\nCapEff:\t")
	word, _, _ := strings.Cut(rest, "\n")
	set, _ := strconv.ParseUint(word, 16, 64)
	return set
}

func judgeCapabilities(bound string, uid int, has uint64, kernel [2]int) finding {
	var names []string
	for _, c := range []struct {
		bit  int
		name string
	}{{capNetRaw, "CAP_NET_RAW"}, {capWakeAlarm, "CAP_WAKE_ALARM"}} {
		if has>>c.bit&1 != 0 {
			names = append(names, c.name)
		}
	}
	f := finding{Verdict: good, Text: fmt.Sprintf("user %d with %s", uid, cmp.Or(strings.Join(names, ", "), "none"))}
	switch {
	case bound != "" && has>>capNetRaw&1 == 0 && older(kernel, bindKernel):
		f.Verdict, f.Fix = bad, "bearer.interface is set, and before Linux 5.7 binding to it takes CAP_NET_RAW"
	case has&^kept != 0:
		f.Verdict, f.Text, f.Fix = warn, f.Text+" and more than the agent needs", "run it as a user of its own: its unit, or -user NAME"
	}
	return f
}

// clockFloor is before any build of this program: a clock behind it was never set.
var clockFloor = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

func checkClock(*agent.Config) finding {
	now := time.Now()
	f := finding{Verdict: good, Text: now.UTC().Format(time.RFC3339)}
	if now.Before(clockFloor) {
		f.Verdict, f.Fix = warn, "set it before the agent starts (NTP, a battery-backed clock, AT+CCLK?): messages carry it, certificates are checked by it"
	}
	return f
}

// clockBoottimeAlarm is CLOCK_BOOTTIME_ALARM, which also runs in suspend and ends it.
const clockBoottimeAlarm = 9

func checkAlarm(*agent.Config) finding {
	fd, _, errno := syscall.Syscall(syscall.SYS_TIMERFD_CREATE, clockBoottimeAlarm, syscall.O_CLOEXEC, 0)
	if errno == 0 {
		syscall.Close(int(fd))
		return finding{Verdict: good, Text: "a suspended machine is woken for refresh and keep-alive"}
	}
	f := finding{Verdict: warn, Text: "cannot wake a suspended machine: " + errno.Error(), Fix: "needed only where the machine suspends: capability CAP_WAKE_ALARM"}
	if errno != syscall.EPERM {
		f.Fix = "needed only where the machine suspends: a real-time clock that can wake it"
	}
	return f
}

// memoryBeside is what the agent takes besides its buffers and its heap, in octets: code
// that is paged in, stacks, the runtime.
const memoryBeside = 4 << 20

func checkMemory(c *agent.Config) finding {
	free := meminfo("MemAvailable")
	if free == 0 {
		free = meminfo("MemFree") // before Linux 3.14
	}
	want := c.Memory.Limit + memoryBeside
	f := finding{Verdict: good, Text: fmt.Sprintf("%d MiB available, at most %d MiB wanted", free>>20, want>>20)}
	if free < want {
		f.Verdict, f.Fix = bad, "less in memory.limit and memory.buffers, or end something else"
		return f
	}
	if text, _ := os.ReadFile("/proc/sys/vm/overcommit_memory"); strings.TrimSpace(string(text)) == "2" {
		f.Verdict, f.Text = warn, f.Text+"; strict overcommit"
		f.Fix = "the runtime reserves much more address space than it uses: sysctl vm.overcommit_memory=0"
	}
	return f
}

// meminfo returns a value of /proc/meminfo, in octets; 0 where it is not there.
func meminfo(key string) int64 {
	text, _ := os.ReadFile("/proc/meminfo")
	for _, line := range strings.Split(string(text), "\n") {
		if value, ok := strings.CutPrefix(line, key+":"); ok {
			if words := strings.Fields(value); len(words) > 0 {
				n, _ := strconv.ParseInt(words[0], 10, 64)
				return n << 10
			}
		}
	}
	return 0
}
