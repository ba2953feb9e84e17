package modemtest

import (
	"net/netip"
	"strings"
)

// imsCID is the context that the simulated modem has for IMS.
const imsCID = "3"

// pdnCommand answers +CGDCONT?, +CGACT?, +CGCONTRDP, +CGPADDR and +CCLK? by the forms recorded of an EC200U and a
// Sierra; ok is false for others.
func (s *state) pdnCommand(command string) (lines []string, final string, ok bool) {
	up := s.call.up && s.attached()
	switch command {
	case "+CGDCONT?":
		return []string{`+CGDCONT: 1,"IPV4V6","internet","",0,0`, `+CGDCONT: ` + imsCID + `,"IPV6","` + strings.ToUpper(simAPN) + `"`}, "OK", true
	case "+CGACT?":
		state := "0"
		if up {
			state = "1"
		}
		return []string{"+CGACT: 1,1", "+CGACT: " + imsCID + "," + state}, "OK", true
	case "+CGCONTRDP=" + imsCID:
		if !up {
			return nil, s.cme("3"), true
		}
		return []string{s.call.dynamic(s.profile.truncates)}, "OK", true
	case "+CGPADDR=" + imsCID:
		if !up {
			return []string{"+CGPADDR: " + imsCID}, "OK", true
		}
		return []string{"+CGPADDR: " + imsCID + `,"0.0.0.0,` + strings.ToUpper(s.call.address().String()) + `"`}, "OK", true
	case "+CGEREP=2,1", "+CTZR=1":
		return nil, "OK", true
	case "+CCLK?":
		if !s.attached() {
			return []string{`+CCLK: "80/01/06,00:00:12+00"`}, "OK", true
		}
		return []string{`+CCLK: "31/08/07,14:05:09+04"`}, "OK", true
	}
	return nil, "", false
}

// address is ours.
func (c *call) address() netip.Addr {
	a := netip.MustParseAddr("2001:db8:0:2::").As16()
	a[15] = c.other
	return netip.AddrFrom16(a)
}

// dynamic is the +CGCONTRDP line: address and mask in one field, and the P-CSCF where the modem does not end its
// line after the DNS servers.
func (c *call) dynamic(truncated bool) string {
	dotted := func(a netip.Addr) string {
		var parts []string
		for _, b := range a.As16() {
			parts = append(parts, decimal(int(b)))
		}
		return strings.Join(parts, ".")
	}
	mask := strings.Repeat(".255", 8) + strings.Repeat(".0", 8)
	line := "+CGCONTRDP: " + imsCID + `,6,"` + simAPN + `.mnc410.mcc310.gprs","` + dotted(c.address()) + mask + `","` +
		dotted(netip.MustParseAddr("2001:db8:0:2::ff")) + `","` + dotted(simDNS) + `",""`
	if truncated {
		return line
	}
	return line + `,"` + dotted(simCSCF) + `","",1,0,` + decimal(simMTU)
}

// tellBearer says by +CGEV what became of the PDN connection. The caller holds m.mu.
func (m *Modem) tellBearer() {
	if m.state.call.up {
		m.say([]string{"+CGEV: ME PDN ACT " + imsCID})
		return
	}
	m.say([]string{"+CGEV: NW PDN DEACT " + imsCID})
}
