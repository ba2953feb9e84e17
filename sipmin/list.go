package sipmin

import "bytes"

// skipQuoted returns the offset after the quoted string that opens at b[i], or
// -1 if end comes first (quoted-string, RFC 3261 §25.1).
func skipQuoted(b []byte, i, end int) int {
	for i++; i < end; i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// indexOutside returns the offset of the first c in b[i:end] outside quotes
// and, if angles is set, outside angle brackets; end if there is none. What is
// not closed reaches to the end. A quote after a backslash opens nothing:
// peers write \" where they mean the quote. c is of class cStop.
func indexOutside(b []byte, i, end int, c byte, angles bool) int {
	for ; i < end; i++ {
		for i < end && classes[b[i]]&cStop == 0 {
			i++
		}
		if i == end {
			break
		}
		switch {
		case b[i] == c:
			return i
		case b[i] == '\\':
			i++
		case b[i] == '"':
			if i = skipQuoted(b, i, end) - 1; i < 0 {
				return end
			}
		case b[i] == '<' && angles:
			for i < end && b[i] != '>' {
				i++
			}
		}
	}
	return end
}

// splitElement splits s at its first comma outside quotes and angle brackets.
// more tells whether there was one.
func splitElement(b []byte, s Span) (elem, rest Span, more bool) {
	end := s.End()
	i := end
	if bytes.IndexByte(s.In(b), ',') >= 0 { // most fields have one element
		i = indexOutside(b, int(s.Off), end, ',', true)
	}
	return trim(b, int(s.Off), i), span(min(i+1, end), end), i < end
}

// NextElement splits the first element off a comma-separated list and trims
// it. Commas in quotes and angle brackets do not count; empty elements are
// skipped. ok is false at the end of the list.
func NextElement(b []byte, s Span) (elem, rest Span, ok bool) {
	for more := true; more; s = rest {
		if elem, rest, more = splitElement(b, s); elem.Len > 0 {
			return elem, rest, true
		}
	}
	return Span{}, rest, false
}

// NextParam splits the first parameter off a list separated by ";". A value
// comes without the quotes around it, its escapes untouched; empty parameters
// are skipped. ok is false at the end of the list.
func NextParam(b []byte, params Span) (name, value, rest Span, ok bool) {
	s, rest := cutParam(b, params)
	if s.Len == 0 {
		return Span{}, Span{}, rest, false
	}
	name, value = splitParam(b, s)
	return name, value, rest, true
}

// cutParam splits the first parameter off a list, empty ones skipped; s is empty
// at its end.
func cutParam(b []byte, params Span) (s, rest Span) {
	end := params.End()
	for i := int(params.Off); i < end; {
		semi := indexOutside(b, i, end, ';', false)
		if s = trim(b, i, semi); s.Len > 0 {
			return s, span(min(semi+1, end), end)
		}
		i = semi + 1
	}
	return Span{}, span(end, end)
}

// soundParam is NextParam for a list that has to be generic-param (RFC 3261
// §25.1), but for empty parameters: peers write ";;". name is empty at the end
// of the list, or where ok is false.
func soundParam(b []byte, params Span) (name, value, rest Span, ok bool) {
	s, rest := cutParam(b, params)
	if s.Len == 0 {
		return Span{}, Span{}, rest, true
	}
	i, end := int(s.Off), s.End()
	for i < end && is(b[i], cToken) {
		i++
	}
	name = span(int(s.Off), i)
	if i = skipLWS(b, i, end); i == end {
		return name, span(end, end), rest, true
	}
	if name.Len == 0 || b[i] != '=' {
		return Span{}, Span{}, rest, false
	}
	i = skipLWS(b, i+1, end)
	value = span(i, end)
	switch {
	case i == end || all(b[i:end], cValue):
		return name, value, rest, true
	case b[i] == '"' && skipQuoted(b, i, end) == end:
		return name, span(i+1, end-1), rest, true
	}
	return Span{}, Span{}, rest, false
}

// splitParam divides name=value.
func splitParam(b []byte, s Span) (name, value Span) {
	end := s.End()
	for i := int(s.Off); i < end; i++ {
		if b[i] == '=' {
			return trim(b, int(s.Off), i), unquote(b, trim(b, i+1, end))
		}
	}
	return s, span(end, end)
}

// unquote takes the quotes off: "x", \"x\", and "x without its end.
func unquote(b []byte, s Span) Span {
	i, end := int(s.Off), s.End()
	switch {
	case s.Len >= 4 && b[i] == '\\' && b[i+1] == '"' && b[end-2] == '\\' && b[end-1] == '"':
		return span(i+2, end-2)
	case s.Len >= 1 && b[i] == '"':
		if skipQuoted(b, i, end) == end {
			end--
		}
		return span(i+1, end)
	}
	return s
}

// Param returns the value of the parameter name, without the quotes around it.
// A parameter without value is present and empty.
func Param(b []byte, params Span, name string) (value Span, present bool) {
	for rest := params; ; {
		n, v, next, ok := NextParam(b, rest)
		if !ok {
			return Span{}, false
		}
		if EqualFold(n.In(b), name) {
			return v, true
		}
		rest = next
	}
}

// Unfold appends value to dst within its capacity, each folding replaced by
// one SP (RFC 3261 §7.3.1). ErrNoRoom: dst is unchanged.
func Unfold(dst, value []byte) ([]byte, error) {
	n := len(dst)
	for i := 0; i < len(value); i++ {
		c := value[i]
		if c == '\r' || c == '\n' {
			i = skipLWS(value, i, len(value)) - 1
			c = ' '
		}
		if len(dst) == cap(dst) {
			return dst[:n], ErrNoRoom
		}
		dst = append(dst, c)
	}
	return dst, nil
}
