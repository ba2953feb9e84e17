// Package board describes the hardware that the agent runs on. A board is a file of facts;
// nothing here opens a device, decides anything or runs before it is asked.
//
// A profile gives defaults: the configuration file overrides it, the command line overrides
// both. Where a fact was not measured by us its source stands beside it, and "not measured"
// says so: such a profile is a starting point for whoever has the board.
//
// To add a board: copy the file of the nearest one, name it after the module, list its
// Profile in all, and run go test ./board.
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
	Device   string // the tty that answers AT
	Baud     int    // bit/s; without meaning on a node that is not a UART

	State   string // directory that outlives a restart; "" for the default
	Buffers int    // of 4096 octets each: all I/O memory there is
	RAM     int    // MiB of the smallest variant; 0 where unknown
}

// all lists every board. The first is the one to try without hardware.
var all = [...]*Profile{
	&qemuVirt,
	&quectelEC25, &quectelUSB, &quectelRM50x, &quectelRM551,
	&sierraWP76, &sierraWP85,
	&simcomSIM7600, &simcomUSB,
	&openstick, &raspberryPiHAT, &fibocomFM350,
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

// buffersSmall is for modules whose Linux shares its memory with the modem: 256 KiB.
const buffersSmall = 64

// buffersLarge is for boards with memory to spare: 512 KiB.
const buffersLarge = 128
