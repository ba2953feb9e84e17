package sipmin

// openDialog fills the dialog of a request of ours that has no peer yet. Its
// route set is that of our configuration, and its target the Request-URI.
func (u *UA) openDialog(d *dialog, from, to, target, callID string, routed bool) error {
	d.reset()
	if !oneURI(from) || !oneURI(to) || !oneURI(target) || !oneLine(callID) {
		return ErrTooLong
	}
	var tag [maxTag]byte
	putTag(&tag, u.random())
	ok := u.setCallID(d, callID) && d.set(dLocalTag, tag[:])
	d.begin(dLocal)
	ok = ok && d.addString(dLocal, "<") && d.addString(dLocal, from) && d.addString(dLocal, ">;tag=") && d.add(dLocal, tag[:])
	d.begin(dRemote)
	ok = ok && d.addString(dRemote, "<") && d.addString(dRemote, to) && d.addString(dRemote, ">")
	d.begin(dTarget)
	ok = ok && d.addString(dTarget, target)
	if d.begin(dRoute); routed {
		ok = ok && d.addString(dRoute, u.route)
	}
	if !ok {
		return ErrTooLong
	}
	return nil
}

// setCallID takes a Call-ID, or makes a new one: 64 random bits at our host.
func (u *UA) setCallID(d *dialog, callID string) bool {
	d.begin(dCallID)
	if callID != "" {
		return d.addString(dCallID, callID)
	}
	var id [maxTag]byte
	putTag(&id, u.random())
	return d.add(dCallID, id[:]) && d.addString(dCallID, "@") && d.addString(dCallID, u.host)
}

func (d *dialog) addString(f dialogField, s string) bool {
	if len(s) > dialogRoom-int(d.used) {
		return false
	}
	copy(d.store[d.used:], s)
	d.at[f].Len += uint16(len(s))
	d.used += uint16(len(s))
	return true
}

// oneURI tells whether s may stand between angle brackets.
func oneURI(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c == '<' || c == '>' || c == '"' || c == 0x7f {
			return false
		}
	}
	return s != ""
}

// meet completes a dialog of ours by the response at hand, RFC 3261 §12.1.2.
// The route set is computed anew each time, §13.2.2.4: "the route set …
// MUST be recomputed based on the 2xx response".
func (u *UA) meet(d *dialog) bool {
	ok := d.setText(dRemote, u.header(HTo)) && d.set(dRemoteTag, u.msg.ToTag.In(u.raw))
	if contact, found := u.contact(); found {
		ok = ok && d.set(dTarget, contact)
	}
	return ok && u.setRoutes(d, true)
}

// strangeDialog fills u.fork from a response alone: that of a branch that is
// not our call's, or whose call is over.
func (u *UA) strangeDialog() *dialog {
	d := &u.fork
	d.reset()
	d.localSeq = u.msg.CSeq
	if !d.set(dCallID, u.header(HCallID)) || !d.setText(dLocal, u.header(HFrom)) || !u.meet(d) || d.at[dTarget].Len == 0 {
		return nil
	}
	return d
}

// answerDialog fills a dialog from the INVITE at hand, RFC 3261 §12.1.1.
func (u *UA) answerDialog(d *dialog, tag []byte) bool {
	d.reset()
	d.remoteSeq, d.hasRemote = u.msg.CSeq, true
	ok := d.set(dCallID, u.header(HCallID)) && d.set(dLocalTag, tag) &&
		d.setText(dRemote, u.header(HFrom)) && d.set(dRemoteTag, u.msg.FromTag.In(u.raw)) &&
		d.setText(dLocal, u.header(HTo))
	// dLocal was set last, and so can be added to.
	ok = ok && d.addString(dLocal, ";tag=") && d.add(dLocal, tag)
	contact, found := u.contact()
	if !found {
		contact = u.msg.From.URI.In(u.raw) // an RFC 2543 peer
	}
	return ok && d.set(dTarget, contact) && u.setRoutes(d, false)
}

// retarget takes the Contact of a target refresh, RFC 3261 §12.2.
func (u *UA) retarget(d *dialog) {
	if contact, found := u.contact(); found && int(d.used)-int(d.at[dTarget].Len)+len(contact) <= dialogRoom {
		d.set(dTarget, contact)
	}
}

// contact returns the URI of the first Contact.
func (u *UA) contact() ([]byte, bool) {
	s, ok := u.msg.Get(HContact)
	if !ok {
		return nil, false
	}
	elem, _, ok := NextElement(u.raw, s)
	if !ok {
		return nil, false
	}
	na, err := ParseNameAddr(u.raw, elem)
	if err != nil || na.URI.Len == 0 {
		return nil, false
	}
	uri := na.URI.In(u.raw)
	for _, c := range uri {
		if c <= ' ' {
			return nil, false
		}
	}
	return uri, true
}

// setRoutes takes the Record-Route values as the route set: in order for a
// UAS, §12.1.1, in reverse for a UAC, §12.1.2.
func (u *UA) setRoutes(d *dialog, reverse bool) bool {
	var at [MaxRoutes]Span
	n := 0
	for i := u.msg.Find(HRecordRoute, 0); i >= 0; i = u.msg.Find(HRecordRoute, i+1) {
		rest := u.msg.Headers()[i].Value
		for {
			elem, after, ok := NextElement(u.raw, rest)
			if !ok {
				break
			}
			if n == MaxRoutes {
				return false
			}
			at[n], rest = elem, after
			n++
		}
	}
	d.begin(dRoute)
	for i := range n {
		s := at[i]
		if reverse {
			s = at[n-1-i]
		}
		if i > 0 && !d.addString(dRoute, ",") || !d.add(dRoute, s.In(u.raw)) {
			return false
		}
	}
	for i, c := range d.get(dRoute) {
		if c == '\r' || c == '\n' {
			d.get(dRoute)[i] = ' '
		}
	}
	d.routed()
	return true
}

// dialogOf returns the call in whose dialog the request at hand is, or nil.
func (u *UA) dialogOf() *call {
	id, local, remote := u.header(HCallID), u.msg.ToTag.In(u.raw), u.msg.FromTag.In(u.raw)
	for i := range u.calls {
		c := &u.calls[i]
		if c.state == callFree || string(c.d.get(dLocalTag)) != string(local) || string(c.d.get(dCallID)) != string(id) {
			continue
		}
		if c.state == callInviting {
			if c.earlyOf(u.tagHash(remote)) != nil {
				return c
			}
			continue
		}
		if string(c.d.get(dRemoteTag)) == string(remote) {
			return c
		}
	}
	return nil
}

// tagHash returns what an early dialog is remembered by; never 0.
func (u *UA) tagHash(tag []byte) hash {
	h := u.secret
	h.add(tag)
	return h | 1
}
