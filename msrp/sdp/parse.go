package sdp

import (
	"net/netip"
	"strconv"
	"strings"

	pion "github.com/pion/sdp/v3"
)

// Parse reads a session description, offer or answer. A description without an MSRP line is
// no error: Message is then -1. Nor is an MSRP line that lacks path or accept-types: the
// plans refuse it. What is there must be right.
func Parse(b []byte) (*Description, error) {
	s, err := cut(b)
	if err != nil {
		return nil, err
	}
	var p pion.SessionDescription
	if err := p.Unmarshal(s.strict()); err != nil {
		return nil, ErrSyntax
	}
	d := &Description{Origin: s.origin, Name: s.name, Message: -1}
	for i, x := range s.sections[1:] {
		port, ok := mediaPort(x.media)
		if !ok {
			return nil, ErrMedia
		}
		d.Medias = append(d.Medias, Media{Line: x.media, Port: port})
		if d.Message < 0 && msrpProto(x.media) != "" {
			d.Message = i
		}
	}
	if d.Message < 0 {
		return d, nil
	}
	if err := d.fill(&p, p.MediaDescriptions[d.Message]); err != nil {
		return nil, err
	}
	return d, nil
}

// fill reads the MSRP line m.
func (d *Description) fill(p *pion.SessionDescription, m *pion.MediaDescription) error {
	d.Port = uint16(m.MediaName.Port.Value)
	d.TLS = len(m.MediaName.Protos) == 3
	conn := m.ConnectionInformation
	if conn == nil {
		conn = p.ConnectionInformation
	}
	if conn != nil && conn.Address != nil {
		d.Host = conn.Address.Address
		d.Addr, _ = netip.ParseAddr(d.Host)
	}
	for _, a := range p.Attributes {
		if err := d.general(a.Key, strings.TrimSpace(a.Value)); err != nil {
			return err
		}
	}
	for _, a := range m.Attributes {
		if err := d.attribute(strings.ToLower(a.Key), strings.TrimSpace(a.Value)); err != nil {
			return err
		}
	}
	return d.check()
}

// general reads an attribute that may stand before the first m= line.
func (d *Description) general(key, value string) error {
	switch key {
	case "sendrecv", "sendonly", "recvonly", "inactive":
		d.Direction = key
	case "setup":
		d.setup(value)
	case "fingerprint":
		return d.fingerprint(value)
	}
	return nil
}

// attribute reads one attribute of the MSRP line. What is not named here is skipped without
// being parsed: "If an MSRP UA receives an a=connection attribute, the UA MUST ignore it."
// (RFC 6135 §4.4)
func (d *Description) attribute(key, value string) error {
	switch key {
	case "path":
		if d.Path = append(d.Path, strings.Fields(value)...); len(d.Path) > MaxURIs {
			return ErrPath
		}
	case "accept-types":
		if d.Types = append(d.Types, strings.Fields(value)...); len(d.Types) > MaxTypes {
			return ErrTypes
		}
	case "accept-wrapped-types":
		d.Wrapped = append(d.Wrapped, strings.Fields(value)...)
	case "max-size", "maxsize":
		if v, err := strconv.ParseInt(value, 10, 64); err == nil && v > 0 && d.MaxSize == 0 {
			d.MaxSize = v
		}
	case "msrp-cema":
		d.CEMA = true
	case "chatroom":
		d.Chatroom = true
	case "file-selector":
		d.File = true
	default:
		return d.general(key, value)
	}
	return nil
}

// setup takes the first value it knows; "holdconn" is read as absent (RFC 6135 §4.2.1).
func (d *Description) setup(value string) {
	if d.Setup != SetupNone {
		return
	}
	for i, text := range setupText {
		if i > 0 && strings.EqualFold(value, text) {
			d.Setup = Setup(i)
		}
	}
}

// prints is the number of octets of each hash of RFC 8122 §5; 0 are those that it forbids.
var prints = map[string]int{"md2": 0, "md5": 0, "sha-1": 20, "sha-224": 28, "sha-256": 32, "sha-384": 48, "sha-512": 64}

// fingerprint reads hash-func SP 2UHEX *(":" 2UHEX). Lower case is tolerated, MD2 and MD5
// are passed over, and so is a hash we do not know.
func (d *Description) fingerprint(value string) error {
	hash, hex, ok := strings.Cut(value, " ")
	hash, hex = strings.ToLower(hash), strings.ToUpper(strings.TrimSpace(hex))
	if !ok || hash == "" || len(hex) > MaxFingerprint || !isPrint(hex) {
		return ErrFingerprint
	}
	n, known := prints[hash]
	if !known || n == 0 {
		return nil
	}
	if len(hex) != 3*n-1 {
		return ErrFingerprint
	}
	d.Prints = append(d.Prints, Fingerprint{Hash: hash, Value: hex})
	return nil
}

// MaxFingerprint is the longest value of a fingerprint: SHA-512.
const MaxFingerprint = 3*64 - 1

func isPrint(hex string) bool {
	for i := range len(hex) {
		c := hex[i]
		if i%3 == 2 {
			if c != ':' {
				return false
			}
		} else if (c < '0' || c > '9') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return len(hex)%3 == 2
}

// check holds what the MSRP line must have.
func (d *Description) check() error {
	for _, t := range d.Types {
		if t != "*" && !isType(t) {
			return ErrTypes
		}
	}
	if d.Port == 0 {
		return nil // refused or ended: nothing else counts
	}
	for i, p := range d.Path {
		u, ok := parseURI(p)
		if !ok || i == 0 && (u.secure != d.TLS || !u.tcp) {
			return ErrPath
		}
	}
	return nil
}

// usable reports whether d offers an MSRP connection: "Each SDP offer or answer that
// proposes MSRP MUST contain a "path" attribute" (RFC 4975 §8.2), and accept-types as well.
func (d *Description) usable() bool {
	return d.Message >= 0 && d.Port != 0 && len(d.Path) > 0 && len(d.Types) > 0
}

// isType reports whether t is type "/" subtype, perhaps with parameters.
func isType(t string) bool {
	t, _, _ = strings.Cut(t, ";")
	major, minor, ok := strings.Cut(t, "/")
	return ok && major != "" && minor != "" && !strings.Contains(minor, "/")
}

// AllowsType reports whether list, the value of accept-types or accept-wrapped-types, has
// mediaType: "a format with parameters matches" one without (RFC 4975 §8.6). "*" stands for
// everything, "text/*" for every text.
func AllowsType(list []string, mediaType string) bool {
	t, _, _ := strings.Cut(mediaType, ";")
	t = strings.TrimSpace(t)
	major, _, ok := strings.Cut(t, "/")
	for _, entry := range list {
		entry, _, _ = strings.Cut(entry, ";")
		if entry == "*" || strings.EqualFold(entry, t) || ok && strings.EqualFold(entry, major+"/*") {
			return ok
		}
	}
	return false
}
