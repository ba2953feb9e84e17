package sipmin

import (
	"bytes"
	"net/netip"
	"time"
)

// SendFailed says that what was sent to this target has not arrived: the dial
// failed, or the datagram was refused. Flow may be that of the failed dial.
//
// RFC 3261 §18.1.1: when TCP was chosen only for the size, and "attempts to
// establish the connection … generate either an ICMP Protocol Not Supported, or
// result in a TCP reset, the element SHOULD retry the request, using UDP". Else
// it is a local 503, §8.1.3.1.
func (u *UA) SendFailed(now time.Time, to Target) {
	u.forget()
	for i := range u.txns {
		t := &u.txns[i]
		if !t.live() || !t.to.same(to) {
			continue
		}
		if t.sized && (t.state == sCalling || t.state == sTrying) && u.byDatagram(now, t) {
			continue
		}
		u.stepTxn(now, t, eTransport)
	}
}

// same tells whether what goes to t would take the way of x.
func (t Target) same(x Target) bool {
	return t.Transport == x.Transport && t.Addr == x.Addr && (t.Flow == 0 || x.Flow == 0 || t.Flow == x.Flow)
}

// byDatagram sends a transaction's request by UDP after all.
func (u *UA) byDatagram(now time.Time, t *txn) bool {
	b := t.memo[:t.n]
	at := bytes.LastIndex(b[:headEnd(b)], []byte("SIP/2.0/TCP "))
	if at < 0 {
		return false
	}
	copy(b[at+len("SIP/2.0/"):], "UDP")
	t.sized = false
	t.to.Transport = UDP
	t.begin(now, t.kind, false, &u.cfg.Timers)
	u.sendTxn(now, t, b)
	return true
}

// headEnd returns where the head of a message of ours ends.
func headEnd(b []byte) int {
	if i := bytes.Index(b, []byte("\r\n\r\n")); i >= 0 {
		return i
	}
	return len(b)
}

// Closed says that a TCP connection that was open is no more. Responses that
// were to go by it go to the sent-by of their request, RFC 3261 §18.2.2. A
// request without any response yet is sent once more, by another connection:
// it may have been lost, and if it was not, its branch makes it a repetition.
func (u *UA) Closed(now time.Time, flow Flow) {
	u.forget()
	for i := range u.txns {
		switch t := &u.txns[i]; {
		case !t.live() || !t.reliable:
		case t.client():
			if (t.state == sCalling || t.state == sTrying) && !t.moved && (t.to.Flow == 0 || t.to.Flow == flow) {
				t.moved, t.to.Flow = true, 0
				u.sendMemo(now, t)
			}
		case flow != 0 && t.to.Flow == flow:
			t.to.Flow = 0
			t.to.Addr = netip.AddrPortFrom(t.to.Addr.Addr(), t.viaPort)
		}
	}
}
