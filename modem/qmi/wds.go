package qmi

import "net/netip"

// Messages of WDS.
const (
	WDSStartNetwork            = 0x0020
	WDSStopNetwork             = 0x0021
	WDSPacketServiceStatus     = 0x0022 // also the indication
	WDSModifyProfile           = 0x0028
	WDSGetProfileList          = 0x002A
	WDSGetCurrentSettings      = 0x002D
	WDSSetIPFamily             = 0x004D
	WDSGetLTEAttachParameters  = 0x0085
	WDSExtendedIPConfiguration = 0x008C // indication
	WDSBindMuxDataPort         = 0x00A2
)

// AllSettings is the mask of AppendGetCurrentSettings for everything an IMS bearer has.
const AllSettings = 0x0001BF10

// A Start is how to bring a bearer up. Zero fields are left to the modem.
type Start struct {
	Profile uint8 // index of a 3GPP profile
	Family  uint8 // 4 or 6
	APN     string
}

// AppendStartNetwork appends the request that brings a bearer up.
func AppendStartNetwork(dst []byte, client uint8, txn uint16, s Start) ([]byte, error) {
	w := NewRequest(dst, WDS, client, txn, WDSStartNetwork)
	if s.Profile != 0 {
		w.TLV(0x31)
		w.U8(s.Profile)
	}
	if s.Family != 0 {
		w.TLV(0x19)
		w.U8(s.Family)
	}
	if s.APN != "" {
		w.TLV(0x14)
		w.Text(s.APN)
	}
	return w.Frame()
}

// AppendStopNetwork appends the request that takes a bearer down.
func AppendStopNetwork(dst []byte, client uint8, txn uint16, handle uint32) ([]byte, error) {
	w := NewRequest(dst, WDS, client, txn, WDSStopNetwork)
	w.TLV(0x01)
	w.U32(handle)
	return w.Frame()
}

// AppendGetCurrentSettings appends the request for the settings in mask.
func AppendGetCurrentSettings(dst []byte, client uint8, txn uint16, mask uint32) ([]byte, error) {
	w := NewRequest(dst, WDS, client, txn, WDSGetCurrentSettings)
	w.TLV(0x10)
	w.U32(mask)
	return w.Frame()
}

// AppendSetIPFamily appends the request that binds the client to one family, 4 or 6.
func AppendSetIPFamily(dst []byte, client uint8, txn uint16, family uint8) ([]byte, error) {
	w := NewRequest(dst, WDS, client, txn, WDSSetIPFamily)
	w.TLV(0x01)
	w.U8(family)
	return w.Frame()
}

// AppendGetProfileList appends the request for the 3GPP profiles.
func AppendGetProfileList(dst []byte, client uint8, txn uint16) ([]byte, error) {
	w := NewRequest(dst, WDS, client, txn, WDSGetProfileList)
	w.TLV(0x10)
	w.U8(0)
	return w.Frame()
}

// AppendModifyProfile appends the request that sets a 3GPP profile to an APN with both families.
func AppendModifyProfile(dst []byte, client uint8, txn uint16, profile uint8, apn string) ([]byte, error) {
	w := NewRequest(dst, WDS, client, txn, WDSModifyProfile)
	w.TLV(0x14)
	w.Text(apn)
	w.TLV(0x11)
	w.U8(3)
	w.TLV(0x01)
	w.U8(0)
	w.U8(profile)
	return w.Frame()
}

// AppendBindMux appends the request that binds the client to a multiplexed port: the endpoint by
// type (2 is USB) and interface number, and the port's mux id.
func AppendBindMux(dst []byte, client uint8, txn uint16, kind, number uint32, mux uint8) ([]byte, error) {
	w := NewRequest(dst, WDS, client, txn, WDSBindMuxDataPort)
	w.TLV(0x13)
	w.U32(1)
	w.TLV(0x11)
	w.U8(mux)
	w.TLV(0x10)
	w.U32(kind)
	w.U32(number)
	return w.Frame()
}

// A Started is the answer to WDSStartNetwork.
type Started struct {
	Handle    uint32
	EndReason uint16 // of a failure
	EndType   uint16 // of Verbose: 6 is 3GPP
	Verbose   uint16 // 27 unknown APN, 33 not subscribed, 50 and 51 the other family only
}

// ParseStarted reads the answer to WDSStartNetwork; a failure keeps its reasons.
func ParseStarted(b []byte, f *Frame) (s Started, err error) {
	s.EndReason, _ = u16(b, f, 0x10)
	if r, ok := f.Find(b, 0x11); ok {
		s.EndType, s.Verbose = r.U16(), r.U16()
	}
	if err := f.Result(b); err != nil {
		return s, err
	}
	r, ok := f.Find(b, 0x01)
	if !ok {
		return s, ErrMissing
	}
	s.Handle = r.U32()
	return s, r.err()
}

// ParsePacketStatus reads the answer to WDSPacketServiceStatus, or the indication: 1
// disconnected, 2 connected, 3 suspended, 4 authenticating.
func ParsePacketStatus(b []byte, f *Frame) (uint8, error) {
	if f.Kind == Response {
		if err := f.Result(b); err != nil {
			return 0, err
		}
	}
	r, ok := f.Find(b, 0x01)
	if !ok {
		return 0, ErrMissing
	}
	v := r.U8()
	return v, r.err()
}

// MaxAddresses is the most addresses or names of one kind that are kept.
const MaxAddresses = 4

// A Bearer is the settings of a bearer. What the modem did not tell is zero.
type Bearer struct {
	Family  uint8 // 4 or 6
	MTU     uint32
	Address netip.Addr
	Prefix  uint8 // bits, of an IPv6 Address
	Gateway netip.Addr
	FromPCO bool // the P-CSCF came in the PCO
	Signal  bool // the bearer is for IMS signalling only

	dns, pcscf   [MaxAddresses]netip.Addr
	names        [MaxAddresses]Span
	nDNS, nPCSCF int
	nNames       int
}

// DNS returns the name servers.
func (s *Bearer) DNS() []netip.Addr { return s.dns[:s.nDNS] }

// PCSCF returns the addresses of the P-CSCFs.
func (s *Bearer) PCSCF() []netip.Addr { return s.pcscf[:s.nPCSCF] }

// PCSCFNames returns the names of the P-CSCFs as places in the buffer that the frame was parsed from.
func (s *Bearer) PCSCFNames() []Span { return s.names[:s.nNames] }

// ParseBearer reads the answer to WDSGetCurrentSettings. A TLV with a malformed value is ErrValue.
func ParseBearer(b []byte, f *Frame) (s Bearer, err error) {
	if err := f.Result(b); err != nil {
		return s, err
	}
	for _, kind := range [...]uint8{0x1E, 0x20, 0x25, 0x26, 0x15, 0x16, 0x27, 0x28, 0x22, 0x29, 0x2B, 0x2C, 0x2E, 0x23, 0x24} {
		r, ok := f.Find(b, kind)
		if !ok {
			continue
		}
		if s.read(kind, &r); !r.OK() {
			return Bearer{}, ErrValue
		}
	}
	return s, nil
}

// read reads one TLV.
func (s *Bearer) read(kind uint8, r *Reader) {
	switch kind {
	case 0x1E:
		s.Address = low4(r)
	case 0x20:
		s.Gateway = low4(r)
	case 0x25:
		s.Address, s.Prefix = in6(r), r.U8()
	case 0x26:
		s.Gateway = in6(r)
	case 0x15, 0x16:
		s.addDNS(low4(r))
	case 0x27, 0x28:
		s.addDNS(in6(r))
	case 0x22:
		s.FromPCO = r.Flag()
	case 0x29:
		s.MTU = r.U32()
	case 0x2B:
		s.Family = r.U8()
	case 0x2C:
		s.Signal = r.Flag()
	case 0x2E:
		s.proxies(r, true)
	case 0x23:
		s.proxies(r, false)
	case 0x24:
		s.proxyNames(r)
	}
}

// proxies reads a counted list of addresses.
func (s *Bearer) proxies(r *Reader, six bool) {
	for n := r.U8(); n > 0 && r.OK(); n-- {
		a := low4or6(r, six)
		if a.IsValid() && !a.IsUnspecified() && s.nPCSCF < MaxAddresses {
			s.pcscf[s.nPCSCF] = a
			s.nPCSCF++
		}
	}
}

// proxyNames reads a counted list of counted names.
func (s *Bearer) proxyNames(r *Reader) {
	for n := r.U8(); n > 0 && r.OK(); n-- {
		name := r.Counted16()
		if len(name) > 0 && len(name) < 256 && s.nNames < MaxAddresses {
			s.names[s.nNames] = r.span(name, 0)
			s.nNames++
		}
	}
}

func (s *Bearer) addDNS(a netip.Addr) {
	if a.IsValid() && !a.IsUnspecified() && s.nDNS < MaxAddresses {
		s.dns[s.nDNS] = a
		s.nDNS++
	}
}

func low4or6(r *Reader, six bool) netip.Addr {
	if six {
		return in6(r)
	}
	return low4(r)
}

// low4 reads an IPv4 address, the low octet first.
func low4(r *Reader) netip.Addr {
	v := r.U32()
	if !r.OK() {
		return netip.Addr{}
	}
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

// in6 reads an IPv6 address.
func in6(r *Reader) netip.Addr {
	v := r.Bytes(16)
	if v == nil {
		return netip.Addr{}
	}
	return netip.AddrFrom16([16]byte(v))
}
