package imdn

import (
	"bytes"

	"imsagent/cpim/xmlscan"
)

// Parse reads the document b into n. It does not keep b. The error is an [Error] or one of
// xmlscan; n then holds nothing of use.
func Parse(b []byte, n *Notification) error {
	n.idLen, n.dateLen, n.reports = 0, 0, 0
	var r xmlscan.Reader
	r.Reset(b)
	t, err := r.Next()
	if err != nil {
		return err
	}
	p := parser{r: &r, n: n}
	switch {
	case r.Is(t, Namespace, "imdn"):
		p.root = Namespace
	case !r.Is(t, "", "imdn"): // without a namespace it is taken; in another, it is something else
		return ErrRoot
	}
	if err = p.children(); err != nil {
		return err
	}
	switch {
	case n.idLen == 0:
		return ErrMessageID
	case n.reports == 0:
		return ErrNoStatus
	}
	return nil
}

type parser struct {
	r    *xmlscan.Reader
	n    *Notification
	root string // the namespace of the root
}

// children reads what is inside the root, and on to the end of the document.
func (p *parser) children() error {
	for {
		t, err := p.r.Next()
		switch {
		case err != nil:
			return err
		case t.Kind == xmlscan.Done:
			return nil
		case t.Kind == xmlscan.Start:
			if err = p.child(t); err != nil {
				return err
			}
		}
	}
}

// child reads one child of the root. Unknown ones are extensions, and skipped.
func (p *parser) child(t xmlscan.Token) error {
	switch {
	case p.r.Is(t, p.root, "message-id"):
		return p.messageID()
	case p.r.Is(t, p.root, "datetime"):
		return p.dateTime()
	case p.r.Is(t, InterworkingNamespace, kindText[Interworking]):
		return p.notification(Interworking)
	}
	for k := Delivery; k <= Display; k++ {
		if p.r.Is(t, p.root, kindText[k]) {
			return p.notification(k)
		}
	}
	return p.r.Skip()
}

// messageID reads the one id: two of them would report on two messages.
func (p *parser) messageID() error {
	if p.n.idLen > 0 {
		return ErrMessageID
	}
	var room [2 * MaxMessageID]byte // the token may have white space around it
	raw, err := p.r.Leaf(room[:0])
	if err == xmlscan.ErrNoRoom {
		return ErrMessageID
	}
	if err != nil {
		return err
	}
	id := bytes.TrimSpace(raw)
	if len(id) == 0 || len(id) > MaxMessageID || bytes.ContainsFunc(id, isControl) {
		return ErrMessageID
	}
	p.n.idLen = copy(p.n.id[:], id)
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// dateTime notes the text; one that is too long tells nothing.
func (p *parser) dateTime() error {
	raw, err := p.r.Leaf(p.n.date[:0])
	if err == xmlscan.ErrNoRoom {
		err = nil
	}
	p.n.dateLen = copy(p.n.date[:], bytes.TrimSpace(raw))
	return err
}

// notification reads a *-notification element up to its end.
func (p *parser) notification(k Kind) error {
	for {
		t, err := p.r.Next()
		switch {
		case err != nil:
			return err
		case t.Kind == xmlscan.End:
			return nil
		case t.Kind != xmlscan.Start:
		case p.r.Is(t, p.root, "status") || p.r.Is(t, InterworkingNamespace, "status"):
			err = p.status(k)
		default:
			err = p.r.Skip()
		}
		if err != nil {
			return err
		}
	}
}

// status reads a status element up to its end. Its first child that is ours counts; if none
// is, the status is one that we do not know.
func (p *parser) status(k Kind) error {
	got, children := Unknown, 0
	for {
		t, err := p.r.Next()
		switch {
		case err != nil:
			return err
		case t.Kind == xmlscan.End:
			p.add(Report{k, got}, children)
			return nil
		case t.Kind != xmlscan.Start:
			continue
		}
		children++
		if got == Unknown {
			got = p.word(t, k)
		}
		if err = p.r.Skip(); err != nil {
			return err
		}
	}
}

// word returns what the element t says inside the status of kind k.
func (p *parser) word(t xmlscan.Token, k Kind) Status {
	for s := Delivered; s <= LegacyMMS; s++ {
		space := p.root
		if s >= LegacySMS {
			space = InterworkingNamespace
		}
		if allowed[k]&(1<<s) != 0 && p.r.Is(t, space, statusText[s]) {
			return s
		}
	}
	return Unknown
}

// allowed says which statuses a kind can report (RFC 5438 §11.1.7).
var allowed = [...]uint16{
	Delivery:     1<<Delivered | 1<<Failed | 1<<Forbidden | 1<<Failure,
	Processing:   1<<Processed | 1<<Stored | 1<<Forbidden | 1<<Failure,
	Display:      1<<Displayed | 1<<Forbidden | 1<<Failure,
	Interworking: 1<<LegacySMS | 1<<LegacyMMS,
}

// add notes a report, unless its status was empty.
func (p *parser) add(r Report, children int) {
	if children > 0 && p.n.reports < MaxReports {
		p.n.report[p.n.reports] = r
		p.n.reports++
	}
}
