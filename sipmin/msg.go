package sipmin

// Limits on one message. They bound memory and time, not the protocol.
const (
	MaxMessage = 1<<16 - 1 // octets, L1: ErrMessageTooLong. A Span's offset has 16 bits.
	MaxHead    = 32 << 10  // octets of start line and header fields, L2: ErrHeadTooLong
	MaxLine    = 8 << 10   // octets of the start line or of one field, folding included, L2: ErrLineTooLong
	MaxHeaders = 128       // header fields, L2: ErrTooMany
	MaxURI     = 2 << 10   // octets of one URI: ErrURITooLong
	MaxParams  = 64        // parameters, and headers, of one URI: ErrURI
	MaxVias    = 255       // Via values: ErrTooManyValues
	MaxRoutes  = 32        // values of Route or Record-Route: ErrTooManyValues
)

// A Header is one field as it stands in the message. The value is trimmed;
// folding inside it is still there (see [Unfold]).
type Header struct {
	ID          HeaderID
	Name, Value Span
}

// A Msg is a parsed message: places in the buffer given to [Parse], and the
// values that every receiver needs. The zero Msg is ready for Parse.
type Msg struct {
	Request    bool
	Method     Method // of the request; of CSeq in a response
	CSeqMethod Method
	Vias       uint8  // number of Via values, over all fields
	Status     uint16 // of a response, 100-699
	CSeq       uint32
	MethodName Span // of a request
	URI        Span // Request-URI
	Target     URI  // the same, parsed; zero if malformed
	Reason     Span // reason phrase, may be empty
	Body       Span
	CallID     Span
	From, To   NameAddr
	FromTag    Span // empty: none
	ToTag      Span // empty: none
	Via        Via  // the topmost
	answerable bool
	n          uint8
	first      [numHeaders]uint8 // index+1 of the first field of each ID
	headers    [MaxHeaders]Header
}

// Headers returns the fields in wire order. The slice aliases m.
func (m *Msg) Headers() []Header { return m.headers[:m.n] }

// Get returns the value of the first field id.
func (m *Msg) Get(id HeaderID) (Span, bool) {
	if id == HOther || id >= numHeaders || m.first[id] == 0 {
		return Span{}, false
	}
	return m.headers[m.first[id]-1].Value, true
}

// Find returns the index in Headers of the first field id at or after from,
// or -1.
func (m *Msg) Find(id HeaderID, from int) int {
	from = max(from, 0)
	if id != HOther && id < numHeaders {
		if m.first[id] == 0 {
			return -1
		}
		from = max(from, int(m.first[id])-1)
	}
	for i := from; i < int(m.n); i++ {
		if m.headers[i].ID == id {
			return i
		}
	}
	return -1
}

// Lookup returns the value of the first field with this name, in any case. It
// is for fields without an ID; b is the buffer m was parsed from.
func (m *Msg) Lookup(b []byte, name string) (Span, bool) {
	for _, h := range m.Headers() {
		if EqualFold(h.Name.In(b), name) {
			return h.Value, true
		}
	}
	return Span{}, false
}

// Answerable reports whether a response can be made to the message although
// Parse refused it: it is a request but no ACK, its topmost Via is whole and
// CSeq is there. The status is that of the error ([Error.Status]). From, To,
// Call-ID and CSeq are copied as they are, malformed or not; those that the
// request lacks the response lacks too (RFC 4475 §3.3.1).
func (m *Msg) Answerable() bool { return m.answerable }
