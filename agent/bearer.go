package agent

import (
	"context"
	"net/netip"
	"time"

	"imsagent/agent/internal/bearer"
	"imsagent/modem"
)

// Times of a bearer that we look after.
const (
	probeTime  = 5 * time.Second  // for a packet to go to the P-CSCF and another to come back
	probeAgain = 10 * time.Second // after one that did not
)

// A bearerEdge puts what the modem tells of its PDN connection on the interface. The core hears
// that the bearer is up once a packet has gone through, not when it has an address.
type bearerEdge struct {
	cfg    *Config
	post   func(modem.Event)
	change chan modem.Event // the latest BearerUp or BearerDown
	link   *bearer.Link
	said   string // the last complaint: once is enough

	limit, again time.Duration // of a probe, and between two
}

func newBearerEdge(cfg *Config, post func(modem.Event)) *bearerEdge {
	return &bearerEdge{cfg: cfg, post: post, change: make(chan modem.Event, 1), limit: probeTime, again: probeAgain}
}

// take keeps an event of the modem's that is about the bearer; only the latest counts.
func (b *bearerEdge) take(ev modem.Event) bool {
	switch ev.Kind {
	case modem.BearerUp, modem.BearerDown:
	case modem.Gone: // and with the modem its bearer
		b.take(modem.Event{Kind: modem.BearerDown, Text: ev.Text})
		return false
	default:
		return false
	}
	for {
		select {
		case b.change <- ev:
			return true
		case <-b.change:
		}
	}
}

// run follows the bearer until ctx ends, and then restores the interface.
func (b *bearerEdge) run(ctx context.Context) {
	defer b.drop()
	var waiting modem.Event // up, but nothing went through yet
	again := time.NewTimer(0)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case ev := <-b.change:
			b.drop()
			waiting = modem.Event{}
			if ev.Kind == modem.BearerDown {
				b.post(ev)
				continue
			}
			waiting = ev
		case <-again.C:
		}
		if waiting.Bearer == nil {
			continue
		}
		if b.raise(ctx, waiting.Bearer) {
			b.said = ""
			b.post(waiting)
			waiting = modem.Event{}
		}
		again.Reset(b.again)
	}
}

func (b *bearerEdge) drop() {
	if b.link == nil {
		return
	}
	if err := b.link.Close(); err != nil {
		b.complain("the interface is not as it was", err)
	}
	b.link = nil
}

// complain tells the host once what keeps the bearer from being up.
func (b *bearerEdge) complain(text string, err error) {
	if text == b.said {
		return
	}
	b.said = text
	if err != nil {
		text += ": " + err.Error()
	}
	b.post(modem.Event{Kind: modem.Status, Text: text, Err: err})
}

// raise sets the interface up, and reports whether a packet goes through.
func (b *bearerEdge) raise(ctx context.Context, told *modem.Bearer) bool {
	iface := b.cfg.Bearer.Interface
	if iface == "" {
		iface = told.Interface
	}
	if iface == "" {
		b.complain("the modem does not tell the interface of the bearer: set bearer.interface", nil)
		return false
	}
	if b.link == nil {
		link, err := bearer.Open(bearer.Settings{Interface: iface, Addresses: told.Addresses, Gateway: told.Gateway, MTU: told.MTU})
		if err != nil {
			b.complain("the bearer cannot be set up", err)
			return false
		}
		b.link = link
	}
	local := b.cfg.IMS.Local.Addr.Addr()
	peer := b.peer(told, local)
	if !peer.IsValid() {
		b.complain("the bearer has no P-CSCF that a packet could go to: set ims.pcscf", nil)
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, b.limit)
	defer cancel()
	if err := bearer.Probe(ctx, iface, local, peer); err != nil {
		if ctx.Err() != context.Canceled {
			b.complain("the bearer has an address, but no packet goes through", err)
		}
		return false
	}
	return true
}

// peer is the P-CSCF that is tried.
func (b *bearerEdge) peer(told *modem.Bearer, local netip.Addr) (p netip.AddrPort) {
	for _, e := range b.cfg.IMS.PCSCF {
		if !p.IsValid() && e.Addr.Addr().Is4() == local.Is4() {
			p = e.Addr
		}
	}
	for _, a := range told.PCSCF {
		if !p.IsValid() && a.Is4() == local.Is4() {
			p = netip.AddrPortFrom(a, sipPort)
		}
	}
	return p
}
