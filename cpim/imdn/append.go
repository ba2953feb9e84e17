package imdn

import "imsagent/cpim/xmlscan"

// A Payload is what [Append] writes.
type Payload struct {
	MessageID []byte // imdn.Message-ID of the message reported on
	// DateTime is that of the message reported on, as it stood in its DateTime header:
	// "This information is obtained from the DateTime header field of the IM" (§11.1.2).
	DateTime   []byte
	Recipient  []byte // recipient-uri; empty: no such element
	OriginalTo []byte // original-recipient-uri: MUST be there if the message had Original-To (§11.1.4)
	Subject    []byte // subject; empty: no such element
	Report     Report
}

// Append appends the document in the form of UA1 of the reference trace: LF, indented by
// two, ended by LF. It appends within the capacity of dst; on [ErrNoRoom], and on
// [ErrMessageID] or [ErrNoStatus] where p says nothing, dst comes back unchanged.
func Append(dst []byte, p *Payload) ([]byte, error) {
	switch {
	case len(p.MessageID) == 0 || len(p.MessageID) > MaxMessageID:
		return dst, ErrMessageID
	case p.Report.Kind < Delivery || p.Report.Kind > Display || allowed[p.Report.Kind]&(1<<p.Report.Status) == 0:
		return dst, ErrNoStatus
	}
	w := writer{b: dst}
	w.str("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<imdn xmlns=\"" + Namespace + "\">\n")
	w.element("message-id", p.MessageID)
	w.element("datetime", p.DateTime)
	w.element("recipient-uri", p.Recipient)
	w.element("original-recipient-uri", p.OriginalTo)
	w.element("subject", p.Subject)
	kind := kindText[p.Report.Kind]
	w.str("  <", kind, ">\n    <status>\n      <", statusText[p.Report.Status], "/>\n    </status>\n  </", kind, ">\n</imdn>\n")
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

func (w *writer) str(parts ...string) {
	for _, s := range parts {
		if w.full = w.full || len(s) > cap(w.b)-len(w.b); !w.full {
			w.b = append(w.b, s...)
		}
	}
}

// element writes one line, or nothing if there is no text.
func (w *writer) element(name string, text []byte) {
	if len(text) == 0 {
		return
	}
	w.str("  <", name, ">")
	b, err := xmlscan.AppendEscaped(w.b, text)
	w.b, w.full = b, w.full || err != nil
	w.str("</", name, ">\n")
}
