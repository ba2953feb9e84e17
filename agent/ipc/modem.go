package ipc

import "net/netip"

// NeverSeen is the age of what was never told.
const NeverSeen = -1

// An AccessNetwork is where we are. What follows Source is decoded from Value and from what else the
// modem told; zero where that does not say.
type AccessNetwork struct {
	Value  string // as in P-Access-Network-Info
	Time   int64  // since when, ms since 1970
	Age    int64  // seconds since it was last confirmed, or NeverSeen
	Source string // modem, or configuration
	Radio  string // GSM, UMTS, LTE or NR
	Duplex string // FDD or TDD
	PLMN   []byte // MCC and MNC, as digits
	Area   string // TAC or LAC, hexadecimal
	Cell   string // cell identity, hexadecimal
	Band   int64  // of LTE or NR
}

func (w *Writer) accessNetwork(a *AccessNetwork) {
	w.Map(10)
	w.str("value", a.Value)
	w.int("time", a.Time)
	w.int("age", a.Age)
	w.str("source", a.Source)
	w.str("radio", a.Radio)
	w.str("duplex", a.Duplex)
	w.text("plmn", a.PLMN)
	w.str("area", a.Area)
	w.str("cell", a.Cell)
	w.int("band", a.Band)
}

// A ModemState is what is known of the modem. Ages are in seconds, or NeverSeen.
type ModemState struct {
	State, Text     string // as in the notification `modem`
	Age             int64  // of State
	SIM             string
	SIMAge          int64
	Registration    string // the modem's, at the network: home, roaming, searching, …
	RegistrationAge int64
	OwnIMS          string // the modem's own IMS client: off, idle, on, registered, unknown
	OwnIMSAge       int64
}

func (w *Writer) modemState(m *ModemState) {
	w.Map(9)
	w.str("state", m.State)
	w.str("text", m.Text)
	w.int("age", m.Age)
	w.str("sim", m.SIM)
	w.int("sim_age", m.SIMAge)
	w.str("registration", m.Registration)
	w.int("registration_age", m.RegistrationAge)
	w.str("own_ims", m.OwnIMS)
	w.int("own_ims_age", m.OwnIMSAge)
}

// An Identity is who we are: as configured, else as the card says.
type Identity struct {
	IMPI, Domain string
	IMPU         []string
	IMSI, IMEI   string
	ISIM         bool  // the card has an ISIM
	Age          int64 // since the card was read, or NeverSeen
}

func (w *Writer) identity(i *Identity) {
	w.Map(7)
	w.str("impi", i.IMPI)
	w.str("domain", i.Domain)
	w.Str("impu")
	w.Array(len(i.IMPU))
	for _, u := range i.IMPU {
		w.Str(u)
	}
	w.str("imsi", i.IMSI)
	w.str("imei", i.IMEI)
	w.bool("isim", i.ISIM)
	w.int("age", i.Age)
}

// A Bearer is the IMS data connection.
type Bearer struct {
	State     string // up, down, or unknown where nothing tells
	Interface string
	Address   string // from which we speak
	APN       string
	Addresses []netip.Prefix
	Gateway   netip.Addr
	PCSCF     []netip.Addr
	Names     []string // of P-CSCFs, after their addresses
	DNS       []netip.Addr
	MTU       int64
	Age       int64 // seconds since the modem told, or NeverSeen
}

func (w *Writer) bearer(b *Bearer) {
	w.Map(10)
	w.str("state", b.State)
	w.str("interface", b.Interface)
	w.str("address", b.Address)
	w.str("apn", b.APN)
	w.Str("addresses")
	w.Array(len(b.Addresses))
	for _, p := range b.Addresses {
		var room [64]byte
		w.Text(p.AppendTo(room[:0]))
	}
	w.Str("gateway")
	w.addr(b.Gateway)
	w.Str("pcscf")
	w.Array(len(b.PCSCF) + len(b.Names))
	w.addrs(b.PCSCF)
	for _, n := range b.Names {
		w.Str(n)
	}
	w.Str("dns")
	w.Array(len(b.DNS))
	w.addrs(b.DNS)
	w.int("mtu", b.MTU)
	w.int("age", b.Age)
}

func (w *Writer) addrs(list []netip.Addr) {
	for _, a := range list {
		w.addr(a)
	}
}

// addr writes an address, "" for none.
func (w *Writer) addr(a netip.Addr) {
	var room [64]byte
	if a.IsValid() {
		w.Text(a.AppendTo(room[:0]))
	} else {
		w.Str("")
	}
}
