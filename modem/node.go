package modem

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A USBPort is one port of a USB modem, by what stays the same when the modem comes back under
// another name. Numbers are hexadecimal as in sysfs: four, four and two digits in lower case.
type USBPort struct {
	Vendor, Product, Interface string
	serial                     string // "" where the modem has none
	place                      string // bus and ports, as "1-1.2"
}

// ParseUSBPort reads "usb:2c7c:0125:02": idVendor, idProduct and bInterfaceNumber.
func ParseUSBPort(device string) (u USBPort, ok bool) {
	w := strings.Split(strings.ToLower(device), ":")
	if len(w) != 4 || w[0] != "usb" || len(w[1]) != 4 || len(w[2]) != 4 || len(w[3]) != 2 {
		return u, false
	}
	for _, digits := range w[1:] {
		if _, err := strconv.ParseUint(digits, 16, 16); err != nil || digits[0] == '+' {
			return u, false
		}
	}
	return USBPort{Vendor: w[1], Product: w[2], Interface: w[3]}, true
}

// sameModel reports whether both are of the same model of modem, which may be the same one.
func (u USBPort) sameModel(v USBPort) bool {
	return u.Vendor == v.Vendor && u.Product == v.Product && (u.serial == v.serial || u.serial == "" || v.serial == "")
}

// A tree is where the kernel shows its devices: "/sys" and "/dev".
type tree struct{ sys, dev string }

// modemClasses are where the nodes of modems are, and how their names begin.
var modemClasses = [...]struct{ class, prefix string }{
	{"tty", "ttyUSB"}, {"tty", "ttyACM"}, {"usbmisc", "cdc-wdm"}, {"wwan", "wwan"},
}

// each calls f with every port of a modem on USB and its node.
func (t tree) each(f func(u USBPort, path string)) {
	for _, c := range modemClasses {
		nodes, _ := filepath.Glob(filepath.Join(t.sys, "class", c.class, c.prefix+"*"))
		for _, n := range nodes {
			if u, ok := describe(n); ok {
				f(u, filepath.Join(t.dev, filepath.Base(n)))
			}
		}
	}
}

// find returns the node that is a port: of several modems of a model the one in the place where
// it was, else the first that is not in one of the places of others.
func (t tree) find(u USBPort, others []string) (path string, ok bool) {
	t.each(func(v USBPort, node string) {
		if u.sameModel(v) && u.Interface == v.Interface && (!ok || v.place == u.place) && !slices.Contains(others, v.place) {
			path, ok = node, true
		}
	})
	return path, ok
}

// identify returns which USB port a node of /dev is, or the link to it.
func (t tree) identify(path string) (USBPort, bool) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil || filepath.Dir(real) != t.dev {
		return USBPort{}, false
	}
	for _, c := range modemClasses {
		if u, ok := describe(filepath.Join(t.sys, "class", c.class, filepath.Base(real))); ok {
			return u, true
		}
	}
	return USBPort{}, false
}

// describe walks from a device of a class up to the interface and the modem that it belongs to.
func describe(class string) (u USBPort, ok bool) {
	dir, err := filepath.EvalSymlinks(class)
	if err != nil {
		return u, false
	}
	for ; len(dir) > 1; dir = filepath.Dir(dir) {
		if u.Interface = attribute(dir, "bInterfaceNumber"); u.Interface == "" {
			continue
		}
		modem := filepath.Dir(dir)
		u.Vendor, u.Product = attribute(modem, "idVendor"), attribute(modem, "idProduct")
		u.serial, u.place = attribute(modem, "serial"), filepath.Base(modem)
		return u, u.Vendor != "" && u.Product != ""
	}
	return u, false
}

// netdev returns the network interface that a node's USB port has beside it, "" for none: of
// qmi_wwan the packets of the modem that its cdc-wdm node controls.
func (t tree) netdev(path string) string {
	for _, c := range modemClasses {
		dir, err := filepath.EvalSymlinks(filepath.Join(t.sys, "class", c.class, filepath.Base(path)))
		for ; err == nil && len(dir) > 1; dir = filepath.Dir(dir) {
			if attribute(dir, "bInterfaceNumber") == "" {
				continue
			}
			names, _ := filepath.Glob(filepath.Join(dir, "net", "*"))
			if len(names) > 0 {
				return filepath.Base(names[0])
			}
			break
		}
	}
	return ""
}

func attribute(dir, name string) string {
	b, _ := os.ReadFile(filepath.Join(dir, name))
	return strings.TrimSpace(string(b))
}

// A node is the device that is configured, under whatever name it has now.
type node struct {
	tree
	configured string
	port       USBPort // of the device that was open last, or that is configured by its ids
	known      bool
	others     []string // places where other modems of its model were then
}

func newNode(t tree, configured string) *node {
	n := &node{tree: t, configured: configured}
	n.port, n.known = ParseUSBPort(configured)
	return n
}

// path returns the name under which to open the device, "" while it is not there. A name says
// nothing once the modem was seen: after it came back another of its ports may have that name.
func (n *node) path() string {
	if n.known {
		if path, ok := n.find(n.port, n.others); ok {
			return path
		}
	}
	if port, ok := ParseUSBPort(n.configured); ok { // another one of the model is as good
		path, _ := n.find(port, n.others)
		return path
	}
	if u, ok := n.identify(n.configured); ok && n.known && u.sameModel(n.port) && u.Interface != n.port.Interface {
		return ""
	}
	return n.configured
}

// isNode reports whether the device is a node, not a proxy or QRTR.
func (n *node) isNode() bool {
	return strings.HasPrefix(n.configured, "/") || strings.HasPrefix(n.configured, "usb:")
}

// concerns reports whether a file that appears may be the device.
func (n *node) concerns(name string) bool {
	if name == filepath.Base(n.configured) {
		return true
	}
	for _, c := range modemClasses {
		if n.known && strings.HasPrefix(name, c.prefix) {
			return true
		}
	}
	return false
}

// opened remembers which device it was, and which ones it was not.
func (n *node) opened(path string) {
	u, ok := n.identify(path)
	if !ok {
		return
	}
	n.port, n.known, n.others = u, true, n.others[:0]
	n.each(func(v USBPort, _ string) {
		if u.sameModel(v) && v.Interface == u.Interface && v.place != u.place {
			n.others = append(n.others, v.place)
		}
	})
}

// Locate returns the node that a configured device is now: itself, or of "usb:…" the node of that
// port. It is "" while there is none.
func Locate(device string) string { return newNode(tree{"/sys", "/dev"}, device).path() }
