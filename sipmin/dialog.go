package sipmin

import "net/netip"

// dialogRoom is the room in octets for all that a dialog keeps of its
// messages. A peer whose headers need more gets 513; a response of that kind
// ends the call.
const dialogRoom = 4096

// dialogField names a kept part of a dialog, RFC 3261 §12.
type dialogField uint8

const (
	dCallID    dialogField = iota
	dLocal                 // From or To header's value of ours without its tag
	dLocalTag              //
	dRemote                // the peer's, likewise
	dRemoteTag             // empty: RFC 2543 peer, or none yet
	dTarget                // remote target: URI without angle brackets
	dRoute                 // route set in the order of the Route header, comma separated
	numDialogFields
)

// dialog is the state of RFC 3261 §12 that requests inside it are made of.
// Its texts lie one after the other in store, in any order.
type dialog struct {
	localSeq  uint32 // of our last request
	remoteSeq uint32 // of the peer's last request
	hasRemote bool   // remoteSeq is known
	strict    bool   // the first route is a strict router
	hop       netip.AddrPort
	at        [numDialogFields]Span
	used      uint16
	store     [dialogRoom]byte
}

// reset forgets everything.
func (d *dialog) reset() {
	d.localSeq, d.remoteSeq, d.hasRemote, d.used = 0, 0, false, 0
	d.strict, d.hop = false, netip.AddrPort{}
	d.at = [numDialogFields]Span{}
}

// get returns a part. It is valid until the next set.
func (d *dialog) get(f dialogField) []byte {
	s := d.at[f]
	return d.store[s.Off : s.Off+s.Len]
}

// begin empties a part, so that add can fill it.
func (d *dialog) begin(f dialogField) {
	old := d.at[f]
	copy(d.store[old.Off:], d.store[old.Off+old.Len:d.used])
	d.used -= old.Len
	for i := range d.at {
		if d.at[i].Off > old.Off {
			d.at[i].Off -= old.Len
		}
	}
	d.at[f] = Span{Off: d.used}
}

// add appends to the part that begin has emptied last; false: no room, and
// nothing is added.
func (d *dialog) add(f dialogField, b []byte) bool {
	if len(b) > dialogRoom-int(d.used) {
		return false
	}
	copy(d.store[d.used:], b)
	d.at[f].Len += uint16(len(b))
	d.used += uint16(len(b))
	return true
}

// set replaces a part. b must not lie in the dialog's own store.
func (d *dialog) set(f dialogField, b []byte) bool {
	d.begin(f)
	return d.add(f, b)
}

// setText replaces a part by a header's value; what folds it becomes blanks.
func (d *dialog) setText(f dialogField, b []byte) bool {
	if !d.set(f, b) {
		return false
	}
	for i, c := range d.get(f) {
		if c == '\r' || c == '\n' {
			d.get(f)[i] = ' '
		}
	}
	return true
}

// firstRoute returns the first route with its parameters, nil for none.
func (d *dialog) firstRoute() []byte {
	elem, _, ok := NextElement(d.store[:d.used], d.at[dRoute])
	if !ok {
		return nil
	}
	return elem.In(d.store[:d.used])
}

// routed reads from the route set where requests go, if its first names an
// address.
func (d *dialog) routed() {
	d.strict, d.hop = false, netip.AddrPort{}
	b := d.store[:d.used]
	elem, _, ok := NextElement(b, d.at[dRoute])
	if !ok {
		return
	}
	na, err := ParseNameAddr(b, elem)
	if err != nil {
		return
	}
	uri, err := ParseURI(b, na.URI)
	if err != nil {
		return
	}
	_, lr := Param(b, uri.Params, "lr")
	d.strict = !lr
	addr, ok := uri.Addr(b)
	if !ok {
		return
	}
	port := uri.Port
	if port == 0 {
		port = 5060
	}
	d.hop = netip.AddrPortFrom(addr.Unmap(), port)
}

// nextHop returns where a request of this dialog goes: to our proxy, at the
// port of its first route, RFC 3261 §8.1.2. A route at another address is not
// followed: the P-CSCF is the only peer that a UE has, nobody else is heard, and
// what a peer writes cannot aim us at a third party.
func (u *UA) nextHop(d *dialog) netip.AddrPort {
	if d.hop.IsValid() && d.hop.Addr() == u.proxy.Addr().Unmap() {
		return d.hop
	}
	return u.proxy
}

// uriIn returns the URI of a name-addr.
func uriIn(b []byte) []byte {
	na, err := ParseNameAddr(b, span(0, len(b)))
	if err != nil {
		return b
	}
	return na.URI.In(b)
}
