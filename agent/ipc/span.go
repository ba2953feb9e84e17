package ipc

// A Span is the range [Off, Off+Len) of the frame that a [Request] was parsed from.
type Span struct{ Off, Len uint16 }

// In returns the octets that s covers in b, without copying; appending to the result
// never overwrites what follows in b.
func (s Span) In(b []byte) []byte {
	end := int(s.Off) + int(s.Len)
	return b[s.Off:end:end]
}

func span(from, to int) Span { return Span{uint16(from), uint16(to - from)} }
