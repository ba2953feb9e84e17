package sipmin

// A Span is the octet range [Off, Off+Len) of the buffer that a value was
// parsed from. It holds no pointer: a [Msg] may be copied freely, and stays
// valid when the buffer is moved.
type Span struct{ Off, Len uint16 }

// In returns the octets that s covers in b, without copying. The result is
// capped, so that appending to it cannot overwrite what follows in b.
func (s Span) In(b []byte) []byte {
	end := int(s.Off) + int(s.Len)
	return b[s.Off:end:end]
}

// End returns the offset after the last octet of s.
func (s Span) End() int { return int(s.Off) + int(s.Len) }

// span returns [from, to). Both are at most MaxMessage wherever it is called.
func span(from, to int) Span { return Span{uint16(from), uint16(to - from)} }

// trim returns [from, to) without the linear white space around it. Line ends
// count: inside a field they can only be those of folding.
func trim(b []byte, from, to int) Span {
	for from < to && isLWS(b[from]) {
		from++
	}
	for to > from && isLWS(b[to-1]) {
		to--
	}
	return span(from, to)
}

// skipLWS returns the offset of the first octet in b[i:end] that is no white
// space, or end.
func skipLWS(b []byte, i, end int) int {
	for i < end && isLWS(b[i]) {
		i++
	}
	return i
}
