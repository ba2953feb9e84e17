package sipmin

import "time"

// ownRequest is what a request of ours is made of. The zero fields are left out.
type ownRequest struct {
	method      Method
	uri         []byte
	d           *dialog // of From, To, Call-ID and Route
	cseq        uint32
	branch      [maxBranch]byte
	headers     []ExtraHeader
	contact     bool
	params      string // of the Contact instead of the configured ones; "-" none
	reason      string
	rack        [2]uint32 // RSeq and CSeq of the response that a PRACK is for
	expires     time.Duration
	minSE       time.Duration
	refresher   Refresher
	contentType string
	body        []byte
}

// writeRequest writes a request whose Via names a transport. It returns where
// the transport's three letters stand.
//
// The order is that of the handset in the reference trace: extensions first,
// then the long names, then those that have a compact form, Via last.
func (u *UA) writeRequest(w *text, r *ownRequest, by Transport) (viaAt int) {
	w.str(r.method.String())
	w.str(" ")
	u.writeTarget(w, r)
	w.str(" SIP/2.0\r\n")
	for i := range r.headers {
		if !acceptContact(&r.headers[i]) {
			w.extra(&r.headers[i])
		}
	}
	u.writeMiddle(w, r)
	for i := range r.headers {
		if acceptContact(&r.headers[i]) {
			w.extra(&r.headers[i])
		}
	}
	if len(r.body) > 0 {
		w.line(HContentType, r.contentType)
	}
	w.name(HFrom)
	w.raw(r.d.get(dLocal))
	w.str("\r\n")
	w.name(HCallID)
	w.raw(r.d.get(dCallID))
	w.str("\r\n")
	if r.method != MAck && r.method != MCancel {
		w.line(HSupported, u.cfg.Supported)
	}
	w.length(len(r.body))
	if r.contact {
		u.writeContact(w, r.params)
	}
	w.name(HTo)
	w.raw(r.d.get(dRemote))
	w.str("\r\n")
	viaAt = u.writeVia(w, by, r.branch[:])
	w.str("\r\n")
	w.raw(r.body)
	return viaAt
}

// acceptContact tells the one extra header that stands with the compact ones.
func acceptContact(h *ExtraHeader) bool {
	return h.Name == "a" || h.Name == "Accept-Contact"
}

// writeMiddle writes the headers between the extensions and the compact ones.
func (u *UA) writeMiddle(w *text, r *ownRequest) {
	switch r.method {
	case MInvite, MUpdate, MOptions:
		w.line(HAllow, u.cfg.Allow)
	}
	if r.method != MAck {
		w.line(HUserAgent, u.cfg.UserAgent)
	}
	w.str("CSeq: ")
	w.uint(uint64(r.cseq))
	w.str(" ")
	w.str(r.method.String())
	w.str("\r\nMax-Forwards: 70\r\n")
	// RFC 7976 §2: in all methods "except in CANCEL methods, CANCEL responses,
	// and ACK methods triggered by non-2xx responses", which are not written here.
	w.line(HPAccessNetworkInfo, u.pani)
	w.line(HReason, r.reason)
	u.writeRoute(w, r.d)
	if r.method == MPrack {
		w.str("RAck: ")
		w.uint(uint64(r.rack[0]))
		w.str(" ")
		w.uint(uint64(r.rack[1]))
		w.str(" INVITE\r\n")
	}
	writeInterval(w, r.expires, r.refresher)
	writeMinSE(w, r.minSE)
}

// writeTarget writes the Request-URI. With a strict router first in the route
// set it is that router's URI, RFC 3261 §12.2.1.1.
func (u *UA) writeTarget(w *text, r *ownRequest) {
	if r.uri != nil {
		w.raw(r.uri)
		return
	}
	if r.d.strict {
		w.raw(uriIn(r.d.firstRoute()))
		return
	}
	w.raw(r.d.get(dTarget))
}

// writeRoute writes the route set. "If the route set is not empty, and the
// first URI in the route set does not contain the lr parameter, the UAC MUST
// place the first URI … in the Request-URI … The UAC MUST then place the
// remote target URI into the Route header field as the last value."
func (u *UA) writeRoute(w *text, d *dialog) {
	route := d.get(dRoute)
	if len(route) == 0 {
		return
	}
	w.str("Route: ")
	if !d.strict {
		w.raw(route)
		w.str("\r\n")
		return
	}
	if rest := route[len(d.firstRoute()):]; len(rest) > 1 {
		w.raw(rest[1:])
		w.str(",")
	}
	w.str("<")
	w.raw(d.get(dTarget))
	w.str(">\r\n")
}

func (u *UA) writeContact(w *text, params string) {
	w.name(HContact)
	w.str("<sip:")
	if u.cfg.ContactUser != "" {
		w.str(u.cfg.ContactUser)
		w.str("@")
	}
	u.writeHostPort(w)
	w.str(";transport=")
	w.str(u.cfg.Transport.String())
	w.str(">")
	w.str(u.cfg.ContactParams)
	if params != "-" {
		w.str(params)
	}
	w.str("\r\n")
}

func (u *UA) writeHostPort(w *text) {
	w.str(u.cfg.Host)
	w.str(":")
	w.uint(uint64(u.cfg.Local.Port()))
}

// writeVia returns where "UDP" or "TCP" stands.
func (u *UA) writeVia(w *text, by Transport, branch []byte) int {
	w.name(HVia)
	w.str("SIP/2.0/")
	at := len(w.b)
	w.str(by.String())
	w.str(" ")
	u.writeHostPort(w)
	w.str(";branch=")
	w.raw(branch)
	w.str("\r\n")
	return at
}

// newBranch fills a branch: the cookie and 64 random bits.
func (u *UA) newBranch(branch *[maxBranch]byte) { putBranch(branch, u.random()) }

func putBranch(branch *[maxBranch]byte, bits uint64) {
	const digits = "0123456789abcdef"
	n := copy(branch[:], cookie)
	for i := range 16 {
		branch[n+i] = digits[bits>>(60-4*i)&15]
	}
}

// launch writes a request, opens its transaction and sends it. It fails when
// the table, the memory or the room for text is used up.
func (u *UA) launch(now time.Time, r *ownRequest, why purpose) (*txn, error) {
	kind := txnClient
	if r.method == MInvite {
		kind = txnInviteClient
	}
	u.newBranch(&r.branch)
	w := u.write()
	viaAt := u.writeRequest(w, r, u.cfg.Transport)
	if w.full {
		return nil, ErrTooLong
	}
	to := Target{Transport: u.cfg.Transport, Addr: u.nextHop(r.d)}
	sized := u.bySize(w.b, viaAt, &to)
	t := u.newTxn(now, kind, to)
	if t == nil {
		return nil, ErrBusy
	}
	t.purpose, t.method, t.cseq, t.branch, t.sized = why, r.method, r.cseq, r.branch, sized
	// An INVITE is what its ACK and CANCEL are made of. Inside a dialog anything
	// else is better sent once than not at all.
	if !u.keep(t, w.b) && (kind == txnInviteClient || why == forRequest) {
		u.endTxn(t)
		return nil, ErrBusy
	}
	u.sendTxn(now, t, w.b)
	return t, nil
}

// bySize moves a request that is too large for a datagram to TCP.
//
// RFC 3261 §18.1.1: "If a request is within 200 bytes of the path MTU, or if it
// is larger than 1300 bytes and the path MTU is unknown, the request MUST be
// sent using an RFC 2914 congestion controlled transport protocol, such as TCP.
// If this causes a change in the transport protocol from the one indicated in
// the top Via, the value in the top Via MUST be changed."
func (u *UA) bySize(b []byte, viaAt int, to *Target) bool {
	if to.Transport != UDP || len(b) <= u.cfg.SizeLimit {
		return false
	}
	copy(b[viaAt:], "TCP")
	to.Transport = TCP
	return true
}
