package modemtest

import (
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// A line is what the modem answers on while it is there: a pty, a listening socket, sockets of
// QRTR, or a USB device.
type line struct {
	master, slave *os.File
	listener      net.Listener
	sockets       []Socket
	gadget        *gadget
	remove        string // symbolic link to remove
}

// plug makes the device appear and starts serving it. The caller holds m.mu.
func (m *Modem) plug() error {
	switch {
	case m.opts.QRTR != nil:
		return m.plugQRTR()
	case m.opts.USB:
		return m.plugUSB()
	}
	if m.opts.Unix != "" {
		l, err := net.Listen("unix", m.opts.Unix)
		if err != nil {
			return err
		}
		m.line = line{listener: l}
		m.wg.Add(1)
		if m.opts.Protocol == "qmi" {
			go m.acceptQMI(l)
		} else {
			go m.accept(l)
		}
		return nil
	}
	master, slave, err := openPTY()
	if err != nil {
		return err
	}
	if err := relink(slave.Name(), m.path); err != nil {
		master.Close()
		slave.Close()
		return err
	}
	m.line = line{master: master, slave: slave, remove: m.path}
	m.out = master
	m.wg.Add(1)
	if m.opts.Protocol == "qmi" {
		go m.serveQMI(&qmiConn{conn: master, proxied: true, clients: map[byte][]byte{}})
	} else {
		go m.serve(master)
	}
	return nil
}

// relink points a symbolic link at the pty, in one step, over an old link but nothing else.
func relink(target, path string) error {
	if fi, err := os.Lstat(path); err == nil && fi.Mode()&os.ModeSymlink == 0 {
		return &os.LinkError{Op: "symlink", Old: target, New: path, Err: os.ErrExist}
	}
	tmp := path + ".new"
	os.Remove(tmp)
	if err := os.Symlink(target, tmp); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// unplug makes the device disappear. The caller holds m.mu.
func (m *Modem) unplug() {
	l := m.line
	m.line = line{}
	if l.remove != "" {
		os.Remove(l.remove)
	}
	if l.listener != nil {
		l.listener.Close()
	}
	if m.out != nil {
		m.out.Close()
		m.out = nil
	}
	if l.slave != nil {
		l.slave.Close()
	}
	for _, s := range l.sockets {
		s.Close()
	}
	if l.gadget != nil {
		l.gadget.host.Close()
	}
	for _, u := range m.users {
		u.Close()
	}
	m.users = nil
}

// accept serves one connection after the other.
func (m *Modem) accept(l net.Listener) {
	defer m.wg.Done()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		m.mu.Lock()
		if m.line.listener != l {
			m.mu.Unlock()
			c.Close()
			return
		}
		m.out = c
		m.mu.Unlock()
		m.wg.Add(1)
		m.serve(c)
	}
}

// A conn is an open device.
type conn interface {
	io.ReadWriteCloser
	SetWriteDeadline(time.Time) error
}

// maxCommand is the most octets of a command line; what is longer is dropped.
const maxCommand = 4096

// serve answers what comes until the device is gone.
func (m *Modem) serve(c conn) {
	defer m.wg.Done()
	defer c.Close()
	buf := make([]byte, 256)
	var command []byte
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		for _, b := range buf[:n] {
			switch {
			case b == '\r':
				m.command(c, strings.TrimSpace(string(command)))
				command = command[:0]
			case len(command) < maxCommand:
				command = append(command, b)
			}
		}
	}
}

// command answers one command line, unless the modem is silent.
func (m *Modem) command(c conn, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if text == "" || m.out != c {
		return
	}
	m.commands = append(m.commands, text)
	m.log(">", text)
	if time.Now().Before(m.silentUntil) {
		return
	}
	if m.state.echo {
		m.write(text + "\r")
	}
	before := m.state.attached()
	m.say(m.state.answer(text))
	if !before && m.state.attached() {
		m.say(m.state.unsolicited())
	}
	if text == "AT+CFUN=1,1" {
		m.restart()
	}
}

// Times of a restart by +CFUN=1,1; real modems take 1 to 10 s and 8 to 30 s.
const (
	untilGone = 50 * time.Millisecond
	untilBack = 300 * time.Millisecond
)

// restart lets the device go away and come back, with the client's registration as the switch says.
// The caller holds m.mu.
func (m *Modem) restart() {
	if m.back != nil {
		m.back.Stop()
	}
	m.back = time.AfterFunc(untilGone, func() {
		m.mu.Lock()
		m.state.ims.registered = m.state.ims.registered && m.state.ims.setting == 1
		m.mu.Unlock()
		m.Vanish(untilBack)
	})
}

// say sends lines as V.250 §5.7.1 frames them. The caller holds m.mu.
func (m *Modem) say(lines []string) {
	for _, l := range lines {
		m.log("<", l)
		m.write("\r\n" + l + "\r\n")
	}
}

// write sends octets unless the modem is silent.
func (m *Modem) write(raw string) {
	if !time.Now().Before(m.silentUntil) {
		m.put(raw)
	}
}

// put sends octets, and drops them if nobody takes them.
func (m *Modem) put(raw string) {
	if m.out != nil {
		m.out.SetWriteDeadline(time.Now().Add(time.Second))
		io.WriteString(m.out, raw)
		return
	}
	for _, u := range m.users {
		u.SetWriteDeadline(time.Now().Add(time.Second))
		io.WriteString(u, raw)
	}
}

func (m *Modem) log(direction, text string) {
	if m.opts.Log != nil {
		m.opts.Log(direction, text)
	}
}
