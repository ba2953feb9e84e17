package ipc

// begin writes the front of a successful response; its result follows.
func (w *Writer) begin(id uint32) {
	w.Array(4)
	w.Int(typeResponse)
	w.Int(int64(id))
	w.Nil()
}

// Reply starts a successful response to the request id; the one value written next is
// its result.
func (w *Writer) Reply(id uint32) { w.begin(id) }

// AppendError appends the response that refuses request id: sipCode is the status that
// caused it, or 0. The text is cut where it would not fit 256 octets.
func AppendError(dst []byte, id uint32, code Code, text string, sipCode int) ([]byte, error) {
	w := NewWriter(dst)
	w.refusal(id, code, "", text, sipCode)
	return w.Bytes()
}

// AppendFault appends the response to a request that [ParseRequest] refused with err,
// naming the argument at fault. Use it for an error of [Framer.Frame] too, with r.ID from
// [RequestID].
func AppendFault(dst []byte, r *Request, err error) ([]byte, error) {
	e, ok := err.(Error)
	if !ok {
		e = ErrMalformed
	}
	w := NewWriter(dst)
	w.refusal(r.ID, e.Code(), r.Field.String(), e.Text(), 0)
	return w.Bytes()
}

func (w *Writer) refusal(id uint32, code Code, field, text string, sipCode int) {
	w.Array(4)
	w.Int(typeResponse)
	w.Int(int64(id))
	w.Map(4)
	w.int("code", int64(code))
	w.str("name", code.String())
	w.Str("text")
	w.about(field, text)
	w.int("sip_code", int64(sipCode))
	w.Nil()
}

// about writes "field text" as one str, or text alone.
func (w *Writer) about(field, text string) {
	var line [MaxText]byte
	p := append(line[:0], field...)
	if field != "" {
		p = append(p, ' ')
	}
	p = append(p, text[:min(len(text), MaxText-len(p))]...)
	w.Text(wholeRunes(p))
}

// AppendDone appends the response of a method that has no result: an empty map.
func AppendDone(dst []byte, id uint32) ([]byte, error) {
	w := NewWriter(dst)
	w.begin(id)
	w.Map(0)
	return w.Bytes()
}

// AppendHello appends the response of `hello`: protocol is the version of this contract.
func AppendHello(dst []byte, id uint32, protocol int, version, board string) ([]byte, error) {
	w := NewWriter(dst)
	w.begin(id)
	w.Map(3)
	w.int("protocol", int64(protocol))
	w.str("version", version)
	w.str("board", board)
	return w.Bytes()
}

// AppendSent appends the response of `send`.
func AppendSent(dst []byte, id uint32, messageID uint64) ([]byte, error) {
	w := NewWriter(dst)
	w.begin(id)
	w.Map(1)
	w.id("message_id", messageID)
	return w.Bytes()
}

// AppendSize appends the response of `append`: the octets that the body has now.
func AppendSize(dst []byte, id uint32, size int64) ([]byte, error) {
	w := NewWriter(dst)
	w.begin(id)
	w.Map(1)
	w.int("size", size)
	return w.Bytes()
}

// AppendState appends the response of `cancel`.
func AppendState(dst []byte, id uint32, state string) ([]byte, error) {
	w := NewWriter(dst)
	w.begin(id)
	w.Map(1)
	w.str("state", state)
	return w.Bytes()
}

// AppendBody appends the response of `fetch`.
func AppendBody(dst []byte, id uint32, body []byte, eof bool) ([]byte, error) {
	w := NewWriter(dst)
	w.begin(id)
	w.Map(2)
	w.Str("body")
	w.Bin(body)
	w.bool("eof", eof)
	return w.Bytes()
}

// AppendSession appends the response of `open`.
func AppendSession(dst []byte, id uint32, session uint32) ([]byte, error) {
	w := NewWriter(dst)
	w.begin(id)
	w.Map(1)
	w.Str("session")
	w.Session(session)
	return w.Bytes()
}

// Capabilities is the result of `capabilities`.
type Capabilities struct {
	Chat    bool  // session mode: MSRP
	Pager   bool  // pager mode: SIP MESSAGE
	IMDN    bool  // delivery and display notifications
	MaxSize int64 // octets of one message; 0: not known
}

// AppendCapabilities appends the response of `capabilities`.
func AppendCapabilities(dst []byte, id uint32, c *Capabilities) ([]byte, error) {
	w := NewWriter(dst)
	w.begin(id)
	w.Map(4)
	w.bool("chat", c.Chat)
	w.bool("pager", c.Pager)
	w.bool("imdn", c.IMDN)
	w.int("max_size", c.MaxSize)
	return w.Bytes()
}
