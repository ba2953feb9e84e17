package modem

import (
	"net"
	"strings"
	"time"
)

// ProxySocket is the abstract Unix socket on which qmi-proxy listens.
const ProxySocket = "@qmi-proxy"

// SplitProxy splits the name of a device behind a proxy: "proxy:/dev/cdc-wdm0" is behind
// ProxySocket, "proxy@NAME:/dev/cdc-wdm0" behind another abstract socket. path is "" for a device
// that is opened itself.
func SplitProxy(device string) (socket, path string) {
	rest, ok := strings.CutPrefix(device, "proxy")
	if !ok {
		return "", ""
	}
	socket, path, ok = strings.Cut(rest, ":")
	switch {
	case !ok || socket != "" && socket[0] != '@':
		return "", ""
	case socket == "":
		socket = ProxySocket
	}
	return socket, path
}

// dialProxy connects to the proxy. A device that is behind none fails like a missing one.
func dialProxy(socket, name string) (device, error) {
	c, err := (&net.Dialer{Timeout: 3 * time.Second}).Dial("unix", socket)
	if err == nil {
		return c.(*net.UnixConn), nil
	}
	return nil, &OpError{"open", name, cause(err)}
}
