package agent

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"imsagent/cpim"
)

// traceConfig is the least configuration with which the chat of the reference trace works.
func traceConfig() Config {
	c := DefaultConfig()
	c.Modem.Protocol = "none"
	c.IMS.Local, _ = ParseEndpoint("[2001::1:4c16:9c0f:4986:9e6d]:5060")
	pcscf, _ := ParseEndpoint("[2001:0:0:1::2]:5060")
	c.IMS.PCSCF = []Endpoint{pcscf}
	c.IMS.IMPU = "sip:310410123456789@sharetechnote.com"
	c.IMS.Register = false
	return c
}

func TestValidateAcceptsTheTrace(t *testing.T) {
	c := traceConfig()
	if faults := c.Validate(); len(faults) > 0 {
		t.Errorf("%v", faults)
	}
}

// TestValidateListsEveryFault: what the defaults alone lack, in the order of the keys.
func TestValidateListsEveryFault(t *testing.T) {
	c := DefaultConfig()
	var keys []string
	for _, f := range c.Validate() {
		keys = append(keys, f.Key)
	}
	if want := []string{"modem.device", "ims.local", "ims.register"}; !slices.Equal(keys, want) {
		t.Errorf("%v, want %v", keys, want)
	}
}

// TestValidateFindsEachFault spoils one key at a time.
func TestValidateFindsEachFault(t *testing.T) {
	for key, spoil := range map[string]func(*Config){
		"state":                func(c *Config) { c.State = "" },
		"log":                  func(c *Config) { c.Log = "verbose" },
		"modem.protocol":       func(c *Config) { c.Modem.Protocol = "mbim" },
		"modem.device":         func(c *Config) { c.Modem.Protocol = "at" },
		"modem.access_network": func(c *Config) { c.Modem.AccessNetwork = "x\r\ny" },
		"modem.own_ims":        func(c *Config) { c.Modem.OwnIMS = "allow" },
		"modem.baud":           func(c *Config) { c.Modem.Baud = 0 },
		"modem.dialect":        func(c *Config) { c.Modem.Dialect = "klingon" },
		"modem.pin":            func(c *Config) { c.Modem.PIN = "123" },
		"bearer.manage":        func(c *Config) { c.Bearer.Manage = "modem" },
		"bearer.interface":     func(c *Config) { c.Bearer.Interface = "a/b" },
		"bearer.apn":           func(c *Config) { c.Bearer.APN = strings.Repeat("a", maxText+1) },
		"ims.access":           func(c *Config) { c.IMS.Access = "5g" },
		"ims.local":            func(c *Config) { c.IMS.Local, _ = ParseEndpoint("localhost:5060") },
		"ims.pcscf":            func(c *Config) { c.IMS.PCSCF[0], _ = ParseEndpoint("[ff02::1]:5060") },
		"ims.transport":        func(c *Config) { c.IMS.Transport = "" },
		"ims.domain":           func(c *Config) { c.IMS.Domain = "a..b" },
		"ims.impi":             func(c *Config) { c.IMS.IMPI = `a"b@c` },
		"ims.impu":             func(c *Config) { c.IMS.IMPU = "310410123456789" },
		"ims.identity":         func(c *Config) { c.IMS.Identity = "sip:a@b>" },
		"ims.register":         func(c *Config) { c.IMS.Register = true },
		"ims.mode":             func(c *Config) { c.IMS.Mode = "" },
		"ims.instance":         func(c *Config) { c.IMS.Instance = "mac" },
		"ims.auth":             func(c *Config) { c.IMS.Auth = "digest" },
		"ims.password":         func(c *Config) { c.IMS.Password = "a\x00b" },
		"ims.security":         func(c *Config) { c.IMS.Security = "tls" },
		"ims.algorithms":       func(c *Config) { c.IMS.Algorithms = []string{"aes cbc"} },
		"ims.keepalive":        func(c *Config) { c.IMS.Keepalive = 0 },
		"ims.expires":          func(c *Config) { c.IMS.Expires = 1 << 62 },
		"ims.user_agent":       func(c *Config) { c.IMS.UserAgent = "\xff" },
		"ims.request_uri":      func(c *Config) { c.IMS.RequestURI = "sips" },
		"tls.key":              func(c *Config) { c.TLS.Cert = "/cert" },
		"sip.t1":               func(c *Config) { c.SIP.T1 = -1 },
		"sip.t2":               func(c *Config) { c.SIP.T2 = time.Second },
		"sip.t4":               func(c *Config) { c.SIP.T4 = time.Hour },
		"sip.id_form":          func(c *Config) { c.SIP.IDForm = "UUID" },
		"msrp.path_host":       func(c *Config) { c.MSRP.PathHost = "token" },
		"msrp.setup":           func(c *Config) { c.MSRP.Setup = "passive" }, // RFC 6135 §4.2.1: MUST NOT offer it
		"msrp.user_name":       func(c *Config) { c.MSRP.UserName = "two words" },
		"msrp.session_name":    func(c *Config) { c.MSRP.SessionName = "" },
		"msrp.max_size":        func(c *Config) { c.MSRP.MaxSize = -1 },
		"msrp.tls":             func(c *Config) { c.MSRP.TLS = "require" },
		"chat.accept":          func(c *Config) { c.Chat.Accept = "never" },
		"chat.idle":            func(c *Config) { c.Chat.Idle = 0 },
		"chat.expires":         func(c *Config) { c.Chat.Expires = -time.Second },
		"chat.receipt_timeout": func(c *Config) { c.Chat.ReceiptTimeout = 0 },
		"chat.ring_timeout":    func(c *Config) { c.Chat.RingTimeout = 2 * time.Hour },
		"chat.typing_refresh":  func(c *Config) { c.Chat.TypingRefresh = 59 * time.Second },
		"chat.typing_idle":     func(c *Config) { c.Chat.TypingIdle = 61 * time.Second },
		"chat.cpim_from":       func(c *Config) { c.Chat.CPIMFrom = "me" },
		"chat.content_types":   func(c *Config) { c.Chat.ContentTypes = nil },
		"chat.namespaces":      func(c *Config) { c.Chat.Namespaces = []cpim.Namespace{{Prefix: "x", URI: cpim.IMDN}} },
		"chat.cpim_pani":       func(c *Config) { c.Chat.CPIMPANI = "MyFeatures" },
		"host.socket":          func(c *Config) { c.Host.Socket = "/" + strings.Repeat("x", 107) },
		"host.mode":            func(c *Config) { c.Host.Mode = "0060" },
		"host.group":           func(c *Config) { c.Host.Group = "a\nb" },
		"host.allow_uids":      func(c *Config) { c.Host.AllowUIDs = make([]uint32, 65) },
		"spool.max_bytes":      func(c *Config) { c.Spool.MaxBytes = 4096 },
		"spool.max_messages":   func(c *Config) { c.Spool.MaxMessages = 0 },
		"memory.buffers":       func(c *Config) { c.Memory.Buffers = 1 },
		"memory.sessions":      func(c *Config) { c.Memory.Sessions = 0 },
		"memory.limit":         func(c *Config) { c.Memory.Limit = 0 },
	} {
		c := traceConfig()
		spoil(&c)
		if faults := c.Validate(); len(faults) != 1 || faults[0].Key != key || faults[0].Text == "" {
			t.Errorf("%s: %v", key, faults)
		}
	}
}

// TestNoFaultShowsASecret: faults go to logs.
func TestNoFaultShowsASecret(t *testing.T) {
	c := traceConfig()
	c.Modem.PIN, c.IMS.Password = "12345678secret", "secret\n"
	for _, f := range c.Validate() {
		if strings.Contains(f.String(), "secret") {
			t.Error(f)
		}
	}
}

func TestParseEndpoint(t *testing.T) {
	addr := netip.MustParseAddrPort
	for s, want := range map[string]Endpoint{
		"[2001::1:4c16:9c0f:4986:9e6d]:5060": {addr("[2001:0:0:1:4c16:9c0f:4986:9e6d]:5060"), "[2001::1:4c16:9c0f:4986:9e6d]", 5060},
		"[2001:0:0:1::2]":                    {addr("[2001:0:0:1::2]:5060"), "[2001:0:0:1::2]", 5060},
		"2001:0:0:1::2":                      {addr("[2001:0:0:1::2]:5060"), "[2001:0:0:1::2]", 5060},
		"[2001:0000::0002]:1":                {addr("[2001::2]:1"), "[2001:0000::0002]", 1},
		"192.0.2.1:65535":                    {addr("192.0.2.1:65535"), "192.0.2.1", 65535},
		"192.0.2.1":                          {addr("192.0.2.1:5060"), "192.0.2.1", 5060},
		"pcscf.ims.example.org:4060":         {netip.AddrPort{}, "pcscf.ims.example.org", 4060},
		"localhost":                          {netip.AddrPort{}, "localhost", 5060},
	} {
		got, ok := ParseEndpoint(s)
		if !ok || got != want {
			t.Errorf("%s: %+v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", ":5060", "[::1", "::1]:5060", "[::1]:0", "[::1]:65536", "[::1]:+5", "[::1]:", "[192.0.2.1]:5060",
		"[host]:5060", "a b:5060", "-a", "a.", "a..b", "a\r\n:5060", "192.0.2.256", "1.2.3"} {
		if got, ok := ParseEndpoint(s); ok {
			t.Errorf("%q: %+v", s, got)
		}
	}
	if e := (Endpoint{}); e.IsValid() || e.String() != "" {
		t.Error("the zero endpoint names something")
	}
}

func TestSIPTimersFollowTheAccess(t *testing.T) {
	c := DefaultConfig()
	timers := func() [3]time.Duration { t1, t2, t4 := c.SIPTimers(); return [3]time.Duration{t1, t2, t4} }
	if got := timers(); got != [3]time.Duration{2 * time.Second, 16 * time.Second, 17 * time.Second} {
		t.Errorf("cellular: %v", got) // TS 24.229 table 7.7.1
	}
	c.IMS.Access = "wlan"
	if got := timers(); got != [3]time.Duration{500 * time.Millisecond, 4 * time.Second, 5 * time.Second} {
		t.Errorf("wlan: %v", got) // RFC 3261 table 4
	}
	c.SIP.T2 = 8 * time.Second
	if got := timers(); got != [3]time.Duration{500 * time.Millisecond, 8 * time.Second, 5 * time.Second} {
		t.Errorf("t2 configured: %v", got)
	}
}

func TestFromAndHomeDomain(t *testing.T) {
	for _, c := range []struct{ ims, from, home string }{
		{"||sip:310@a.org", "sip:310@a.org", "a.org"},
		{"|sip:+1@b.org;user=phone|sip:310@a.org", "sip:+1@b.org;user=phone", "b.org"},
		{"c.org|tel:+1|sip:310@a.org", "tel:+1", "c.org"},
		{"|tel:+1|", "tel:+1", ""},
	} {
		part := strings.Split(c.ims, "|")
		ims := IMSConfig{Domain: part[0], Identity: part[1], IMPU: part[2]}
		if ims.From() != c.from || ims.HomeDomain() != c.home {
			t.Errorf("%s: %q, %q", c.ims, ims.From(), ims.HomeDomain())
		}
	}
}
