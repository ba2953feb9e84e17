package main

import (
	"io"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// segment is how much of a stream goes into one packet of a capture, in octets: a whole
// message, as long as an IP packet can be. Wireshark does not put SIP together again whose
// length is in the compact form `l`, nor MSRP.
const segment = 65000

// A capture writes pcapng. The daemon sees messages, not packets, so the packets are made
// up around them: raw IP with the real addresses and ports, for a stream a handshake
// first and sequence numbers that fit, so that a dissector reassembles it.
type capture struct {
	w       *pcapng
	streams map[stream]*sequence
	ident   uint16
}

// A stream is a TCP connection, seen from our side.
type stream struct{ local, remote netip.AddrPort }

// sequence counts the octets of the two directions of a stream.
type sequence struct{ out, in uint32 }

func newCapture(out io.Writer) (*capture, error) {
	w, err := newPcapng(out)
	if err != nil {
		return nil, err
	}
	return &capture{w: w, streams: make(map[stream]*sequence)}, nil
}

// write adds the packets of one message. One without usable addresses is left out.
func (c *capture) write(p *packet) error {
	if !p.local.IsValid() || !p.remote.IsValid() || p.local.Addr().Unmap().Is4() != p.remote.Addr().Unmap().Is4() {
		return nil
	}
	if p.transport == "udp" {
		return c.datagram(p)
	}
	return c.stream(p)
}

// ends are the source and the destination of p.
func (p *packet) ends() (from, to netip.AddrPort) {
	if p.out {
		return p.local, p.remote
	}
	return p.remote, p.local
}

func (c *capture) datagram(p *packet) error {
	from, to := p.ends()
	udp := &layers.UDP{SrcPort: layers.UDPPort(from.Port()), DstPort: layers.UDPPort(to.Port())}
	return c.packet(p.time, from, to, layers.IPProtocolUDP, udp, p.octets[:min(len(p.octets), segment)])
}

// stream writes the segments of p, after a handshake when the stream is new: who speaks
// first is taken for the one that connected.
func (c *capture) stream(p *packet) error {
	key := stream{p.local, p.remote}
	seq := c.streams[key]
	if seq == nil {
		seq = &sequence{out: 1000, in: 2000}
		c.streams[key] = seq
		if err := c.handshake(p, seq); err != nil {
			return err
		}
	}
	for rest := p.octets; len(rest) > 0; {
		piece := rest[:min(len(rest), segment)]
		rest = rest[len(piece):]
		if err := c.tcp(p, p.out, seq, layers.TCP{ACK: true, PSH: len(rest) == 0}, piece); err != nil {
			return err
		}
	}
	return c.tcp(p, !p.out, seq, layers.TCP{ACK: true}, nil)
}

// handshake writes SYN, SYN ACK, ACK.
func (c *capture) handshake(p *packet, seq *sequence) error {
	for _, step := range []struct {
		out bool
		tcp layers.TCP
	}{
		{p.out, layers.TCP{SYN: true}},
		{!p.out, layers.TCP{SYN: true, ACK: true}},
		{p.out, layers.TCP{ACK: true}},
	} {
		if err := c.tcp(p, step.out, seq, step.tcp, nil); err != nil {
			return err
		}
	}
	return nil
}

// tcp writes one segment and counts it. tcp gives the flags.
func (c *capture) tcp(p *packet, out bool, seq *sequence, tcp layers.TCP, payload []byte) error {
	turned := *p
	turned.out = out
	from, to := turned.ends()
	own, other := &seq.in, &seq.out
	if out {
		own, other = other, own
	}
	tcp.SrcPort, tcp.DstPort = layers.TCPPort(from.Port()), layers.TCPPort(to.Port())
	tcp.Seq, tcp.Window = *own, 65535
	if tcp.ACK {
		tcp.Ack = *other
	}
	*own += uint32(len(payload))
	if tcp.SYN {
		*own++
	}
	return c.packet(p.time, from, to, layers.IPProtocolTCP, &tcp, payload)
}

// transport is a layer whose checksum covers addresses of the layer below.
type transport interface {
	gopacket.SerializableLayer
	SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
}

// packet writes one IP packet.
func (c *capture) packet(ms int64, from, to netip.AddrPort, protocol layers.IPProtocol, t transport, payload []byte) error {
	var ip gopacket.SerializableLayer
	c.ident++
	if src, dst := from.Addr().Unmap(), to.Addr().Unmap(); src.Is4() {
		ip4 := &layers.IPv4{Version: 4, TTL: 64, Id: c.ident, Flags: layers.IPv4DontFragment, Protocol: protocol, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
		ip = ip4
		if err := t.SetNetworkLayerForChecksum(ip4); err != nil {
			return err
		}
	} else {
		ip6 := &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: protocol, SrcIP: src.AsSlice(), DstIP: dst.AsSlice()}
		ip = ip6
		if err := t.SetNetworkLayerForChecksum(ip6); err != nil {
			return err
		}
	}
	b := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(b, options, ip, t, gopacket.Payload(payload)); err != nil {
		return err
	}
	return c.w.packet(ms, b.Bytes())
}
