package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"imsagent/agent"
	"imsagent/cpim"
)

// fieldsOf returns where each key of the file goes. To add a key, see agent/config.go.
func fieldsOf(c *agent.Config) map[string]any {
	m, i, h := &c.MSRP, &c.IMS, &c.Chat
	return map[string]any{
		"board": &c.Board, "state": &c.State, "log": &c.Log,

		"modem.protocol": &c.Modem.Protocol, "modem.device": &c.Modem.Device,
		"modem.access_network": &c.Modem.AccessNetwork, "modem.own_ims": &c.Modem.OwnIMS,
		"modem.baud": &c.Modem.Baud, "modem.pin": &c.Modem.PIN, "modem.dialect": &c.Modem.Dialect,

		"bearer.manage": &c.Bearer.Manage, "bearer.interface": &c.Bearer.Interface, "bearer.apn": &c.Bearer.APN,

		"ims.access": &i.Access, "ims.local": &i.Local, "ims.pcscf": &i.PCSCF, "ims.transport": &i.Transport,
		"ims.domain": &i.Domain, "ims.impi": &i.IMPI, "ims.impu": &i.IMPU, "ims.identity": &i.Identity,
		"ims.register": &i.Register, "ims.mode": &i.Mode, "ims.instance": &i.Instance, "ims.auth": &i.Auth,
		"ims.password": &i.Password, "ims.security": &i.Security, "ims.algorithms": &i.Algorithms,
		"ims.keepalive": &i.Keepalive, "ims.pani_in_initial_register": &i.PANIInInitialRegister,
		"ims.expires": &i.Expires, "ims.user_agent": &i.UserAgent, "ims.compact_headers": &i.CompactHeaders,
		"ims.request_uri": &i.RequestURI,

		"tls.ca": &c.TLS.CA, "tls.name": &c.TLS.Name, "tls.cert": &c.TLS.Cert, "tls.key": &c.TLS.Key,

		"sip.t1": &c.SIP.T1, "sip.t2": &c.SIP.T2, "sip.t4": &c.SIP.T4, "sip.id_form": &c.SIP.IDForm,

		"msrp.port": &m.Port, "msrp.path_host": &m.PathHost, "msrp.setup": &m.Setup,
		"msrp.session_name": &m.SessionName, "msrp.user_name": &m.UserName, "msrp.max_size": &m.MaxSize, "msrp.tls": &m.TLS,

		"chat.accept": &h.Accept, "chat.idle": &h.Idle, "chat.expires": &h.Expires,
		"chat.receipt_timeout": &h.ReceiptTimeout, "chat.ring_timeout": &h.RingTimeout,
		"chat.typing_refresh": &h.TypingRefresh, "chat.typing_idle": &h.TypingIdle, "chat.cpim_from": &h.CPIMFrom,
		"chat.content_types": &h.ContentTypes, "chat.namespaces": &h.Namespaces, "chat.cpim_pani": &h.CPIMPANI,
		"chat.delivery_notifications": &h.DeliveryNotifications, "chat.display_notifications": &h.DisplayNotifications,

		"host.socket": &c.Host.Socket, "host.mode": &c.Host.Mode, "host.group": &c.Host.Group,
		"host.allow_uids": &c.Host.AllowUIDs,

		"spool.max_bytes": &c.Spool.MaxBytes, "spool.max_messages": &c.Spool.MaxMessages,

		"memory.buffers": &c.Memory.Buffers, "memory.sessions": &c.Memory.Sessions, "memory.limit": &c.Memory.Limit,
	}
}

// isTableName reports whether name is a table of the file.
func isTableName(name string) bool {
	for key := range fieldsOf(new(agent.Config)) {
		if table, _, ok := strings.Cut(key, "."); ok && table == name {
			return true
		}
	}
	return false
}

// suggestion names the key that was meant, if only its table is wrong.
func suggestion(key string, fields map[string]any) string {
	_, name, ok := strings.Cut(key, ".")
	if !ok {
		name = key
	}
	found := ""
	for known := range fields {
		if (strings.HasSuffix(known, "."+name) || known == name) && (found == "" || known < found) {
			found = known
		}
	}
	if found == "" {
		return ""
	}
	return "; " + found + " is"
}

// want says which type a value should have.
func want(kind string, v any) string { return fmt.Sprintf("is %s, want %s", kindOf(v), kind) }

// mismatch says that v is not of this kind. Where a string is wanted it does not show v: the
// key may be that of a secret.
func mismatch(v any, kind string) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q is not %s", v, kind)
	case int64:
		if kind != aString {
			return fmt.Sprintf("%d is not %s", v, kind)
		}
	}
	return want(kind, v)
}

const aString = "a string"

// kindOf names the type of a value of package toml.
func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case int64:
		return "an integer"
	case float64:
		return "a float"
	case []any:
		return "an array"
	case map[string]any, []map[string]any:
		return "a table"
	case time.Time:
		return "a date"
	}
	return fmt.Sprintf("a %T", v)
}

// assign puts v into the field at ptr and returns what is wrong with it, or "".
func assign(ptr, v any) string {
	switch p := ptr.(type) {
	case *string:
		return set(p, v, aString, asString)
	case *bool:
		return set(p, v, "true or false", func(v any) (bool, bool) { b, ok := v.(bool); return b, ok })
	case *int:
		return set(p, v, "an integer", func(v any) (int, bool) { n, ok := v.(int64); return int(n), ok && int64(int(n)) == n })
	case *uint16:
		return set(p, v, "an integer from 0 to 65535", func(v any) (uint16, bool) { n, ok := v.(int64); return uint16(n), ok && n == int64(uint16(n)) })
	case *int64:
		return set(p, v, `an integer or a size such as "8MiB"`, asSize)
	case *time.Duration:
		return set(p, v, `a time such as "300s"`, asDuration)
	case *agent.Endpoint:
		if v == "" {
			return "" // the default
		}
		return set(p, v, `an address with a port such as "[::1]:5060"`, asEndpoint)
	case *[]string:
		return setEach(p, v, aString, asString)
	case *[]agent.Endpoint:
		return setEach(p, v, `an address with a port such as "[::1]:5070"`, asEndpoint)
	case *[]uint32:
		return setEach(p, v, "a user id", func(v any) (uint32, bool) { n, ok := v.(int64); return uint32(n), ok && n == int64(uint32(n)) })
	case *[]cpim.Namespace:
		return setEach(p, v, `a namespace such as "MyFeatures <mailto:RCSFeatures@test.com>"`, asNamespace)
	}
	panic(fmt.Sprintf("imsagentd: no way to read a %T", ptr))
}

// set stores what read makes of v.
func set[T any](p *T, v any, kind string, read func(any) (T, bool)) string {
	got, ok := read(v)
	if !ok {
		return mismatch(v, kind)
	}
	*p = got
	return ""
}

// setEach stores what read makes of the elements of the array v.
func setEach[T any](p *[]T, v any, kind string, read func(any) (T, bool)) string {
	array, ok := v.([]any)
	if !ok {
		return want("an array", v)
	}
	list := make([]T, 0, len(array))
	for i, element := range array {
		got, ok := read(element)
		if !ok {
			return fmt.Sprintf("element %d %s", i+1, mismatch(element, kind))
		}
		list = append(list, got)
	}
	*p = list
	return ""
}

func asString(v any) (string, bool) { s, ok := v.(string); return s, ok }

func asDuration(v any) (time.Duration, bool) {
	s, ok := v.(string)
	d, err := time.ParseDuration(s)
	return d, ok && err == nil
}

// asSize reads octets: 8388608, "8388608", "8192KiB", "8MiB" or "1GiB".
func asSize(v any) (int64, bool) {
	if n, ok := v.(int64); ok {
		return n, true
	}
	s, ok := v.(string)
	unit := int64(1)
	for i, suffix := range [...]string{"KiB", "MiB", "GiB"} {
		if rest, found := strings.CutSuffix(s, suffix); found {
			s, unit = rest, 1<<(10*(i+1))
			break
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if !ok || err != nil || n < 0 || n > math.MaxInt64/unit {
		return 0, false
	}
	return n * unit, true
}

func asEndpoint(v any) (agent.Endpoint, bool) {
	s, ok := v.(string)
	if !ok {
		return agent.Endpoint{}, false
	}
	return agent.ParseEndpoint(s)
}

// asNamespace reads `Prefix <URI>`.
func asNamespace(v any) (cpim.Namespace, bool) {
	s, ok := v.(string)
	prefix, rest, found := strings.Cut(s, "<")
	uri, closed := strings.CutSuffix(rest, ">")
	return cpim.Namespace{Prefix: strings.TrimSpace(prefix), URI: uri}, ok && found && closed && uri != ""
}
