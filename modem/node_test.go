package modem

import (
	"os"
	"path/filepath"
	"testing"
)

// A fakeTree has the layout that Linux 6.1 shows of an EC25: usb-serial ports lie below their
// interface, cdc-wdm in a class directory of it.
type fakeTree struct {
	tree
	t *testing.T
}

func newFakeTree(t *testing.T) fakeTree {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	check(t, err)
	return fakeTree{tree{filepath.Join(dir, "sys"), filepath.Join(dir, "dev")}, t}
}

func (f fakeTree) write(path, text string) {
	f.t.Helper()
	check(f.t, os.MkdirAll(filepath.Dir(path), 0o755))
	check(f.t, os.WriteFile(path, []byte(text), 0o644))
}

// plug adds a node of an interface of a modem.
func (f fakeTree) plug(class, name, place, iface, product, serial string) {
	f.t.Helper()
	modem := filepath.Join(f.sys, "devices/platform/soc/usb1", place)
	f.write(modem+"/idVendor", "2c7c\n")
	f.write(modem+"/idProduct", product+"\n")
	if serial != "" {
		f.write(modem+"/serial", serial+"\n")
	}
	port := filepath.Join(modem, place+":1."+iface[1:])
	f.write(port+"/bInterfaceNumber", iface+"\n")
	at := filepath.Join(port, name, "tty", name)
	if class == "usbmisc" {
		at = filepath.Join(port, "usbmisc", name)
	}
	f.write(at+"/uevent", "DEVNAME="+name+"\n")
	link := filepath.Join(f.sys, "class", class, name)
	check(f.t, os.MkdirAll(filepath.Dir(link), 0o755))
	check(f.t, os.Symlink(at, link))
	f.write(filepath.Join(f.dev, name), "")
}

func (f fakeTree) unplug(place string) {
	f.t.Helper()
	links, _ := filepath.Glob(filepath.Join(f.sys, "class/*/*"))
	for _, l := range links {
		if target, _ := os.Readlink(l); filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(filepath.Dir(target))))) == place ||
			filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(target)))) == place {
			check(f.t, os.Remove(l))
			check(f.t, os.Remove(filepath.Join(f.dev, filepath.Base(l))))
		}
	}
	check(f.t, os.RemoveAll(filepath.Join(f.sys, "devices/platform/soc/usb1", place)))
}

func (f fakeTree) ec25(place string, first int, wdm, serial string) {
	for i := range 4 {
		f.plug("tty", "ttyUSB"+string(rune('0'+first+i)), place, "0"+string(rune('0'+i)), "0125", serial)
	}
	f.plug("usbmisc", wdm, place, "04", "0125", serial)
}

func (f fakeTree) want(n *node, name string) {
	f.t.Helper()
	if name != "" {
		name = filepath.Join(f.dev, name)
	}
	if got := n.path(); got != name {
		f.t.Errorf("%s is at %q, want %q", n.configured, got, name)
	}
}

func TestNodeComesBackUnderAnotherName(t *testing.T) {
	f := newFakeTree(t)
	at, qmi := newNode(f.tree, filepath.Join(f.dev, "ttyUSB2")), newNode(f.tree, filepath.Join(f.dev, "cdc-wdm0"))
	byID := newNode(f.tree, "usb:2C7C:0125:02")
	f.want(at, "ttyUSB2")
	f.want(byID, "")
	f.ec25("1-1.2", 0, "cdc-wdm0", "")
	for _, n := range []*node{at, qmi, byID} {
		n.opened(n.path())
		if !n.known {
			t.Fatalf("%s is not recognised", n.configured)
		}
	}
	f.unplug("1-1.2")
	f.want(at, "ttyUSB2") // as configured: opening it says what is wrong
	f.ec25("1-1.2", 1, "cdc-wdm1", "")
	f.want(at, "ttyUSB3") // ttyUSB2 is its NMEA port now
	f.want(byID, "ttyUSB3")
	f.want(qmi, "cdc-wdm1")
}

// While only some ports are there again, one of another interface under the old name is not it.
func TestNodeHalfThere(t *testing.T) {
	f := newFakeTree(t)
	f.ec25("1-1", 0, "cdc-wdm0", "")
	n := newNode(f.tree, filepath.Join(f.dev, "ttyUSB2"))
	n.opened(n.path())
	f.unplug("1-1")
	f.plug("tty", "ttyUSB2", "1-1", "01", "0125", "")
	f.want(n, "")
	f.unplug("1-1")
	f.plug("tty", "ttyUSB2", "1-1", "03", "0512", "") // another model: the name is what was asked for
	f.want(n, "ttyUSB2")
}

// Of two modems of a model it is the one in the same place, or with the same serial number.
func TestNodeOfTwo(t *testing.T) {
	f := newFakeTree(t)
	f.ec25("1-1", 0, "cdc-wdm0", "")
	f.ec25("1-2", 4, "cdc-wdm1", "")
	second, first := newNode(f.tree, filepath.Join(f.dev, "ttyUSB6")), newNode(f.tree, filepath.Join(f.dev, "ttyUSB2"))
	second.opened(second.path())
	first.opened(first.path())
	f.want(second, "ttyUSB6")
	f.want(first, "ttyUSB2")
	f.unplug("1-2")
	f.want(second, "ttyUSB6") // as configured, not the other modem's port
	f.ec25("1-4", 5, "cdc-wdm1", "")
	f.want(second, "ttyUSB7")

	g := newFakeTree(t)
	g.ec25("1-1", 0, "cdc-wdm0", "A1")
	n := newNode(g.tree, filepath.Join(g.dev, "cdc-wdm0"))
	n.opened(n.path())
	g.unplug("1-1")
	g.ec25("1-1", 0, "cdc-wdm0", "B2")
	g.ec25("1-3", 4, "cdc-wdm1", "A1")
	g.want(n, "cdc-wdm1")

	h := newFakeTree(t)
	h.ec25("1-1", 0, "cdc-wdm0", "A1")
	n = newNode(h.tree, "usb:2c7c:0125:04")
	n.opened(n.path())
	h.unplug("1-1")
	h.want(n, "")
	h.ec25("1-2", 0, "cdc-wdm3", "C3") // the broken modem was replaced
	h.want(n, "cdc-wdm3")
}

func TestNodeByLink(t *testing.T) {
	f := newFakeTree(t)
	f.ec25("1-1", 0, "cdc-wdm0", "")
	link := filepath.Join(f.dev, "serial", "modem")
	check(t, os.MkdirAll(filepath.Dir(link), 0o755))
	check(t, os.Symlink(filepath.Join(f.dev, "ttyUSB2"), link))
	n := newNode(f.tree, link)
	if n.path() != link {
		t.Errorf("first %q", n.path())
	}
	n.opened(link)
	check(t, os.Remove(link))
	f.want(n, "ttyUSB2") // udev has not made the link again
}

func TestParseUSBPort(t *testing.T) {
	if u, ok := ParseUSBPort("usb:2C7C:0125:02"); !ok || u != (USBPort{Vendor: "2c7c", Product: "0125", Interface: "02"}) {
		t.Errorf("%+v, %v", u, ok)
	}
	for _, bad := range []string{"", "usb:", "usb:2c7c:0125", "usb:2c7c:0125:2", "usb:2c7c:0125:02:1", "usb:2c7g:0125:02", "usb:+c7c:0125:02", "/dev/ttyUSB2", "usb:2c7c:125:002"} {
		if _, ok := ParseUSBPort(bad); ok {
			t.Errorf("%q is taken", bad)
		}
	}
}
