package main

import (
	"io"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// A pcapng writes packets, each flushed by itself, so that whoever reads along, or reads
// what a killed program left, finds whole blocks.
type pcapng struct{ w *pcapgo.NgWriter }

// newPcapng writes the header of the section and its one interface of raw IP.
func newPcapng(w io.Writer) (*pcapng, error) {
	ng, err := pcapgo.NewNgWriter(w, layers.LinkTypeRaw)
	if err != nil {
		return nil, err
	}
	return &pcapng{w: ng}, ng.Flush()
}

// packet writes one packet, taken ms milliseconds after 1970 began.
func (p *pcapng) packet(ms int64, octets []byte) error {
	ci := gopacket.CaptureInfo{Timestamp: time.UnixMilli(max(ms, 0)), CaptureLength: len(octets), Length: len(octets)}
	if err := p.w.WritePacket(ci, octets); err != nil {
		return err
	}
	return p.w.Flush()
}
