package cpim

// Notify is the set of notifications that a message asks for in
// imdn.Disposition-Notification (RFC 5438 §6.2), or 0 for none.
type Notify uint8

// Dispositions.
const (
	PositiveDelivery Notify = 1 << iota
	NegativeDelivery
	Processing
	Display
)

// dispositions are the words in the order in which the trace writes them.
var dispositions = [...]struct {
	word string
	flag Notify
}{
	{"positive-delivery", PositiveDelivery},
	{"negative-delivery", NegativeDelivery},
	{"processing", Processing},
	{"display", Display},
}

// ParseNotify reads the value of a Disposition-Notification header. Words that RFC 5438
// does not know, and parameters, are ignored; a word said twice counts once.
func ParseNotify(value []byte) (n Notify) {
	for rest := between(0, len(value)); rest.Len > 0; {
		var word Span
		word, rest = nextListed(value, rest)
		for _, d := range dispositions {
			if equalFold(beforeParams(word.In(value)), d.word) {
				n |= d.flag
			}
		}
	}
	return n
}

// imdn fills in what the headers of IMDN say. It returns what ParseHead returns.
func (m *Message) imdn(b []byte) (n int, err error) {
	if i := m.Find(b, IMDN, "Message-ID", 0); i >= 0 {
		id := m.headers[i].Value
		// RFC 5438 §6.3: one token names the message; two would name two messages.
		if id.Len == 0 || id.Len > MaxMessageID || m.Find(b, IMDN, "Message-ID", i+1) >= 0 {
			return int(id.Off), ErrMessageID
		}
		m.MessageID = id
	}
	for i := m.Find(b, IMDN, "Disposition-Notification", 0); i >= 0; i = m.Find(b, IMDN, "Disposition-Notification", i+1) {
		m.Notify |= ParseNotify(m.headers[i].Value.In(b))
	}
	return m.content, nil
}
