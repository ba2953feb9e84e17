package agenttest

import "strconv"

// mediaSession is the session-id that script media takes.
const mediaSession = "media"

// playMedia is a remote UE without SIP, for a foreign SIP peer whose SDP points
// here: it takes MSRP connections for the session-id "media", one after the other,
// answers everything and reports each text. It goes on until the network is closed
// and fails only if no text ever came.
func (n *Network) playMedia() error {
	authority := spell(n.MSRPAddr().Addr()).host + ":" + strconv.Itoa(int(n.MSRPAddr().Port()))
	s := n.newSession("msrp://"+authority+"/"+mediaSession+";tcp", "")
	n.logf("media %s", s.own)
	texts := 0
	for {
		s.overheld = nil
		if err := s.connected(); err != nil {
			if texts > 0 {
				return nil
			}
			return at(row(stepEmpty), err)
		}
		for {
			got, err := n.takeMedia(s)
			if got {
				texts++
			}
			if err != nil {
				n.logf("media: %v", err)
				break
			}
		}
	}
}

// takeMedia answers one SEND with a body and, if it is a text, reports it.
func (n *Network) takeMedia(s *session) (text bool, err error) {
	f, err := s.next("SEND", func(f *frame) bool { return f.what == "SEND" && f.hasBody })
	if err != nil {
		return false, err
	}
	s.peer = f.get("From-Path")
	t := &texts{}
	t.putFresh(idsOf2)
	t.put(tracePath1Full, respell(s.peer), tracePath1, s.peer, tracePath2, s.own)
	c := &chat{texts: t, n: n, s: s}
	n.note(row(stepHello), "tcp", false, f.raw)
	if err := c.respond(row(stepHelloOK), "09-200-noreason.msrp", "RgGcYXJW2nHr", f); err != nil {
		return false, err
	}
	e, err := parseCPIM(f.body)
	if err != nil || !isText(e) {
		return false, nil
	}
	return true, c.give(stepReceipt, "10-send-imdn.msrp", stepReceiptOK, traceHello, e.imdn("Message-ID"))
}
