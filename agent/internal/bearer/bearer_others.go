//go:build !linux

package bearer

import (
	"context"
	"errors"
	"net/netip"
)

// Settings are what the interface is to have.
type Settings struct {
	Interface string
	Addresses []netip.Prefix
	Gateway   netip.Addr
	MTU       int
}

// A Link does not exist on this system.
type Link struct{}

// Open always fails.
func Open(Settings) (*Link, error) { return nil, errors.ErrUnsupported }

// Close does nothing.
func (l *Link) Close() error { return nil }

// Probe always fails.
func Probe(context.Context, string, netip.Addr, netip.AddrPort) error { return errors.ErrUnsupported }
