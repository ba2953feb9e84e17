package agent

import (
	"fmt"
	"strings"
	"testing"
)

// TestFloodOfMessages: however many MESSAGEs come by UDP, each of which is kept for its
// repetitions, each is answered, buffers are left for the rest, and our INVITE goes out.
func TestFloodOfMessages(t *testing.T) {
	w := newWorld(t)
	w.cfg.Memory.Sessions, w.cfg.Spool.MaxMessages = 16, 1000
	w.start()
	w.command(words("host 0 connect"))
	for i := range 500 {
		w.out = w.out[:0]
		body := strings.Replace(w.cpim("flood"), "ID-OF-MESSAGE", fmt.Sprintf("id%d", i), 1)
		w.step(Event{Kind: EvDatagram, Door: DoorSIP, Flow: udpFlow, Addr: pcscf, Buf: w.buf(fmt.Appendf(nil,
			"MESSAGE sip:310410123456789@[2001::1:4c16:9c0f:4986:9e6d]:5060 SIP/2.0\r\nVia: SIP/2.0/UDP [2001:0:0:1::2]:5060;branch=z9hG4bKf%d\r\n"+
				"From: <sip:+14448880000@sharetechnote.com;user=phone>;tag=f%d\r\nTo: <sip:310410123456789@sharetechnote.com>\r\nCall-ID: flood-%d\r\n"+
				"CSeq: 1 MESSAGE\r\nMax-Forwards: 69\r\nContent-Type: message/cpim\r\nContent-Length: %d\r\n\r\n%s", i, i, i, len(body), body))})
		if i < w.cfg.Spool.MaxMessages && !strings.Contains(strings.Join(w.out, "\n"), "200 OK") {
			t.Fatalf("%d: %v", i, w.out)
		}
	}
	if free := w.pool.Free(); free < w.pool.Total()/lentShare {
		t.Errorf("%d of %d buffers are free", free, w.pool.Total())
	}
	w.out = w.out[:0]
	w.command(words("host 0 send +14448880001 Hello"))
	if all := strings.Join(w.out, "\n"); !strings.Contains(all, "INVITE") {
		t.Errorf("no INVITE: %v", all)
	}
}
