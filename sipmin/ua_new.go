package sipmin

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"time"
)

const (
	// maxText is the room for a message that we write: L1 of the limits.
	maxText = 65535
	// sizeLimit is the least size at which RFC 3261 §18.1.1 wants a congestion
	// controlled transport, where the path MTU is not known.
	sizeLimit = 1300
	// defaultCalls and defaultTransactions size the tables; maxTable bounds them.
	defaultCalls, defaultTransactions, maxTable = 32, 64, 255
	// maxBranch is the length of our own branches: the cookie and 16 digits.
	maxBranch = len(cookie) + 16
	// cookie begins every branch of RFC 3261, §8.1.1.7.
	cookie = "z9hG4bK"
)

// UA is the SIP user agent of one UE. It is one state machine: whoever owns it
// calls its methods one at a time, hands it the time, and takes its events.
type UA struct {
	cfg      Config
	pani     string
	route    string
	identity string
	proxy    netip.AddrPort
	host     string // of Call-IDs: cfg.Host without brackets
	secret   hash   // begins every hash of what a peer sent
	events   queue
	txns     []txn
	calls    []call

	// What is being received.
	msg Msg
	own Msg // of an INVITE of ours, in derive
	raw []byte
	src Source

	fork dialog // of a response that is not our call's
	out  text   // what is being written
	room [maxText]byte
	seed [8]byte

	second  time.Time // of the OPTIONS counted
	options int       // answered by datagram in that second
}

// New takes all memory that the UA will ever use.
func New(cfg Config) (*UA, error) {
	if cfg.Wire == nil || cfg.Memory == nil || cfg.Entropy == nil || !cfg.Local.IsValid() || !cfg.Proxy.IsValid() {
		return nil, ErrConfig
	}
	complete(&cfg)
	u := &UA{cfg: cfg, route: cfg.ProxyURI, identity: cfg.Identity, proxy: cfg.Proxy}
	u.host = strings.Trim(cfg.Host, "[]")
	u.txns = make([]txn, cfg.Transactions)
	u.calls = make([]call, cfg.Calls)
	for i := range u.txns {
		u.txns[i].index = uint8(i + 1)
	}
	for i := range u.calls {
		u.calls[i].index = uint8(i + 1)
	}
	u.events.ring = make([]Event, 2*(cfg.Calls+cfg.Transactions)+8)
	u.secret = hash(u.random())
	return u, nil
}

// complete puts the defaults into the zero fields.
func complete(cfg *Config) {
	std := Internet()
	if cfg.Timers.T1 <= 0 {
		cfg.Timers.T1 = std.T1
	}
	if cfg.Timers.T2 <= 0 {
		cfg.Timers.T2 = std.T2
	}
	if cfg.Timers.T4 <= 0 {
		cfg.Timers.T4 = std.T4
	}
	if cfg.SizeLimit == 0 {
		cfg.SizeLimit = sizeLimit
	}
	cfg.Calls = tableSize(cfg.Calls, defaultCalls)
	cfg.Transactions = tableSize(cfg.Transactions, defaultTransactions)
	if cfg.SessionExpires != 0 {
		cfg.SessionExpires = min(max(cfg.SessionExpires, leastInterval), greatestInterval)
	}
	if cfg.Host == "" {
		cfg.Host = cfg.Local.Addr().String()
		if cfg.Local.Addr().Is6() {
			cfg.Host = "[" + cfg.Host + "]"
		}
	}
}

func tableSize(n, std int) int {
	if n <= 0 {
		n = std
	}
	return min(n, maxTable)
}

// SetAccessNetwork changes the P-Access-Network-Info of later requests; empty
// leaves it out.
func (u *UA) SetAccessNetwork(pani string) { u.pani = pani }

// SetRoute changes the Route of later requests outside a dialog: the P-CSCF
// and the Service-Route, separated by commas.
func (u *UA) SetRoute(route string) { u.route = route }

// SetProxy changes the next hop of requests.
func (u *UA) SetProxy(proxy netip.AddrPort) { u.proxy = proxy }

// SetIdentity changes the From of later requests.
func (u *UA) SetIdentity(uri string) { u.identity = uri }

// SetContactUser changes the user part of the Contact of later messages; "" is none.
func (u *UA) SetContactUser(user string) { u.cfg.ContactUser = user }

// Deadline returns when Expire is due; zero for never.
func (u *UA) Deadline() (at time.Time) {
	for i := range u.txns {
		if u.txns[i].live() {
			at = earlier(at, u.txns[i].deadline())
		}
	}
	for i := range u.calls {
		if u.calls[i].state != callFree {
			at = earlier(at, u.calls[i].deadline())
		}
	}
	return at
}

// Expire applies the timers that have fired by now. It stops early when the
// events fill their room; Deadline has passed then, and it is called again.
func (u *UA) Expire(now time.Time) {
	u.forget()
	for i := range u.txns {
		if t := &u.txns[i]; t.live() && due(t.deadline(), now) && u.roomy() {
			u.expireTxn(now, t)
		}
	}
	for i := range u.calls {
		if c := &u.calls[i]; c.state != callFree && due(c.deadline(), now) && u.roomy() {
			u.expireCall(now, c)
		}
	}
}

// roomy tells whether whatever comes next finds room for its events.
func (u *UA) roomy() bool { return len(u.events.ring)-u.events.size >= 4 }

// forget drops the message of the last Receive: no event may point to it.
func (u *UA) forget() { u.raw, u.src = nil, Source{} }

// write begins a message.
func (u *UA) write() *text {
	u.out = text{b: u.room[:0:maxText], compact: u.cfg.Compact}
	return &u.out
}

// random returns 64 random bits.
func (u *UA) random() uint64 {
	u.cfg.Entropy(u.seed[:])
	return binary.LittleEndian.Uint64(u.seed[:])
}
