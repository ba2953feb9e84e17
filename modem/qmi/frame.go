package qmi

import "encoding/binary"

// Limits of a frame.
const (
	MaxFrame  = 16 << 10 // octets of a frame, all included; L14
	muxHeader = 6        // marker 01, length, flags, service, client; or marker 02, length, 16-bit service, client
)

// A Service is a part of the modem that answers requests, by its number.
type Service uint16

// The services that the agent uses.
const (
	CTL  Service = 0x00 // client ids, synchronisation
	WDS  Service = 0x01 // wireless data: bearers
	DMS  Service = 0x02 // device management: identities
	NAS  Service = 0x03 // network access: registration and cell
	UIM  Service = 0x0B // the card
	IMS  Service = 0x12 // settings of the modem's own IMS client
	IMSA Service = 0x21 // state of the modem's own IMS client
)

// Broadcast is the client id of an indication for every client of its service.
const Broadcast = 0xFF

// A Kind is what a message is.
type Kind uint8

// The kinds of messages.
const (
	Request Kind = iota
	Response
	Indication
)

// A Span is a range of the buffer that a Frame was parsed from.
type Span struct{ Off, Len uint16 }

// In returns the octets that s covers in b, without copying.
func (s Span) In(b []byte) []byte {
	end := int(s.Off) + int(s.Len)
	return b[s.Off:end:end]
}

// A Frame is one message with its QMUX header.
type Frame struct {
	FromModem bool // as the flags of marker 01 say; test doubles set them wrong
	Kind      Kind
	Client    uint8
	Service   Service
	Txn       uint16 // 8 bits on CTL
	Message   uint16
	TLVs      Span
}

// Parse parses the frame at the beginning of b into f. n is its length; it is 0 with ErrShort and
// where the beginning of the next frame is not known. All TLVs of a parsed frame lie within it.
func Parse(b []byte, f *Frame) (n int, err error) {
	*f = Frame{}
	if len(b) == 0 {
		return 0, ErrShort
	}
	if b[0] != 1 && b[0] != 2 {
		return 0, ErrMarker
	}
	if len(b) < 3 {
		return 0, ErrShort
	}
	switch n = 1 + int(binary.LittleEndian.Uint16(b[1:])); {
	case n < muxHeader:
		return 0, ErrLength
	case n > MaxFrame:
		return 0, ErrTooLong
	case len(b) < n:
		return 0, ErrShort
	}
	f.FromModem, f.Service, f.Client = b[3]&0x80 != 0, Service(b[4]), b[5]
	if b[0] == 2 {
		f.FromModem, f.Service = true, Service(binary.LittleEndian.Uint16(b[3:]))
	}
	return n, f.message(b[:n], muxHeader)
}

// message reads the service's header at off; the message goes to the end of b.
func (f *Frame) message(b []byte, off int) error {
	m := b[off:]
	size := 7 // flags, transaction, message, length
	if f.Service == CTL {
		size = 6 // with a transaction of one octet
	}
	if len(m) < size {
		return ErrMessage
	}
	if f.Service == CTL {
		f.Txn = uint16(m[1])
		f.Kind = kindOf(m[0], 1)
	} else {
		f.Txn = binary.LittleEndian.Uint16(m[1:])
		f.Kind = kindOf(m[0], 2)
	}
	f.Message = binary.LittleEndian.Uint16(m[size-4:])
	n := int(binary.LittleEndian.Uint16(m[size-2:]))
	if n != len(m)-size {
		return ErrMessage
	}
	f.TLVs = Span{uint16(off + size), uint16(n)}
	return checkTLVs(m[size:])
}

// kindOf reads the flags: on CTL 1 is a response and 2 an indication, elsewhere 2 and 4.
func kindOf(flags, response byte) Kind {
	switch {
	case flags&(response<<1) != 0:
		return Indication
	case flags&response != 0:
		return Response
	}
	return Request
}

// checkTLVs reports whether the TLVs fill b to its end.
func checkTLVs(b []byte) error {
	for len(b) > 0 {
		if len(b) < 3 {
			return ErrTLV
		}
		n := 3 + int(binary.LittleEndian.Uint16(b[1:]))
		if n > len(b) {
			return ErrTLV
		}
		b = b[n:]
	}
	return nil
}

// Find returns a reader of the first TLV of a type. Of a TLV that is there twice the first counts.
func (f *Frame) Find(b []byte, kind uint8) (Reader, bool) {
	t := f.TLVs.In(b)
	for off := int(f.TLVs.Off); len(t) >= 3; {
		n := 3 + int(binary.LittleEndian.Uint16(t[1:]))
		if n > len(t) {
			break
		}
		if t[0] == kind {
			return Reader{b: t[3:n], off: off + 3}, true
		}
		t, off = t[n:], off+n
	}
	return Reader{}, false
}

// Result returns nil if the response says success, a Failure if not, ErrMissing or ErrValue if it
// does not say.
func (f *Frame) Result(b []byte) error {
	r, ok := f.Find(b, 0x02)
	if !ok || f.Kind != Response {
		return ErrMissing
	}
	status, code := r.U16(), r.U16()
	if !r.OK() {
		return ErrValue
	}
	if status != 0 {
		return Failure(code)
	}
	return nil
}
