package sipmin

import "testing"

// FuzzUAReceive gives anything to a UA in the middle of one session, as the
// peer. Invariants: no panic, time ends everything, all memory comes back.
func FuzzUAReceive(f *testing.F) {
	_, _, tag := steadyUA(f)
	for _, m := range []string{"UPDATE", "BYE", "INVITE", "PRACK", "MESSAGE", "OPTIONS", "ACK", "CANCEL"} {
		f.Add([]byte(peerRequest(m, "2", tag, "Contact: <sip:bob@192.0.2.7>\r\nSupported: timer\r\nSession-Expires: 1800\r\nRAck: 1 1 INVITE\r\nRequire: 100rel\r\n")))
		f.Add([]byte(peerRequest(m, "2", "<sip:alice@example.net>", "Contact: <sip:bob@192.0.2.7>\r\n")))
	}
	f.Add([]byte("SIP/2.0 200 OK\r\nv: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK0000000000000006\r\nf: <sip:alice@example.net>;tag=1\r\nt: <sip:bob@b>;tag=2\r\n" +
		"i: x\r\nCSeq: 1 INVITE\r\nm: <sip:b@b>\r\nRecord-Route: <sip:a;lr>\r\nRSeq: 1\r\nRequire: 100rel\r\n\r\n"))
	for _, r := range attackRows(f) {
		if len(r.text) < 4096 {
			f.Add(r.text)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		u, _, _ := steadyUA(t)
		memory := u.cfg.Memory.(*slab)
		now := epoch
		c, err := u.Invite(now, &InviteOut{URI: "sip:bob@b", ContentType: "application/sdp", Body: []byte("v=0\r\n")})
		if err != nil {
			t.Fatal(err)
		}
		for _, src := range []Source{peerUDP, {Transport: TCP, Flow: 2, Addr: peerUDP.Addr}} {
			u.Receive(now, src, b)
			for e, ok := u.Next(); ok; e, ok = u.Next() {
				switch e.Kind {
				case EvIncoming:
					_ = u.Progress(now, e.Call, 183)
				case EvOffer:
					_ = u.AnswerOffer(now, e.Call, "application/sdp", e.Body())
				case EvRequest:
					_ = u.Respond(now, e.Txn, 200, nil, "", nil)
				}
			}
		}
		_ = u.Bye(now, c, "")
		for i := range u.calls {
			if x := &u.calls[i]; x.state != callFree && !x.quiet {
				_ = u.Bye(now, x.name(), "")
			}
		}
		for range 2000 {
			at := u.Deadline()
			if at.IsZero() {
				break
			}
			if at.After(now) {
				now = at
			}
			u.Expire(now)
			for _, ok := u.Next(); ok; _, ok = u.Next() {
			}
		}
		if at := u.Deadline(); !at.IsZero() {
			t.Fatal("time does not end everything")
		}
		if len(memory.free) != 64 {
			t.Fatalf("%d buffers are back, want 64", len(memory.free))
		}
	})
}
