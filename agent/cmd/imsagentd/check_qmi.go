package main

import (
	"net"
	"syscall"
	"time"

	"imsagent/modem"
)

// afQIPCRTR is AF_QIPCRTR of linux/socket.h.
const afQIPCRTR = 42

// checkShared looks at a modem that is not a node of our own: one behind QRTR or qmi-proxy. ok is
// false for a node.
func checkShared(device string) (f finding, ok bool) {
	if device == modem.QRTRDevice {
		return checkQRTR(), true
	}
	socket, path := modem.SplitProxy(device)
	if path == "" {
		return f, false
	}
	c, err := net.DialTimeout("unix", socket, 3*time.Second)
	if err != nil {
		return finding{Verdict: bad, Text: err.Error(), Fix: "start qmi-proxy (Debian: libqmi-proxy), or name " + path + " itself if nobody else uses it"}, true
	}
	c.Close()
	return finding{Verdict: good, Text: "qmi-proxy answers on " + socket}, true
}

func checkQRTR() finding {
	fd, err := syscall.Socket(afQIPCRTR, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return finding{Verdict: bad, Text: "QRTR: " + err.Error(), Fix: "load the kernel's module qrtr, and qrtr-smd or qrtr-mhi; or name a node"}
	}
	syscall.Close(fd)
	return finding{Verdict: good, Text: "the kernel has QRTR"}
}
