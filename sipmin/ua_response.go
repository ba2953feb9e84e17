package sipmin

import (
	"net/netip"
	"time"
)

// ownResponse is what a response of ours is made of besides the headers that it
// copies from its request.
type ownResponse struct {
	status      uint16
	headers     []ExtraHeader
	contact     bool
	allow       bool // Allow
	accept      bool // Accept, by which the peer learns the types we take
	encoding    bool // Accept-Encoding
	supported   bool // Supported
	unsupported bool // Unsupported, of the message at hand
	require     string
	rseq        uint32
	expires     time.Duration
	minSE       time.Duration
	retryAfter  time.Duration
	refresher   Refresher
	contentType string
	body        []byte
}

// writeCopied writes the headers that a response takes from its request,
// RFC 3261 §8.2.6.2, and tag to To if that has none.
func (u *UA) writeCopied(w *text, tag []byte) {
	first := true
	for _, h := range u.msg.Headers() {
		switch h.ID {
		case HVia:
			w.name(HVia)
			if first {
				u.writeTopVia(w, h.Value)
			} else {
				w.unfold(h.Value.In(u.raw))
			}
			w.str("\r\n")
			first = false
		case HRecordRoute:
			// §12.1.1: "the UAS MUST copy all Record-Route header field values
			// from the request into the response"
			w.str("Record-Route: ")
			w.unfold(h.Value.In(u.raw))
			w.str("\r\n")
		}
	}
	u.copyHeader(w, HFrom)
	w.name(HTo)
	w.unfold(u.header(HTo))
	if u.msg.ToTag.Len == 0 && len(tag) > 0 {
		w.str(";tag=")
		w.raw(tag)
	}
	w.str("\r\n")
	u.copyHeader(w, HCallID)
	u.copyHeader(w, HCSeq)
}

func (u *UA) copyHeader(w *text, id HeaderID) {
	if v := u.header(id); v != nil {
		w.name(id)
		w.unfold(v)
		w.str("\r\n")
	}
}

// writeTopVia writes the first Via header with what RFC 3261 §18.2.1 and RFC
// 3581 §4 have the server add to its first value.
func (u *UA) writeTopVia(w *text, value Span) {
	elem, _, ok := NextElement(u.raw, value)
	if !ok || !u.src.Addr.IsValid() {
		w.unfold(value.In(u.raw))
		return
	}
	rest := elem
	if u.msg.Via.HasRPort && u.msg.Via.RPort == 0 {
		at := u.rportEnd()
		w.unfold(u.raw[value.Off:at])
		w.str("=")
		w.uint(uint64(u.src.Addr.Port()))
		rest = span(at, elem.End())
	} else {
		rest = span(int(value.Off), elem.End())
	}
	w.unfold(rest.In(u.raw))
	// "If the host portion of the "sent-by" parameter contains a domain name, or
	// if it contains an IP address that differs from the packet source address,
	// the server MUST add a "received" parameter to that Via header field value."
	// RFC 3581 §4 adds it with rport always.
	from := u.src.Addr.Addr().Unmap()
	if host, ok := u.msg.Via.Addr(u.raw); u.msg.Via.HasRPort || !ok || host.Unmap() != from {
		w.str(";received=")
		w.addr(from)
	}
	w.unfold(span(elem.End(), value.End()).In(u.raw))
}

// rportEnd returns the offset after the name of the rport that has no value.
func (u *UA) rportEnd() int {
	params := u.msg.Via.Params
	for {
		name, _, rest, ok := NextParam(u.raw, params)
		if !ok {
			return params.End()
		}
		if EqualFold(name.In(u.raw), "rport") {
			return name.End()
		}
		params = rest
	}
}

// writeReply writes a response. copied is what writeCopied wrote before; nil
// takes it from the message at hand.
func (u *UA) writeReply(w *text, r *ownResponse, copied, tag []byte) {
	w.str("SIP/2.0 ")
	w.uint(uint64(r.status))
	w.str(" ")
	w.str(ReasonPhrase(r.status))
	w.str("\r\n")
	if copied != nil {
		w.raw(copied)
	} else {
		u.writeCopied(w, tag)
	}
	for i := range r.headers {
		w.extra(&r.headers[i])
	}
	u.writeOwn(w, r)
	if len(r.body) > 0 {
		w.line(HContentType, r.contentType)
	}
	w.length(len(r.body))
	w.str("\r\n")
	w.raw(r.body)
}

// writeOwn writes the headers by which a response says what we can.
func (u *UA) writeOwn(w *text, r *ownResponse) {
	if r.allow {
		w.line(HAllow, u.cfg.Allow)
	}
	if r.accept {
		w.line(HAccept, u.cfg.Accept)
	}
	if r.encoding {
		w.str("Accept-Encoding: identity\r\n")
	}
	if r.supported {
		w.line(HSupported, u.cfg.Supported)
	}
	if r.unsupported {
		w.name(HUnsupported)
		u.eachUnsupported(w)
		w.str("\r\n")
	}
	if r.contact {
		u.writeContact(w, "-")
	}
	w.line(HRequire, r.require)
	if r.rseq != 0 {
		w.name(HRSeq)
		w.uint(uint64(r.rseq))
		w.str("\r\n")
	}
	writeInterval(w, r.expires, r.refresher)
	writeMinSE(w, r.minSE)
	if r.retryAfter != 0 {
		w.name(HRetryAfter)
		w.uint(uint64(r.retryAfter / time.Second))
		w.str("\r\n")
	}
}

// replyNow answers the message at hand without a transaction, RFC 3261
// §8.2.7: a repetition of the request gets the same answer again.
func (u *UA) replyNow(r *ownResponse) { u.replyTagged(r, nil) }

// replyTagged is replyNow with a To tag.
func (u *UA) replyTagged(r *ownResponse, tag []byte) {
	if u.msg.Method == MAck {
		return
	}
	var stable [maxTag]byte
	if len(tag) == 0 {
		u.stableTag(&stable)
		tag = stable[:]
	}
	w := u.write()
	u.writeReply(w, r, nil, tag)
	if !w.full {
		u.cfg.Wire.Send(u.responseTarget(), w.b)
	}
}

// stableTag makes the To tag of an answer without a transaction.
//
// RFC 3261 §8.2.6.2 wants "the same tag … for all responses to that request";
// a stateless UAS makes it "from attributes of the request".
func (u *UA) stableTag(tag *[maxTag]byte) {
	h := u.secret
	h.add(u.header(HCallID))
	h.add(u.header(HFrom))
	h.add(u.header(HCSeq))
	putTag(tag, uint64(h))
}

// viaPort returns the port for a response by datagram.
func (u *UA) viaPort() uint16 {
	switch v := &u.msg.Via; {
	case v.HasRPort:
		return u.src.Addr.Port()
	case v.Port != 0:
		return v.Port
	}
	return 5060
}

// maxTag is the length of our own tags: 16 hexadecimal digits, twice the 32
// bits of RFC 3261 §19.3.
const maxTag = 16

func putTag(tag *[maxTag]byte, bits uint64) {
	const digits = "0123456789abcdef"
	for i := range tag {
		tag[i] = digits[bits>>(60-4*i)&15]
	}
}

// responseTarget returns where responses to the message at hand go.
//
// RFC 3261 §18.2.2: over a stream "the response MUST be sent using the existing
// connection"; else to "received" and the port of sent-by, "5060 if no port is
// specified". RFC 3581 §4: with rport, to the port it came from.
func (u *UA) responseTarget() Target {
	to := Target{Transport: u.src.Transport, Flow: u.src.Flow, Addr: u.src.Addr}
	if to.Transport == UDP {
		to.Addr = netip.AddrPortFrom(u.src.Addr.Addr(), u.viaPort())
	}
	return to
}
