package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// hourGroups has the agent's own benchmark count what it sends in hours in which nobody says
// anything; the clock of those is not the machine's.
func hourGroups() []group {
	cmd := exec.Command("go", "test", "./agent", "-run", "^$", "-bench", "^BenchmarkIdleHour$", "-benchtime", "1x")
	cmd.Dir = filepath.Join(folder, "..", "..")
	out, err := cmd.CombinedOutput()
	if err != nil {
		fail(fmt.Sprintf("go test: %v\n%s", err, out))
	}
	idle := messages(string(out), "default")
	open := messages(string(out), "kept_open")
	return []group{{figures: [][8]string{
		{"an idle hour, by default", "first hour", idle[0] + " messages", "every next one", idle[1] + " messages", "",
			"keep-alives and refreshes only", verdict(idle == [2]string{"1", "0"}) + ": one BYE when the session has been idle long enough"},
		{"an idle hour, session kept open, Session-Expires 1800", "first hour", open[0] + " messages", "every next one", open[1] + " messages", "",
			"keep-alives and refreshes only", verdict(open == [2]string{"4", "4"}) + ": an UPDATE every 15 min"},
	}}}
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "missed"
}

// messages are the two metrics of one of the benchmarks.
func messages(out, name string) (m [2]string) {
	for _, line := range strings.Split(out, "\n") {
		if !strings.HasPrefix(line, "BenchmarkIdleHour/"+name) {
			continue
		}
		f := strings.Fields(line)
		for i, unit := range []string{"messages-first-hour", "messages-next-hour"} {
			for j := 1; j < len(f); j++ {
				if v, err := strconv.ParseFloat(f[j-1], 64); f[j] == unit && err == nil {
					m[i] = strconv.FormatFloat(v, 'f', -1, 64)
				}
			}
		}
	}
	return m
}
