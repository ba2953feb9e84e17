package agent

import (
	"time"

	"imsagent/agent/ipc"
	"imsagent/agent/spool"
	"imsagent/cpim"
)

// maxFields is how many carried CPIM headers a message has at most.
const maxFields = 16

// describe fills the spool entry of an incoming MSRP message. The entry's slices point into
// the slot's buffer and into the core.
func (c *Core) describe(e *spool.Entry, s *session, in *incoming, m *cpim.Message) {
	c.describeContent(e, s.peer, m, in.buf.Bytes(), in.size)
	e.ID = in.id
	if in.file {
		e.Large, e.Body = true, nil
	} else {
		e.ID = c.newID()
	}
}

// describeContent fills what an entry says of a message with envelope m at the front of b,
// of size octets in all. A transfer encoding is undone, except in a large body.
func (c *Core) describeContent(e *spool.Entry, p *peer, m *cpim.Message, b []byte, size int64) {
	*e = spool.Entry{Dir: spool.In, State: uint8(InStored), Peer: p.keyOctets, ConversationID: p.convOctets,
		IMDNID: m.MessageID.In(b), ContentType: m.ContentType(b), Size: size - int64(m.ContentOffset()),
		Time: sentAt(m, b, c.wall).UnixMilli(), Expires: c.wall.UnixMilli()}
	if len(e.IMDNID) > maxIMDNID {
		e.IMDNID = nil
	}
	if m.Notify&cpim.PositiveDelivery != 0 {
		e.Notify |= notifyDelivery
	}
	if m.Notify&cpim.Display != 0 {
		e.Notify |= notifyDisplay
	}
	if len(e.ContentType) == 0 {
		e.ContentType = []byte("text/plain")
	}
	if size == int64(len(b)) {
		e.Body = c.content(m, b)
		e.Size = int64(len(e.Body))
	}
	e.Headers = c.carried(m, b)
}

// content is the decoded content of a whole message, in the core's scratch space if it was
// encoded.
func (c *Core) content(m *cpim.Message, b []byte) []byte {
	if !m.Encoded(b) {
		return m.Content(b)
	}
	out, err := m.AppendContent(c.decoded[:0], b)
	if err != nil {
		return m.Content(b)
	}
	return out
}

// sentAt is when the sender says that it sent a message, or now.
func sentAt(m *cpim.Message, b []byte, now time.Time) time.Time {
	if v, ok := m.Lookup(b, cpim.Core, "DateTime"); ok {
		if t, ok := cpim.ParseTime(v.In(b)); ok {
			return t
		}
	}
	return now
}

// carried is the encoded map of the headers of configured namespaces, under our prefixes.
func (c *Core) carried(m *cpim.Message, b []byte) []byte {
	if len(c.namespaces) == 0 {
		return nil
	}
	w := ipc.NewHeaderWriter(c.carriedRoom[:0])
	n := 0
	for i := range m.Headers() {
		h := &m.Headers()[i]
		if h.MIME || n == maxFields {
			continue
		}
		for _, ns := range c.namespaces {
			if string(m.Namespace(b, h)) != ns.URI {
				continue
			}
			name := append(append(append(c.nameRoom[:0], ns.Prefix...), '.'), h.Name.In(b)...)
			value, err := cpim.AppendText(c.valueRoom[:0], h.Value.In(b))
			if err == nil && w.Add(name, value) {
				n++
			}
		}
	}
	out, err := w.Bytes()
	if err != nil || n == 0 {
		return nil
	}
	return out
}

// appendFields turns the host's encoded map of headers into CPIM fields.
func appendFields(dst []cpim.Field, headers []byte) []cpim.Field {
	for at := 0; len(dst) < maxFields; {
		name, value, next, ok := ipc.NextHeader(headers, at)
		if !ok {
			break
		}
		at = next
		prefix, rest := splitPrefix(name)
		dst = append(dst, cpim.Field{Prefix: string(prefix), Name: string(rest), Value: value})
	}
	return dst
}

// splitPrefix splits "MyFeatures.PANI" at its dot.
func splitPrefix(name []byte) (prefix, rest []byte) {
	for i, ch := range name {
		if ch == '.' {
			return name[:i], name[i+1:]
		}
	}
	return nil, name
}

// knownHeaders reports whether every header that a host gives belongs to a configured
// namespace.
func (c *Core) knownHeaders(headers []byte) bool {
	for at := 0; ; {
		name, _, next, ok := ipc.NextHeader(headers, at)
		if !ok {
			return true
		}
		at = next
		prefix, rest := splitPrefix(name)
		known := false
		for _, ns := range c.namespaces {
			known = known || ns.Prefix == string(prefix)
		}
		if !known || len(rest) == 0 {
			return false
		}
	}
}
