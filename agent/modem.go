package agent

import (
	"net/netip"
	"time"

	"imsagent/agent/ipc"
	"imsagent/modem"
	"imsagent/sipmin"
)

// A modemView is what the modem told, and when by boot time; a zero time is never. Nothing here is
// asked for when a message is sent: what the modem said last is what counts.
type modemView struct {
	word, text   string // its state, in one word and in one line
	at           time.Time
	cell         modem.Cell // of the access network now
	cellAt       time.Time  // when the modem confirmed it
	sim          modem.SIM
	simAt        time.Time
	registration modem.Registration
	registeredAt time.Time
	identity     *modem.Identity
	identityAt   time.Time
	bearer       *modem.Bearer
	bearerAt     time.Time
	client       modem.Client // the modem's own IMS client
	clientAt     time.Time
}

// stepModem takes what the modem says.
func (c *Core) stepModem(ev *modem.Event) {
	v := &c.modem
	switch ev.Kind {
	case modem.Access:
		c.setAccessNetwork(ev)
	case modem.Confirmed:
		c.confirmAccessNetwork()
	case modem.Gone:
		*v = modemView{cell: v.cell, cellAt: v.cellAt, client: v.client}
		c.tellModem("gone", ev.Text)
	case modem.Back:
		c.tellModem("ready", ev.Text)
	case modem.Card:
		v.sim, v.simAt = ev.SIM, c.now
		c.tellModem("status", ev.Text)
	case modem.Status:
		c.tellModem("status", ev.Text)
	case modem.Registered:
		v.registration, v.registeredAt = ev.Registration, c.now
	case modem.Identified:
		v.identity, v.identityAt = ev.Identity, c.now
		c.learnIdentity(ev.Identity)
	case modem.Refreshed:
		v.identity, v.identityAt = nil, time.Time{}
	case modem.BearerUp, modem.BearerDown:
		v.bearer, v.bearerAt = ev.Bearer, c.now
		c.stepBearer(ev.Bearer)
	case modem.OwnIMS:
		v.client, v.clientAt = ev.IMS, c.now
		c.ownIMS(ev.Text)
	}
}

// held reports whether nothing of ours may begin because the modem's own IMS client is, or may become,
// registered with the same identity: two of them end each other's registration (RFC 5626 §6). What was
// begun goes on, and what is to be sent waits in the spool.
func (c *Core) held() bool {
	return c.cfg.IMS.Mode == "exclusive" && c.cfg.Modem.OwnIMS != "ignore" && c.modem.client.State.Conflicts()
}

// ownIMS acts on the state of the modem's own IMS client.
func (c *Core) ownIMS(text string) {
	if !c.held() {
		c.tellModem("status", text)
		return
	}
	c.tellModem("own_ims", text)
	if c.cfg.Modem.OwnIMS == "disable" {
		c.do(Action{Kind: ActModem, Request: &modem.Request{Kind: modem.DisableIMS}})
	}
}

// learnIdentity takes what the configuration leaves out from the card: who signs, and the home domain.
func (c *Core) learnIdentity(id *modem.Identity) {
	ims := &c.cfg.IMS
	if c.given.IMPI == "" {
		ims.IMPI = id.IMPI
	}
	if c.given.Domain == "" && c.given.From() == "" && hostName(id.Domain) { // else it is that of the URI by which we sign
		ims.Domain = id.Domain
	}
	if c.given.IMPU == "" {
		ims.IMPU = firstURI(id.IMPU)
	}
	if from := ims.From(); from != string(c.own) {
		c.own = []byte(from)
		c.ua.SetIdentity(from)
		c.ua.SetContactUser(userOf(ims.IMPU))
		c.outboxDue = earliest(c.outboxDue, c.now)
	}
	for _, p := range c.peers { // those that were named before the domain was known
		if p.session == nil && p.key != "" && p.key[0] == '+' {
			p.uri = c.uriOf(p.key)
		}
	}
}

// firstURI returns the first SIP or tel URI of a card; "" for none.
func firstURI(list []string) string {
	for _, text := range list {
		b := []byte(text)
		if len(b) > maxText {
			continue
		}
		u, err := sipmin.ParseURI(b, sipmin.Span{Len: uint16(len(b))})
		if err == nil && (u.Scheme == sipmin.SchemeTel || u.Scheme == sipmin.SchemeSIP && u.Host.Len > 0) {
			return text
		}
	}
	return ""
}

// tellModem keeps the state of the modem and tells the hosts.
func (c *Core) tellModem(word, text string) {
	c.modem.word, c.modem.text, c.modem.at = word, text, c.now
	c.noteModem(word, text)
}

// setAccessNetwork changes the P-Access-Network-Info of later requests; a configured value
// wins over the modem's.
func (c *Core) setAccessNetwork(ev *modem.Event) {
	if c.cfg.Modem.AccessNetwork != "" {
		return
	}
	old, cell := c.modem.cell, ev.Cell
	if cell.Access == 0 { // whoever tells only the value
		cell, _ = modem.ParsePANI([]byte(ev.PANI))
	}
	c.modem.cell, c.modem.cellAt = cell, c.now
	if ev.PANI == c.pani {
		if old != cell && c.pani != "" { // the same cell by another band
			c.noteAccessNetwork()
		}
		return
	}
	c.pani, c.paniAt = ev.PANI, c.wall.UnixMilli()
	c.ua.SetAccessNetwork(c.pani)
	c.noteAccessNetwork()
}

// confirmAccessNetwork takes the news that the cell is as it was.
func (c *Core) confirmAccessNetwork() {
	if c.cfg.Modem.AccessNetwork == "" {
		c.modem.cellAt = c.now
	}
}

// configuredCell decodes the access network that the configuration fixes.
func (c *Core) configuredCell() {
	if c.pani != "" {
		c.modem.cell, _ = modem.ParsePANI([]byte(c.pani))
	}
}

// age is how many seconds ago something was told.
func (c *Core) age(at time.Time) int64 {
	if at.IsZero() {
		return ipc.NeverSeen
	}
	return int64(c.now.Sub(at) / time.Second)
}

// accessNetwork describes where we are.
func (c *Core) accessNetwork() *ipc.AccessNetwork {
	a := &c.place
	*a = ipc.AccessNetwork{Value: c.pani, Time: c.paniAt, Age: c.age(c.modem.cellAt)}
	if c.cfg.Modem.AccessNetwork != "" {
		a.Source = "configuration"
	} else if c.cfg.Modem.Protocol == "host" && !c.modem.cellAt.IsZero() {
		a.Source = "host"
	} else if !c.modem.cellAt.IsZero() {
		a.Source = "modem"
	}
	cell := &c.modem.cell
	if cell.Access == 0 {
		return a
	}
	a.Radio, a.Duplex, a.Band, a.PLMN = cell.Access.String(), cell.Duplex.String(), int64(cell.Band), cell.PLMN.Digits()
	if cell.Located {
		a.Area, a.Cell = cell.Digits()
	}
	return a
}

// modemState describes the modem.
func (c *Core) modemState() ipc.ModemState {
	v := &c.modem
	m := ipc.ModemState{State: v.word, Text: v.text, Age: c.age(v.at), SIMAge: c.age(v.simAt),
		RegistrationAge: c.age(v.registeredAt), OwnIMSAge: c.age(v.clientAt)}
	if !v.simAt.IsZero() {
		m.SIM = v.sim.String()
	}
	if !v.registeredAt.IsZero() {
		m.Registration = v.registration.String()
	}
	if !v.clientAt.IsZero() {
		m.OwnIMS = v.client.State.String()
	}
	return m
}

// identity describes who we are: what is configured wins over what the card says.
func (c *Core) identity() ipc.Identity {
	id := ipc.Identity{Age: c.age(c.modem.identityAt)}
	if card := c.modem.identity; card != nil {
		id.IMPI, id.Domain, id.IMPU, id.IMSI, id.IMEI, id.ISIM = card.IMPI, card.Domain, card.IMPU, card.IMSI, card.IMEI, card.ISIM
	}
	ims := &c.given
	if ims.IMPI != "" {
		id.IMPI = ims.IMPI
	}
	if ims.IMPU != "" {
		id.IMPU = []string{ims.IMPU}
	}
	if ims.Domain != "" {
		id.Domain = ims.Domain
	}
	return id
}

// bearerState describes the IMS data connection, and where requests go.
func (c *Core) bearerState() ipc.Bearer {
	v := &c.modem
	b := c.describeBearer()
	b.Age = c.age(v.bearerAt)
	for _, p := range c.proxies.list[:c.proxies.n] {
		b.PCSCF = append(b.PCSCF, p.Addr())
	}
	for _, a := range c.pdn.addresses[:c.pdn.n] {
		b.Addresses = append(b.Addresses, netip.PrefixFrom(a, a.BitLen()))
	}
	if m := v.bearer; m != nil {
		b.APN, b.Addresses, b.Gateway, b.DNS, b.MTU = m.APN, m.Addresses, m.Gateway, m.DNS, int64(m.MTU)
		if c.proxies.n == 0 {
			b.Names = m.PCSCFNames
		}
	}
	return b
}
