package sipmin

// refuse checks a request as RFC 3261 §8.2.1 to §8.2.3 have it, in that order.
func (u *UA) refuse() (r ownResponse, bad bool) {
	m := u.msg.Method
	switch {
	case m == MOther:
		return ownResponse{status: 501, allow: true}, true
	case !listed(u.cfg.Allow, m.String()):
		// §8.2.1: "the UAS MUST generate a 405 (Method Not Allowed) response …
		// The UAS MUST also add an Allow header field to the 405".
		return ownResponse{status: 405, allow: true}, true
	case !u.knownScheme():
		// §8.2.2.1: "If the Request-URI uses a scheme not supported by the UAS,
		// it SHOULD reject the request with a 416".
		return ownResponse{status: 416}, true
	case u.eachUnsupported(nil):
		// §8.2.2.3: "the UAS MUST respond by generating a response with status
		// code 420 (Bad Extension) … The UAS MUST add an Unsupported header field".
		return ownResponse{status: 420, unsupported: true}, true
	}
	return u.refuseBody()
}

// refuseBody checks what §8.2.3 does: "If there are any bodies whose type … or
// encoding (indicated by the Content-Encoding) are not understood, and that
// body part is not optional … the UAS MUST reject the request with a 415". The
// types of other requests than INVITE and UPDATE are for the owner.
func (u *UA) refuseBody() (r ownResponse, bad bool) {
	if u.hasBody() && !u.optional() {
		if enc := u.header(HContentEncoding); len(enc) > 0 && !EqualFold(enc, "identity") {
			return ownResponse{status: 415, accept: true, encoding: true}, true
		}
		if m := u.msg.Method; (m == MInvite || m == MUpdate) && !u.accepted() {
			return ownResponse{status: 415, accept: true}, true
		}
	}
	if u.msg.Method == MInvite && !u.takesSDP() {
		return ownResponse{status: 406}, true
	}
	return ownResponse{}, false
}

// optional tells whether the body may be ignored, §20.11.
func (u *UA) optional() bool {
	s, ok := u.msg.Get(HContentDisposition)
	if !ok {
		return false
	}
	b := s.In(u.raw)
	for i, c := range b {
		if c == ';' {
			v, _ := Param(u.raw, span(int(s.Off)+i+1, s.End()), "handling")
			return EqualFold(v.In(u.raw), "optional")
		}
	}
	return false
}

// accepted tells whether our Accept lists the type of the body at hand.
func (u *UA) accepted() bool {
	return u.cfg.Accept == "" || listed(u.cfg.Accept, mediaType(u.header(HContentType)))
}

// takesSDP tells whether the peer's Accept admits the answer that we would
// give. Without Accept it does, §20.1.
func (u *UA) takesSDP() bool {
	i := u.msg.Find(HAccept, 0)
	if i < 0 {
		return true
	}
	for ; i >= 0; i = u.msg.Find(HAccept, i+1) {
		rest := u.msg.Headers()[i].Value
		for {
			elem, after, ok := NextElement(u.raw, rest)
			if !ok {
				break
			}
			t := mediaType(elem.In(u.raw))
			if EqualFold(t, "application/sdp") || EqualFold(t, "application/*") || EqualFold(t, "*/*") {
				return true
			}
			rest = after
		}
	}
	return false
}

func (u *UA) knownScheme() bool {
	uri, err := ParseURI(u.raw, u.msg.URI)
	return err == nil && uri.Scheme != SchemeOther
}

// eachUnsupported tells whether Require names an option tag that we do not
// support, and writes all of those if w is not nil.
func (u *UA) eachUnsupported(w *text) (any bool) {
	for i := u.msg.Find(HRequire, 0); i >= 0; i = u.msg.Find(HRequire, i+1) {
		rest := u.msg.Headers()[i].Value
		for {
			elem, after, ok := NextElement(u.raw, rest)
			if !ok {
				break
			}
			rest = after
			if tag := elem.In(u.raw); !u.supports(tag) {
				if w != nil && any {
					w.str(",")
				}
				if w != nil {
					w.unfold(tag)
				}
				any = true
			}
		}
	}
	return any
}

func (u *UA) supports(tag []byte) bool {
	return EqualFold(tag, "100rel") || EqualFold(tag, "timer") || listed(u.cfg.Supported, tag)
}
