package cpim

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// A Namespace is one NS header: a prefix and the URI that it stands for.
type Namespace struct{ Prefix, URI string }

// A Field is a message header that is not named in [Envelope].
type Field struct {
	Prefix string // declared in Envelope.Namespaces, or "imdn"; "" for a header of Core
	Name   string
	Value  []byte // as text: what must be escaped is escaped
}

// An Envelope is what the head of a message says.
type Envelope struct {
	From, To    string      // URIs, without <>
	DateTime    time.Time   // when the message was sent; zero: no such header
	Namespaces  []Namespace // besides imdn, which is declared where MessageID is given
	Headers     []Field     // in this order, after the NS headers
	MessageID   []byte      // imdn.Message-ID; nil for none
	Notify      Notify      // imdn.Disposition-Notification; 0 for none
	Disposition string      // Content-Disposition; "" for none
	ContentType []byte
	Length      int // Content-Length, in octets; negative: no such header
}

// AppendHead appends both header blocks, blank lines included, so that only the content is
// missing. The order is that of UA1 in the reference trace: From, To, DateTime, NS, carrier
// headers, imdn.Message-ID, imdn.Disposition-Notification, a blank line,
// Content-Disposition, Content-type, Content-Length, a blank line.
//
// It appends within the capacity of dst and returns dst unchanged with [ErrNoRoom], or with
// [ErrValue] if a value cannot be written without changing the structure of the message.
func (e *Envelope) AppendHead(dst []byte) ([]byte, error) {
	w := writer{b: dst}
	w.address("From: <", e.From)
	w.address("To: <", e.To)
	if !e.DateTime.IsZero() {
		var buf [40]byte
		w.str("DateTime: ")
		w.bytes(e.DateTime.UTC().AppendFormat(buf[:0], timeForm))
		w.str("\r\n")
	}
	e.appendNS(&w)
	e.appendFields(&w)
	w.str("\r\n")
	if e.Disposition != "" {
		w.raw("Content-Disposition: ", []byte(e.Disposition))
	}
	w.raw("Content-type: ", e.ContentType)
	if e.Length >= 0 {
		var digits [20]byte
		w.raw("Content-Length: ", strconv.AppendInt(digits[:0], int64(e.Length), 10))
	}
	w.str("\r\n")
	switch {
	case w.bad:
		return dst, ErrValue
	case w.full:
		return dst, ErrNoRoom
	}
	return w.b, nil
}

func (e *Envelope) appendNS(w *writer) {
	if e.MessageID != nil {
		w.str("NS: imdn <" + IMDN + ">\r\n")
	}
	for _, ns := range e.Namespaces {
		w.str("NS: ")
		w.name(ns.Prefix)
		w.address(" <", ns.URI)
	}
}

func (e *Envelope) appendFields(w *writer) {
	for i := range e.Headers {
		f := &e.Headers[i]
		if f.Prefix != "" {
			w.name(f.Prefix)
			w.str(".")
		}
		w.name(f.Name)
		w.str(": ")
		w.text(f.Value)
		w.str("\r\n")
	}
	if e.MessageID == nil {
		return
	}
	w.bad = w.bad || len(e.MessageID) == 0 || len(e.MessageID) > MaxMessageID
	w.raw("imdn.Message-ID: ", e.MessageID)
	if e.Notify != 0 {
		sep := "imdn.Disposition-Notification: "
		for _, d := range dispositions {
			if e.Notify&d.flag != 0 {
				w.str(sep)
				w.str(d.word)
				sep = ", "
			}
		}
		w.str("\r\n")
	}
}

// A writer appends within the capacity of b. Once something does not fit or must not be
// written it stays so, and the caller asks once, at the end.
type writer struct {
	b    []byte
	full bool
	bad  bool
}

func (w *writer) str(s string) {
	if w.full = w.full || len(s) > cap(w.b)-len(w.b); !w.full {
		w.b = append(w.b, s...)
	}
}

func (w *writer) bytes(p []byte) {
	if w.full = w.full || len(p) > cap(w.b)-len(w.b); !w.full {
		w.b = append(w.b, p...)
	}
}

func (w *writer) byte(c byte) {
	if w.full = w.full || len(w.b) == cap(w.b); !w.full {
		w.b = append(w.b, c)
	}
}

func (w *writer) rune(r rune) {
	size := utf8.RuneLen(r)
	if size < 0 {
		r, size = utf8.RuneError, 3
	}
	if w.full = w.full || size > cap(w.b)-len(w.b); !w.full {
		w.b = utf8.AppendRune(w.b, r)
	}
}

// address writes a URI between <>; a URI needs no escapes.
func (w *writer) address(before, uri string) {
	for i := range len(uri) {
		w.bad = w.bad || uri[i] <= ' ' || uri[i] == 0x7f || uri[i] == '<' || uri[i] == '>' || uri[i] == '\\'
	}
	w.str(before)
	w.str(uri)
	w.str(">\r\n")
}

// raw writes a line whose value has no escapes (MIME, or a token).
func (w *writer) raw(before string, value []byte) {
	for _, c := range value {
		w.bad = w.bad || c < ' ' || c == 0x7f
	}
	w.str(before)
	w.bytes(value)
	w.str("\r\n")
}

// name writes a Name (RFC 3862 §3.6): no dot, control character or separator.
func (w *writer) name(s string) {
	w.bad = w.bad || s == ""
	for i := range len(s) {
		w.bad = w.bad || !isNameChar(s[i])
	}
	w.str(s)
}

// isNameChar is NAMECHAR of RFC 3862 §3.6, with the + of its wider reading.
func isNameChar(c byte) bool {
	switch {
	case 'a' <= lower(c) && lower(c) <= 'z', '0' <= c && c <= '9':
		return true
	}
	switch c {
	case '!', '#', '$', '%', '&', '\'', '*', '+', '-', '^', '_', '`', '|', '~':
		return true
	}
	return false
}

// text writes a value, escaping what §2.3.1 says MUST be escaped.
func (w *writer) text(v []byte) {
	const hex = "0123456789abcdef"
	for _, c := range v {
		switch {
		case c == '\\':
			w.str(`\\`)
		case c == '\b':
			w.str(`\b`)
		case c == '\t':
			w.str(`\t`)
		case c == '\n':
			w.str(`\n`)
		case c == '\r':
			w.str(`\r`)
		case c < ' ' || c == 0x7f:
			w.str(`\u00`)
			w.byte(hex[c>>4])
			w.byte(hex[c&15])
		default:
			w.byte(c)
		}
	}
}
