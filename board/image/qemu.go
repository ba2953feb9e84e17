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
	DTB       string // file, for an emulator that needs one
	Append    string // more for the kernel's command line
	Modem     string // Unix socket on which the simulated modem listens; "" for no AT port
	Netdev    string // QEMU's netdev without its id: "user", "tap,ifname=…"; "" for no network
	Share     string // directory that the guest has read-only as /share; its bin and etc are also /bin and /etc
	Disk      string // file, raw, of the block device for the state; "" for none
	QMP       string // Unix socket on which QEMU takes commands; "" for none
	Memory    int    // MiB; 0 for the emulator's
}

// OnUSB is the emulator with its modem on USB, where it can be unplugged.
func OnUSB(e board.Emulator) board.Emulator {
	e.Modem, e.Modules = e.USB, e.Modules+" "+e.OnUSB
	return e
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
		"-append", strings.Join(strings.Fields("console="+e.Console+" panic=-1 quiet "+e.Append+" "+r.Append), " "))
	if e.DTB != "" {
		c = append(c, "-dtb", r.DTB)
	}
	if r.QMP != "" {
		c = append(c, "-qmp", "unix:"+r.QMP+",server=on,wait=off")
	}
	if r.Modem != "" && e.Modem != "" {
		c = append(c, "-chardev", "socket,id=modem,path="+r.Modem)
		c = append(c, strings.Fields(e.Modem)...)
	}
	if r.Disk != "" && e.Disk != "" {
		c = append(c, "-drive", "if=none,id=state,format=raw,file="+r.Disk)
		c = append(c, strings.Fields(e.Disk)...)
	}
	if r.Netdev != "" && e.Net != "" {
		c = append(c, "-netdev", r.Netdev+",id=net")
		c = append(c, strings.Fields(e.Net)...)
	}
	if e.Share == "" {
		return c
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
