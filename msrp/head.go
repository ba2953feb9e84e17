package msrp

// A Span is the range [Off, Off+Len) of the buffer that a [Head] was parsed from. It holds
// no pointer, so a Head may be copied freely.
type Span struct{ Off, Len uint16 }

// In returns the octets s covers in b, capped, so that an append cannot overwrite b.
func (s Span) In(b []byte) []byte {
	end := int(s.Off) + int(s.Len)
	return b[s.Off:end:end]
}

// A Method is what a request asks for.
type Method uint8

// Methods. MOther is any other name in capitals; it is answered with 501 (§10.9).
const (
	MNone   Method = iota // a response
	MSend                 // SEND, §7.1.1
	MReport               // REPORT, §7.1.2
	MOther
)

// A Report is the value of Failure-Report (§7.1.1).
type Report uint8

// Values of Failure-Report. Absent is ReportYes.
const (
	ReportYes     Report = iota // every outcome is answered
	ReportPartial               // only errors are answered
	ReportNo                    // nothing is answered, not even an error
)

// A Flag ends a chunk and says what follows it (§7.1).
type Flag byte

// Flags.
const (
	FlagMore  Flag = '+' // another chunk of this message follows
	FlagLast  Flag = '$' // this is the end of the message
	FlagAbort Flag = '#' // the sender gave the message up
)

// Star is the value of a range-end or total that is not known: "*".
const Star int64 = -1

// A Head is the start line and header fields of a request or response. Spans refer to the
// buffer that came with it.
type Head struct {
	Method  Method // MNone: a response
	Fault   Error  // first broken rule, 0 if none; a request is answered with 400
	Failure Report // Failure-Report
	Success bool   // Success-Report: yes
	HasBody bool   // a blank line follows: body and end-line come
	Ranged  bool   // Byte-Range is present

	Status       uint16 // of a response
	ReportSpace  uint16 // namespace of a Status field, normally 0
	ReportStatus uint16 // status-code of a Status field; 0: none
	Headers      uint16 // number of fields

	Start int64 // Byte-Range: position of the first octet, from 1; 1 if absent
	End   int64 // position of the last octet, or Star
	Total int64 // size of the message, or Star

	TID         Span // transaction id
	Name        Span // method name, or comment of a response
	ToPath      Span
	FromPath    Span
	MessageID   Span
	ContentType Span
}
