package msrp

// An ItemKind says what [Reader.Next] found.
type ItemKind uint8

// Kinds of items.
const (
	ItemNone ItemKind = iota // nothing yet: all of b was used, more is needed
	ItemHead                 // Head, whose Spans refer to Buf
	ItemBody                 // Data is the next piece of the body
	ItemEnd                  // the request or response is over; Flag
)

// An Item is one part of the stream. What it points to is valid until the next call.
type Item struct {
	Kind ItemKind
	Flag Flag
	Head *Head
	Buf  []byte
	Data []byte
}
