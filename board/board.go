// Package board describes the hardware that the agent runs on. A board is a file of facts;
// nothing here opens a device, decides anything or runs before it is asked.
//
// A profile gives defaults: the configuration file overrides it, the command line overrides
// both. Where a fact was not measured by us its source stands beside it, and "not measured"
// says so: such a profile is a starting point for whoever has the board.
//
// To add a board: copy the file of the nearest one, name it after the module, list its
// Profile in all, and run go test ./board/... ./agent/cmd/imsagentd; the latter tells where the
// table of the README has to follow. On the board, imsagentd -board NAME -check says which of
// the facts are wrong.
package board

// Architectures, as `make build` names them.
const (
	ARMv5 = "armv5"
	ARMv6 = "armv6"
	ARMv7 = "armv7"
	ARM64 = "arm64"
	Any   = "any" // the agent runs on a host beside the module
)

// A Profile is what differs from one board to the next.
type Profile struct {
	Name  string // as given to -board: lower case, hyphens
	Title string // what it is, in a line
	Arch  string // of the binary that it runs

	Protocol string // of the modem: "at" or "none"
	Device   string // the tty that answers AT; of a modem on USB "usb:" and its ids, since names change
	Baud     int    // bit/s; without meaning on a node that is not a UART
	Dialect  string // maker whose serving-cell command the modem knows; "" where the modem is to be asked

	State string // directory that outlives a restart; "" for the default
	Home  string // directory of programs and configuration where the root file system is read-only or scarce; "" for /usr/bin and /etc
	RAM   int    // MiB of the smallest variant; 0 where unknown

	Memory Memory

	Kernel string // Linux version of the board's own system; "" where it is the host's choice
	ESP    string // whether that kernel has IPsec's ESP: Yes, No or Unknown
	Init   string // what starts services there: Systemd, Busybox, Procd, OpenRC, Legato or Own
	Proof  string // what was seen to work: Booted, Emulated, Demo or Unproven

	Emulator Emulator // zero where nothing near enough exists
}

// Memory is what the agent may take. The figures that it was chosen by are printed by
// `make boot-test`.
type Memory struct {
	Buffers  int // of 4096 octets each: all I/O memory there is
	Sessions int // MSRP sessions at once
	Limit    int // MiB: the runtime's soft limit (GOMEMLIMIT)
	GC       int // per cent that the heap may grow before it is collected (GOGC)
}

// What is known of ESP.
const (
	Yes     = "yes"
	No      = "no"
	Unknown = "unknown"
)

// Systems that start services; `make package` has a unit for each but Own.
const (
	Systemd = "systemd"
	Busybox = "busybox" // /etc/init.d and start-stop-daemon: busybox and sysvinit
	Procd   = "procd"
	OpenRC  = "openrc"
	Legato  = "legato" // an application of its own kind; start it as from busybox
	Own     = "own"    // the image's init
)

// Proofs, from strong to weak.
const (
	Booted   = "boot"      // `make boot-test` boots a kernel for it and the chat runs there
	Emulated = "qemu-user" // `make test-arm` runs the tests as its architecture
	Demo     = "demo"      // `make demo` runs the chat on the machine at hand
	Unproven = "none"
)

// An Emulator says how QEMU stands in for a board. Arguments are separated by spaces.
type Emulator struct {
	Command string // QEMU's program
	Machine string // arguments that choose machine and CPU
	Memory  int    // MiB
	Package string // Debian's meta package of the kernel; it follows the ABI number
	DebArch string // Debian's name of the architecture
	Console string // the kernel's name of the serial line that is QEMU's first
	Modem   string // arguments that put chardev "modem" behind Profile.Device; "" where there is no port for it
	USB     string // arguments that put it behind a serial port on USB instead, as a device that can be unplugged; "" for none
	Disk    string // arguments that put drive "state" behind the block device for the state; "" for none
	Net     string // arguments that put netdev "net" behind eth0; "" where there is no network
	Share   string // arguments that put fsdev "share" behind the 9p mount tag "share"; "" where it goes into the initramfs
	DTB     string // device tree, a file of the kernel package; "" where QEMU makes one
	Append  string // more for the kernel's command line
	Modules string // kernel modules that this takes, in the order of loading; dependencies are found
	OnUSB   string // and those that USB takes
}

// all lists every board. The first is the one to try without hardware.
var all = [...]*Profile{
	&qemuVirt, &qemuARM64, &qemuARMv6, &sim,
	&quectelEC25, &quectelUSB, &quectelRM50x, &quectelRM551,
	&sierraWP76, &sierraWP85,
	&simcomSIM7600, &simcomUSB,
	&openstick, &pinephone, &raspberryPiHAT, &fibocomFM350,
}

// All returns the profiles in the order in which they are listed to a user.
func All() []*Profile { return all[:] }

// Find returns the profile called name.
func Find(name string) (p Profile, ok bool) {
	for _, p := range all {
		if p.Name == name {
			return *p, true
		}
	}
	return Profile{}, false
}

// small is for modules whose Linux shares its memory with the modem: 256 KiB of buffers.
var small = Memory{Buffers: 64, Sessions: 16, Limit: 8, GC: 100}

// large is for boards with memory to spare: 512 KiB of buffers.
var large = Memory{Buffers: 128, Sessions: 32, Limit: 16, GC: 100}
