package agent

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"imsagent/modem"
)

// A ConfigFault is one thing that is wrong with a configuration.
type ConfigFault struct {
	Key  string // as in the configuration file: "ims.register"
	Text string // what is wrong and what would be right
}

func (f ConfigFault) String() string { return f.Key + ": " + f.Text }

// Validate returns everything that is wrong with c, in the order of the keys: whoever edits
// a configuration wants the whole list. An agent starts only on an empty one.
func (c *Config) Validate() []ConfigFault {
	v := validator{}
	v.text("state", c.State, required)
	v.oneOf("log", c.Log, "debug", "info", "warn", "error")
	v.modem(&c.Modem)
	v.bearer(&c.Bearer, c.Modem.Protocol)
	v.ims(&c.IMS, c.Modem.Protocol != "none", c.Modem.Protocol == "at" || c.Modem.Protocol == "qmi")
	v.tls(&c.TLS)
	v.sip(c)
	v.msrp(&c.MSRP)
	v.chat(&c.Chat)
	v.host(&c.Host)
	v.spool(&c.Spool)
	v.memory(&c.Memory)
	return v.faults
}

// A validator collects faults.
type validator struct{ faults []ConfigFault }

func (v *validator) fault(key, format string, args ...any) {
	v.faults = append(v.faults, ConfigFault{key, fmt.Sprintf(format, args...)})
}

// later refuses what a later capability will do.
func (v *validator) later(refuse bool, key, format string, args ...any) {
	if refuse {
		v.fault(key, format, args...)
	}
}

// oneOf reports whether value is one of the words.
func (v *validator) oneOf(key, value string, words ...string) bool {
	for _, w := range words {
		if w == value {
			return true
		}
	}
	v.fault(key, "%q is none of %s", value, strings.Join(words, ", "))
	return false
}

// Whether a text may be empty.
const (
	required = true
	optional = false
)

// maxText bounds a text that ends up in a header or a system call, in octets.
const maxText = 512

// text checks what will stand in one line: no control character can inject a header.
func (v *validator) text(key, value string, need bool) bool {
	switch {
	case value == "" && need:
		v.fault(key, "is missing")
	case len(value) > maxText:
		v.fault(key, "has %d octets, at most %d", len(value), maxText)
	case !utf8.ValidString(value):
		v.fault(key, "is not UTF-8")
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }):
		v.fault(key, "has a control character") // unquoted: it may be a password
	default:
		return value != ""
	}
	return false
}

func (v *validator) between(key string, value, least, most int64) {
	if value < least || value > most {
		v.fault(key, "is %d, want %d to %d", value, least, most)
	}
}

// week bounds every time we keep by ourselves.
const week = 7 * 24 * time.Hour

func (v *validator) lasts(key string, value, least, most time.Duration) {
	if value < least || value > most {
		v.fault(key, "is %v, want %v to %v", value, least, most)
	}
}

func (v *validator) modem(m *ModemConfig) {
	v.oneOf("modem.protocol", m.Protocol, "at", "qmi", "host", "none")
	v.text("modem.device", m.Device, m.Protocol == "at" || m.Protocol == "qmi")
	if _, ok := modem.ParseUSBPort(m.Device); !ok && strings.HasPrefix(m.Device, "usb:") {
		v.fault("modem.device", "%q is not usb: with idVendor, idProduct and bInterfaceNumber: usb:2c7c:0125:02", m.Device)
	}
	if v.text("modem.access_network", m.AccessNetwork, optional) && !accessNetwork(m.AccessNetwork) {
		v.fault("modem.access_network", "%q is not an access type with parameters (RFC 7315 §5.4)", m.AccessNetwork)
	}
	v.oneOf("modem.own_ims", m.OwnIMS, "refuse", "disable", "ignore")
	v.between("modem.baud", int64(m.Baud), 300, 4_000_000)
	v.pin(m.PIN)
	if m.Dialect != "" {
		v.oneOf("modem.dialect", m.Dialect, modem.Dialects()...)
	}
}

// pin checks the form of a PIN (TS 31.101 §9.5.1: four to eight digits), never quoting it.
func (v *validator) pin(pin string) {
	if pin != "" && (len(pin) < 4 || len(pin) > 8 || strings.Trim(pin, "0123456789") != "") {
		v.fault("modem.pin", "is not four to eight digits")
	}
}

// accessNetwork reports whether s begins with an access type, a token, and has no header
// separator that would make two values of it.
func accessNetwork(s string) bool {
	kind, _, _ := strings.Cut(s, ";")
	return kind != "" && strings.Trim(kind, tokenChars) == "" && !strings.Contains(s, ",")
}

// tokenChars are those of RFC 3261 §25.1 token.
const tokenChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~"

func (v *validator) bearer(b *BearerConfig, protocol string) {
	if v.oneOf("bearer.manage", b.Manage, "none", "modem") && b.Manage == "modem" {
		switch {
		case protocol == "at":
			v.fault("bearer.manage", `bringing the bearer up by AT is not yet there; use protocol "qmi", or "none" here`)
		case protocol != "qmi":
			v.fault("bearer.manage", "there is no modem of ours with modem.protocol %q", protocol)
		case b.APN == "":
			v.fault("bearer.apn", "is missing: which bearer is to be brought up?")
		}
	}
	// IFNAMSIZ of Linux: 15 octets and the NUL.
	if v.text("bearer.interface", b.Interface, optional) && (len(b.Interface) > 15 || strings.ContainsAny(b.Interface, "/ :")) {
		v.fault("bearer.interface", "%q cannot be an interface", b.Interface)
	}
	v.text("bearer.apn", b.APN, optional)
}

func (v *validator) tls(t *TLSConfig) {
	v.text("tls.ca", t.CA, optional)
	v.text("tls.name", t.Name, optional)
	v.text("tls.cert", t.Cert, optional)
	v.text("tls.key", t.Key, optional)
	if (t.Cert == "") != (t.Key == "") {
		v.fault("tls.key", "cert and key go together")
	}
}

func (v *validator) sip(c *Config) {
	for _, t := range [...]struct {
		key   string
		value time.Duration
	}{{"sip.t1", c.SIP.T1}, {"sip.t2", c.SIP.T2}, {"sip.t4", c.SIP.T4}} {
		if t.value != 0 {
			v.lasts(t.key, t.value, 10*time.Millisecond, time.Minute)
		}
	}
	if t1, t2, _ := c.SIPTimers(); t2 < t1 {
		v.fault("sip.t2", "is %v, less than t1 (%v)", t2, t1)
	}
	v.oneOf("sip.id_form", c.SIP.IDForm, "uuid", "hex")
}

func (v *validator) host(h *HostConfig) {
	// sun_path of Linux: 107 octets and the NUL.
	if v.text("host.socket", h.Socket, required) && len(h.Socket) > 107 {
		v.fault("host.socket", "has %d octets, at most 107", len(h.Socket))
	}
	if bits, err := strconv.ParseUint(h.Mode, 8, 32); err != nil || bits&^0o777 != 0 || bits&0o600 != 0o600 {
		v.fault("host.mode", "%q is not an octal mode with which we may read and write", h.Mode)
	}
	v.text("host.group", h.Group, optional)
	if len(h.AllowUIDs) > 64 {
		v.fault("host.allow_uids", "has %d entries, at most 64", len(h.AllowUIDs))
	}
}

func (v *validator) spool(s *SpoolConfig) {
	v.between("spool.max_bytes", s.MaxBytes, 256<<10, 1<<30)
	v.between("spool.max_messages", int64(s.MaxMessages), 1, 1_000_000)
}

// Bounds of [memory]: what an agent cannot live without, and what L15 allows.
const (
	minBuffers  = 8
	maxBuffers  = 65536
	maxSessions = 1024
)

func (v *validator) memory(m *MemoryConfig) {
	v.between("memory.buffers", int64(m.Buffers), minBuffers, maxBuffers)
	v.between("memory.sessions", int64(m.Sessions), 1, maxSessions)
	most := int64(1) << 40
	if bits.UintSize == 32 {
		most = 1 << 31
	}
	v.between("memory.limit", m.Limit, 4<<20, most)
}
