package qmi

// Messages of NAS. The indications of serving system and of system info have the number of the
// request or one of their own.
const (
	NASRegisterIndications = 0x0003
	NASGetServingSystem    = 0x0024 // also the indication
	NASGetHomeNetwork      = 0x0025
	NASGetRFBandInfo       = 0x0031
	NASGetCellLocationInfo = 0x0043
	NASNetworkTime         = 0x004C // indication
	NASGetSystemInfo       = 0x004D
	NASSystemInfo          = 0x004E // indication
	NASGetNetworkTime      = 0x007D
)

// A Radio is a radio interface by QMI's number.
type Radio uint8

// The radio interfaces that the agent knows.
const (
	RadioNone Radio = 0
	RadioGSM  Radio = 4
	RadioUMTS Radio = 5
	RadioLTE  Radio = 8
	RadioNR   Radio = 12
)

// AppendRegisterIndications appends the request for indications of serving system, system info
// and network time.
func AppendRegisterIndications(dst []byte, client uint8, txn uint16) ([]byte, error) {
	w := NewRequest(dst, NAS, client, txn, NASRegisterIndications)
	for _, kind := range [...]uint8{0x13, 0x17, 0x18} {
		w.TLV(kind)
		w.U8(1)
	}
	return w.Frame()
}

// maxRadios is how many radio interfaces of a serving system are kept; EN-DC has two.
const maxRadios = 4

// A ServingSystem is what the modem is registered with.
type ServingSystem struct {
	State    uint8 // 0 not registered, 1 registered, 2 searching, 3 denied, 4 unknown
	CS, PS   uint8 // attach: 1 attached, 2 detached
	Selected uint8 // network: 1 3GPP2, 2 3GPP
	radios   [maxRadios]Radio
	n        int

	PLMN    PLMN
	HasLAC  bool
	LAC     uint16
	HasCID  bool
	CID     uint32
	HasTAC  bool
	TAC     uint16
	Roaming bool
	HasZone bool
	Zone    int8  // local time zone in quarter hours from UTC
	DST     uint8 // daylight saving in it, in hours
}

// Registered reports whether packets can be sent.
func (s *ServingSystem) Registered() bool { return s.State == 1 && s.PS != 2 }

// Radios returns the radio interfaces in use.
func (s *ServingSystem) Radios() []Radio { return s.radios[:s.n] }

// Radio returns the one that anchors the connection: beside LTE, NR is only a second carrier.
func (s *ServingSystem) Radio() Radio {
	best := RadioNone
	for _, r := range s.Radios() {
		switch {
		case r == RadioLTE:
			return r
		case r == RadioNR, r > best && r <= RadioUMTS:
			best = r
		}
	}
	return best
}

// ParseServingSystem reads a response or an indication of the serving system.
func ParseServingSystem(b []byte, f *Frame) (s ServingSystem, err error) {
	lac, cid, tac, pcs := uint8(0x1C), uint8(0x1D), uint8(0x24), uint8(0x27)
	if f.Kind == Indication { // the same, but for these ids
		lac, cid, tac, pcs = 0x1D, 0x1E, 0x25, 0x29
	} else if err := f.Result(b); err != nil {
		return s, err
	}
	if err := s.system(b, f); err != nil {
		return ServingSystem{}, err
	}
	s.LAC, s.HasLAC = u16(b, f, lac)
	s.TAC, s.HasTAC = u16(b, f, tac)
	if r, ok := f.Find(b, cid); ok {
		s.CID = r.U32()
		s.HasCID = r.OK()
	}
	if r, ok := f.Find(b, 0x10); ok {
		s.Roaming = r.U8() == 0
	}
	if r, ok := f.Find(b, 0x1A); ok {
		s.Zone = int8(r.U8())
		s.HasZone = r.OK()
	}
	if r, ok := f.Find(b, 0x1B); ok {
		s.DST = r.U8()
	}
	s.network(b, f, pcs)
	return s, nil
}

// system reads the TLV that must be there.
func (s *ServingSystem) system(b []byte, f *Frame) error {
	r, ok := f.Find(b, 0x01)
	if !ok {
		return ErrMissing
	}
	s.State, s.CS, s.PS, s.Selected = r.U8(), r.U8(), r.U8(), r.U8()
	for _, v := range r.Counted8() {
		if s.n < maxRadios {
			s.radios[s.n] = Radio(v)
			s.n++
		}
	}
	if !r.OK() {
		return ErrValue
	}
	return nil
}

// network reads the PLMN: the length of its MNC is in a TLV of its own.
func (s *ServingSystem) network(b []byte, f *Frame, pcs uint8) {
	r, ok := f.Find(b, 0x12)
	if !ok {
		return
	}
	mcc, mnc := r.U16(), r.U16()
	if !r.OK() {
		return
	}
	three := false
	if r, ok := f.Find(b, pcs); ok {
		if c, n, v := r.U16(), r.U16(), r.Flag(); r.OK() && c == mcc && n == mnc {
			three = v
		}
	}
	s.PLMN = numberPLMN(mcc, mnc, three)
}

// u16 reads a TLV of two octets.
func u16(b []byte, f *Frame, kind uint8) (uint16, bool) {
	r, ok := f.Find(b, kind)
	v := r.U16()
	return v, ok && r.OK()
}

// A Coverage is the service on one radio interface.
type Coverage struct {
	Known  bool
	Status uint8 // 0 none, 1 limited, 2 available, 3 limited regional, 4 power save
	Domain uint8 // 0 none, 1 CS, 2 PS, 3 both; only where HasDomain
	PLMN   PLMN

	HasDomain, HasRoaming, HasForbidden, HasLAC, HasCID, HasTAC bool

	Roaming   uint8 // 0 home
	Forbidden bool
	LAC       uint16
	CID       uint32 // of NR the low 32 bits only
	TAC       uint32 // 16 bits, on NR 24
}

// A SystemInfo is the service on each radio interface.
type SystemInfo struct {
	GSM, UMTS, LTE, NR Coverage
	HasIMSVoice        bool
	IMSVoice           bool // the network offers IMS voice over LTE
}

// ParseSystemInfo reads a response or an indication of system info.
func ParseSystemInfo(b []byte, f *Frame) (s SystemInfo, err error) {
	if f.Kind == Response {
		if err := f.Result(b); err != nil {
			return s, err
		}
	}
	for _, p := range [...]struct {
		into         *Coverage
		status, info uint8
		tac          bool
	}{
		{&s.GSM, 0x12, 0x17, false}, {&s.UMTS, 0x13, 0x18, false}, {&s.LTE, 0x14, 0x19, true}, {&s.NR, 0x4A, 0x4B, false},
	} {
		if r, ok := f.Find(b, p.status); ok {
			p.into.Status = r.U8()
			p.into.Known = r.OK()
		}
		if r, ok := f.Find(b, p.info); ok {
			p.into.read(&r, p.tac)
		}
	}
	if r, ok := f.Find(b, 0x50); ok { // of NR, the high octet first
		if v := r.Bytes(3); v != nil {
			s.NR.TAC, s.NR.HasTAC = uint32(v[0])<<16|uint32(v[1])<<8|uint32(v[2]), true
		}
	}
	if r, ok := f.Find(b, 0x29); ok {
		s.IMSVoice = r.Flag()
		s.HasIMSVoice = r.OK()
	}
	return s, nil
}

// read reads the fields that all radio interfaces begin with; each has a flag before it. What a
// short TLV does not have is not known.
func (c *Coverage) read(r *Reader, tac bool) {
	c.Domain, c.HasDomain = flagged8(r)
	flagged8(r) // service capability
	c.Roaming, c.HasRoaming = flagged8(r)
	v, ok := flagged8(r)
	c.Forbidden, c.HasForbidden = v != 0, ok
	valid, lac := r.Flag(), r.U16()
	c.LAC, c.HasLAC = lac, valid && r.OK()
	valid, cid := r.Flag(), r.U32()
	c.CID, c.HasCID = cid, valid && r.OK()
	r.Bytes(3) // reject: flag, domain, cause
	if valid, digits := r.Flag(), r.Bytes(6); valid && r.OK() {
		c.PLMN = textPLMN(digits)
	}
	if tac {
		valid, v := r.Flag(), r.U16()
		c.TAC, c.HasTAC = uint32(v), valid && r.OK()
	}
}

func flagged8(r *Reader) (v uint8, ok bool) {
	valid, v := r.Flag(), r.U8()
	return v, valid && r.OK()
}
