package modemtest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// vhci is where vhci_hcd takes devices (tools/usb/usbip of Linux).
const vhci = "/sys/devices/platform/vhci_hcd.0"

// speedHigh is USB_SPEED_HIGH of linux/usb/ch9.h; such devices go to the first ports.
const speedHigh = 3

// plugUSB plugs an emulated EC25 into the kernel's vhci_hcd. The caller holds m.mu.
func (m *Modem) plugUSB() error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socketpair", err)
	}
	ours := os.NewFile(uintptr(pair[0]), "usbip")
	c, err := net.FileConn(ours)
	ours.Close()
	if err == nil {
		err = attachUSB(pair[1])
	}
	unix.Close(pair[1]) // the kernel has its own
	if err != nil {
		if c != nil {
			c.Close()
		}
		return err
	}
	g := newGadget(c)
	m.line = line{gadget: g}
	m.wg.Add(2)
	go func() {
		defer m.wg.Done()
		g.serve()
	}()
	if m.opts.Protocol == "qmi" {
		go m.serveQMI(&qmiConn{conn: g.qmi, proxied: true, clients: map[byte][]byte{}})
	} else {
		m.out = g.at
		go m.serve(g.at)
	}
	return nil
}

// attachUSB gives a socket to the first port that takes it.
func attachUSB(fd int) (err error) {
	for port := range 8 {
		line := fmt.Sprintf("%d %d %d %d", port, fd, 1<<16|port+2, speedHigh)
		if err = os.WriteFile(filepath.Join(vhci, "attach"), []byte(line), 0); err == nil {
			return nil
		}
	}
	return fmt.Errorf("vhci_hcd takes no device: %w", err)
}
