package msrp

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"
)

// TestFullSessionHoldsBack: messages that wait for flash fill the slots; none is lost as long
// as the caller stops reading while Full, and each gets its own 200.
func TestFullSessionHoldsBack(t *testing.T) {
	t.Logf("a Session takes %d octets, a Reader %d", unsafe.Sizeof(Session{}), unsafe.Sizeof(Reader{}))
	var s Session
	if err := s.Init(epoch, edgeConfig()); err != nil {
		t.Fatal(err)
	}
	var stream strings.Builder
	const n = 100
	for i := range n {
		fmt.Fprintf(&stream, "MSRP tid%05d SEND\r\nTo-Path: %s\r\nFrom-Path: %s\r\nMessage-ID: m%d\r\nSuccess-Report: yes\r\n"+
			"Content-Type: text/plain\r\n\r\nx\r\n-------tid%05d$\r\n", i, edgeConfig().Local, edgeConfig().Remote, i, i)
	}
	var r Reader
	var waiting []int
	var out strings.Builder
	rest := []byte(stream.String())
	flush := func() {
		for more := true; more; {
			var b []byte
			b, more = s.AppendPending(epoch, make([]byte, 0, 2048))
			out.Write(b)
		}
	}
	for {
		if s.Full() { // flash has caught up
			for _, slot := range waiting {
				s.Accept(epoch, slot, 200)
			}
			waiting = nil
			flush()
		}
		if s.Blocked() {
			flush()
		}
		used, it, err := r.Next(rest)
		if rest = rest[used:]; err != nil {
			t.Fatal(err)
		}
		switch it.Kind {
		case ItemHead:
			s.Head(epoch, it.Buf, it.Head)
		case ItemBody:
			s.Body(epoch, it.Data)
		case ItemEnd:
			s.End(epoch, it.Flag)
		}
		for e, ok := s.Next(); ok; e, ok = s.Next() {
			if e.Kind == EvMessage {
				waiting = append(waiting, e.Slot)
			}
		}
		if it.Kind == ItemNone {
			break
		}
	}
	for _, slot := range waiting {
		s.Accept(epoch, slot, 200)
	}
	flush()
	if got := strings.Count(out.String(), " 200 OK\r\nTo-Path"); got != n {
		t.Errorf("%d messages answered 200, want %d", got, n)
	}
	if got := strings.Count(out.String(), " REPORT\r\n"); got != n {
		t.Errorf("%d REPORTs, want %d", got, n)
	}
	if !s.Idle() {
		t.Error("the session is not idle")
	}
}
