package ipc

import "unicode/utf8"

// Limits of fields, in octets. Each causes ErrLong.
const (
	MaxAddress     = 256 // to
	MaxContentType = 256 // content_type
	MaxClientID    = 128 // client_id
	MaxText        = 256 // any other text
)

// MaxExpires bounds `expires`, in seconds: so much fits the Expires header of SIP
// (RFC 3261 §20.19), and a time.Duration.
const MaxExpires = 1<<32 - 1

// NoMessage is the MessageID of a request that names a message which cannot exist.
const NoMessage = ^uint64(0)

// A Request is one request. Keys that the method does not read are zero, as are those
// that were absent or nil. Spans are places in the frame that was parsed; a Request holds
// no pointer and may be copied freely.
type Request struct {
	ID     uint32 // msgid, to be repeated in the response
	Method Method
	Field  Key    // what an error of ParseRequest is about; 0: the request as a whole
	seen   keySet // keys that were present
	utf8   bool   // the body is a str, and so known to be UTF-8

	To            Span // valid by [ValidAddress]
	Body          Span
	ContentType   Span // valid by [ValidContentType]
	ClientID      Span
	Mode          Span
	Client        Span
	Interface     Span
	AccessNetwork Span
	Headers       Span // an encoded map of str to str, valid by [ValidHeaders]; see [NextHeader]
	Addresses     Span // an encoded array of str; see [NextText]
	PCSCF         Span // likewise
	DNS           Span // likewise

	MessageID uint64 // by [ParseID]; NoMessage where it is none of ours
	After     uint64 // likewise; 0: from the beginning
	Session   uint32 // 0 where it is none of ours
	Protocol  int64
	Expires   int64 // seconds, 0 to MaxExpires
	Offset    int64 // octets, not negative
	Limit     int64 // octets or entries, not negative; 0: as many as fit
	MTU       int64 // octets
	Notify    Notify
	Topics    Topics // absent: AllEvents for subscribe, AllTopics for unsubscribe
	More      bool
	Last      bool
	Active    bool

	Everywhere bool
}

// Has reports whether the request gave a value for the key.
func (r *Request) Has(k Key) bool { return r.seen.has(k) }

// ParseRequest reads the request that is the whole of b, as found by a [Framer]. Every
// field is checked by its grammar: no control character gets into one that might end up
// in a header.
//
// On an error, r.ID and r.Method are set if they could be read, and r.Field names the
// argument at fault: [AppendFault] makes the reply of them. If [Error.Closes] says so,
// the client is then to be closed.
func ParseRequest(b []byte, r *Request) error {
	*r = Request{Notify: NotifyBoth}
	v := reader{b: b}
	err := r.parse(&v)
	if err == nil && v.i == len(b) && len(b) <= MaxFrame && !v.skipped {
		return nil // b is whole, or it could not have been read; nothing in it is deeper than what was read
	}
	if fault := frameFault(b); fault != nil {
		*r = Request{Notify: NotifyBoth}
		return fault
	}
	return err
}

// frameFault says why b is not one whole frame, nil if it is.
func frameFault(b []byte) error {
	var f Framer
	n, err := f.Frame(b)
	if err == ErrShort || err == nil && n < len(b) {
		return ErrMalformed
	}
	return err
}

// parse reads the request that v stands before.
func (r *Request) parse(v *reader) error {
	if h := v.enter(); h.kind != kindArray || h.count != 4 {
		return ErrNotRequest
	}
	if err := r.parseEnvelope(v); err != nil {
		return err
	}
	return r.parseParams(v)
}

// parseEnvelope reads type, msgid and method.
func (r *Request) parseEnvelope(v *reader) error {
	if t, ok := v.integer(); !ok || t != typeRequest {
		return ErrNotRequest
	}
	id, ok := v.integer()
	if !ok || id < 0 || id > 1<<32-1 {
		return ErrNotRequest
	}
	r.ID = uint32(id)
	name, k := v.leaf()
	if k != kindStr && k != kindBin {
		return ErrNotRequest
	}
	if r.Method, ok = parseMethod(name.In(v.b)); !ok {
		return ErrMethod
	}
	return nil
}

// parseParams reads the array of one map, or none.
func (r *Request) parseParams(v *reader) error {
	outer := v.enter()
	if outer.kind != kindArray && outer.kind != kindNil || outer.count > 1 {
		return ErrParams
	}
	if outer.count == 1 {
		inner := v.enter()
		if inner.kind != kindMap && inner.kind != kindNil {
			return ErrParams
		}
		for range inner.count / 2 {
			if err := r.parsePair(v); err != nil {
				return err
			}
		}
	}
	return r.complete(v.b)
}

// parsePair reads one key and its value.
func (r *Request) parsePair(v *reader) error {
	name, kind := v.leaf()
	if kind != kindStr {
		return ErrKey
	}
	k := parseKey(name.In(v.b))
	if !methodTable[r.Method].reads.has(k) {
		return v.skipText()
	}
	r.Field = k
	if v.i < len(v.b) && v.b[v.i] == 0xc0 { // nil
		v.i++
		r.Field = 0
		return nil
	}
	if r.seen.has(k) {
		return ErrTwice
	}
	r.seen |= 1 << k
	if err := r.parseValue(v, k); err != nil {
		return err
	}
	r.Field = 0
	return nil
}

// parseValue reads the value of k.
func (r *Request) parseValue(v *reader, k Key) (err error) {
	switch k {
	case KeyBody:
		r.Body, r.utf8, err = v.body()
	case KeyTo:
		r.To, err = v.text(MaxAddress, address)
	case KeyContentType:
		r.ContentType, err = v.text(MaxContentType, contentType)
	case KeyClientID:
		r.ClientID, err = v.text(MaxClientID, anything)
	case KeyMode:
		r.Mode, err = v.text(MaxText, anything)
	case KeyClient:
		r.Client, err = v.text(MaxText, anything)
	case KeyInterface:
		r.Interface, err = v.text(MaxText, anything)
	case KeyAccessNetwork:
		r.AccessNetwork, err = v.text(MaxText, anything)
	case KeyHeaders:
		r.Headers, err = v.headers()
	case KeyAddresses:
		r.Addresses, err = v.texts()
	case KeyPCSCF:
		r.PCSCF, err = v.texts()
	case KeyDNS:
		r.DNS, err = v.texts()
	case KeyNotify:
		r.Notify, err = v.notify()
	case KeyTopics:
		r.Topics, err = v.topics()
	case KeyMessageID, KeyAfter, KeySession:
		err = r.parseHandle(v, k)
	case KeyMore, KeyLast, KeyActive, KeyEverywhere:
		err = r.parseFlag(v, k)
	default:
		err = r.parseNumber(v, k)
	}
	return err
}

// parseHandle reads the name of a message or a session. One that we cannot have given out
// is not refused here: it is not found.
func (r *Request) parseHandle(v *reader, k Key) error {
	at, err := v.text(MaxText, anything)
	if err != nil {
		return err
	}
	id, ok := ParseID(at.In(v.b))
	switch k {
	case KeySession:
		if ok && id <= 1<<32-1 {
			r.Session = uint32(id)
		}
		return nil
	case KeyAfter:
		if !ok && at.Len > 0 {
			return ErrGrammar
		}
		r.After = id
		return nil
	}
	if r.MessageID = id; !ok {
		r.MessageID = NoMessage
	}
	return nil
}

func (r *Request) parseFlag(v *reader, k Key) error {
	if v.peek() != kindBool {
		return ErrType
	}
	on := v.b[v.i] == 0xc3
	v.i++
	switch k {
	case KeyMore:
		r.More = on
	case KeyLast:
		r.Last = on
	case KeyActive:
		r.Active = on
	case KeyEverywhere:
		r.Everywhere = on
	}
	return nil
}

func (r *Request) parseNumber(v *reader, k Key) error {
	at := *v
	n, ok := v.integer()
	switch {
	case !ok && at.peek() != kindInt:
		return ErrType
	case !ok || n < 0 || k == KeyExpires && n > MaxExpires:
		return ErrRange
	}
	switch k {
	case KeyProtocol:
		r.Protocol = n
	case KeyExpires:
		r.Expires = n
	case KeyOffset:
		r.Offset = n
	case KeyLimit:
		r.Limit = n
	case KeyMTU:
		r.MTU = n
	}
	return nil
}

// complete checks what only the whole request shows.
func (r *Request) complete(b []byte) error {
	if lacks := methodTable[r.Method].needs &^ r.seen; lacks != 0 {
		for r.Field = 1; !lacks.has(r.Field); r.Field++ {
		}
		return ErrMissing
	}
	if !r.seen.has(KeyTopics) {
		switch r.Method {
		case MethodSubscribe:
			r.Topics = AllEvents
		case MethodUnsubscribe:
			r.Topics = AllTopics
		}
	}
	// The pieces of a longer body may cut a character in two: see [TextCheck].
	if r.Method == MethodSend && !r.More && IsText(r.ContentType.In(b)) && !r.utf8 && !utf8.Valid(r.Body.In(b)) {
		r.Field = KeyBody
		return ErrUTF8
	}
	return nil
}
