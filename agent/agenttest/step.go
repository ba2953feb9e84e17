package agenttest

import "fmt"

// Directions of a [Step], as in the reference table.
const (
	Out  = "UA1 --> Proxy/UA2"
	Back = "UA1 <-- Proxy/UA2"
)

// A Step is one message of a script, as it went over the wire.
type Step struct {
	Number    int    // as in the reference table, from 1
	Direction string // Out or Back
	Protocol  string // "SIP", "SIP/SDP" or "MSRP"
	Message   string // "INVITE", "200 OK" …
	Comment   string // of the reference table
	Transport string // "udp" or "tcp"
	Sent      bool   // by the network
	Raw       []byte // the whole message
}

// String gives a Step in one line, in the columns of the reference table.
func (s Step) String() string {
	return fmt.Sprintf("%2d  %s  %-7s  %-20s  %s  %s", s.Number, s.Direction, s.Protocol, s.Message, s.Transport, s.Comment)
}

// name gives a Step in a few words, for errors.
func (s Step) name() string {
	t := s.Direction + " " + s.Protocol + " " + s.Message
	if s.Comment != "" {
		t += ", " + s.Comment
	}
	return t
}

// table is the reference table of a 1-to-1 chat.
var table = [...]Step{
	{Number: 1, Direction: Out, Protocol: "SIP/SDP", Message: "INVITE"},
	{Number: 2, Direction: Back, Protocol: "SIP", Message: "100 Trying"},
	{Number: 3, Direction: Back, Protocol: "SIP", Message: "183 Session Progress"},
	{Number: 4, Direction: Back, Protocol: "SIP/SDP", Message: "200 OK"},
	{Number: 5, Direction: Out, Protocol: "SIP", Message: "ACK"},
	{Number: 6, Direction: Out, Protocol: "MSRP", Message: "SEND"},
	{Number: 7, Direction: Back, Protocol: "MSRP", Message: "200 OK"},
	{Number: 8, Direction: Out, Protocol: "MSRP", Message: "SEND", Comment: "Send Text 'Hello'"},
	{Number: 9, Direction: Back, Protocol: "MSRP", Message: "200 OK"},
	{Number: 10, Direction: Back, Protocol: "MSRP", Message: "SEND", Comment: "Delivery Notification"},
	{Number: 11, Direction: Out, Protocol: "MSRP", Message: "200 OK"},
	{Number: 12, Direction: Back, Protocol: "MSRP", Message: "SEND", Comment: "Is Composing .. (typing indicator)"},
	{Number: 13, Direction: Out, Protocol: "MSRP", Message: "200 OK"},
	{Number: 14, Direction: Back, Protocol: "MSRP", Message: "SEND", Comment: "Send Text 'Hi'"},
	{Number: 15, Direction: Out, Protocol: "MSRP", Message: "200 OK"},
	{Number: 16, Direction: Out, Protocol: "MSRP", Message: "SEND", Comment: "Delivery Notification"},
	{Number: 17, Direction: Back, Protocol: "MSRP", Message: "200 OK"},
}

// Steps of the reference table, by what they are.
const (
	stepInvite = 1 + iota
	stepTrying
	stepProgress
	stepOK
	stepAck
	stepEmpty
	stepEmptyOK
	stepHello
	stepHelloOK
	stepReceipt
	stepReceiptOK
	stepTyping
	stepTypingOK
	stepHi
	stepHiOK
	stepReceiptBack
	stepReceiptBackOK
)

// Table returns the 17 steps of the reference table; Transport and Raw are empty.
func Table() []Step { return append([]Step(nil), table[:]...) }

// row gives a step of the reference table.
func row(number int) Step { return table[number-1] }

// note records that a step happened.
func (n *Network) note(s Step, transport string, sent bool, raw []byte) {
	s.Transport, s.Sent, s.Raw = transport, sent, append([]byte(nil), raw...)
	n.mu.Lock()
	n.steps = append(n.steps, s)
	n.mu.Unlock()
	n.logf("%v", s)
	if n.cfg.Seen != nil {
		n.seeing.Lock()
		defer n.seeing.Unlock()
		n.cfg.Seen(s)
	}
}

// at gives err the place where it happened; nil stays nil.
func at(s Step, err error) error {
	if err == nil {
		return nil
	}
	return &stepError{s, err}
}

// stepError is the failure of a script: at which step, and why.
type stepError struct {
	step Step
	err  error
}

func (e *stepError) Error() string {
	return fmt.Sprintf("agenttest: step %d (%s): %v", e.step.Number, e.step.name(), e.err)
}

func (e *stepError) Unwrap() error { return e.err }
