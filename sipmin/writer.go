package sipmin

import (
	"encoding/binary"
	"strconv"
)

// A Writer builds one message within the capacity of a buffer, field by field
// in the order of the calls. The first thing that does not fit or cannot be
// written makes it fail for good; [Writer.Bytes] tells.
//
// No value can end its field: CR, LF and NUL are refused in strings, and what
// was parsed is unfolded on the way.
type Writer struct {
	b        []byte
	start    int // len of the buffer it was given
	length   int // promised by ContentLength, -1 none
	err      Error
	compact  bool
	hasType  bool
	finished bool
}

// NewWriter appends to buf, never beyond its capacity. compact writes the
// one-letter names where there are any.
func NewWriter(buf []byte, compact bool) Writer {
	return Writer{b: buf, start: len(buf), length: -1, compact: compact}
}

// RequestLine begins a request.
func (w *Writer) RequestLine(m Method, uri string) {
	w.method(m)
	at := len(w.b)
	w.put(uri)
	w.version(at)
}

// RequestLineBytes is RequestLine for a URI taken from a message.
func (w *Writer) RequestLineBytes(m Method, uri []byte) {
	w.method(m)
	at := len(w.b)
	w.putBytes(uri)
	w.version(at)
}

func (w *Writer) method(m Method) {
	if m.String() == "" {
		w.fail(ErrValue)
	}
	w.put(m.String())
	w.put(" ")
}

// version ends the request line whose URI begins at offset at.
func (w *Writer) version(at int) {
	if !all(w.b[at:], cWord) {
		w.fail(ErrValue)
	}
	w.put(" " + version + crlf)
}

// StatusLine begins a response; an empty reason is replaced by the standard
// one.
func (w *Writer) StatusLine(status uint16, reason string) {
	if status < 100 || status > 699 {
		w.fail(ErrValue)
	}
	if reason == "" {
		reason = ReasonPhrase(status)
	}
	w.put(version + " ")
	w.number(uint64(status))
	w.put(" ")
	w.Text(reason)
	w.put(crlf)
}

// Header writes one field. The value is taken as it is, without CR, LF, NUL.
func (w *Writer) Header(id HeaderID, value string) {
	w.Begin(id)
	w.Text(value)
	w.End()
}

// HeaderBytes writes a field whose value was parsed; folding is undone.
func (w *Writer) HeaderBytes(id HeaderID, value []byte) {
	w.Begin(id)
	w.Octets(value)
	w.End()
}

// HeaderUint writes a field with a number.
func (w *Writer) HeaderUint(id HeaderID, value uint32) {
	w.Begin(id)
	w.Uint(value)
	w.End()
}

// Extension writes a field by its name, which has to be a token.
func (w *Writer) Extension(name, value string) {
	for i := range len(name) {
		if !is(name[i], cToken) {
			w.fail(ErrValue)
		}
	}
	switch id := HeaderOf([]byte(name)); {
	case name == "" || id == HContentLength:
		w.fail(ErrValue)
	case id == HContentType:
		w.hasType = true
	}
	w.put(name)
	w.put(": ")
	w.Text(value)
	w.End()
}

// Begin writes the name and colon of a field whose value Text, Octets and Uint
// write and End ends. Content-Length is written by ContentLength or Body.
func (w *Writer) Begin(id HeaderID) {
	name := id.Name(w.compact)
	if name == "" || id == HContentLength {
		w.fail(ErrValue)
	}
	w.hasType = w.hasType || id == HContentType
	w.put(name)
	w.put(": ")
}

// Text adds to the field begun.
func (w *Writer) Text(s string) {
	at := len(w.b)
	w.put(s)
	if !unbroken(w.b[at:]) {
		w.fail(ErrValue)
	}
}

// unbroken reports whether b is free of CR, LF and NUL.
func unbroken(b []byte) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; len(b) >= 8; b = b[8:] { // eight at once have one below CR+1, or none has
		if x := binary.LittleEndian.Uint64(b); (x-ones*('\r'+1))&^x&tops != 0 {
			break
		}
	}
	for _, c := range b {
		if c <= '\r' && (c == '\r' || c == '\n' || c == 0) {
			return false
		}
	}
	return true
}

// Octets adds to the field begun what was parsed; folding is undone.
func (w *Writer) Octets(p []byte) {
	if w.err != 0 {
		return
	}
	var err error
	if w.b, err = Unfold(w.b, p); err != nil {
		w.fail(ErrNoRoom)
	}
}

// Uint adds a decimal number to the field begun.
func (w *Writer) Uint(v uint32) { w.number(uint64(v)) }

// End ends the field begun.
func (w *Writer) End() { w.put(crlf) }

// ContentLength writes Content-Length here; Body must then bring n octets.
// Without it Body writes the field last.
func (w *Writer) ContentLength(n int) {
	if w.length >= 0 || n < 0 {
		w.fail(ErrValue)
		return
	}
	w.length = n
	w.put(HContentLength.Name(w.compact))
	w.put(": ")
	w.number(uint64(n))
	w.put(crlf)
}

// Body ends the head and writes the body. Before that it writes Content-Type,
// if contentType is not empty and none was written, and Content-Length unless
// written. Every message ends with Body, one without a body by Body("", nil).
func (w *Writer) Body(contentType string, body []byte) {
	if contentType != "" && !w.hasType {
		w.Header(HContentType, contentType)
	}
	if w.length < 0 {
		w.ContentLength(len(body))
	}
	if w.length != len(body) || w.finished {
		w.fail(ErrValue)
	}
	w.finished = true
	w.put(crlf)
	w.putBytes(body)
}

// Len returns the octets written so far.
func (w *Writer) Len() int { return len(w.b) - w.start }

// Bytes returns the buffer with the message appended; on ErrNoRoom or ErrValue
// as it was given. A message above MaxMessage is ErrMessageTooLong.
func (w *Writer) Bytes() ([]byte, error) {
	switch {
	case w.err != 0:
		return w.b[:w.start], w.err
	case w.Len() > MaxMessage:
		return w.b[:w.start], ErrMessageTooLong
	case !w.finished:
		return w.b[:w.start], ErrValue
	}
	return w.b, nil
}

const crlf = "\r\n"

func (w *Writer) fail(e Error) {
	if w.err == 0 {
		w.err = e
	}
}

// put appends all of s or fails. Were it and putBytes one generic function, every
// Writer outside this package would escape to the heap.
func (w *Writer) put(s string) {
	if len(s) > cap(w.b)-len(w.b) {
		w.fail(ErrNoRoom)
	}
	if w.err == 0 {
		w.b = append(w.b, s...)
	}
}

func (w *Writer) putBytes(s []byte) {
	if len(s) > cap(w.b)-len(w.b) {
		w.fail(ErrNoRoom)
	}
	if w.err == 0 {
		w.b = append(w.b, s...)
	}
}

func (w *Writer) number(v uint64) {
	var digits [20]byte
	w.putBytes(strconv.AppendUint(digits[:0], v, 10))
}
