package iscomposing

import (
	"bytes"
	"strconv"
	"time"

	"imsagent/cpim/xmlscan"
)

// Namespace is that of the document's elements (RFC 3994 §6).
const Namespace = "urn:ietf:params:xml:ns:im-iscomposing"

// Limits.
const (
	MaxContentType = 64                // octets; a longer one is ignored
	MaxRefresh     = time.Hour         // a longer interval counts as this; a hostile number cannot overflow
	DefaultRefresh = 120 * time.Second // where the document has none (RFC 3994 §3.3)
)

// A Status is a document.
type Status struct {
	Active  bool
	Refresh time.Duration // until the sender counts as idle; 0: not given

	typeLen     int
	contentType [MaxContentType]byte
}

// ContentType is the medium being composed, such as "text/plain"; empty if not given. It
// aliases s.
func (s *Status) ContentType() []byte { return s.contentType[:s.typeLen] }

// An Error says which rule a document broke that is well-formed XML. A document that is not
// gives an error of cpim/xmlscan.
type Error uint8

// Errors. ErrNoRoom concerns the destination, the others the document.
const (
	ErrRoot Error = iota + 1
	ErrNoState
	ErrNoRoom
)

var errorText = [...]struct{ text, clause string }{
	ErrRoot:    {"root is not isComposing", "RFC 3994 §3.4"},
	ErrNoState: {"state missing or repeated", "RFC 3994 §3.4"},
	ErrNoRoom:  {"status does not fit its buffer", "local limit"},
}

// Error returns the broken rule.
func (e Error) Error() string {
	if int(e) >= len(errorText) {
		return "iscomposing: unknown error"
	}
	return "iscomposing: " + errorText[e].text
}

// Clause returns where the broken rule stands.
func (e Error) Clause() string {
	if int(e) >= len(errorText) {
		return ""
	}
	return errorText[e].clause
}

// Parse reads the document b into s. It does not keep b. The error is an [Error] or one of
// xmlscan; s then holds nothing of use.
func Parse(b []byte, s *Status) error {
	s.Active, s.Refresh, s.typeLen = false, 0, 0
	var r xmlscan.Reader
	r.Reset(b)
	t, err := r.Next()
	if err != nil {
		return err
	}
	root, states := "", 0
	switch {
	case r.Is(t, Namespace, "isComposing"):
		root = Namespace
	case !r.Is(t, "", "isComposing"): // without a namespace it is taken
		return ErrRoot
	}
	for {
		t, err = r.Next()
		switch {
		case err != nil:
			return err
		case t.Kind == xmlscan.Done && states != 1:
			return ErrNoState
		case t.Kind == xmlscan.Done:
			return nil
		case t.Kind != xmlscan.Start:
			continue
		}
		if r.Is(t, root, "state") {
			states++
		}
		if err = s.child(&r, t, root); err != nil {
			return err
		}
	}
}

// child reads one child of the root; unknown ones are extensions, and skipped. So is
// lastactive: clocks differ, and nothing is decided by it.
func (s *Status) child(r *xmlscan.Reader, t xmlscan.Token, root string) error {
	var room [MaxContentType]byte
	text, err := r.Leaf(room[:0])
	if err == xmlscan.ErrNoRoom {
		text, err = nil, nil
	}
	if err != nil {
		return err
	}
	text = bytes.TrimSpace(text)
	switch {
	case r.Is(t, root, "state"):
		// "Recipients … MUST treat state tokens other than "idle" and "active" as "idle""
		// (RFC 3994 §3.5).
		s.Active = string(text) == "active"
	case r.Is(t, root, "contenttype"):
		s.typeLen = copy(s.contentType[:], text)
	case r.Is(t, root, "refresh"):
		s.Refresh = seconds(text)
	}
	return nil
}

// seconds reads a positiveInteger, clamped before it is multiplied; 0 for anything else.
func seconds(text []byte) time.Duration {
	most := int(MaxRefresh / time.Second)
	v := 0
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0
		}
		v = min(10*v+int(c-'0'), most)
	}
	return time.Duration(v) * time.Second
}

// Append appends the document, in the element order of the schema (RFC 3994 §6), within the
// capacity of dst; on [ErrNoRoom] dst comes back unchanged. refresh, in whole seconds, is
// left out if it is 0, contentType if it is empty.
func Append(dst []byte, active bool, refresh time.Duration, contentType string) ([]byte, error) {
	w := writer{b: dst}
	w.str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<isComposing xmlns=\"" + Namespace + "\">\n")
	if active {
		w.str("  <state>active</state>\n")
	} else {
		w.str("  <state>idle</state>\n")
	}
	if contentType != "" {
		w.str("  <contenttype>")
		w.text(contentType)
		w.str("</contenttype>\n")
	}
	if refresh > 0 {
		var digits [20]byte
		w.str("  <refresh>")
		w.bytes(strconv.AppendInt(digits[:0], int64(refresh/time.Second), 10))
		w.str("</refresh>\n")
	}
	w.str("</isComposing>\n")
	if w.full {
		return dst, ErrNoRoom
	}
	return w.b, nil
}

// A writer appends within the capacity of b. Once something does not fit, it is full for
// good, so a caller checks once, at the end.
type writer struct {
	b    []byte
	full bool
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

// text writes character data; a longer one than is read is cut.
func (w *writer) text(s string) {
	var room [MaxContentType]byte
	n := copy(room[:], s)
	b, err := xmlscan.AppendEscaped(w.b, room[:n])
	w.b, w.full = b, w.full || err != nil
}
