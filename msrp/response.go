package msrp

// response takes the response h. It confirms nothing unless it names a transaction of ours
// and both paths of the session.
func (s *Session) response(buf []byte, h *Head) {
	if h.Fault != 0 || !s.isOurs(h.ToPath.In(buf)) || !s.isHop(h.FromPath.In(buf)) {
		return
	}
	tid := h.TID.In(buf)
	for i := range s.flight {
		if t := &s.flight[i]; t.used && string(tid) == string(t.tid[:]) {
			s.answered(i, h.Status)
			return
		}
	}
}

// answered applies a response to transaction i (§10).
func (s *Session) answered(i int, code uint16) {
	msg := s.flight[i].msg
	s.flight[i].used = false
	mine := s.open.on && s.open.txn == i // the chunk is still being written
	if mine {
		s.open.txn = -1
	}
	switch {
	case mine && s.open.dropped:
	case msg == msgGreeting:
		s.greeted(code)
	case s.out[msg].state == outFree:
	case code == 200:
		s.out[msg].waiting--
		s.settle(msg)
	default:
		s.failed(msg, code, false)
	}
}

// greeted ends the opening exchange. A peer that dislikes the empty SEND but answers is there.
func (s *Session) greeted(code uint16) {
	if code == 481 || code == 506 || code == 408 {
		s.over(code, false)
		return
	}
	if !s.up {
		s.up = true
		s.emit(Event{Kind: EvOpen})
	}
}

// failed applies an error to message i: 413 stops its chunks, as every other does; 481
// "should terminate the session" (§10.8), 506 "cease sending messages" (§10.10).
func (s *Session) failed(i int, code uint16, local bool) {
	s.fail(i, code, local)
	if code == 481 || code == 506 {
		s.over(code, local)
	}
}

// unanswered is the end of the 30 seconds of transaction i. It is no failure but not
// knowing, and "408 ... in the same manner as ... a local timeout" (§10.4).
func (s *Session) unanswered(i int) {
	msg := s.flight[i].msg
	s.flight[i].used = false
	switch {
	case msg == msgGreeting:
		s.over(408, true)
	case s.out[msg].state == outActive && s.out[msg].Failure == ReportYes:
		s.fail(msg, 408, true)
	}
}

// report takes a REPORT: "If an MSRP endpoint receives a REPORT for a Message-ID it does
// not recognize, it SHOULD silently ignore the REPORT." (§7.1.1)
func (s *Session) report(buf []byte, h *Head) {
	id := h.MessageID.In(buf)
	if h.ReportSpace != 0 || h.ReportStatus == 0 || len(id) == 0 {
		return
	}
	for i := range s.out {
		if m := &s.out[i]; m.state != outFree && m.sent > 0 && m.sameID(id) {
			s.reported(i, h)
			return
		}
	}
}

// reported tells the caller, then does "exactly" what a response with that code does
// (§7.3.2). What is not asked for is not told: some peers report everything.
func (s *Session) reported(i int, h *Head) {
	m, code := &s.out[i], h.ReportStatus
	if code == 200 && !m.Success {
		return
	}
	e := Event{Kind: EvReport, Tag: m.Tag, Code: code, Off: h.Start - 1, Size: Star, MessageID: m.id.octets()}
	if h.End != Star {
		e.Size = h.End - h.Start + 1
	}
	s.emit(e)
	if code != 200 && m.state == outActive {
		s.failed(i, code, false)
	}
}
