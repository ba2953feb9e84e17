package modemtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Options says what is simulated. The zero Options is the profile "quectel-ec25" in the cell of
// the reference trace, on a pty with a name of its own.
type Options struct {
	Protocol string                       // "" and "at", or "qmi": to a Unix socket as qmi-proxy's, on a pty as the device
	Profile  string                       // one of Profiles; "" is quectel-ec25
	Link     string                       // symbolic link to make to the pty; "" makes one in a new directory
	Unix     string                       // listen on this Unix socket ("@NAME": abstract) instead of a pty
	QRTR     func(byte) (Socket, error)   // opens the socket of a QMI service instead of a pty: KernelQRTR, or a stand-in
	USB      bool                         // an EC25 behind the kernel's vhci_hcd instead of a pty: real drivers make its nodes; as root
	Cell     string                       // initial cell, as for Modem.Cell; "" is DefaultCell
	PIN      string                       // the SIM asks for it; "" is a SIM without PIN
	NoISIM   bool                         // the card has a USIM only
	Log      func(direction, line string) // called for each line: "<" from the modem, ">" to it; may be nil; must not call the Modem
}

// DefaultCell is the access network of the reference trace.
const DefaultCell = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000000"

// A Modem is a running simulated modem. Its methods may be called from any goroutine.
type Modem struct {
	opts Options
	path string // the link, or the socket
	dir  string // made for the link; removed by Close
	wg   sync.WaitGroup

	mu          sync.Mutex
	state       state
	line        line
	out         conn // who listens, nil while the device is gone
	silentUntil time.Time
	back        *time.Timer // of Vanish
	closed      bool
	commands    []string
	users       []*qmiConn // of QMI
}

// Start starts a modem. Its SIM is in and its network is there.
func Start(o Options) (*Modem, error) {
	if o.Protocol != "" && o.Protocol != "at" && o.Protocol != "qmi" {
		return nil, fmt.Errorf("modemtest: protocol %q is neither at nor qmi", o.Protocol)
	}
	if o.QRTR != nil && o.Protocol != "qmi" {
		return nil, errors.New("modemtest: QRTR is for protocol qmi")
	}
	p := findProfile(o.Profile)
	if p == nil {
		return nil, fmt.Errorf("modemtest: profile %q: not one of %v", o.Profile, Profiles())
	}
	m := &Modem{opts: o, path: o.Link, state: state{profile: p, covered: true, sim: true, tries: 3, ims: imsState{setting: 2}, card: card{sub: DefaultSubscriber, isim: !o.NoISIM}}}
	initial, err := parseCell(DefaultCell, cell{})
	if err == nil && o.Cell != "" {
		initial, err = parseCell(o.Cell, initial)
	}
	if err == nil {
		err = m.check(initial)
	}
	if err != nil {
		return nil, err
	}
	m.state.cell = initial
	m.state.boot(o.PIN)
	if err := m.place(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.plug(); err != nil {
		os.RemoveAll(m.dir)
		return nil, fmt.Errorf("modemtest: %w", err)
	}
	return m, nil
}

// place finds the name under which the modem answers.
func (m *Modem) place() (err error) {
	switch {
	case m.opts.QRTR != nil:
		m.path = "qrtr"
	case m.opts.USB:
		m.path = "usb:2c7c:0125:02"
		if m.opts.Protocol == "qmi" {
			m.path = "usb:2c7c:0125:04"
		}
	case m.opts.Unix != "":
		m.path = m.opts.Unix
	case m.path == "":
		if m.dir, err = os.MkdirTemp("", "modemtest"); err != nil {
			return err
		}
		m.path = filepath.Join(m.dir, "tty")
	}
	return nil
}

// check reports whether the profile can be in a cell.
func (m *Modem) check(c cell) error {
	if c.radio == radioNR && !m.state.profile.nr || c.radio == radioLTE && !m.state.profile.lte && m.state.profile.serving != "" {
		return fmt.Errorf("modemtest: profile %s cannot be in a cell of %s", m.state.profile.name, c.access)
	}
	return nil
}

// Addr returns where the modem answers: the path of its device, or of its socket.
func (m *Modem) Addr() string { return m.path }

// Cell moves the modem to another cell: a value of P-Access-Network-Info, or only the digits of
// its cell identity, in the access as it is.
func (m *Modem) Cell(value string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, err := parseCell(value, m.state.cell)
	if err == nil {
		err = m.check(c)
	}
	if err != nil {
		return err
	}
	m.change(func() { m.state.cell = c })
	return nil
}

// Subscriber puts another subscriber into the card, whose files stay as they are.
func (m *Modem) Subscriber(s Subscriber) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.card.sub = s
}

// Channels returns how many logical channels of the card are open.
func (m *Modem) Channels() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.card.openChannels()
}

// Coverage switches the network off or on.
func (m *Modem) Coverage(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.change(func() { m.state.covered = on })
}

// SIM takes the SIM out or puts it in. One with a PIN then asks for it again.
func (m *Modem) SIM(in bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if in == m.state.sim {
		return
	}
	lines := m.state.profile.simOut
	if in {
		lines = m.state.profile.simIn
		if m.state.pin = m.opts.PIN; m.state.pin != "" {
			lines = []string{"+CPIN: SIM PIN"}
		}
	}
	if m.opts.Protocol != "qmi" {
		m.say(lines)
	}
	m.change(func() { m.state.sim = in })
}

// change changes the state and sends the registration lines that differ by it.
func (m *Modem) change(f func()) {
	if m.opts.Protocol == "qmi" {
		f()
		m.indicate()
		return
	}
	before := m.state.unsolicited()
	f()
	for _, l := range m.state.unsolicited() {
		if !slices.Contains(before, l) {
			m.say([]string{l})
		}
	}
}

// Silent makes the modem deaf and dumb for d.
func (m *Modem) Silent(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.silentUntil = time.Now().Add(d)
}

// Vanish takes the device away, as a USB modem that reboots, and brings it back after d: at the
// same address, but as another pty, with all settings forgotten and the SIM locked again.
func (m *Modem) Vanish(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	m.unplug()
	if m.back != nil {
		m.back.Stop()
	}
	m.back = time.AfterFunc(d, m.reappear)
}

func (m *Modem) reappear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.out != nil || m.line.listener != nil || m.line.sockets != nil || m.line.gadget != nil {
		return
	}
	m.state.boot(m.opts.PIN)
	if err := m.plug(); err != nil {
		m.log("!", err.Error())
		return
	}
	m.greet()
}

// Send writes octets as they are, as if the modem had sent them unasked; during a silence too.
func (m *Modem) Send(raw string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(raw)
}

// Say makes the modem answer a command, without its AT, by other lines and OK: what a broken one says.
func (m *Modem) Say(command string, lines ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state.strange == nil {
		m.state.strange = map[string][]string{}
	}
	m.state.strange[command] = lines
}

// Restart lets the modem forget its settings and say its banner, without the device going away.
func (m *Modem) Restart() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.boot(m.opts.PIN)
	m.greet()
}

// greet is what a modem says that has just started.
func (m *Modem) greet() {
	if m.opts.Protocol == "qmi" {
		m.resync()
		return
	}
	m.say(m.state.profile.banner)
}

// Commands returns what the modem was asked so far: command lines, or of QMI service and message.
func (m *Modem) Commands() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.commands)
}

// Close ends the modem and removes its device.
func (m *Modem) Close() error {
	m.mu.Lock()
	m.closed = true
	m.unplug()
	if m.back != nil {
		m.back.Stop()
	}
	m.mu.Unlock()
	m.wg.Wait()
	return os.RemoveAll(m.dir)
}
