package modemtest

import (
	"errors"
	"time"
)

// Options says what is simulated. The zero Options is the profile "quectel-ec25" in the cell of
// the reference trace, on a pty with a name of its own.
type Options struct {
	Profile string                       // one of Profiles; "" is quectel-ec25
	Link    string                       // symbolic link to make to the pty; "" makes one in a new directory
	Unix    string                       // listen on this Unix socket ("@NAME": abstract) instead of a pty
	Cell    string                       // initial cell, as for Modem.Cell; "" is DefaultCell
	PIN     string                       // the SIM asks for it; "" is a SIM without PIN
	Log     func(direction, line string) // called for each line: "<" from the modem, ">" to it; may be nil
}

// DefaultCell is the access network of the reference trace.
const DefaultCell = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000"

// A Modem is a running simulated modem. Its methods may be called from any goroutine.
type Modem struct{ path string }

// Start starts a modem.
func Start(Options) (*Modem, error) { return nil, errors.ErrUnsupported }

// Addr returns where the modem answers: the path of its device, or of its socket.
func (m *Modem) Addr() string { return m.path }

// Cell moves the modem to another cell: a value of P-Access-Network-Info, or only the digits of
// its cell identity, in the access as it is.
func (m *Modem) Cell(value string) error { return nil }

// Coverage switches the network off or on.
func (m *Modem) Coverage(on bool) {}

// Silent makes the modem deaf and dumb for d.
func (m *Modem) Silent(d time.Duration) {}

// Vanish takes the device away, as a USB modem that reboots, and brings it back after d.
func (m *Modem) Vanish(d time.Duration) {}

// SIM takes the SIM out or puts it in.
func (m *Modem) SIM(in bool) {}

// Send writes octets as they are, as if the modem had sent them unasked.
func (m *Modem) Send(raw string) {}

// Commands returns what the modem was asked so far, one command each.
func (m *Modem) Commands() []string { return nil }

// Close ends the modem and removes its device.
func (m *Modem) Close() error { return nil }
