package agent

import (
	"net/netip"

	"imsagent/agent/ipc"
	"imsagent/modem"
)

// Limits of what is kept of a bearer; more is left out.
const (
	maxProxies   = 8
	maxAddresses = 4
	maxInterface = 15 // octets: IFNAMSIZ without its NUL
	minMTU       = 1280
	maxMTU       = 65535
)

// A pdn is the IMS PDN connection as the modem, or in its place the host, has told it.
type pdn struct {
	told      bool // somebody has
	iface     string
	addresses [maxAddresses]netip.Addr
	n         int // of addresses; 0 is a bearer that is down
}

// proxies is where requests go, in order of preference.
type proxies struct {
	list [maxProxies]netip.AddrPort
	n    int
}

// add takes an address of the IP version of local; a P-CSCF of another cannot be reached from there.
func (p *proxies) add(a, local netip.AddrPort) {
	if p.n < maxProxies && a.Addr().Is4() == local.Addr().Is4() && !a.Addr().IsUnspecified() && !a.Addr().IsMulticast() {
		p.list[p.n] = a
		p.n++
	}
}

// configured returns the P-CSCFs of the configuration.
func (c *Core) configured() (p proxies) {
	for _, e := range c.cfg.IMS.PCSCF {
		p.add(e.Addr, c.cfg.IMS.Local.Addr)
	}
	return p
}

// setProxies changes where requests go. Configured ones win over those of the network; with none
// the last ones stay.
func (c *Core) setProxies(p proxies) {
	if len(c.cfg.IMS.PCSCF) > 0 || p.n == 0 || p == c.proxies {
		return
	}
	c.proxies = p
	c.ua.SetProxy(p.list[0])
	c.ua.SetRoute(routeTo(p.list[0]))
	c.outboxDue = earliest(c.outboxDue, c.now)
}

func routeTo(proxy netip.AddrPort) string { return "<sip:" + proxy.String() + ";lr>" }

// stepBearer takes the bearer of the modem; nil is none.
func (c *Core) stepBearer(b *modem.Bearer) {
	n, p := pdn{told: true}, proxies{}
	if b != nil {
		n.iface = b.Interface
		for _, a := range b.Addresses {
			n.add(a.Addr())
		}
		for _, a := range b.PCSCF {
			p.add(netip.AddrPortFrom(a, sipPort), c.cfg.IMS.Local.Addr)
		}
	}
	c.setBearer(n)
	c.setProxies(p)
}

func (n *pdn) add(a netip.Addr) {
	if n.n < maxAddresses && a.IsValid() && !a.IsUnspecified() {
		n.addresses[n.n] = a.Unmap()
		n.n++
	}
}

// setBearer keeps what the bearer is. Our sockets stand on the configured address: a bearer that
// has others cannot carry them, which is told.
func (c *Core) setBearer(n pdn) {
	if n == c.pdn {
		return
	}
	c.pdn = n
	if n.n == 0 {
		return
	}
	local := c.cfg.IMS.Local.Addr.Addr()
	for _, a := range n.addresses[:n.n] {
		if a == local {
			return
		}
	}
	c.noteModem("status", "the bearer has not the address of ims.local: "+n.addresses[0].String())
}

// describeBearer is what `status` says of it. Without anybody to tell, an address that could be listened
// on counts as one that is up.
func (c *Core) describeBearer() ipc.Bearer {
	b := ipc.Bearer{State: "up", Interface: c.cfg.Bearer.Interface, Address: c.cfg.IMS.Local.String()}
	switch n := &c.pdn; {
	case n.told && n.n == 0:
		b.State, b.Address = "down", ""
	case n.told:
		b.Address = n.addresses[0].String()
		if n.iface != "" {
			b.Interface = n.iface
		}
	case c.cfg.Modem.Protocol == "host":
		b.State, b.Address = "down", ""
	}
	return b
}

// serveNetwork takes the bearer and the access network from the host, whole or not at all.
func (c *Core) serveNetwork(h *host, r *ipc.Request, b []byte) {
	if c.cfg.Modem.Protocol != "host" {
		c.deny(h, r, ipc.CodeWrongState, `modem.protocol is not "host"`)
		return
	}
	n, p, fault := c.parseNetwork(r, b)
	access := string(r.AccessNetwork.In(b))
	if fault == "" && access != "" && (!accessNetwork(access) || !printable(access) || len(access) > maxText) {
		fault = "access_network is not an access type with parameters (RFC 7315 §5.4)"
	}
	if fault != "" {
		c.deny(h, r, ipc.CodeBadArgument, fault)
		return
	}
	c.modem.bearerAt = c.now
	c.setBearer(n)
	c.setProxies(p)
	c.setAccessNetwork(&modem.Event{PANI: access})
	c.done(h, r)
}

// parseNetwork reads the request; fault says what is wrong with it.
func (c *Core) parseNetwork(r *ipc.Request, b []byte) (n pdn, p proxies, fault string) {
	n.told, n.iface = true, string(r.Interface.In(b))
	if len(n.iface) > maxInterface || !printable(n.iface) {
		return n, p, "interface cannot be one"
	}
	if r.MTU != 0 && (r.MTU < minMTU || r.MTU > maxMTU) {
		return n, p, "mtu is out of range"
	}
	each := func(list ipc.Span, key string, take func(text string) bool) {
		for text, at, ok := ipc.NextText(list.In(b), 0); ok; text, at, ok = ipc.NextText(list.In(b), at) {
			if !take(string(text)) && fault == "" {
				fault = key + " has what is not an address"
			}
		}
	}
	each(r.Addresses, "addresses", func(text string) bool {
		a, err := netip.ParseAddr(text)
		if prefix, perr := netip.ParsePrefix(text); perr == nil {
			a, err = prefix.Addr(), nil
		}
		n.add(a)
		return err == nil
	})
	each(r.PCSCF, "pcscf", func(text string) bool {
		e, ok := ParseEndpoint(text)
		if ok = ok && e.Addr.IsValid(); ok {
			p.add(e.Addr, c.cfg.IMS.Local.Addr)
		}
		return ok
	})
	each(r.DNS, "dns", func(text string) bool {
		_, err := netip.ParseAddr(text)
		return err == nil
	})
	return n, p, fault
}

// printable reports whether s has nothing that could end a header line.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
