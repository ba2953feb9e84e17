package agent

import (
	"net/netip"

	"imsagent/agent/internal/bufpool"
	"imsagent/modem"
)

// To add an event or an action: 1. name it here; 2. add its fields to the flat struct if
// none fits; 3. handle it in Core.Step or in the edge; 4. give it a line in transcript_test.go.

// A FlowID names one descriptor with its reader and writer. Zero names none. The core
// numbers the flows it dials (odd), the edge those it accepts (even).
type FlowID uint32

// udpFlow is the one SIP socket for datagrams.
const udpFlow FlowID = 1

// A Door says which protocol a stream speaks.
type Door uint8

// The doors of the daemon.
const (
	DoorSIP Door = iota
	DoorMSRP
	DoorHost
)

// An EventKind says what happened.
type EventKind uint8

// Events. Each line names the fields that count.
const (
	EvTimer    EventKind = iota // a deadline passed
	EvDatagram                  // Buf came from Addr on the SIP socket
	EvOpened                    // Flow, which was dialled, is connected; Local, Addr
	EvAccepted                  // Flow came in at Door from Addr (host: UID, PID)
	EvData                      // Buf came on Flow
	EvWritten                   // one Buf sent to Flow has left
	EvClosed                    // Flow is gone, because of Fault; no event of it follows
	EvStored                    // Store or Mark Token is on flash, or Fault; Dup, and ID the message that it repeats; Buf comes back
	EvLoaded                    // Load Token: Buf holds the octets, or Fault
	EvModem                     // Modem
	EvStop                      // the daemon shall end: close what is open
)

// A Fault is the cause of a failure at the edge, reduced to what the core decides by.
type Fault uint8

// Faults.
const (
	FaultNone Fault = iota
	FaultEOF
	FaultRefused     // connection refused or unreachable
	FaultTimeout     // connecting or writing took too long
	FaultIO          // any other error of a descriptor
	FaultFull        // the spool is at its limit
	FaultStorage     // the spool cannot write or read
	FaultNotFound    // no such entry
	FaultLocalClosed // closed at our own wish
	FaultDamaged     // the spool has it, and it cannot be read any more
)

var faultText = [...]string{"", "closed by peer", "refused", "timeout", "i/o error", "spool full", "storage error", "not found", "closed", "damaged"}

func (f Fault) String() string { return faultText[f] }

// An Event is anything that can change the agent's state. It is one flat value, so that
// it travels through a channel without allocating.
type Event struct {
	Kind   EventKind
	Door   Door
	Fault  Fault
	Dup    bool
	Flow   FlowID
	Token  uint32
	UID    uint32
	ID     uint64
	Addr   netip.AddrPort
	Local  netip.AddrPort
	Bytes  int64        // EvStored: octets that the spool takes now
	Lost   uint16       // EvStored, EvLoaded: records of the spool found damaged since the last such event
	Behind uint16       // actions that wait for the spool as this event is handed over
	Buf    *bufpool.Buf // owned by the receiver
	Modem  modem.Event
}

// An ActionKind says what the core wants done.
type ActionKind uint8

// Actions. Each line names the fields that count.
const (
	ActSend   ActionKind = iota // Buf to Flow (datagram: to Addr)
	ActDial                     // connect Flow, Door, to Addr
	ActClose                    // close Flow once what was sent has left
	ActPause                    // read no more of Flow
	ActResume                   // read Flow again
	ActStore                    // Buf (an entry) to the spool; answered by EvStored with Token
	ActMark                     // ID reached State (and Code, Reason, Millis); answered by EvStored if Token is not 0
	ActForget                   // ID is settled; not awaited
	ActLoad                     // entry ID whole (N = 0) or N octets of its body from Off; answered by EvLoaded
	ActPeer                     // Text is the Conversation-ID of the peer Key; not awaited
	ActBegin                    // open a large body for ID; answered by EvStored if Token is not 0
	ActWrite                    // Buf at Off of the large body of ID
	ActTrim                     // the first Off octets of the large body of ID are not part of it
	ActFinish                   // Buf (an entry) completes the large body of ID; answered by EvStored
	ActDrop                     // discard the unfinished large body of ID
	ActModem                    // give Request to the modem; answered by EvModem
)

// An Action is one thing the core wants done; Buf passes to the edge.
type Action struct {
	Kind   ActionKind
	Door   Door
	State  State
	Reason Reason
	Code   uint16
	Flow   FlowID
	Token  uint32
	N      int
	ID     uint64
	Off    int64
	Millis int64
	Addr   netip.AddrPort
	Buf    *bufpool.Buf
	Key    string
	Text   string

	Request *modem.Request
}
