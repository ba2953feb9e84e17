package sipmin

import "net/netip"

// Parse reads one message from b into m.
//
// With stream false b is a datagram: the message is all of it, and octets
// beyond Content-Length are ignored. With stream true the message is at the
// front of b; n is the number of octets it occupies, leading keep-alives
// included, and ErrShort asks for more.
//
// On any other error n is the offset of the field at fault and m holds what
// could be read; see [Msg.Answerable]. A stream cannot go on after an error.
// Parse neither allocates nor retains b. ErrKeepAlive: b is only line ends.
func Parse(b []byte, m *Msg, stream bool) (n int, err error) { return 0, ErrStartLine }

// Framer finds the messages of one stream. The zero Framer is ready.
type Framer struct{ at int }

// Frame is given all octets that were received and not yet consumed. It
// returns the number of octets of the message at the front, which the caller
// consumes; or of the keep-alives there (b[0] is then CR or LF: see
// [Framer.Ping]); or 0 and ErrShort, to be called again with a longer b. Any
// other error ends the stream; [Parse] of b says whether it can be answered.
func (f *Framer) Frame(b []byte) (n int, err error) { return 0, ErrStartLine }

// Ping reports whether the keep-alive that Frame just returned ended a double
// CRLF, which a server answers with CRLF (RFC 5626 §4.4.1).
func (f *Framer) Ping() bool { return false }

// Scheme is the kind of a URI.
type Scheme uint8

// The schemes that are told apart.
const (
	SchemeOther Scheme = iota
	SchemeSIP
	SchemeSIPS
	SchemeTel
)

// URI is a parsed URI. Of a tel URI User is the number; of an other one
// nothing but SchemeName is set.
type URI struct {
	Scheme         Scheme
	HasPort        bool
	Port           uint16 // 0 if not given
	SchemeName     Span
	User, Password Span
	Host           Span // as spelled, brackets of IPv6 included
	Params         Span // after the first ";"
	Headers        Span // after the "?"
}

// Addr returns the host if it is an IP address.
func (u URI) Addr(b []byte) (netip.Addr, bool) { return netip.Addr{}, false }

// ParseURI reads the URI that s covers.
func ParseURI(b []byte, s Span) (URI, error) { return URI{}, ErrURI }

// EqualURI compares by RFC 3261 §19.1.4 (RFC 3966 §4 for tel).
func EqualURI(a []byte, ua URI, b []byte, ub URI) bool { return false }

// NameAddr is an address of From, To, Contact, Route and their like.
type NameAddr struct {
	Display Span // as spelled, quotes included
	URI     Span // without angle brackets
	Params  Span // of the field, after the first ";"
}

// ParseNameAddr reads one name-addr or addr-spec with its parameters.
func ParseNameAddr(b []byte, s Span) (NameAddr, error) { return NameAddr{}, ErrNameAddr }

// NextElement splits the first element off a comma-separated list. Commas in
// quotes and angle brackets do not count; empty elements are skipped. ok is
// false at the end.
func NextElement(b []byte, s Span) (elem, rest Span, ok bool) { return }

// NextParam splits the first parameter off a list separated by ";".
func NextParam(b []byte, params Span) (name, value, rest Span, ok bool) { return }

// Param returns the value of a parameter, without the quotes around it.
func Param(b []byte, params Span, name string) (value Span, present bool) { return }

// Via is one value of a Via field.
type Via struct {
	Transport Span   // "UDP"
	Host      Span   // as spelled, brackets of IPv6 included
	Params    Span   // after the first ";"
	Branch    Span   // empty: none
	Received  Span   // as spelled; see [Via.ReceivedAddr]
	Port      uint16 // of sent-by, 0 if not given
	RPort     uint16 // value of rport, 0 if it has none
	HasRPort  bool   // rport is there, with or without value
}

// Addr returns the host of sent-by if it is an IP address.
func (v Via) Addr(b []byte) (netip.Addr, bool) { return netip.Addr{}, false }

// ReceivedAddr returns the address of the received parameter.
func (v Via) ReceivedAddr(b []byte) (netip.Addr, bool) { return netip.Addr{}, false }

// ParseVia reads one Via value.
func ParseVia(b []byte, s Span) (Via, error) { return Via{}, ErrVia }

// ParseUint reads a decimal number of digits only, at most most.
func ParseUint(b []byte, most uint32) (v uint32, ok bool) { return }

// ParseSeconds reads delta-seconds; what exceeds 32 bits is the largest value.
func ParseSeconds(b []byte) (v uint32, ok bool) { return }

// ParseCSeq reads the value of CSeq.
func ParseCSeq(b []byte, s Span) (number uint32, name Span, err error) { return 0, Span{}, ErrCSeq }

// Refresher says who refreshes a session (RFC 4028 §4).
type Refresher uint8

// The refreshers; RefresherNone if the parameter is absent.
const (
	RefresherNone Refresher = iota
	RefresherUAC
	RefresherUAS
)

// ParseSessionExpires reads Session-Expires or Min-SE (seconds).
func ParseSessionExpires(b []byte, s Span) (seconds uint32, r Refresher, err error) {
	return 0, 0, ErrNumber
}

// ParseRetryAfter reads Retry-After (seconds).
func ParseRetryAfter(b []byte, s Span) (seconds uint32, err error) { return 0, ErrNumber }

// ParseRAck reads RAck (RFC 3262 §7.2).
func ParseRAck(b []byte, s Span) (rseq, cseq uint32, method Span, err error) {
	return 0, 0, Span{}, ErrNumber
}

// Unfold appends value to dst within its capacity, each folding replaced by
// one SP (RFC 3261 §7.3.1). ErrNoRoom: dst unchanged.
func Unfold(dst, value []byte) ([]byte, error) { return dst, ErrNoRoom }

// Part is one body part of a multipart body.
type Part struct {
	ContentType        Span
	ContentDisposition Span
	ContentID          Span
	TransferEncoding   Span
	Body               Span
}

// Parts walks the parts of a multipart body.
type Parts struct{ rest Span }

// OpenParts begins a walk; contentType is the value of Content-Type.
func OpenParts(b []byte, contentType, body Span) (Parts, error) { return Parts{}, ErrBoundary }

// NextPart fills part with the next part; ok is false at the end.
func (p *Parts) NextPart(b []byte, part *Part) (ok bool, err error) { return false, ErrMultipart }

// Open begins a walk of a part that is itself multipart. ErrNesting beyond MaxNesting.
func (p *Parts) Open(b []byte, part *Part) (Parts, error) { return Parts{}, ErrNesting }

// CheckMultipart walks a whole body, nested ones included.
func CheckMultipart(b []byte, contentType, body Span) error { return ErrMultipart }

// Writer builds one message within the capacity of a buffer. The first thing
// that does not fit or cannot be written makes it fail for good; Bytes tells.
type Writer struct {
	b   []byte
	err Error
}

// NewWriter appends to buf, never beyond its capacity. compact writes the
// one-letter names where there are any.
func NewWriter(buf []byte, compact bool) Writer { return Writer{} }

// RequestLine begins a request.
func (w *Writer) RequestLine(m Method, uri string) {}

// RequestLineBytes is RequestLine for a URI taken from a message.
func (w *Writer) RequestLineBytes(m Method, uri []byte) {}

// StatusLine begins a response; an empty reason is replaced by the standard one.
func (w *Writer) StatusLine(status uint16, reason string) {}

// Header writes one field. CR, LF and NUL in value are refused.
func (w *Writer) Header(id HeaderID, value string) {}

// HeaderBytes writes a field whose value was parsed; folding is undone.
func (w *Writer) HeaderBytes(id HeaderID, value []byte) {}

// HeaderUint writes a field with a number.
func (w *Writer) HeaderUint(id HeaderID, value uint32) {}

// Extension writes a field by its name.
func (w *Writer) Extension(name, value string) {}

// Begin writes the name and colon of a field whose value is written by Text,
// Octets and Uint, and ended by End.
func (w *Writer) Begin(id HeaderID) {}

// Text adds to the field begun.
func (w *Writer) Text(s string) {}

// Octets adds to the field begun; folding is undone.
func (w *Writer) Octets(p []byte) {}

// Uint adds a decimal number to the field begun.
func (w *Writer) Uint(v uint32) {}

// End ends the field begun.
func (w *Writer) End() {}

// ContentLength writes Content-Length here instead of last; Body must then
// bring n octets.
func (w *Writer) ContentLength(n int) {}

// Body ends the head and writes the body. Content-Type is written first if
// contentType is not empty and none was written, then Content-Length unless
// written. Every message ends with Body, also one without a body: ("", nil).
func (w *Writer) Body(contentType string, body []byte) {}

// Len returns the octets written so far.
func (w *Writer) Len() int { return len(w.b) }

// Bytes returns the buffer with the message; on an error, without it.
func (w *Writer) Bytes() ([]byte, error) { return w.b, nil }

// ReasonPhrase returns the standard reason phrase of a status code.
func ReasonPhrase(status uint16) string { return "" }
