package modem

import (
	"net/netip"
	"time"

	"imsagent/modem/at"
	"imsagent/modem/uicc"
)

// To add a kind of event: 1. name it here, with the fields that count; 2. let both lines report
// it, or say beside it which cannot; 3. let the agent's stepModem take it.

// A Cell is the modem's point of attachment; its AppendPANI writes P-Access-Network-Info.
type Cell = at.Cell

// ParsePANI reads the cell of a value that was configured.
func ParsePANI(value []byte) (Cell, error) { return at.ParsePANI(value) }

// Dialects returns the makers whose serving-cell commands are known.
func Dialects() []string { return at.Dialects() }

// A SIM is the state of the card.
type SIM = at.SIM

// The states of the card.
const (
	SIMUnknown = at.SIMUnknown
	SIMReady   = at.SIMReady
	SIMPIN     = at.SIMPIN     // waits for the PIN
	SIMPUK     = at.SIMPUK     // waits for the PUK: the agent never enters one
	SIMLocked  = at.SIMLocked  // some other lock
	SIMMissing = at.SIMMissing // not inserted, or failed
	SIMBusy    = at.SIMBusy    // inserted, still starting
)

// An Identity is who the subscriber is, from the ISIM, else derived from the IMSI (TS 23.003 §13).
type Identity = uicc.Identity

// An AKA is what the card made of a challenge: RES, CK and IK, or AUTS.
type AKA = uicc.AKA

// An EventKind says what became of the modem.
type EventKind uint8

// The kinds of events.
const (
	Access        EventKind = iota + 1 // PANI or Cell changed
	Gone                               // the device cannot be opened, was lost or does not answer; PANI is void
	Back                               // the modem answers: for the first time, or after Gone
	Status                             // something to tell a human: PIN wrong, no answer, line dropped
	Confirmed                          // the modem was asked for the cell: it is as last reported
	Registered                         // Registration changed
	Card                               // SIM changed; Text says so
	Identified                         // Identity was read, for the first time or after Refreshed
	Refreshed                          // the card's files changed (REFRESH, or another card): Identity is void
	BearerUp                           // Bearer is the IMS PDN connection, new or with other settings
	BearerDown                         // the IMS PDN connection is lost; Text says why, where the modem does
	OwnIMS                             // IMS is what the modem's own IMS client is up to
	Clock                              // Time is the network's
	Authenticated                      // answer to Request Token: AKA, or Err
	kinds                              // how many there are
)

var kindText = [kinds]string{"none", "access", "gone", "back", "status", "confirmed", "registered", "card", "identified",
	"refreshed", "bearer up", "bearer down", "own ims", "clock", "authenticated"}

// String returns the kind in one or two words.
func (k EventKind) String() string { return kindText[k%kinds] }

// An Event is what a modem reports. It is flat but for what is seldom there; nobody changes what
// a pointer leads to.
type Event struct {
	Kind         EventKind
	Registration Registration // of Registered
	SIM          SIM          // of Card
	Token        uint32       // of Authenticated: the Request's
	PANI         string       // of Access: the value of P-Access-Network-Info; "" without coverage
	Text         string       // one line for a human
	Err          error        // of Gone, Status and Authenticated: the cause, if there is one; an *OpError for the device
	Cell         Cell         // of Access
	Identity     *Identity    // of Identified
	Bearer       *Bearer      // of BearerUp
	IMS          Client       // of OwnIMS
	Time         Time         // of Clock
	AKA          *AKA         // of Authenticated without Err
}

// A Registration is the modem's at the network, not the agent's at its IMS: <stat> of TS 27.007
// §10.1.22, of which the restricted forms count as RegLimited.
type Registration uint8

// The states of registration.
const (
	RegUnknown   Registration = iota // out of coverage, or not told
	RegIdle                          // not registered and not searching
	RegSearching                     // not registered, searching
	RegDenied
	RegLimited // SMS only or emergency only: IMS cannot be used
	RegRoaming
	RegHome
)

var registrationText = [...]string{"unknown", "idle", "searching", "denied", "limited", "roaming", "home"}

// String returns the state as a word.
func (r Registration) String() string { return registrationText[int(r)%len(registrationText)] }

// A Bearer is the IMS PDN connection as far as the modem tells it. What it did not tell is zero.
type Bearer struct {
	Interface  string         // of the host, where it is known
	APN        string         // as the network has it
	Addresses  []netip.Prefix // ours; of a bare address the prefix is the address
	Gateway    netip.Addr
	PCSCF      []netip.Addr // in the network's order
	PCSCFNames []string     // names of P-CSCFs, to be resolved over the bearer
	DNS        []netip.Addr
	MTU        int  // octets
	Signalling bool // for IMS signalling only
}

// A Client is the modem's own IMS client. Two of them on one SIM end each other's registration
// (RFC 5626 §6: same instance, same registration).
type Client struct {
	State ClientState
	Text  string // what it was told by, and what to do about it
}

// A ClientState is how far the modem's own IMS client goes.
type ClientState uint8

// The states of the modem's own IMS client.
const (
	ClientUnknown    ClientState = iota // the modem does not tell
	ClientOff                           // switched off
	ClientIdle                          // not registered now; whether it is switched on is not told
	ClientOn                            // switched on, not registered now
	ClientRegistered                    // registered with the network
)

var clientText = [...]string{"unknown", "off", "idle", "on", "registered"}

// String returns the state as a word.
func (s ClientState) String() string { return clientText[int(s)%len(clientText)] }

// Conflicts reports whether the client is, or may become at any time, registered beside ours.
func (s ClientState) Conflicts() bool { return s == ClientOn || s == ClientRegistered }

// A Time is what the network says of the time (NITZ, TS 22.042).
type Time struct {
	UTC  time.Time     // zero where only the zone was told
	Zone time.Duration // local time less UTC, daylight saving counted
	DST  time.Duration // of Zone; 0 where it is not told
}
