package agent

import (
	"time"

	"imsagent/agent/spool"
	"imsagent/cpim"
)

// appendEnvelope appends the CPIM head of an outgoing message. It is made from what the
// spool holds, so it is the same whenever the message is sent.
func (c *Core) appendEnvelope(dst []byte, m *message, e *spool.Entry) ([]byte, error) {
	var fields [maxFields]cpim.Field
	env := cpim.Envelope{
		From: c.cpimFrom(), To: c.cpimTo(m.peer), DateTime: time.UnixMilli(m.created).UTC(),
		Namespaces: c.namespaces, Headers: appendFields(fields[:0], e.Headers), MessageID: m.imdn(),
		ContentType: e.ContentType, Length: int(m.size),
	}
	if c.cfg.Chat.CPIMPANI != "" && c.pani != "" {
		c.paniOctets = append(c.paniOctets[:0], c.pani...)
		env.Headers = append(env.Headers, cpim.Field{Prefix: c.cfg.Chat.CPIMPANI, Name: "PANI", Value: c.paniOctets})
	}
	if m.notify&notifyDelivery != 0 {
		env.Notify |= cpim.PositiveDelivery
	}
	if m.notify&notifyDisplay != 0 {
		env.Notify |= cpim.Display
	}
	return env.AppendHead(dst)
}

// anonymousURI is what CPIM says of a peer whose identity SIP carries.
const anonymousURI = "sip:anonymous@anonymous.invalid"

func (c *Core) cpimFrom() string {
	if c.cfg.Chat.CPIMFrom == "identity" {
		return c.cfg.IMS.From()
	}
	return anonymousURI
}

func (c *Core) cpimTo(p *peer) string {
	if c.cfg.Chat.CPIMFrom == "identity" && p.uri != "" {
		return p.uri
	}
	return anonymousURI
}
