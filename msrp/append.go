package msrp

// A Send is the head of a SEND request (§7.1.1). Empty or zero fields are left out where
// the standard allows it: without ContentType there is no body and no Byte-Range.
type Send struct {
	TID         string // transaction id; must not occur in the body
	ToPath      string // space separated, as the peer's a=path
	FromPath    string // our URI as in our SDP
	MessageID   string
	Success     bool
	Failure     Report
	Start       int64 // Byte-Range, from 1
	End         int64 // or Star
	Total       int64 // or Star
	ContentType string
}
