package modem

import (
	"net/netip"
	"slices"
	"strconv"

	"imsagent/modem/qmi"
)

// A qmiBearer is the PDN connection that we brought up.
type qmiBearer struct {
	family uint8 // 4 or 6; 0 where it is not ours
	told   string
}

// bearer reads the settings of the PDN connection of either family, and brings one up where there
// is none and that is our task.
func (l *qmiLine) bearer(r *runner) (*Bearer, error) {
	b, err := l.settings(r)
	if err != nil || b != nil || l.cfg.APN == "" || r.errands.sim != SIMReady {
		return b, err
	}
	if err := l.connect(r); err != nil {
		return nil, err
	}
	return l.settings(r)
}

// settings reads what there is. IPv6 comes first: an IMS PDN often has nothing else.
func (l *qmiLine) settings(r *runner) (*Bearer, error) {
	var out *Bearer
	for _, family := range [...]uint8{6, 4} {
		if l.pdn.family != 0 && family != l.pdn.family {
			continue // a client has one call, and ours is the other family's
		}
		if _, _, err := l.exchange(r, func(dst []byte) ([]byte, error) { return qmi.AppendSetIPFamily(dst, 0, 0, family) }); err != nil {
			return nil, err
		}
		b, f, err := l.exchange(r, func(dst []byte) ([]byte, error) {
			return qmi.AppendGetCurrentSettings(dst, 0, 0, qmi.AllSettings)
		})
		if err != nil {
			return nil, err
		}
		s, err := qmi.ParseBearer(b, &f)
		switch {
		case err == qmi.FailureOutOfCall, err == qmi.FailureInfoUnavailable:
		case err != nil:
			return nil, unknown(err)
		case s.Address.IsValid() && !s.Address.IsUnspecified():
			out = l.join(out, &s, b)
		}
	}
	if out == nil {
		l.pdn.family = 0
	}
	return out, nil
}

// join adds the settings of one family to a bearer. A modem that takes no family tells the same twice.
func (l *qmiLine) join(out *Bearer, s *qmi.Bearer, b []byte) *Bearer {
	if out == nil {
		out = &Bearer{Interface: l.netdev, APN: l.cfg.APN, Gateway: s.Gateway, MTU: int(s.MTU), Signalling: s.Signal}
	}
	bits := s.Address.BitLen()
	if s.Prefix > 0 && int(s.Prefix) < bits {
		bits = int(s.Prefix)
	}
	add(&out.Addresses, netip.PrefixFrom(s.Address, bits))
	for _, a := range s.PCSCF() {
		add(&out.PCSCF, a)
	}
	for _, a := range s.DNS() {
		add(&out.DNS, a)
	}
	for _, n := range s.PCSCFNames() {
		add(&out.PCSCFNames, string(n.In(b)))
	}
	return out
}

// add appends what is not there yet.
func add[T comparable](list *[]T, v T) {
	if !slices.Contains(*list, v) {
		*list = append(*list, v)
	}
}

// connect brings the PDN connection up: over IPv6, else over IPv4. What the network has against
// it is told once, not with every try.
func (l *qmiLine) connect(r *runner) error {
	var refusal string
	for _, family := range [...]uint8{6, 4} {
		if _, _, err := l.exchange(r, func(dst []byte) ([]byte, error) { return qmi.AppendSetIPFamily(dst, 0, 0, family) }); err != nil {
			return err
		}
		b, f, err := l.exchange(r, func(dst []byte) ([]byte, error) {
			return qmi.AppendStartNetwork(dst, 0, 0, qmi.Start{Family: family, APN: l.cfg.APN})
		})
		if err != nil {
			return err
		}
		s, err := qmi.ParseStarted(b, &f)
		if err == nil || err == qmi.FailureNoEffect { // it was there already
			l.pdn = qmiBearer{family: family}
			return nil
		}
		refusal = refused(s, err)
	}
	if refusal != l.pdn.told {
		l.pdn.told = refusal
		r.emit(Event{Kind: Status, Text: "no bearer for APN " + l.cfg.APN + ": " + refusal})
	}
	return nil
}

// refused says why there is no call: causes of session management (TS 24.008 §10.5.6.6) by their names.
func refused(s qmi.Started, err error) string {
	if s.EndType != 6 {
		return err.Error()
	}
	switch s.Verbose {
	case 26:
		return "insufficient resources"
	case 27:
		return "unknown or missing access point name"
	case 29:
		return "user authentication failed"
	case 33:
		return "requested service option not subscribed"
	case 50:
		return "IPv4 only allowed"
	case 51:
		return "IPv6 only allowed"
	}
	return "cause " + strconv.Itoa(int(s.Verbose))
}
