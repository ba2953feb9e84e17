// Command guestinit is the init of a board's image: process 1 of the machine that QEMU
// stands in for. It is not put on a board.
//
// It mounts what a Linux program expects, and a disk, if there is one, for the state, loads the modules of the image, sets the network
// up as the kernel's command line says, starts imsagentd under a notify socket, and then
// takes commands from the console, one a line; words are separated by spaces:
//
//	start | stop | kill     imsagentd; kill is SIGKILL
//	figures                 memory and wake-ups of imsagentd, one `figure NAME VALUE` a line
//	in DIR PROGRAM ARG…     runs a program in a directory
//	PROGRAM ARG… [&]        runs a program of /bin; & does not wait for it
//	poweroff
//
// Each ends with a line `[exit N]`. The kernel's command line, besides the kernel's own:
//
//	board=NAME      what imsagentd gets as -board
//	addr=IP/BITS    an address of eth0; may be repeated
//	gw=IP           the default route; may be repeated
//	date=SECONDS    the time, since 1970, where the clock of the machine is before it
//	relay=PORT      a TCP port on which the host socket answers
//	idle=1          start a bare Go process too, for comparison
//	off=restart     restart at the end: a machine that cannot be switched off
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, stdin, stdout, stderr *os.File) int {
	if len(args) == 1 && args[0] == "idle" {
		time.Sleep(1 << 62) // the bare process; a signal ends it
	}
	if os.Getpid() != 1 {
		fmt.Fprintln(stderr, "guestinit: is the first process of an image; see board/image")
		return 2
	}
	g := &guest{stdin: stdin, out: stdout}
	g.prepare()
	g.start()
	g.obey()
	syscall.Sync()
	off := syscall.LINUX_REBOOT_CMD_POWER_OFF
	if g.line.restart {
		off = syscall.LINUX_REBOOT_CMD_RESTART
	}
	syscall.Reboot(off)
	return 1
}

// guest is the machine.
type guest struct {
	stdin, out *os.File
	line       cmdline
	notify     notifier
	daemon     *daemon
	idle       *os.Process
}

// complain reports what went wrong and goes on: as much as possible shall run.
func (g *guest) complain(err error) {
	if err != nil {
		fmt.Fprintln(g.out, "init:", err)
	}
}

// prepare does all that comes before the first program.
func (g *guest) prepare() {
	g.complain(mountAll())
	g.line = readCmdline()
	g.complain(setClock(g.line.date))
	g.complain(loadModules())
	g.complain(mountState())
	g.complain(mountShare())
	g.complain(bringUp(g.line))
	g.complain(g.notify.listen())
	os.Setenv("PATH", "/bin")
	os.Setenv("HOME", "/tmp")
	if g.line.relay != "" {
		g.complain(relay(":" + g.line.relay))
	}
	if g.line.idle {
		g.complain(g.startIdle())
	}
}

// obey carries out the commands of the console until poweroff or its end.
func (g *guest) obey() {
	fmt.Fprintln(g.out, "init: ready; help lists the commands")
	for lines := bufio.NewScanner(g.stdin); lines.Scan(); {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 0:
		case words[0] == "poweroff":
			g.stop(syscall.SIGTERM)
			return
		default:
			fmt.Fprintf(g.out, "[exit %d]\n", g.command(words))
		}
	}
}
