package image

import (
	"strconv"
	"strings"

	"imsagent/board"
)

// A Run is one start of an emulated board.
type Run struct {
	Kernel    string // file
	Initramfs string // file
	Append    string // more for the kernel's command line
	Modem     string // Unix socket on which the simulated modem listens; "" for no AT port
	Netdev    string // QEMU's netdev without its id: "user", "tap,ifname=…"; "" for no network
	Share     string // directory that the guest has read-only as /share; its bin and etc are also /bin and /etc
	QMP       string // Unix socket on which QEMU takes commands; "" for none
	Memory    int    // MiB; 0 for the emulator's
}

// Command returns the program and the arguments that boot an emulated board with its serial
// line on standard input and output. The end of the init ends it.
func Command(e board.Emulator, r Run) []string {
	memory := e.Memory
	if r.Memory > 0 {
		memory = r.Memory
	}
	c := append([]string{e.Command}, strings.Fields(e.Machine)...)
	c = append(c, "-m", strconv.Itoa(memory), "-accel", "tcg", "-nodefaults", "-no-reboot", "-display", "none",
		"-serial", "stdio", "-monitor", "none", "-kernel", r.Kernel, "-initrd", r.Initramfs,
		"-append", strings.TrimSpace("console="+e.Console+" panic=-1 quiet "+r.Append))
	if r.QMP != "" {
		c = append(c, "-qmp", "unix:"+r.QMP+",server=on,wait=off")
	}
	if r.Modem != "" {
		c = append(c, "-chardev", "socket,id=modem,path="+r.Modem)
		c = append(c, strings.Fields(e.Modem)...)
	}
	if r.Netdev != "" {
		c = append(c, "-netdev", r.Netdev+",id=net")
		c = append(c, strings.Fields(e.Net)...)
	}
	c = append(c, "-fsdev", "local,id=share,path="+r.Share+",security_model=none,readonly=on")
	return append(c, strings.Fields(e.Share)...)
}

// Quote returns a command as a line for the shell.
func Quote(command []string) string {
	words := make([]string, len(command))
	for i, w := range command {
		words[i] = w
		if strings.ContainsAny(w, " '\"$\\*?[]&;()<>|") {
			words[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}
