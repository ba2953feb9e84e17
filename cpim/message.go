package cpim

import "strings"

// Limits of the parser (L11). They bound memory and work, not the protocol.
const (
	MaxHead      = 8 << 10 // octets of both header blocks; ErrTooLong
	MaxHeaders   = 64      // headers of both blocks; ErrTooManyHeaders
	MaxMessageID = 255     // octets of imdn.Message-ID; ErrMessageID
)

// URIs of namespaces.
const (
	Core = "urn:ietf:params:cpim-headers:" // From, To, cc, DateTime, Subject, NS, Require (RFC 3862 §4)
	IMDN = "urn:ietf:params:imdn"          // RFC 5438 §6
)

// A Span is the range [Off, Off+Len) of the buffer that a [Message] was parsed from.
type Span struct{ Off, Len uint16 }

// In returns the octets of s in b, capped, so that appending cannot overwrite what follows.
func (s Span) In(b []byte) []byte {
	end := int(s.Off) + int(s.Len)
	return b[s.Off:end:end]
}

// A Header is one line of a head.
type Header struct {
	Prefix Span  // of the namespace, before the dot; empty for none
	Name   Span  // after the dot
	Params Span  // ";lang=fr", between the colon and the space; empty for none
	Value  Span  // trimmed, its escapes not yet resolved: see [AppendText]
	MIME   bool  // a header of the content, not of the message
	scope  uint8 // index of the NS header that gives the namespace, or core, or unknown
}

// Values of Header.scope that are not an index.
const (
	scopeCore    = 0xff
	scopeUnknown = 0xfe
)

// A Message is a parsed head. It is ready for use as it is and may be used again.
type Message struct {
	MessageID   Span   // imdn.Message-ID; empty for none
	Notify      Notify // imdn.Disposition-Notification
	NoSeparator bool   // MIME headers stood among the message headers

	content int
	n       int
	headers [MaxHeaders]Header
}

// Headers returns all headers of both blocks in wire order. The slice aliases m.
func (m *Message) Headers() []Header { return m.headers[:m.n] }

// ContentOffset is where the content begins in the buffer.
func (m *Message) ContentOffset() int { return m.content }

// Content returns the content of a whole message b: all that follows the head, whatever
// Content-Length says.
func (m *Message) Content(b []byte) []byte { return b[m.content:] }

// Namespace returns the URI of h's namespace: [Core] where h has no prefix and no NS header
// has changed the default (RFC 3862 §3.4); nil where its prefix was never declared.
func (m *Message) Namespace(b []byte, h *Header) []byte {
	switch h.scope {
	case scopeCore:
		return coreURI
	case scopeUnknown:
		return nil
	}
	_, uri := splitNS(b, m.headers[h.scope].Value)
	return uri.In(b)
}

var coreURI = []byte(Core)

// Find returns the index in Headers, not before from, of a message header of this
// namespace and name, or -1. An empty namespace means [Core].
func (m *Message) Find(b []byte, namespace, name string, from int) int {
	if namespace == "" {
		namespace = Core
	}
	for i := from; i < m.n; i++ {
		h := &m.headers[i]
		if !h.MIME && string(h.Name.In(b)) == name && string(m.Namespace(b, h)) == namespace {
			return i
		}
	}
	return -1
}

// Lookup returns the value of the first message header of this namespace and name.
func (m *Message) Lookup(b []byte, namespace, name string) (value Span, ok bool) {
	if i := m.Find(b, namespace, name, 0); i >= 0 {
		return m.headers[i].Value, true
	}
	return Span{}, false
}

// MIME returns the value of the first MIME header of this name, in any case: a line may be
// folded inside (RFC 2045 §3).
func (m *Message) MIME(b []byte, name string) (value Span, ok bool) {
	for i := range m.headers[:m.n] {
		if h := &m.headers[i]; h.MIME && equalFold(h.Name.In(b), name) {
			return h.Value, true
		}
	}
	return Span{}, false
}

// ContentType returns the value of Content-Type; nil where there is none, which means
// text/plain (RFC 2045 §5.2).
func (m *Message) ContentType(b []byte) []byte {
	v, ok := m.MIME(b, "Content-Type")
	if !ok {
		return nil
	}
	return v.In(b)
}

// Disposition returns the value of Content-Disposition without its parameters; nil for
// none. That of an IMDN is "notification" (RFC 5438 §7.2.1.1).
func (m *Message) Disposition(b []byte) []byte {
	v, ok := m.MIME(b, "Content-Disposition")
	if !ok {
		return nil
	}
	return beforeParams(v.In(b))
}

// IsType reports whether the value of a Content-Type names this media type, such as
// "message/imdn+xml", whatever its case and parameters.
func IsType(value []byte, mediaType string) bool { return equalFold(beforeParams(value), mediaType) }

// beforeParams cuts a MIME value at its first semicolon.
func beforeParams(v []byte) []byte {
	for i, c := range v {
		if c == ';' {
			v = v[:i]
			break
		}
	}
	return v[:len(v)-trailing(v)]
}

// trailing counts the blanks at the end of v.
func trailing(v []byte) (n int) {
	for n < len(v) && isBlank(v[len(v)-1-n]) {
		n++
	}
	return n
}

// A Feature is a header or a behaviour that a Require header may name.
type Feature struct{ Namespace, Name string }

// Unmet returns the first feature that the message requires and understood does not hold
// (RFC 3862 §3.5). Headers of [Core] are understood.
func (m *Message) Unmet(b []byte, understood []Feature) (name Span, unmet bool) {
	for i := m.Find(b, Core, "Require", 0); i >= 0; i = m.Find(b, Core, "Require", i+1) {
		for rest := m.headers[i].Value; rest.Len > 0; {
			name, rest = nextListed(b, rest)
			if name.Len > 0 && !m.understands(b, name, i, understood) {
				return name, true
			}
		}
	}
	return Span{}, false
}

// nextListed splits a comma list at its first comma.
func nextListed(b []byte, list Span) (first, rest Span) {
	for i, c := range list.In(b) {
		if c == ',' {
			at := int(list.Off) + i
			return trim(b, int(list.Off), at), between(at+1, int(list.Off)+int(list.Len))
		}
	}
	return trim(b, int(list.Off), int(list.Off)+int(list.Len)), Span{}
}

// understands reports whether the qualified name, used in header number at, is understood.
func (m *Message) understands(b []byte, qualified Span, at int, understood []Feature) bool {
	var h Header
	h.Prefix, h.Name = splitName(b, qualified)
	m.scopeOf(b, &h, at)
	uri := m.Namespace(b, &h)
	if string(uri) == Core && strings.Contains(coreNames, " "+string(h.Name.In(b))+" ") {
		return true
	}
	for _, f := range understood {
		if f.Namespace == string(uri) && f.Name == string(h.Name.In(b)) {
			return true
		}
	}
	return false
}

const coreNames = " From To cc DateTime Subject NS Require "

func between(from, to int) Span { return Span{uint16(from), uint16(to - from)} }

// trim returns b[from:to] without the blanks around it.
func trim(b []byte, from, to int) Span {
	for from < to && isBlank(b[from]) {
		from++
	}
	for to > from && isBlank(b[to-1]) {
		to--
	}
	return between(from, to)
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// equalFold compares without regard to ASCII case.
func equalFold(a []byte, s string) bool {
	if len(a) != len(s) {
		return false
	}
	for i, c := range a {
		if lower(c) != lower(s[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
