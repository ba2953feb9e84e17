package modem

import (
	"net/netip"
	"strconv"
	"strings"

	"imsagent/modem/at"
)

// defaultAPN is the name of the IMS PDN connection where none is configured (GSMA IR.88 §6.3.2).
const defaultAPN = "ims"

// apn is the name to look for.
func (l *atLine) apn() string {
	if l.cfg.APN != "" {
		return l.cfg.APN
	}
	return defaultAPN
}

// isAPN reports whether a modem's APN is the wanted one; the network adds its operator identifier:
// ims.mnc410.mcc310.gprs (TS 23.003 §9.1).
func isAPN(got, want string) bool {
	if len(got) < len(want) || !strings.EqualFold(got[:len(want)], want) {
		return false
	}
	return len(got) == len(want) || strings.HasPrefix(strings.ToLower(got[len(want):]), ".mnc")
}

// bearer reads the IMS PDN connection: which context it is, whether it is active, and what the network gave it.
func (l *atLine) bearer(r *runner) (*Bearer, error) {
	cid, err := l.context(r)
	if err != nil || cid == 0 {
		return nil, err
	}
	active, err := l.active(r, cid)
	if err != nil || !active {
		return nil, err
	}
	var c at.Context
	if err := l.collect(r, "AT+CGCONTRDP="+strconv.Itoa(cid), c.ParseContext); err != nil {
		return nil, err
	}
	if len(c.Addresses()) == 0 { // it comes after the activation, and EC200U tells it here alone
		if err := l.collect(r, "AT+CGPADDR="+strconv.Itoa(cid), c.ParseAddresses); err != nil {
			return nil, err
		}
	}
	if len(c.Addresses()) == 0 {
		return nil, nil
	}
	b := &Bearer{APN: c.APN, Addresses: append([]netip.Prefix(nil), c.Addresses()...), Gateway: c.Gateway, MTU: c.MTU, Signalling: c.Signalling}
	b.PCSCF, b.DNS = append(b.PCSCF, c.PCSCF()...), append(b.DNS, c.DNS()...)
	return b, nil
}

// context finds the context that is defined with the IMS APN; 0 for none.
func (l *atLine) context(r *runner) (cid int, err error) {
	reply, err := l.exchange(r, "AT+CGDCONT?", l.wait())
	if err != nil {
		return 0, err
	}
	if !reply.OK {
		return 0, ErrUnknown
	}
	for line := range reply.Lines() {
		if n, apn, err := at.ParseDefinition(line); err == nil && n > 0 && cid == 0 && isAPN(apn, l.apn()) {
			cid = n
		}
	}
	return cid, nil
}

// active asks whether a context is.
func (l *atLine) active(r *runner, cid int) (active bool, err error) {
	reply, err := l.exchange(r, "AT+CGACT?", l.wait())
	if err != nil {
		return false, err
	}
	for line := range reply.Lines() {
		if n, on, err := at.ParseActive(line); err == nil && n == cid {
			active = on
		}
	}
	return active, nil
}

// collect gives the lines of an answer to parse. A line that cannot be used is an error: half of a bearer is none.
func (l *atLine) collect(r *runner, command string, parse func(line []byte) error) error {
	reply, err := l.exchange(r, command, l.wait())
	if err != nil {
		return err
	}
	for line := range reply.Lines() {
		if err := parse(line); err != nil {
			r.dropped("answer to "+command+" dropped", err)
			return err
		}
	}
	return nil
}
