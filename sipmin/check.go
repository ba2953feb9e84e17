package sipmin

// check reads the fields that every message must have and that no receiver can
// do without.
//
//	"A valid SIP request formulated by a UAC MUST, at a minimum, contain the
//	following header fields: To, From, CSeq, Call-ID, Max-Forwards, and Via"
//	(RFC 3261 §8.1.1). Max-Forwards is not insisted on: RFC 2543 knew none.
func (p *parser) check() {
	p.checkVias()
	p.checkParties()
	p.checkCallID()
	p.checkCSeq()
	p.checkMaxForwards()
	p.checkRoutes(HRoute)
	p.checkRoutes(HRecordRoute)
}

// must returns the first field id, which has to be there.
func (p *parser) must(id HeaderID) (Span, bool) {
	v, ok := p.m.Get(id)
	if !ok {
		p.fail(ErrMissing, len(p.b))
	}
	return v, ok
}

// checkVias reads all Via values; the topmost is kept.
func (p *parser) checkVias() {
	p.must(HVia)
	for i := p.m.Find(HVia, 0); i >= 0; i = p.m.Find(HVia, i+1) {
		for rest, more := p.m.headers[i].Value, true; more; {
			var elem Span
			elem, rest, more = splitElement(p.b, rest)
			p.addVia(elem)
		}
	}
}

func (p *parser) addVia(elem Span) {
	v, err := ParseVia(p.b, elem)
	e, _ := err.(Error)
	if e != 0 {
		p.fail(e, int(elem.Off))
	}
	if p.m.Vias == 0 {
		p.m.Via, p.via = v, e
	}
	if p.m.Vias == MaxVias {
		p.fail(ErrTooManyValues, int(elem.Off))
		return
	}
	p.m.Vias++
}

// checkParties reads From and To.
//
//	"The From field MUST contain a new "tag" parameter, chosen by the UAC."
//	(RFC 3261 §8.1.1.3)
//
// It is insisted on where a dialog would take it (§12.1.1), unless the branch
// has no cookie: RFC 2543 had neither. Old phones leave it out elsewhere.
func (p *parser) checkParties() {
	m := p.m
	if v, ok := p.must(HFrom); ok {
		m.From, m.FromTag, ok = parseParty(p.b, v)
		if !ok || m.FromTag.Len == 0 && m.makesDialog() && m.Via.HasCookie(p.b) {
			p.fail(ErrFrom, int(v.Off))
		}
	}
	if v, ok := p.must(HTo); ok {
		if m.To, m.ToTag, ok = parseParty(p.b, v); !ok {
			p.fail(ErrTo, int(v.Off))
		}
	}
}

// makesDialog reports whether the message is a request that can begin a dialog.
func (m *Msg) makesDialog() bool {
	return m.Request && (m.Method == MInvite || m.Method == MSubscribe || m.Method == MRefer)
}

// checkCallID sees that Call-ID is one word; which octets it has is the
// sender's affair (bare IPv6 addresses and "*" are common).
func (p *parser) checkCallID() {
	v, ok := p.must(HCallID)
	if !ok {
		return
	}
	p.m.CallID = v
	if !all(v.In(p.b), cWord) {
		p.fail(ErrCallID, int(v.Off))
	}
}

// checkCSeq reads CSeq.
//
//	"The method MUST match that of the request." (RFC 3261 §8.1.1.5)
func (p *parser) checkCSeq() {
	m := p.m
	v, ok := p.must(HCSeq)
	if !ok {
		return
	}
	n, name, err := ParseCSeq(p.b, v)
	if err != nil {
		p.fail(ErrCSeq, int(v.Off))
		return
	}
	m.CSeq, m.CSeqMethod = n, MethodOf(name.In(p.b))
	if !m.Request {
		m.Method = m.CSeqMethod
	} else if string(name.In(p.b)) != string(m.MethodName.In(p.b)) {
		p.fail(ErrCSeqMethod, int(v.Off))
	}
}

// checkMaxForwards reads "an integer in the range 0-255" (RFC 3261 §20.22). In
// a response, where some peers put it, it means nothing.
func (p *parser) checkMaxForwards() {
	if v, ok := p.m.Get(HMaxForwards); ok && p.m.Request {
		if _, ok := ParseUint(v.In(p.b), 255); !ok {
			p.fail(ErrMaxForwards, int(v.Off))
		}
	}
}

// checkRoutes bounds what a dialog has to keep.
func (p *parser) checkRoutes(id HeaderID) {
	n := 0
	for i := p.m.Find(id, 0); i >= 0; i = p.m.Find(id, i+1) {
		for rest := p.m.headers[i].Value; ; n++ {
			var ok bool
			if _, rest, ok = NextElement(p.b, rest); !ok {
				break
			}
		}
		if n > MaxRoutes {
			p.fail(ErrTooManyValues, int(p.m.headers[i].Value.Off))
			return
		}
	}
}
