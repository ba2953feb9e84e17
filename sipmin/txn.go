package sipmin

// The four transactions of RFC 3261 §17, with the Accepted states that RFC
// 6026 put in place of the immediate end after a 2xx. Each is a table; step is
// the whole state machine: no clock, no wire, no memory. txn_table.go adds the
// timers.

// txnKind names one of the four machines.
type txnKind uint8

const (
	txnNone         txnKind = iota
	txnInviteClient         // RFC 3261 Figure 5, RFC 6026 §8.4
	txnClient               // RFC 3261 Figure 6
	txnInviteServer         // RFC 3261 Figure 7, RFC 6026 §8.5
	txnServer               // RFC 3261 Figure 8
	numKinds
)

// txnState is a state of any of the machines.
type txnState uint8

const (
	sCalling txnState = iota + 1
	sTrying
	sProceeding
	sCompleted
	sConfirmed
	sAccepted
	sTerminated
	numTxnStates
)

// txnEvent is what can happen to a transaction.
type txnEvent uint8

const (
	eProvisional txnEvent = iota // 1xx: came (client) or is to be sent (server)
	eSuccess                     // 2xx, likewise
	eFailure                     // 300-699, likewise
	eRequest                     // the request came again
	eACK                         // ACK to a 300-699 came
	eResend                      // Timer A, E or G
	eTimeout                     // Timer B, F or H
	eDone                        // Timer D, I, J, K, L or M
	eTransport                   // what we sent could not be sent
	numTxnEvents
)

// txnAction is the set of things to do after a step.
type txnAction uint8

const (
	aSend      txnAction = 1 << iota // send the kept message (again)
	aPass                            // the response is for the core
	aACK                             // send ACK to a 300-699
	aTimeout                         // tell the core: no answer (408), or no ACK
	aTransport                       // tell the core: not sent (503)
)

type edge struct {
	to txnState
	do txnAction
}

// txnEdges are the figures. A zero edge means: stay, and send nothing.
var txnEdges = [numKinds][numTxnStates][numTxnEvents]edge{
	txnInviteClient: {
		sCalling: {
			eProvisional: {sProceeding, aPass},
			eSuccess:     {sAccepted, aPass},
			eFailure:     {sCompleted, aPass | aACK},
			eResend:      {sCalling, aSend},
			eTimeout:     {sTerminated, aTimeout},
			eTransport:   {sTerminated, aTransport},
		},
		sProceeding: {
			eProvisional: {sProceeding, aPass},
			eSuccess:     {sAccepted, aPass},
			eFailure:     {sCompleted, aPass | aACK},
			// Not in the figure: 64*T1 after our CANCEL, RFC 3261 §9.1.
			eTimeout: {sTerminated, aTimeout},
		},
		sCompleted: {
			eFailure:   {sCompleted, aACK},
			eDone:      {sTerminated, 0},
			eTransport: {sTerminated, 0}, // the core has its failure already
		},
		sAccepted: {
			eSuccess: {sAccepted, aPass}, // again, or of another fork
			eDone:    {sTerminated, 0},
		},
	},
	txnClient: {
		sTrying: {
			eProvisional: {sProceeding, aPass},
			eSuccess:     {sCompleted, aPass},
			eFailure:     {sCompleted, aPass},
			eResend:      {sTrying, aSend},
			eTimeout:     {sTerminated, aTimeout},
			eTransport:   {sTerminated, aTransport},
		},
		sProceeding: {
			eProvisional: {sProceeding, aPass},
			eSuccess:     {sCompleted, aPass},
			eFailure:     {sCompleted, aPass},
			eResend:      {sProceeding, aSend},
			eTimeout:     {sTerminated, aTimeout},
			eTransport:   {sTerminated, aTransport},
		},
		sCompleted: {eDone: {sTerminated, 0}},
	},
	txnInviteServer: {
		sProceeding: {
			eRequest:     {sProceeding, aSend},
			eProvisional: {sProceeding, aSend},
			eSuccess:     {sAccepted, aSend},
			eFailure:     {sCompleted, aSend},
		},
		sCompleted: {
			eRequest:   {sCompleted, aSend},
			eResend:    {sCompleted, aSend},
			eACK:       {sConfirmed, 0},
			eTimeout:   {sTerminated, aTimeout},
			eTransport: {sTerminated, aTransport},
		},
		sConfirmed: {eDone: {sTerminated, 0}},
		sAccepted: {
			// RFC 6026 §7.1: "Any retransmissions of the INVITE received
			// after this point are absorbed"; the core repeats its 2xx itself.
			eDone: {sTerminated, 0},
		},
	},
	txnServer: {
		sTrying: {
			eProvisional: {sProceeding, aSend},
			eSuccess:     {sCompleted, aSend},
			eFailure:     {sCompleted, aSend},
			eTimeout:     {sTerminated, 0}, // not in the figure: the owner never answered
		},
		sProceeding: {
			eRequest:     {sProceeding, aSend},
			eProvisional: {sProceeding, aSend},
			eSuccess:     {sCompleted, aSend},
			eFailure:     {sCompleted, aSend},
			eTransport:   {sTerminated, aTransport},
			eTimeout:     {sTerminated, 0},
		},
		sCompleted: {
			eRequest:   {sCompleted, aSend},
			eDone:      {sTerminated, 0},
			eTransport: {sTerminated, aTransport},
		},
	},
}

// step applies one event to a machine in a state.
func (k txnKind) step(s txnState, e txnEvent) (txnState, txnAction) {
	if x := txnEdges[k][s][e]; x.to != 0 {
		return x.to, x.do
	}
	return s, 0
}

// first returns the state in which a machine begins.
func (k txnKind) first() txnState {
	switch k {
	case txnInviteClient:
		return sCalling
	case txnInviteServer:
		return sProceeding
	}
	return sTrying
}

// statusEvent returns the event that a response with this status is.
func statusEvent(status uint16) txnEvent {
	switch {
	case status < 200:
		return eProvisional
	case status < 300:
		return eSuccess
	}
	return eFailure
}
