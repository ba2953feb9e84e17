package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// figures prints what the kernel counts for imsagentd, and for the bare process beside it.
func (g *guest) figures() int {
	if !g.running() {
		fmt.Fprintln(g.out, "init: imsagentd does not run")
		return 1
	}
	pid := g.daemon.cmd.Process.Pid
	for _, key := range []string{"VmRSS", "RssAnon", "VmHWM", "Threads"} {
		fmt.Fprintf(g.out, "figure %s %s\n", key, field(fmt.Sprintf("/proc/%d/status", pid), key))
	}
	for _, key := range []string{"write_bytes", "syscw"} {
		fmt.Fprintf(g.out, "figure %s %s\n", key, field(fmt.Sprintf("/proc/%d/io", pid), key))
	}
	for name, place := range map[string]int{"disk_sectors": 6, "disk_flushes": 15} {
		fmt.Fprintf(g.out, "figure %s %s\n", name, word("/sys/block/vda/stat", place))
	}
	fmt.Fprintf(g.out, "figure wakeups %d\n", wakeups(pid))
	fmt.Fprintf(g.out, "figure ticks %s\n", ticks(pid))
	for _, key := range []string{"MemTotal", "MemAvailable"} {
		fmt.Fprintf(g.out, "figure %s %s\n", key, field("/proc/meminfo", key))
	}
	if g.idle != nil {
		fmt.Fprintf(g.out, "figure idle_VmRSS %s\n", field(fmt.Sprintf("/proc/%d/status", g.idle.Pid), "VmRSS"))
		fmt.Fprintf(g.out, "figure idle_wakeups %d\n", wakeups(g.idle.Pid))
	}
	return 0
}

// field returns the first word after "key:" in a file of /proc; "?" if it is not there.
func field(file, key string) string {
	text, _ := os.ReadFile(file)
	for _, line := range strings.Split(string(text), "\n") {
		if value, ok := strings.CutPrefix(line, key+":"); ok {
			if words := strings.Fields(value); len(words) > 0 {
				return words[0]
			}
		}
	}
	return "?"
}

// word returns a word of a file, counted from 0; 0 if it is not there.
func word(file string, place int) string {
	text, _ := os.ReadFile(file)
	if words := strings.Fields(string(text)); place < len(words) {
		return words[place]
	}
	return "0"
}

// wakeups sums the voluntary context switches over all threads.
func wakeups(pid int) (n int) {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, t := range threads {
		var one int
		fmt.Sscan(field(t, "voluntary_ctxt_switches"), &one)
		n += one
	}
	return n
}

// ticks is the processor time used, user and system, in ticks of 10 ms.
func ticks(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	words := strings.Fields(rest)
	if len(words) < 13 {
		return "?"
	}
	var user, system int
	fmt.Sscan(words[11], &user)
	fmt.Sscan(words[12], &system)
	return fmt.Sprint(user + system)
}
