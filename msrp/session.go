package msrp

// A Config is what a [Session] is made of.
type Config struct {
	Local   string // our URI, exactly as in our SDP
	Remote  string // the peer's a=path value as received, space separated
	Accept  string // media types we take, space separated as in a=accept-types
	MaxSize int64  // octets of one message that we take; 0: no limit but int64
	Active  bool   // we opened the connection: an empty SEND goes first
	Greet   bool   // passive, but send an empty SEND as well once the peer's came
	Chunk   int    // octets of an outgoing chunk; 0: ChunkSize. Larger ones are interruptible
	Entropy func(dst []byte)
}

// An Outgoing is a message to be sent.
type Outgoing struct {
	Tag         uint32 // the caller's name of it in events
	MessageID   string
	ContentType string
	Size        int64 // octets
	Success     bool  // ask for success reports
	Failure     Report
	Overtake    bool // may go between the chunks of messages queued before it (IMDN, isComposing)
}
