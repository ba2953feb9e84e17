package qmi

import (
	"bytes"
	"testing"
)

// The packets are written by the layout of struct qrtr_ctrl_pkt in linux/qrtr.h: a command and
// four numbers of 32 bits, all with the low octet first.
func TestQRTRControl(t *testing.T) {
	for _, c := range []struct {
		name, octets string
		want         QRTRControl
	}{
		{"lookup of everything", "0a000000 00000000 00000000 00000000 00000000", QRTRControl{Kind: QRTRNewLookup}},
		{"lookup of NAS", "0a000000 03000000 00000000 00000000 00000000", QRTRControl{Kind: QRTRNewLookup, Service: NAS}},
		{"NAS of version 1 on the modem", "04000000 03000000 01000000 00000000 1f000000",
			QRTRControl{QRTRNewServer, NAS, 1, 0, 31}},
		{"sensors on another node", "04000000 90010000 01000000 09000000 0a400000", QRTRControl{QRTRNewServer, 0x190, 1, 9, 0x400A}},
		{"end", "04000000 00000000 00000000 00000000 00000000", QRTRControl{Kind: QRTRNewServer}},
		{"gone", "05000000 0b000000 01000000 00000000 23000000", QRTRControl{QRTRDeleteServer, UIM, 1, 0, 35}},
	} {
		b := unhex(t, c.octets)
		if got, err := ParseQRTRControl(b); err != nil || got != c.want || got.End() != (c.name == "end") {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
		if got, err := AppendQRTRControl(make([]byte, 0, 20), c.want); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%s: %x, %v", c.name, got, err)
		}
	}
	if _, err := AppendQRTRControl(make([]byte, 0, 19), QRTRControl{}); err != ErrNoRoom {
		t.Errorf("19 octets of room: %v", err)
	}
	if _, err := ParseQRTRControl(make([]byte, 19)); err != ErrShort {
		t.Errorf("19 octets: %v", err)
	}
	if p, err := ParseQRTRControl(unhex(t, "03000000 07000000 feffffff 00000000 00000000")); err != nil || p != (QRTRControl{Kind: QRTRBye, Node: 7}) {
		t.Errorf("bye of node 7: %+v, %v", p, err)
	}
	if p, err := ParseQRTRControl(unhex(t, "04000000 03000100 01000000 00000000 1f000000")); err != nil || p.Service != 0 {
		t.Errorf("service 0x10003: %+v, %v", p, err)
	}
}

func TestQRTRServers(t *testing.T) {
	var s QRTRServers
	for _, p := range []QRTRControl{{QRTRNewServer, UIM, 1, 9, 4}, {QRTRNewServer, NAS, 1, 3, 5}, {QRTRNewServer, UIM, 1, 3, 6}, {Kind: QRTRNewServer}} {
		s.Step(p)
	}
	if node, ok := s.Node(NAS); !ok || node != 3 {
		t.Errorf("NAS is on node %d, %v", node, ok)
	}
	if p, ok := s.Find(UIM, 3); !ok || p.Port != 6 {
		t.Errorf("UIM of node 3: %+v, %v", p, ok)
	}
	s.Step(QRTRControl{QRTRDeleteServer, UIM, 1, 3, 6})
	if _, ok := s.Find(UIM, 3); ok {
		t.Error("a service that is gone is still there")
	}
	s.Step(QRTRControl{QRTRNewServer, UIM, 1, 3, 7})
	s.Step(QRTRControl{Kind: QRTRBye, Node: 3})
	if _, ok := s.Node(NAS); ok {
		t.Error("a node that is gone still has NAS")
	}
	if _, ok := s.Find(UIM, 9); !ok {
		t.Error("the other node is gone too")
	}
	for i := range 2 * maxServers {
		s.Step(QRTRControl{QRTRNewServer, WDS, 1, 1, uint32(i)})
	}
	if s.n != maxServers {
		t.Errorf("%d services are kept", s.n)
	}
}

// What stands in for CTL answers as libqmi's test double of a modem does.
func TestControlAnswer(t *testing.T) {
	f := one(t, unhex(t, "01 0f00 00 00 00 00 22 2200 0400 01 0100 03"))
	got, err := AppendControlAnswer(make([]byte, 0, 64), f, FailureNone, NAS, 1)
	if want := unhex(t, "01 1700 80 00 00 01 22 2200 0c00 02 0400 0000 0000 01 0200 03 01"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("allocated: %x, %v", got, err)
	}
	got, err = AppendControlAnswer(make([]byte, 0, 64), f, FailureNotSupported, 0, 0)
	if want := unhex(t, "01 1200 80 00 00 01 22 2200 0700 02 0400 0100 5e00"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("refused: %x, %v", got, err)
	}
	if _, err := AppendControlAnswer(make([]byte, 0, 18), f, FailureNotSupported, 0, 0); err != ErrNoRoom {
		t.Errorf("18 octets of room: %v", err)
	}
	frame := append(AppendMux(nil, NAS, 2, 7), unhex(t, "04 0000 4e00 0000")...)
	if want := unhex(t, "01 0c00 80 03 02 04 0000 4e00 0000"); !bytes.Equal(frame, want) || !bytes.Equal(Message(frame), want[6:]) {
		t.Errorf("frame of a datagram: %x", frame)
	}
}
