package modemtest

import (
	"fmt"
	"slices"
)

// An imsState is the modem's own IMS client.
type imsState struct {
	setting    int  // of +QCFG="ims": 1 on, 2 off
	registered bool // with the network
}

// imsCommand answers +CIREG, and +QCFG="ims" where the modem is Quectel's; ok is false for others.
func (s *state) imsCommand(command string) (lines []string, final string, ok bool) {
	quectel := s.profile.maker == "Quectel"
	switch command {
	case "+CIREG=2":
		return nil, "OK", true
	case "+CIREG?": // recorded of an EC200U: +CIREG: 0,0
		if s.ims.registered {
			return []string{"+CIREG: 2,1,5"}, "OK", true
		}
		return []string{"+CIREG: 2,0"}, "OK", true
	case `+QCFG="ims"`, `+QCFG="ims",2`, `+QCFG="ims",1`:
		if !quectel {
			return nil, s.cme("4"), true
		}
		if command == `+QCFG="ims"` {
			return []string{`+QCFG: "ims",` + decimal(s.ims.setting) + ",0"}, "OK", true
		}
		s.ims.setting = int(command[len(command)-1] - '0')
		return nil, "OK", true
	case "+CFUN=1,1":
		return nil, "OK", true
	}
	return nil, "", false
}

// IMS sets the modem's own IMS client: off, on (switched on, not registered) or registered.
func (m *Modem) IMS(state string) error {
	states := []string{"off", "on", "registered"}
	if !slices.Contains(states, state) {
		return fmt.Errorf("modemtest: ims %q: not one of %v", state, states)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.ims = imsState{setting: 2, registered: state == "registered"}
	if state != "off" {
		m.state.ims.setting = 1
	}
	switch {
	case m.opts.Protocol == "qmi":
		m.indicateIMS()
	case m.state.ims.registered:
		m.say([]string{"+CIREGU: 1,5"})
	default:
		m.say([]string{"+CIREGU: 0"})
	}
	return nil
}

// imsa answers IMSA Get IMS Registration Status: TLV 12, 0 not registered, 2 registered.
func (s *state) imsa(q *message) []byte {
	if q.id != 0x0020 {
		return resultBadCommand
	}
	return append(slices.Clone(resultOK), tlv(0x12, le(4, s.ims.status()))...)
}

func (i imsState) status() uint64 {
	if i.registered {
		return 2
	}
	return 0
}

// imsSettings answers IMS Get and Set Services: TLV 18 is the registration's switch.
func (s *state) imsSettings(q *message) []byte {
	switch v := q.tlvs[0x18]; {
	case q.id == 0x0090:
		on := byte(0)
		if s.ims.setting == 1 {
			on = 1
		}
		return append(slices.Clone(resultOK), tlv(0x18, []byte{on})...)
	case q.id == 0x008F && len(v) == 1:
		if s.ims.setting = 2 - int(v[0]); v[0] == 0 {
			s.ims.registered = false
		}
		return resultOK
	}
	return resultBadCommand
}

// indicateIMS tells every client of IMSA. The caller holds m.mu.
func (m *Modem) indicateIMS() {
	for _, c := range m.users {
		for _, id := range c.clients[0x21] {
			m.sendQMI(c, 0x21, id, 4, []byte{0, 0}, 0x23, tlv(0x11, le(4, m.state.ims.status())))
		}
	}
}
