package imdn

// Limits.
const (
	MaxMessageID = 255 // octets; ErrMessageID
	MaxDateTime  = 64  // octets; a longer one is ignored
	MaxReports   = 4   // notifications of one document; further ones are ignored
)

// Namespace is that of the payload's elements; Interworking is that of the element which a
// network adds for messages that went on as SMS or MMS (GSMA).
const (
	Namespace             = "urn:ietf:params:xml:ns:imdn"
	InterworkingNamespace = "urn:gsma:params:xml:ns:rcs:rcs:imdn"
)

// A Kind is a type of disposition notification.
type Kind uint8

// Kinds.
const (
	Delivery     Kind = iota + 1 // delivery-notification
	Processing                   // processing-notification
	Display                      // display-notification
	Interworking                 // interworking-notification (GSMA)
)

var kindText = [...]string{
	Delivery: "delivery-notification", Processing: "processing-notification",
	Display: "display-notification", Interworking: "interworking-notification",
}

// String returns the name of the element.
func (k Kind) String() string {
	if int(k) >= len(kindText) {
		return ""
	}
	return kindText[k]
}

// A Status is the result that a notification reports.
type Status uint8

// Statuses. Unknown is any other word: no state changes by it.
const (
	Unknown   Status = iota
	Delivered        // of Delivery
	Failed           // of Delivery
	Displayed        // of Display; implies that it was delivered
	Processed        // of Processing
	Stored           // of Processing
	Forbidden        // of any: the disposition was denied
	Failure          // of any, <error>: internal server error
	LegacySMS        // of Interworking
	LegacyMMS        // of Interworking
)

var statusText = [...]string{
	Unknown: "unknown", Delivered: "delivered", Failed: "failed", Displayed: "displayed", Processed: "processed",
	Stored: "stored", Forbidden: "forbidden", Failure: "error", LegacySMS: "legacy-sms", LegacyMMS: "legacy-mms",
}

// String returns the name of the element.
func (s Status) String() string {
	if int(s) >= len(statusText) {
		return "unknown"
	}
	return statusText[s]
}

// A Report is one notification inside the payload.
type Report struct {
	Kind   Kind
	Status Status
}

// A Notification is a payload. RFC 5438 has one report a payload; what more there is comes
// in document order.
type Notification struct {
	idLen, dateLen, reports int
	id                      [MaxMessageID]byte
	date                    [MaxDateTime]byte
	report                  [MaxReports]Report
}

// MessageID is the imdn.Message-ID of the message reported on. It aliases n.
func (n *Notification) MessageID() []byte { return n.id[:n.idLen] }

// DateTime is when that message was sent, as its sender wrote it; empty if absent. It
// aliases n.
func (n *Notification) DateTime() []byte { return n.date[:n.dateLen] }

// Reports returns at least one report. It aliases n.
func (n *Notification) Reports() []Report { return n.report[:n.reports] }

// Kind is that of the first report.
func (n *Notification) Kind() Kind { return n.report[0].Kind }

// Status is that of the first report.
func (n *Notification) Status() Status { return n.report[0].Status }
