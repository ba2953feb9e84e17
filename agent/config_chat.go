package agent

import (
	"strconv"
	"strings"
	"time"

	"imsagent/cpim"
)

// ims checks where and who we are; told says that the modem or the host tells the former, card that the modem reads
// the latter.
func (v *validator) ims(c *IMSConfig, told, card bool) {
	v.oneOf("ims.access", c.Access, "cellular", "wlan", "fixed")
	v.endpoints(c, told)
	v.oneOf("ims.transport", c.Transport, "tcp", "udp")
	if v.text("ims.domain", c.Domain, optional) && !hostName(c.Domain) {
		v.fault("ims.domain", "%q is not a domain", c.Domain)
	}
	if v.text("ims.impi", c.IMPI, optional) && strings.ContainsAny(c.IMPI, "<>\" ") {
		v.fault("ims.impi", "%q is not a user name", c.IMPI)
	}
	if v.text("ims.impu", c.IMPU, optional) {
		v.uri("ims.impu", c.IMPU)
	} else if c.IMPU == "" && c.Identity == "" && !card {
		v.fault("ims.impu", "is missing, and there is no modem to read the card")
	}
	if v.text("ims.identity", c.Identity, optional) {
		v.uri("ims.identity", c.Identity)
	}
	v.registration(c)
	v.lasts("ims.keepalive", c.Keepalive, 10*time.Second, week)
	v.text("ims.user_agent", c.UserAgent, optional)
	v.oneOf("ims.request_uri", c.RequestURI, "sip-home", "tel")
}

// endpoints checks where we are and where the P-CSCF is; told says that the modem or the host tells that.
func (v *validator) endpoints(c *IMSConfig, told bool) {
	switch {
	case !c.Local.IsValid():
		v.fault("ims.local", "is missing; taking the bearer's address is not yet there")
	case !c.Local.Addr.IsValid():
		v.fault("ims.local", "%q is not an address with a port", c.Local.Host)
	case c.Local.Addr.Addr().IsUnspecified():
		v.fault("ims.local", "%q is no address that a peer could reach", c.Local.Host)
	}
	if len(c.PCSCF) == 0 && !told {
		v.fault("ims.pcscf", "is missing, and there is no modem to ask")
	}
	if len(c.PCSCF) > maxProxies {
		v.fault("ims.pcscf", "has %d addresses, at most %d", len(c.PCSCF), maxProxies)
	}
	for _, p := range c.PCSCF {
		if !p.Addr.IsValid() {
			v.fault("ims.pcscf", "%q: resolving names is not yet there; give an address", p.Host)
			continue
		}
		if a := p.Addr.Addr(); a.IsUnspecified() || a.IsMulticast() {
			v.fault("ims.pcscf", "%q is not the address of a host", p.Host)
		}
		if c.Local.Addr.IsValid() && c.Local.Addr.Addr().Is4() != p.Addr.Addr().Is4() {
			v.fault("ims.pcscf", "%q is of another IP version than local", p.Host)
		}
	}
}

// registration checks the keys that only registration uses. Where it is off, their values
// change nothing, so only those that promise protection are refused.
func (v *validator) registration(c *IMSConfig) {
	v.later(c.Register, "ims.register", "registration is not yet there; set register = false")
	v.oneOf("ims.mode", c.Mode, "exclusive", "beside")
	v.oneOf("ims.instance", c.Instance, "imei", "uuid")
	if v.oneOf("ims.auth", c.Auth, "aka", "digest", "none") {
		v.later(c.Auth == "digest", "ims.auth", `digest is not yet there; use "none"`)
	}
	v.text("ims.password", c.Password, optional)
	if v.oneOf("ims.security", c.Security, "ipsec", "tls", "none") {
		v.later(c.Security == "tls", "ims.security", `TLS is not yet there; use "none"`)
	}
	for _, a := range c.Algorithms {
		if a == "" || strings.Trim(a, tokenChars) != "" {
			v.fault("ims.algorithms", "%q is not the name of an algorithm", a)
		}
	}
	v.lasts("ims.expires", c.Expires, time.Minute, 4294967295*time.Second) // RFC 3261 §20.19: 2**32-1 s
}

// uri checks the outline of a SIP or tel URI: what makes it unfit for a name-addr.
func (v *validator) uri(key, s string) {
	scheme, rest, _ := strings.Cut(s, ":")
	scheme = strings.ToLower(scheme)
	switch {
	case scheme != "sip" && scheme != "sips" && scheme != "tel":
		v.fault(key, "%q is not a sip or tel URI", s)
	case rest == "" || strings.ContainsAny(rest, "<>\", \t") || strings.HasSuffix(rest, "@"):
		v.fault(key, "%q is not a URI", s)
	}
}

func (v *validator) msrp(m *MSRPConfig) {
	token := v.oneOf("msrp.path_host", m.PathHost, "address", "token") && m.PathHost == "token"
	if v.oneOf("msrp.setup", m.Setup, "auto", "active", "actpass") && token && m.Setup != "active" {
		v.fault("msrp.path_host", `token goes only with setup = "active"`)
	}
	v.text("msrp.session_name", m.SessionName, required)
	if v.text("msrp.user_name", m.UserName, required) && strings.ContainsRune(m.UserName, ' ') {
		v.fault("msrp.user_name", "%q has a space: it is one word of the o= line", m.UserName)
	}
	v.between("msrp.max_size", m.MaxSize, 1024, 1<<30)
	if v.oneOf("msrp.tls", m.TLS, "off", "offer", "require") {
		v.later(m.TLS != "off", "msrp.tls", `TLS is not yet there; use "off"`)
	}
}

func (v *validator) chat(c *ChatConfig) {
	v.oneOf("chat.accept", c.Accept, "auto", "open", "typing", "send")
	v.lasts("chat.idle", c.Idle, time.Second, week)
	v.lasts("chat.expires", c.Expires, time.Second, 4*week)
	v.lasts("chat.receipt_timeout", c.ReceiptTimeout, time.Second, week)
	v.lasts("chat.ring_timeout", c.RingTimeout, time.Second, time.Hour)
	v.lasts("chat.typing_refresh", c.TypingRefresh, time.Minute, time.Hour) // RFC 3994 §3.2: not below 60 s
	v.lasts("chat.typing_idle", c.TypingIdle, time.Second, c.TypingRefresh)
	v.oneOf("chat.cpim_from", c.CPIMFrom, "anonymous", "identity")
	v.contentTypes(c.ContentTypes)
	v.namespaces(c)
}

// contentTypes checks each type/subtype; "*" alone takes everything.
func (v *validator) contentTypes(types []string) {
	if len(types) == 0 {
		v.fault("chat.content_types", "is empty; nothing could be received")
	}
	for _, t := range types {
		kind, sub, ok := strings.Cut(t, "/")
		if t != "*" && (!ok || kind == "" || sub == "" || strings.Trim(kind+sub, tokenChars) != "") {
			v.fault("chat.content_types", "%q is not a MIME type", t)
		}
	}
}

func (v *validator) namespaces(c *ChatConfig) {
	found := c.CPIMPANI == ""
	for i, n := range c.Namespaces {
		switch {
		case n.Prefix == "" || strings.Trim(n.Prefix, cpimNameChars) != "":
			v.fault("chat.namespaces", "%q is not a prefix (RFC 3862 §3.4)", n.Prefix)
		case n.URI == "" || strings.ContainsAny(n.URI, "<>\" \r\n\t"):
			v.fault("chat.namespaces", "%q has no URI in <>", n.Prefix)
		case n.Prefix == "imdn" || n.URI == cpim.IMDN:
			v.fault("chat.namespaces", "imdn is declared anyway")
		case hasPrefix(c.Namespaces[:i], n.Prefix):
			v.fault("chat.namespaces", "%q is declared twice", n.Prefix)
		}
		found = found || n.Prefix == c.CPIMPANI
	}
	if !found {
		v.fault("chat.cpim_pani", "%s is not among namespaces", strconv.Quote(c.CPIMPANI))
	}
}

func hasPrefix(ns []cpim.Namespace, prefix string) bool {
	for _, n := range ns {
		if n.Prefix == prefix {
			return true
		}
	}
	return false
}

// cpimNameChars are those of a header name of CPIM without the dot (RFC 3862 §3.6).
const cpimNameChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-!#$%&'*+^_`|~"
