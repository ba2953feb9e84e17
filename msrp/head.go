package msrp

import (
	"bytes"
	"encoding/binary"
	"math"
)

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

// Methods. MOther is any other name; it is answered with 501 (§10.9).
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

	seen uint8 // fields that came, a bit for each of the kinds below
}

// fault notes the first broken rule.
func (h *Head) fault(e Error) {
	if h.Fault == 0 {
		h.Fault = e
	}
}

// startLine reads b[:end]: "MSRP" SP transact-id SP (method / status-code [SP comment]).
// The error is [ErrStart] where not even the transaction id can be known.
func (h *Head) startLine(b []byte, end int) error {
	*h = Head{Start: 1, End: Star, Total: Star}
	const prefix = "MSRP "
	if end < len(prefix) || string(b[:len(prefix)]) != prefix {
		return ErrStart
	}
	i := bytes.IndexByte(b[len(prefix):end], ' ')
	if i < 0 {
		return ErrStart
	}
	h.TID = span(len(prefix), len(prefix)+i)
	at := len(prefix) + i + 1
	if !isTID(h.TID.In(b)) || at == end {
		return ErrStart
	}
	word := end
	if j := bytes.IndexByte(b[at:end], ' '); j >= 0 {
		word = at + j
	}
	if c := b[at]; c >= '0' && c <= '9' {
		return h.statusLine(b, at, word, end)
	}
	h.Name = span(at, word)
	h.method(b, word < end)
	return nil
}

func (h *Head) statusLine(b []byte, at, word, end int) error {
	v, ok := number(b[at:word], 999)
	if !ok || word-at != 3 {
		h.fault(ErrMethod)
	}
	h.Status = uint16(v)
	h.Name = span(min(word+1, end), end)
	return nil
}

func (h *Head) method(b []byte, more bool) {
	switch name := h.Name.In(b); {
	case string(name) == "SEND":
		h.Method = MSend
	case string(name) == "REPORT":
		h.Method = MReport
	default:
		h.Method = MOther
		for _, c := range name {
			if c < 'A' || c > 'Z' {
				h.fault(ErrMethod)
			}
		}
	}
	if more {
		h.fault(ErrMethod)
	}
}

// Bits of Head.seen.
const (
	seenTo = 1 << iota
	seenFrom
	seenID
	seenSuccess
	seenFailure
	seenRange
	seenStatus
	seenType
)

// field reads the header field in b[from:to], a line without its CRLF.
func (h *Head) field(b []byte, from, to int) {
	h.Headers++
	colon := 0 // names are short
	for from+colon < to && b[from+colon] != ':' {
		colon++
	}
	if colon == 0 || from+colon == to || !clean(b[from:to]) {
		h.fault(ErrHeader)
		return
	}
	// A blank before the colon does not make another header of it: one reading only.
	name := trim(b, from, from+colon).In(b)
	field := fieldOf(name) // a name that has a bit is a token
	if b[from] == ' ' || b[from] == '\t' || field == 0 && !isToken(name) {
		h.fault(ErrHeader)
		return
	}
	h.order(field)
	if field != 0 {
		h.known(b, field, trim(b, from+colon+1, to))
	}
}

// fieldOf returns the bit of a field's name, 0 for one without.
func fieldOf(name []byte) uint8 {
	switch string(name) { // as all write them
	case "To-Path":
		return seenTo
	case "From-Path":
		return seenFrom
	case "Message-ID":
		return seenID
	case "Byte-Range":
		return seenRange
	case "Success-Report":
		return seenSuccess
	case "Failure-Report":
		return seenFailure
	case "Content-Type":
		return seenType
	}
	switch len(name) {
	case 7:
		return ifNamed(name, "To-Path", seenTo)
	case 9:
		return ifNamed(name, "From-Path", seenFrom)
	case 10:
		return ifNamed(name, "Message-ID", seenID) | ifNamed(name, "Byte-Range", seenRange)
	case 14:
		return ifNamed(name, "Success-Report", seenSuccess) | ifNamed(name, "Failure-Report", seenFailure)
	case 6:
		return ifNamed(name, "Status", seenStatus)
	case 12:
		return ifNamed(name, "Content-Type", seenType)
	}
	return 0
}

func ifNamed(name []byte, want string, bit uint8) uint8 {
	if equalFold(name, want) {
		return bit
	}
	return 0
}

// order obeys "headers = To-Path CRLF From-Path CRLF 1*( header CRLF )" (§9).
func (h *Head) order(field uint8) {
	if h.Headers == 1 && field != seenTo || h.Headers == 2 && field != seenFrom {
		h.fault(ErrOrder)
	}
}

// known reads the value of a field that has a bit.
func (h *Head) known(b []byte, field uint8, value Span) {
	if !h.once(field) {
		return
	}
	v := value.In(b)
	switch field {
	case seenTo:
		h.ToPath = value
		h.must(validPath(v), ErrPath)
	case seenFrom:
		h.FromPath = value
		h.must(validPath(v), ErrPath)
	case seenID:
		h.MessageID = value
		h.must(isID(v), ErrID)
	case seenRange:
		h.Ranged = true
		h.must(h.byteRange(v), ErrRange)
	case seenSuccess:
		h.Success = equalFold(v, "yes")
	case seenFailure:
		h.failure(v)
	case seenStatus:
		h.status(v)
	case seenType:
		h.ContentType = value
	}
}

func (h *Head) must(ok bool, e Error) {
	if !ok {
		h.fault(e)
	}
}

func (h *Head) once(bit uint8) bool {
	if h.seen&bit != 0 {
		h.fault(ErrTwice)
		return false
	}
	h.seen |= bit
	return true
}

// failure reads Failure-Report; what is none of the three values is read as absent.
func (h *Head) failure(v []byte) {
	switch {
	case equalFold(v, "no"):
		h.Failure = ReportNo
	case equalFold(v, "partial"):
		h.Failure = ReportPartial
	}
}

// status reads namespace SP status-code [SP comment] (§9).
func (h *Head) status(v []byte) {
	if len(v) < 7 || v[3] != ' ' || len(v) > 7 && v[7] != ' ' {
		h.fault(ErrStatus)
		return
	}
	space, ok := number(v[:3], 999)
	code, ok2 := number(v[4:7], 999)
	h.must(ok && ok2, ErrStatus)
	h.ReportSpace, h.ReportStatus = uint16(space), uint16(code)
}

// byteRange reads range-start "-" range-end "/" total (§7.1.1). An end before the start is
// only right where nothing is there: 1-0.
func (h *Head) byteRange(v []byte) bool {
	dash, slash := bytes.IndexByte(v, '-'), bytes.IndexByte(v, '/')
	if dash < 0 || slash < dash {
		return false
	}
	start, ok := number(v[:dash], math.MaxInt64)
	end, ok2 := star(v[dash+1 : slash])
	total, ok3 := star(v[slash+1:])
	if !ok || !ok2 || !ok3 || start < 1 {
		return false
	}
	empty := start == 1 && end == 0 && (total == 0 || total == Star)
	switch {
	case end != Star && end < start && !empty,
		total != Star && start > total && !(start == 1 && total == 0 && end <= 0),
		total != Star && end > total:
		return false
	}
	h.Start, h.End, h.Total = start, end, total
	return true
}

func star(v []byte) (int64, bool) {
	if len(v) == 1 && v[0] == '*' {
		return Star, true
	}
	return number(v, math.MaxInt64)
}

// clean reports whether a line is free of control characters but HTAB.
func clean(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] { // eight at once of which all are ASCII and none of them
		x := binary.LittleEndian.Uint64(b)
		if above := x + ones; (below(x, ' ')|x|above)&tops != 0 {
			break
		}
	}
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return true
}

// finish checks what only the whole head shows.
func (h *Head) finish() {
	if h.seen&(seenTo|seenFrom) != seenTo|seenFrom {
		h.fault(ErrOrder)
	}
	if h.Method == MSend && h.HasBody {
		// "If the request has a body, it MUST contain a Content-Type header field." (§7.1)
		h.must(h.ContentType.Len > 0, ErrType)
		h.must(h.MessageID.Len > 0, ErrID)
	}
}
