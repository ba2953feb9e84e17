package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"imsagent/agent"
	"imsagent/modem"
)

func checkDevice(c *agent.Config) finding {
	if c.Modem.Protocol == "none" || c.Modem.Protocol == "host" {
		return finding{Verdict: good, Text: "modem.protocol is " + c.Modem.Protocol + ": no device"}
	}
	if c.Modem.Device == "" {
		return finding{Verdict: bad, Text: "modem.device is not set" + candidates(), Fix: "choose a board (-board help), or set modem.device"}
	}
	if c.Modem.Protocol == "qmi" {
		if f, ok := checkShared(c.Modem.Device); ok {
			return f
		}
	}
	device := cmp.Or(modem.Locate(c.Modem.Device), c.Modem.Device)
	st, err := os.Stat(device)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return finding{Verdict: bad, Text: device + " is not there" + candidates(), Fix: "load the driver of the port (option, cdc_acm, qcserial …: dmesg), or set modem.device"}
	case err != nil:
		return finding{Verdict: bad, Text: err.Error(), Fix: "see the permissions of the directories above it"}
	case st.Mode()&fs.ModeCharDevice == 0:
		return finding{Verdict: bad, Text: device + " is not a character device", Fix: "remove it and load the driver"}
	}
	if err := syscall.Access(device, accessRead|accessWrite); err != nil {
		return finding{Verdict: bad, Text: device + ": " + err.Error(), Fix: "run as a member of its group (dialout), or a udev rule with the agent's group"}
	}
	return finding{Verdict: good, Text: device + " is there and may be opened"}
}

// R_OK and W_OK of access(2).
const accessRead, accessWrite = 4, 2

// candidates names the ports that are there.
func candidates() string {
	var found []string
	for _, pattern := range []string{"/dev/ttyUSB*", "/dev/ttyACM*", "/dev/wwan*", "/dev/cdc-wdm*", "/dev/smd[0-9]*", "/dev/ttyAT", "/dev/hvc0"} {
		names, _ := filepath.Glob(pattern)
		found = append(found, names...)
	}
	if len(found) == 0 {
		return "; of ports there is none"
	}
	return "; of ports there are " + strings.Join(found, " ")
}

// checkHolder says who has the port open: two readers share its answers between them.
func checkHolder(c *agent.Config) finding {
	device, err := filepath.EvalSymlinks(modem.Locate(c.Modem.Device))
	if err != nil || c.Modem.Device == "" {
		return finding{Verdict: good, Text: "no device"}
	}
	var others []string
	ours, hidden := 0, 0
	for _, p := range processes() {
		open, err := holds(p, device)
		switch {
		case err != nil:
			hidden++
		case open && command(p) == "imsagentd":
			ours = p
		case open:
			others = append(others, fmt.Sprintf("%s (%d)", command(p), p))
		}
	}
	switch {
	case len(others) > 0:
		return finding{Verdict: bad, Text: device + " is held by " + strings.Join(others, ", "),
			Fix: "two readers split the answers: stop it, or take it off this port (ModemManager: udev ID_MM_PORT_IGNORE=1)"}
	case ours != 0:
		return finding{Verdict: good, Text: fmt.Sprintf("%s is held by imsagentd (%d)", device, ours)}
	case hidden > 0:
		return finding{Verdict: warn, Text: fmt.Sprintf("nobody seen to hold %s; %d processes hide their files", device, hidden), Fix: "run -check as root"}
	}
	return finding{Verdict: good, Text: "nobody holds " + device}
}

// processes lists the process ids of the machine.
func processes() (ids []int) {
	names, _ := filepath.Glob("/proc/[0-9]*")
	for _, n := range names {
		if id, err := strconv.Atoi(filepath.Base(n)); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// holds reports whether a process has a file open.
func holds(pid int, file string) (bool, error) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	open, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // it has ended
	}
	for _, o := range open {
		if target, _ := os.Readlink(filepath.Join(dir, o.Name())); target == file {
			return true, nil
		}
	}
	return false, err
}

// command is the name of a process.
func command(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return strings.TrimSpace(string(text))
}

// File systems that forget: the f_type of statfs(2).
var volatile = map[int64]string{0x01021994: "tmpfs", 0x858458f6: "ramfs"}

func checkState(c *agent.Config) finding {
	if err := os.MkdirAll(c.State, 0o700); err != nil {
		return finding{Verdict: bad, Text: err.Error(), Fix: "give the agent's user " + c.State + ", or set state to a directory that outlives a restart"}
	}
	var st syscall.Statfs_t
	if err := syscall.Statfs(c.State, &st); err != nil {
		return finding{Verdict: bad, Text: c.State + ": " + err.Error(), Fix: "see the kernel's messages (dmesg)"}
	}
	free := int64(st.Bavail) * int64(st.Bsize)
	f := finding{Verdict: good, Text: fmt.Sprintf("%s, %d MiB free", c.State, free>>20)}
	switch {
	case free < c.Spool.MaxBytes:
		f.Verdict, f.Fix = warn, fmt.Sprintf("spool.max_bytes is %d: free some, or lower it", c.Spool.MaxBytes)
	case volatile[int64(uint32(st.Type))] != "":
		f.Verdict, f.Text = warn, f.Text+" of "+volatile[int64(uint32(st.Type))]
		f.Fix = "messages are lost when the power goes: set state to a directory on flash"
	}
	return f
}

// Tries of fdatasync, and the median above which each message is noticeably late.
const (
	syncTries = 9
	syncSlow  = 250 * time.Millisecond
)

// checkSync writes as the spool does, and measures.
func checkSync(c *agent.Config) finding {
	f, err := os.CreateTemp(c.State, "check-")
	if err != nil {
		return finding{Verdict: bad, Text: err.Error(), Fix: "the state directory must be writable for the agent's user"}
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var took []time.Duration
	block := make([]byte, 512)
	for range syncTries {
		begin := time.Now()
		if _, err = f.Write(block); err == nil {
			err = syscall.Fdatasync(int(f.Fd()))
		}
		if err != nil {
			return finding{Verdict: bad, Text: "fdatasync: " + err.Error(), Fix: "see the kernel's messages (dmesg) and the free space"}
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	median, worst := took[syncTries/2], took[syncTries-1]
	r := finding{Verdict: good, Text: fmt.Sprintf("median %v, worst %v of %d", median.Round(time.Microsecond), worst.Round(time.Microsecond), syncTries)}
	if median > syncSlow {
		r.Verdict, r.Fix = warn, "every message waits for this: is something else writing to the same flash?"
	}
	return r
}
