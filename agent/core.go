package agent

import (
	"net/netip"
	"time"

	"imsagent/agent/internal/bufpool"
	"imsagent/agent/ipc"
	"imsagent/agent/spool"
	"imsagent/cpim"
	"imsagent/sipmin"
)

// maxOutstanding is how many Store, Finish and Load actions may wait for the flash at
// once; more is refused as busy.
const maxOutstanding = 64

// A Setup is what a Core needs besides the configuration.
type Setup struct {
	Version  string
	Pool     *bufpool.Pool
	MSRPPort uint16           // where the edge listens for MSRP
	Spool    *spool.Spool     // read once, at New; nil: an empty one
	Entropy  func(dst []byte) // fills dst with random octets
	Now      time.Time        // boot time of the start
	Damaged  int              // records of the spool that could not be read
}

// A Core is the whole protocol state of one UE. It performs no I/O, starts no goroutine
// and reads no clock, so every run of it can be replayed.
type Core struct {
	cfg     *Config // a copy: what [ims] leaves out may come from the card
	given   IMSConfig
	version string
	pool    *bufpool.Pool
	entropy func([]byte)
	now     time.Time // boot time of this step
	wall    time.Time // wall clock of this step
	acts    []Action

	ua       *sipmin.UA
	lent     lending
	sipFlows [maxSIPFlows]sipFlow
	nextFlow FlowID // last flow that we dialled; odd

	msrpHost string // our host as it is spelled in our SDP and MSRP URI
	msrpPort uint16
	conns    []msrpConn
	sessions []session
	lastSess uint32 // number of the newest session
	byes     []owedBye

	peers         map[string]*peer
	conversations map[string]string
	box           box
	nextID        uint64
	hosts         [maxHosts]host
	pending       [maxOutstanding]pending
	pagers        [maxPagers]pager
	cpim          cpim.Message // of the message being read
	namespaces    []cpim.Namespace
	paniOctets    []byte
	lastTag       uint32
	notices       uint64 // notifications whose answer waited for the flash, counted
	pani          string // P-Access-Network-Info now; empty: unknown
	paniAt        int64  // since when, wall clock in milliseconds
	pdn           pdn
	proxies       proxies
	modem         modemView
	place         ipc.AccessNetwork // for a report
	own           []byte            // our identity
	scratch       []byte            // for one frame to a host
	decoded       []byte            // for content with a transfer encoding
	carriedRoom   [1024]byte
	nameRoom      [128]byte
	nameOfMessage [maxPath + 64]byte // of one without an imdn.Message-ID
	rawID         [32]byte           // random octets for an id
	messageID     [idLen]byte        // of the MSRP message being queued
	receiptID     [idLen]byte        // of the notification being written
	document      [bufpool.Size]byte // a notification being read or written
	valueRoom     [512]byte
	spoolBytes    int64
	behind        int       // actions that the spool has not carried out
	untold        int64     // damaged records of the spool of which no host knows
	outboxDue     time.Time // when the outbox has something to look at
	loadAfter     time.Time // nothing is read from the spool before; zero: at once
	nextInvite    time.Time // no INVITE of a retry before
	stopping      bool
	stopped       bool
	counters      counters
}

// counters count what a status report shows.
type counters struct {
	malformed uint64 // SIP messages or MSRP streams that could not be read
	foreign   uint64 // packets and connections from others than the P-CSCF
	shed      uint64 // dropped because no buffer was free
	sent      uint64
	received  uint64
	duplicate uint64
	damaged   uint64 // records of the spool that cannot be read
	refused   uint64 // INVITEs refused because they are no 1-to-1 chat
}

// NewCore takes all memory that the core will use in steady state, and the messages that
// the spool holds.
func NewCore(cfg *Config, s Setup) (*Core, error) {
	own := *cfg
	cfg = &own
	c := &Core{
		cfg: cfg, given: cfg.IMS, version: s.Version, pool: s.Pool, entropy: s.Entropy, now: s.Now,
		acts: make([]Action, 0, 256), nextFlow: udpFlow, msrpPort: s.MSRPPort, msrpHost: cfg.IMS.Local.Host,
		conns: make([]msrpConn, cfg.Memory.Sessions+maxUnbound), sessions: make([]session, cfg.Memory.Sessions),
		peers: make(map[string]*peer), conversations: make(map[string]string), box: newBox(cfg.Spool.MaxMessages + beyondLimit),
		pani: cfg.Modem.AccessNetwork, modem: modemView{word: "none"}, nextID: 1,
	}
	if s.Spool != nil {
		if _, n := s.Spool.Usage(); n > cfg.Spool.MaxMessages { // the limit was lowered: what is there stays
			c.box = newBox(n + beyondLimit)
		}
	}
	c.lent.pool = s.Pool
	c.byes = make([]owedBye, 0, 2*cfg.Memory.Sessions) // as many as there are calls
	c.paniOctets = make([]byte, 0, 256)
	c.own = []byte(cfg.IMS.From())
	c.scratch = make([]byte, 0, ipc.MaxFrame)
	c.decoded = make([]byte, 0, bufpool.Size)
	c.namespaces = cfg.Chat.Namespaces
	if err := c.openUA(); err != nil {
		return nil, err
	}
	if s.Spool != nil {
		if err := c.restore(s.Spool); err != nil {
			return nil, err
		}
	}
	c.outboxDue = c.now
	c.noteLost(s.Damaged)
	c.configuredCell()
	return c, nil
}

// openUA makes the SIP user agent of the configuration.
func (c *Core) openUA() error {
	t1, t2, t4 := c.cfg.SIPTimers()
	tr := sipmin.TCP
	if c.cfg.IMS.Transport == "udp" {
		tr = sipmin.UDP
	}
	c.proxies = c.configured()
	proxy := c.proxies.list[0]
	if c.proxies.n == 0 {
		proxy = c.cfg.IMS.Local.Addr // nothing is sent before one is known
	}
	route := routeTo(proxy)
	if len(c.cfg.IMS.PCSCF) > 0 { // as it was spelled
		route = "<sip:" + c.cfg.IMS.PCSCF[0].String() + ";lr>"
	}
	ua, err := sipmin.New(sipmin.Config{
		Timers: sipmin.Timers{T1: t1, T2: t2, T4: t4},
		Local:  c.cfg.IMS.Local.Addr, Host: c.cfg.IMS.Local.Host,
		Proxy: proxy, ProxyURI: route, Transport: tr,
		Identity: c.cfg.IMS.From(), ContactUser: userOf(c.cfg.IMS.IMPU), ContactParams: ";" + icsiFeature,
		UserAgent: c.cfg.IMS.UserAgent, Allow: allowed, Accept: acceptedBodies, Supported: "timer",
		Compact: c.cfg.IMS.CompactHeaders, Calls: 2 * c.cfg.Memory.Sessions, Transactions: 4 * c.cfg.Memory.Sessions,
		Entropy: c.entropy, Wire: (*wire)(c), Memory: &c.lent,
	})
	if err != nil {
		return err
	}
	ua.SetAccessNetwork(c.pani)
	c.ua = ua
	return nil
}

// Step applies one event and returns what follows from it; the slice is valid until the
// next Step. now is boot time, wall the time of day. A timer event needs no deadline to
// have passed.
func (c *Core) Step(now, wall time.Time, ev Event) []Action {
	c.now, c.wall, c.acts, c.behind = now, wall, c.acts[:0], int(ev.Behind)
	if c.paniAt == 0 && c.pani != "" {
		c.paniAt = wall.UnixMilli()
	}
	switch ev.Kind {
	case EvDatagram:
		c.receiveSIP(sipmin.Source{Transport: sipmin.UDP, Addr: ev.Addr}, ev.Buf.Bytes())
		ev.Buf.Release()
	case EvOpened, EvAccepted, EvData, EvWritten, EvClosed:
		c.stepFlow(&ev)
	case EvStored, EvLoaded:
		c.stepSpool(&ev)
	case EvModem:
		c.stepModem(&ev.Modem)
	case EvStop:
		c.stop()
	}
	c.expire()
	c.flush()
	return c.acts
}

// stepFlow hands an event of a stream to the protocol that it speaks.
func (c *Core) stepFlow(ev *Event) {
	switch ev.Door {
	case DoorSIP:
		c.stepSIPFlow(ev)
	case DoorMSRP:
		c.stepMSRPFlow(ev)
	case DoorHost:
		c.stepHostFlow(ev)
	}
}

// expire applies every deadline that has passed.
func (c *Core) expire() {
	if d := c.ua.Deadline(); !d.IsZero() && !d.After(c.now) {
		c.ua.Expire(c.now)
		c.drainUA()
	}
	if !c.loadAfter.After(c.now) {
		c.loadAfter = time.Time{}
	}
	c.sayByes()
	c.expireConns()
	c.expireFlows()
	c.expireSessions()
	if !c.outboxDue.IsZero() && !c.outboxDue.After(c.now) {
		c.outboxDue = c.expireOutbox()
	}
	c.invitePeers()
	c.sendPagers()
}

// flush lets every session and host send what it has, as far as their flows take it.
func (c *Core) flush() {
	for i := range c.conns {
		if k := &c.conns[i]; k.flow != 0 && k.holding > 0 {
			c.resume(k)
		}
	}
	for i := range c.sessions {
		if s := &c.sessions[i]; s.state != sessionFree {
			c.pump(s)
		}
	}
	for i := range c.hosts {
		if h := &c.hosts[i]; h.flow != 0 {
			c.continueHost(h)
			c.replay(h)
		}
	}
	c.watchBuffers()
	if c.stopping && c.quiet() {
		c.stopped = true
	}
}

// Deadline returns when Step next needs a timer event; the zero time means never.
func (c *Core) Deadline() time.Time {
	d := earliest(earliest(c.ua.Deadline(), c.outboxDue), c.loadAfter)
	d = earliest(d, earliest(c.connDeadline(), c.flowDeadline()))
	d = earliest(d, c.sessionDeadline())
	d = earliest(d, c.pageDeadline())
	return earliest(d, c.inviteDeadline())
}

// Stopped reports whether everything is closed after EvStop.
func (c *Core) Stopped() bool { return c.stopped }

// do adds one action to what this step returns.
func (c *Core) do(a Action) {
	if a.Kind >= ActStore {
		c.behind++
	}
	c.acts = append(c.acts, a)
}

// stop closes every session; Stopped tells when the peers have answered.
func (c *Core) stop() {
	c.stopping = true
	for i := range c.sessions {
		if s := &c.sessions[i]; s.state != sessionFree {
			c.endSession(s, "", 0)
		}
	}
}

// quiet reports whether nothing of ours waits for the network any more.
func (c *Core) quiet() bool { return c.ua.Pending() == 0 && len(c.byes) == 0 }

// fromProxy reports whether an address is that of the P-CSCF. Nobody else is heard: once
// a UE has a P-CSCF, SIP comes from there (hardening of TS 33.203 §7).
func (c *Core) fromProxy(a netip.Addr) bool {
	for _, p := range c.proxies.list[:c.proxies.n] {
		if p.Addr() == a {
			return true
		}
	}
	return false
}
