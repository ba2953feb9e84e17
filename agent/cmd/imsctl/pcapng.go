package main

import (
	"encoding/binary"
	"io"
)

// The blocks of pcapng (draft-ietf-opsawg-pcapng, §4).
const (
	sectionHeader  = 0x0A0D0D0A
	interfaceBlock = 1
	packetBlock    = 6
	byteOrder      = 0x1A2B3C4D
	linkRaw        = 101 // LINKTYPE_RAW: each packet begins with its IP header
)

// A pcapng writes blocks. Each goes out in one Write, so that whoever reads along, or
// reads what a killed program left, finds whole blocks.
type pcapng struct {
	w io.Writer
	b []byte
}

// newPcapng writes the header of the section and its one interface; times are in µs.
func newPcapng(w io.Writer) (*pcapng, error) {
	p := &pcapng{w: w}
	p.begin(sectionHeader)
	p.b = binary.LittleEndian.AppendUint32(p.b, byteOrder)
	p.b = binary.LittleEndian.AppendUint16(p.b, 1)
	p.b = binary.LittleEndian.AppendUint16(p.b, 0)
	p.b = binary.LittleEndian.AppendUint64(p.b, 1<<64-1) // length of the section: not known
	if err := p.end(); err != nil {
		return nil, err
	}
	p.begin(interfaceBlock)
	p.b = binary.LittleEndian.AppendUint16(p.b, linkRaw)
	p.b = binary.LittleEndian.AppendUint16(p.b, 0)
	p.b = binary.LittleEndian.AppendUint32(p.b, 0) // no snap length
	return p, p.end()
}

// packet writes one packet, taken ms milliseconds after 1970 began.
func (p *pcapng) packet(ms int64, octets []byte) error {
	at := uint64(max(ms, 0)) * 1000
	p.begin(packetBlock)
	p.b = binary.LittleEndian.AppendUint32(p.b, 0)
	p.b = binary.LittleEndian.AppendUint32(p.b, uint32(at>>32))
	p.b = binary.LittleEndian.AppendUint32(p.b, uint32(at))
	p.b = binary.LittleEndian.AppendUint32(p.b, uint32(len(octets)))
	p.b = binary.LittleEndian.AppendUint32(p.b, uint32(len(octets)))
	p.b = append(p.b, octets...)
	for len(p.b)%4 != 0 {
		p.b = append(p.b, 0)
	}
	return p.end()
}

// begin starts a block; its length is filled in by end.
func (p *pcapng) begin(kind uint32) {
	p.b = binary.LittleEndian.AppendUint32(p.b[:0], kind)
	p.b = binary.LittleEndian.AppendUint32(p.b, 0)
}

func (p *pcapng) end() error {
	length := uint32(len(p.b) + 4)
	binary.LittleEndian.PutUint32(p.b[4:], length)
	p.b = binary.LittleEndian.AppendUint32(p.b, length)
	_, err := p.w.Write(p.b)
	return err
}
