package main

import (
	"fmt"
	"io"
	"net"
	"net/netip"
)

// world is the addresses of one demonstration.
type world struct {
	name     string
	one, two party  // UA1 and UA2 (with the proxy) of the trace
	note     string // printed before the runs
}

// party is one end of the chat.
type party struct {
	addr      netip.Addr
	sip, msrp uint16
}

func (p party) at(port uint16) string { return netip.AddrPortFrom(p.addr, port).String() }

// traceWorld is the trace's own addresses and ports.
var traceWorld = world{
	name: "trace",
	one:  party{netip.MustParseAddr("2001::1:4c16:9c0f:4986:9e6d"), 5060, 8880},
	two:  party{netip.MustParseAddr("2001:0:0:1::2"), 5060, 16000},
	note: "In a network namespace of its own, on the addresses and ports of the trace.",
}

// enter makes the world that was asked for, or the best there is.
func enter(o options, stdout io.Writer) (world, error) {
	if o.inside {
		w := traceWorld
		if err := bringUp(w.one.addr, w.two.addr); err != nil {
			return w, err
		}
		fmt.Fprintln(stdout, w.note)
		return w, nil
	}
	names := []string{"ipv6", "ipv4"}
	if o.world != "auto" {
		names = []string{o.world}
	}
	for _, name := range names {
		w, err := loopback(name)
		if err == nil {
			fmt.Fprintln(stdout, w.note)
			return w, nil
		}
		if name == "ipv6" && len(names) > 1 {
			fmt.Fprintln(stdout, "There is no IPv6 loopback here:", err)
			continue
		}
		return w, err
	}
	return world{}, fmt.Errorf("no world %q", o.world)
}

// loopback is a world on one address, each port one that is free.
func loopback(name string) (world, error) {
	addr := map[string]string{"ipv6": "::1", "ipv4": "127.0.0.1"}[name]
	if addr == "" {
		return world{}, fmt.Errorf("no world %q: trace, ipv6, ipv4 or auto", name)
	}
	a := netip.MustParseAddr(addr)
	w := world{name: name, one: party{addr: a}, two: party{addr: a}, note: "On " + addr + ", with ports that are free."}
	for _, port := range []*uint16{&w.one.sip, &w.one.msrp, &w.two.sip, &w.two.msrp} {
		p, err := free(a)
		if err != nil {
			return w, err
		}
		*port = p
	}
	return w, nil
}

// free finds a port that is free on UDP and TCP.
func free(a netip.Addr) (uint16, error) {
	for {
		l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(a, 0)))
		if err != nil {
			return 0, err
		}
		at := l.Addr().(*net.TCPAddr).AddrPort()
		u, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
		l.Close()
		if err == nil {
			u.Close()
			return at.Port(), nil
		}
	}
}
