package agent

import (
	"bytes"

	"imsagent/msrp/sdp"
	"imsagent/sipmin"
)

// Feature tags and services of a 1-to-1 chat.
const (
	icsiSession = "urn:urn-7:3gpp-service.ims.icsi.oma.cpm.session"
	icsiFeature = `+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"`
)

// A kind says what an INVITE asks for.
type kind uint8

// Kinds of INVITE. Only the first is answered.
const (
	kindChat kind = iota
	kindGroup
	kindFile
	kindLarge
	kindVoice
	kindOther
)

var kindText = [...]string{"chat", "group_chat", "file_transfer", "large_message", "voice", "other"}

func (k kind) String() string { return kindText[k] }

// services lists what an Accept-Contact or P-Asserted-Service may name, decoded, and what
// it means. The first match of the longest name counts.
var services = [...]struct {
	name string
	kind kind
}{
	{"3gpp-service.ims.icsi.oma.cpm.session.group", kindGroup},
	{"3gpp-service.ims.icsi.oma.cpm.systemmsg", kindOther},
	{"3gpp-service.ims.icsi.oma.cpm.session", kindChat},
	{"3gpp-service.ims.icsi.oma.cpm.largemsg", kindLarge},
	{"3gpp-service.ims.icsi.oma.cpm.filetransfer", kindFile},
	{"3gpp-service.ims.icsi.mmtel", kindVoice},
	{"3gpp-application.ims.iari.rcs.fthttp", kindFile},
	{"oma.sip-im", kindChat},
}

// sortInvite says what an INVITE asks for, from its Accept-Contact and asserted service,
// the focus of its Contact and its SDP (nil: none).
func sortInvite(m *sipmin.Msg, raw []byte, offer *sdp.Description) kind {
	if offer != nil && offer.File {
		return kindFile
	}
	if offer != nil && offer.Chatroom || isFocus(m, raw) {
		return kindGroup
	}
	found := kindOther
	for _, id := range [...]sipmin.HeaderID{sipmin.HAcceptContact, sipmin.HPAssertedService, sipmin.HPPreferredService} {
		for i := m.Find(id, 0); i >= 0; i = m.Find(id, i+1) {
			if k, ok := serviceOf(m.Headers()[i].Value.In(raw)); ok {
				if k != kindChat {
					return k
				}
				found = kindChat
			}
		}
	}
	if offer == nil || offer.Message < 0 {
		return kindOther // a chat without m=message is none that we could answer
	}
	if found == kindOther {
		return kindChat // an offer of m=message alone: what a peer without service tags sends
	}
	return found
}

// serviceOf finds the service that a header value names. The value is the network's own
// percent-encoded or plain form.
func serviceOf(value []byte) (kind, bool) {
	for _, s := range services {
		if i := bytes.Index(value, []byte(s.name)); i >= 0 {
			return s.kind, true
		}
	}
	return kindOther, false
}

// isFocus reports whether the Contact is that of a conference focus (RFC 4579 §5.1).
func isFocus(m *sipmin.Msg, raw []byte) bool {
	v, ok := m.Get(sipmin.HContact)
	if !ok {
		return false
	}
	na, err := sipmin.ParseNameAddr(raw, v)
	if err != nil {
		return false
	}
	_, focus := sipmin.Param(raw, na.Params, "isfocus")
	return focus
}

// storeAndForward is the user of the network's own identity when it delivers what it kept.
const storeAndForward = "sip:rcse-standfw@"

// appendSender appends the key of who invites. Where the network itself delivers what it has
// kept, that is whom it names in Referred-By.
func (c *Core) appendSender(dst []byte, ev *sipmin.Event) []byte {
	start := len(dst)
	dst = c.appendCaller(dst, ev.Msg, ev.Raw)
	v, ok := ev.Msg.Get(sipmin.HReferredBy)
	if !ok || !bytes.HasPrefix(dst[start:], []byte(storeAndForward)) {
		return dst
	}
	na, err := sipmin.ParseNameAddr(ev.Raw, v)
	if err != nil {
		return dst
	}
	dst = appendKey(dst[:start], ev.Raw, na.URI)
	if len(dst) == start || len(dst)-start > maxKey {
		dst = append(dst[:start], anonymous...)
	}
	return dst
}

// deferred reports whether an INVITE brings messages that the network has kept for us: it
// is sent on behalf of somebody (RFC 3892).
func deferred(m *sipmin.Msg) bool {
	_, ok := m.Get(sipmin.HReferredBy)
	return ok
}
