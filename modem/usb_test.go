//go:build linux

package modem

import (
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"imsagent/modem/modemtest"
)

// startUSB plugs an emulated EC25 into this kernel, whose own drivers then make its nodes.
func startUSB(t *testing.T, protocol string) *modemtest.Modem {
	t.Helper()
	m, err := modemtest.Start(modemtest.Options{Protocol: protocol, USB: true})
	if err != nil {
		if os.Getenv("IMSAGENT_VHCI") != "" {
			t.Fatal(err)
		}
		t.Skip("this kernel has no vhci_hcd, or does not let us: ", err)
	}
	t.Cleanup(func() { check(t, m.Close()) })
	return m
}

// The real drivers: option for the serial ports, qmi_wwan and cdc-wdm for QMI.
func TestRunUSBKernel(t *testing.T) {
	for _, protocol := range []string{"at", "qmi"} {
		t.Run(protocol, func(t *testing.T) {
			m := startUSB(t, protocol)
			before := descriptors(t)
			b := attach(t, Config{Protocol: protocol, Device: m.Addr(), BackOff: time.Hour})
			t.Log(b.await(Status, "modem is at /dev/").Text)
			b.await(Back, "EC25")
			b.await(Access, trace)
			check(t, m.Cell("31041000010000001"))
			b.await(Access, "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000001")
			for range 3 {
				begun := time.Now()
				m.Vanish(time.Second)
				b.await(Gone, "")
				t.Log("unplugged: told after ", time.Since(begun))
				begun = time.Now().Add(time.Second)
				b.await(Back, "EC25")
				t.Log("plugged: told after ", time.Since(begun))
				b.await(Access, "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000001")
			}
			b.stop()
			settled(t, "descriptors", before+3, func() int { return descriptors(t) }) // and the poller's
		})
	}
}

// While somebody keeps the old node open, the kernel gives its number to no other: the port comes
// back under another name.
func TestRunUSBKernelAnotherName(t *testing.T) {
	m := startUSB(t, "at")
	path := ""
	for end := time.Now().Add(20 * time.Second); path == ""; time.Sleep(50 * time.Millisecond) {
		if path = Locate(m.Addr()); time.Now().After(end) {
			t.Fatal("option makes no node")
		}
	}
	b := attach(t, Config{Protocol: "at", Device: path, BackOff: time.Hour})
	b.await(Back, "EC25")
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	check(t, err)
	defer f.Close()
	m.Vanish(500 * time.Millisecond)
	b.await(Gone, "")
	now := strings.TrimPrefix(b.await(Status, "modem is at ").Text, "modem is at ")
	if now == path {
		t.Errorf("it is at %s again: nothing was shown", now)
	}
	b.await(Back, "EC25")
	b.await(Access, trace)
	t.Log(path, " is now ", now)
	b.stop()
}
