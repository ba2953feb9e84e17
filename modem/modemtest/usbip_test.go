package modemtest

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"
)

// A usbHost is the other side of a gadget, in literals of USB/IP.
type usbHost struct {
	t *testing.T
	c net.Conn
}

func newUSBHost(t *testing.T) (*usbHost, *gadget) {
	near, far := net.Pipe()
	g := newGadget(far)
	done := make(chan struct{})
	go func() { defer close(done); g.serve() }()
	t.Cleanup(func() { near.Close(); <-done })
	near.SetDeadline(time.Now().Add(10 * time.Second))
	return &usbHost{t, near}, g
}

// send sends a header of 48 octets, and data.
func (h *usbHost) send(header string, data []byte) {
	h.t.Helper()
	b := octets(header)
	if len(b) != 48 {
		h.t.Fatalf("header of %d octets", len(b))
	}
	if _, err := h.c.Write(append(b, data...)); err != nil {
		h.t.Fatal(err)
	}
}

// want reads an answer: command, sequence number, status, then data of the length that it says.
func (h *usbHost) want(command, seq uint32, status int32, data []byte) {
	h.t.Helper()
	b := make([]byte, 48+len(data))
	if _, err := io.ReadFull(h.c, b); err != nil {
		h.t.Fatal(err)
	}
	word := func(i int) uint32 { return binary.BigEndian.Uint32(b[4*i:]) }
	if word(0) != command || word(1) != seq || int32(word(5)) != status || command == 3 && data != nil && int(word(6)) != len(data) || !bytes.Equal(b[48:], data) {
		h.t.Errorf("%x, want command %d, sequence %d, status %d, %x", b, command, seq, status, data)
	}
}

func TestGadget(t *testing.T) {
	h, g := newUSBHost(t)
	// GET_DESCRIPTOR device, 18 octets: an EC25.
	h.send("00000001 00000001 00010002 00000001 00000000  00000000 00000012 00000000 00000000 00000000 8006000100001200", nil)
	h.want(3, 1, 0, octets("12010002ef0201407c2c2501180301020001"))
	// The beginning of the configuration: 9 + 23 + 4 × 30 octets, five interfaces.
	h.send("00000001 00000002 00010002 00000001 00000000  00000000 00000009 00000000 00000000 00000000 8006000200000900", nil)
	h.want(3, 2, 0, octets("0902 9800 05 01 00 a0 fa"))
	// A descriptor that there is not stalls.
	h.send("00000001 00000003 00010002 00000001 00000000  00000000 00000009 00000000 00000000 00000000 8006000f00000900", nil)
	h.want(3, 3, -32, nil)
	// Bulk out to the AT port is what the modem reads; bulk in waits for what it says.
	h.send("00000001 00000004 00010002 00000000 00000003  00000000 00000003 00000000 00000000 00000000 0000000000000000", []byte("AT\r"))
	h.want(3, 4, 0, nil)
	b := make([]byte, 16)
	if n, err := g.at.Read(b); err != nil || string(b[:n]) != "AT\r" {
		t.Errorf("%q, %v", b[:n], err)
	}
	h.send("00000001 00000005 00010002 00000001 00000004  00000000 00000004 00000000 00000000 00000000 0000000000000000", nil)
	go g.at.Write([]byte("\r\nOK\r\n"))
	h.want(3, 5, 0, []byte("\r\nOK"))
	h.send("00000001 00000006 00010002 00000001 00000004  00000000 00000200 00000000 00000000 00000000 0000000000000000", nil)
	h.want(3, 6, 0, []byte("\r\n"))
	// One that is taken back, and one that is over already.
	h.send("00000001 00000007 00010002 00000001 00000004  00000000 00000200 00000000 00000000 00000000 0000000000000000", nil)
	h.send("00000002 00000008 00010002 00000000 00000000  00000007 00000000 00000000 00000000 00000000 0000000000000000", nil)
	h.want(4, 8, -104, nil)
	h.send("00000002 00000009 00010002 00000000 00000000  00000005 00000000 00000000 00000000 00000000 0000000000000000", nil)
	h.want(4, 9, 0, nil)
}

func TestGadgetQMI(t *testing.T) {
	h, g := newUSBHost(t)
	frame := octets("010c0000020100010025000000")
	// SEND_ENCAPSULATED_COMMAND to interface 4.
	h.send("00000001 00000001 00010002 00000000 00000000  00000000 0000000d 00000000 00000000 00000000 2100000004000d00", frame)
	h.want(3, 1, 0, nil)
	b := make([]byte, 64)
	if n, err := g.qmi.Read(b); err != nil || !bytes.Equal(b[:n], frame) {
		t.Errorf("%x, %v", b[:n], err)
	}
	// The answer is announced by RESPONSE_AVAILABLE, then fetched; a second time there is none.
	h.send("00000001 00000002 00010002 00000001 00000009  00000000 00000008 00000000 00000000 00000000 0000000000000000", nil)
	go g.qmi.Write(octets("0102030405"))
	h.want(3, 2, 0, octets("a101000004000000"))
	h.send("00000001 00000003 00010002 00000001 00000000  00000000 00001000 00000000 00000000 00000000 a101000004000010", nil)
	h.want(3, 3, 0, octets("0102030405"))
	h.send("00000001 00000004 00010002 00000001 00000000  00000000 00001000 00000000 00000000 00000000 a101000004000010", nil)
	h.want(3, 4, 0, []byte{})
}
