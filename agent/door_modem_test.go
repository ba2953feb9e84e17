package agent_test

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"imsagent/agent/agenttest"
	"imsagent/agent/ipc"
	"imsagent/modem/modemtest"
)

// inCell waits until the agent says that it is in this cell; "" is none.
func (a *app) inCell(pani string) {
	a.t.Helper()
	var got string
	a.eventually("the access network is "+pani, func() bool {
		s, _ := a.call("status", nil)["access_network"].(map[string]any)
		got, _ = s["value"].(string)
		return got == pani
	}, func() string { return got })
}

// said waits for a word of the modem.
func (a *app) said(state string) {
	a.t.Helper()
	a.until("modem "+state, func(n ipc.Notification) bool { return n.Method == "modem" && n.Params["state"] == state })
}

// firstChat sends a text to a peer with whom there is no session, and checks the
// P-Access-Network-Info of the INVITE; "" is none, which the simulated network does not answer.
func firstChat(t *testing.T, n *agenttest.Network, a *app, to, pani string) {
	t.Helper()
	id := a.send(to, "to "+to)
	if pani != "" {
		a.reaches(id, "delivered")
	}
	var invite string
	a.eventually("there is an INVITE to "+to, func() bool {
		for _, s := range n.Steps() {
			if s.Message == "INVITE" && bytes.Contains(s.Raw, []byte("INVITE sip:"+to+"@")) {
				invite = string(s.Raw)
			}
		}
		return invite != ""
	}, func() string { return "none" })
	_, rest, found := strings.Cut(invite, "\r\nP-Access-Network-Info: ")
	got, _, _ := strings.Cut(rest, "\r\n")
	if got != pani || found != (pani != "") {
		t.Errorf("INVITE to %s: P-Access-Network-Info %q, want %q", to, got, pani)
	}
}

// TestModemDoor: noise, endless lines, a modem that vanishes and one that restarts leave the
// chat alone, and P-Access-Network-Info is that of the cell or absent.
func TestModemDoor(t *testing.T) {
	noLeftovers(t)
	n := network(t, netip.AddrPortFrom(loopback, 0))
	m, err := modemtest.Start(modemtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	cfg := doorConfig(t, n.Addr())
	cfg.Modem.Protocol, cfg.Modem.Device, cfg.Modem.AccessNetwork = "at", m.Addr(), ""
	d := startDaemon(t, cfg)
	a := d.connect("message", "message_status", "modem", "access_network")
	a.inCell(modemtest.DefaultCell)
	firstChat(t, n, a, doorPeer, modemtest.DefaultCell)

	for _, s := range samples(t, "modem", "attacks/at/") {
		m.Send(string(s.octets))
	}
	m.Send("\r\n" + strings.Repeat("+CEREG: ", 100000))
	a.chat("in the middle of noise")
	m.Send("\r\n")
	const second = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000002"
	if err := m.Cell(second); err != nil {
		t.Fatal(err)
	}
	a.inCell(second)
	firstChat(t, n, a, "+14448880002", second)

	m.Vanish(time.Second)
	a.said("gone")
	a.inCell("")
	firstChat(t, n, a, "+14448880003", "")
	a.chat("without a modem")
	a.said("ready")
	a.inCell(second)
	firstChat(t, n, a, "+14448880004", second)

	m.Coverage(false)
	a.inCell("")
	a.chat("without coverage of the modem's own") // the sockets decide whether there is a network
	m.Coverage(true)
	a.inCell(second)
	m.Restart()
	a.chat("during a restart")
	const third = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=31041000010000003"
	if err := m.Cell(third); err != nil {
		t.Fatal(err)
	}
	a.inCell(third)
	firstChat(t, n, a, "+14448880005", third)
	a.allBuffersFree(40)
}
