package agent

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"imsagent/cpim"
)

// To add a key: 1. give it a field here and its default in DefaultConfig; 2. name it in
// keys.go of agent/cmd/imsagentd; 3. check it in config_validate.go. A test fails where one
// of the three is forgotten.

// A Config is everything that an agent is told when it starts. [DefaultConfig] returns the
// defaults; zero values are not defaults. The key of a field in the configuration file is
// in its comment.
type Config struct {
	Board  string // board: name of the profile that was applied; "" for none
	State  string // state: directory of what must outlive a restart
	Log    string // log: debug, info, warn or error
	Modem  ModemConfig
	Bearer BearerConfig
	IMS    IMSConfig
	TLS    TLSConfig
	SIP    SIPConfig
	MSRP   MSRPConfig
	Chat   ChatConfig
	Host   HostConfig
	Spool  SpoolConfig
	Memory MemoryConfig
}

// ModemConfig is table [modem].
type ModemConfig struct {
	Protocol      string // protocol: at, qmi, host or none
	Device        string // device: path of a tty (at) or a cdc-wdm node (qmi), "usb:" and ids, "proxy:" and a node, or "qrtr"
	AccessNetwork string // access_network: fixed P-Access-Network-Info; wins over the modem's
	OwnIMS        string // own_ims: refuse, disable or ignore
	Baud          int    // baud: bit/s
	PIN           string // pin
	Dialect       string // dialect: maker of the serving-cell command; "" asks the modem
}

// BearerConfig is table [bearer].
type BearerConfig struct {
	Manage    string // manage: none or modem
	Interface string // interface: SO_BINDTODEVICE; "" for none
	APN       string // apn
}

// IMSConfig is table [ims].
type IMSConfig struct {
	Access                string        // access: cellular, wlan or fixed
	Local                 Endpoint      // local: UDP and TCP listen here
	PCSCF                 []Endpoint    // pcscf: in order of preference
	Transport             string        // transport: tcp or udp
	Domain                string        // domain
	IMPI                  string        // impi
	IMPU                  string        // impu
	Identity              string        // identity: From; "" for impu
	Register              bool          // register
	Mode                  string        // mode: exclusive or beside
	Instance              string        // instance: imei or uuid
	Auth                  string        // auth: aka, digest or none
	Password              string        // password
	Security              string        // security: ipsec, tls or none
	Algorithms            []string      // algorithms
	Keepalive             time.Duration // keepalive
	PANIInInitialRegister bool          // pani_in_initial_register
	Expires               time.Duration // expires
	UserAgent             string        // user_agent
	CompactHeaders        bool          // compact_headers
	RequestURI            string        // request_uri: sip-home or tel
}

// TLSConfig is table [tls].
type TLSConfig struct {
	CA   string // ca: path
	Name string // name: expected in the peer's certificate
	Cert string // cert: path
	Key  string // key: path
}

// SIPConfig is table [sip].
type SIPConfig struct {
	T1     time.Duration // t1; 0: by access, see [Config.SIPTimers]
	T2     time.Duration // t2
	T4     time.Duration // t4
	IDForm string        // id_form: uuid or hex
}

// MSRPConfig is table [msrp].
type MSRPConfig struct {
	Port        uint16 // port: TCP; 0 picks one
	PathHost    string // path_host: address or token
	Setup       string // setup: auto, active or actpass
	SessionName string // session_name: s= of our SDP
	UserName    string // user_name: of o= in our SDP, one word
	MaxSize     int64  // max_size: octets of one incoming message
	TLS         string // tls: off, offer or require
}

// ChatConfig is table [chat].
type ChatConfig struct {
	Accept                string           // accept: auto, open, typing or send
	Idle                  time.Duration    // idle: then BYE
	Expires               time.Duration    // expires: of an outgoing message
	ReceiptTimeout        time.Duration    // receipt_timeout
	RingTimeout           time.Duration    // ring_timeout
	TypingRefresh         time.Duration    // typing_refresh: at least 60 s (RFC 3994 §3.2)
	TypingIdle            time.Duration    // typing_idle
	CPIMFrom              string           // cpim_from: anonymous or identity
	ContentTypes          []string         // content_types: accept-wrapped-types
	Namespaces            []cpim.Namespace // namespaces: CPIM headers carried for the host
	CPIMPANI              string           // cpim_pani: prefix of the namespace of PANI in CPIM; "" for off
	DeliveryNotifications bool             // delivery_notifications
	DisplayNotifications  bool             // display_notifications
}

// HostConfig is table [host].
type HostConfig struct {
	Socket    string   // socket: path
	Mode      string   // mode: permission bits of the socket, octal
	Group     string   // group: name; "" leaves the group
	AllowUIDs []uint32 // allow_uids: besides root and our own
}

// SpoolConfig is table [spool].
type SpoolConfig struct {
	MaxBytes    int64 // max_bytes
	MaxMessages int   // max_messages
}

// MemoryConfig is table [memory].
type MemoryConfig struct {
	Buffers  int   // buffers: of 4096 octets
	Sessions int   // sessions: MSRP sessions at once
	Limit    int64 // limit: GOMEMLIMIT in octets; raised to what is held after the start and 3 MiB where it is less
}

// DefaultConfig returns the defaults. What depends on the SIM or the network has none.
func DefaultConfig() Config {
	return Config{
		State:  "/var/lib/imsagent",
		Log:    "info",
		Modem:  ModemConfig{Protocol: "at", OwnIMS: "refuse", Baud: 115200},
		Bearer: BearerConfig{Manage: "none", APN: "ims"},
		IMS: IMSConfig{
			Access: "cellular", Transport: "tcp", Register: true, Mode: "exclusive", Instance: "imei",
			Auth: "aka", Security: "ipsec", Keepalive: 720 * time.Second, PANIInInitialRegister: true,
			Expires: 600000 * time.Second, UserAgent: "imsagent/1.0", CompactHeaders: true, RequestURI: "sip-home",
		},
		TLS:  TLSConfig{CA: "/etc/imsagent/ca.pem"},
		SIP:  SIPConfig{IDForm: "uuid"},
		MSRP: MSRPConfig{Port: 8880, PathHost: "address", Setup: "auto", SessionName: "-", UserName: "-", MaxSize: 65536, TLS: "off"},
		Chat: ChatConfig{
			Accept: "auto", Idle: 300 * time.Second, Expires: 24 * time.Hour, ReceiptTimeout: 300 * time.Second,
			RingTimeout: 60 * time.Second, TypingRefresh: 60 * time.Second, TypingIdle: 15 * time.Second,
			CPIMFrom: "anonymous", ContentTypes: []string{"text/plain", "message/imdn+xml"},
			DeliveryNotifications: true, DisplayNotifications: true,
		},
		Host:   HostConfig{Socket: "/run/imsagent/host.sock", Mode: "0660", Group: "imsagent"},
		Spool:  SpoolConfig{MaxBytes: 4 << 20, MaxMessages: 10000},
		Memory: MemoryConfig{Buffers: 64, Sessions: 16, Limit: 8 << 20},
	}
}

// SIPTimers returns T1, T2 and T4 as configured, else as the access has them: 3GPP
// TS 24.229 table 7.7.1 on cellular access, RFC 3261 table 4 elsewhere.
func (c *Config) SIPTimers() (t1, t2, t4 time.Duration) {
	t1, t2, t4 = 500*time.Millisecond, 4*time.Second, 5*time.Second
	if c.IMS.Access == "cellular" {
		t1, t2, t4 = 2*time.Second, 16*time.Second, 17*time.Second
	}
	pick := func(d *time.Duration, configured time.Duration) {
		if configured > 0 {
			*d = configured
		}
	}
	pick(&t1, c.SIP.T1)
	pick(&t2, c.SIP.T2)
	pick(&t4, c.SIP.T4)
	return t1, t2, t4
}

// From returns the URI by which we sign: identity, else impu.
func (c *IMSConfig) From() string {
	if c.Identity != "" {
		return c.Identity
	}
	return c.IMPU
}

// HomeDomain returns domain, else the host of the URI by which we sign; "" if neither has
// one.
func (c *IMSConfig) HomeDomain() string {
	if c.Domain != "" {
		return c.Domain
	}
	uri, _, _ := strings.Cut(c.From(), ";")
	_, host, ok := strings.Cut(uri, "@")
	if !ok {
		return ""
	}
	return host
}

// sipPort is where SIP listens unless an endpoint says otherwise (RFC 3261 §19.1.2).
const sipPort = 5060

// An Endpoint is a host and port as somebody spelled it. The same IPv6 address has several
// spellings, and what goes on the wire is the one that was configured.
type Endpoint struct {
	Addr netip.AddrPort // invalid where Host is a name
	Host string         // as spelled, an IPv6 address in its brackets; "" for none
	Port uint16
}

// ParseEndpoint reads host:port, where the host is an IPv4 address, an IPv6 address in
// brackets or a name. The port may be absent (5060), and then the brackets too.
func ParseEndpoint(s string) (e Endpoint, ok bool) {
	if ip, err := netip.ParseAddr(s); err == nil {
		e.Host, e.Port = s, sipPort
		if ip.Is6() {
			e.Host = "[" + s + "]"
		}
		e.Addr = netip.AddrPortFrom(ip, e.Port)
		return e, true
	}
	port := ""
	e.Host, e.Port = s, sipPort
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, ']') {
		e.Host, port = s[:i], s[i+1:]
		p, err := strconv.ParseUint(port, 10, 16)
		if err != nil || p == 0 || port[0] == '+' {
			return Endpoint{}, false
		}
		e.Port = uint16(p)
	}
	text := e.Host
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		text = text[1 : len(text)-1]
	}
	if ip, err := netip.ParseAddr(text); err == nil && ip.Is6() == (text != e.Host) {
		e.Addr = netip.AddrPortFrom(ip, e.Port)
		return e, true
	}
	return e, hostName(e.Host)
}

// hostName reports whether s can be a host name (RFC 3261 §25.1 hostname).
func hostName(s string) bool {
	label, letter := 0, false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.' || c == '-':
			if label == 0 {
				return false
			}
			if c == '.' {
				label = -1
			}
		case 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_':
			letter = true
		case c < '0' || c > '9':
			return false
		}
		label++
	}
	return label > 0 && letter && len(s) <= 253
}

// IsValid reports whether e names anything.
func (e Endpoint) IsValid() bool { return e.Host != "" }

// String returns the endpoint as spelled, with its port.
func (e Endpoint) String() string {
	if e.Host == "" {
		return ""
	}
	return e.Host + ":" + strconv.Itoa(int(e.Port))
}
