package sipmin

// A NameAddr is an address of From, To, Contact, Route and their like.
type NameAddr struct {
	Display Span // as spelled, quotes included
	URI     Span // without angle brackets
	Params  Span // of the field, after the first ";"
}

// ParseNameAddr reads one name-addr or addr-spec with its parameters (RFC 3261
// §20.10). That the URI has a scheme is seen to; [ParseURI] reads it. The
// parameters may have the defects named in the package's comment.
func ParseNameAddr(b []byte, s Span) (NameAddr, error) {
	s = trim(b, int(s.Off), s.End())
	i, end := int(s.Off), s.End()
	angle, ok := scanDisplay(b, i, end)
	if !ok {
		return NameAddr{}, ErrNameAddr
	}
	var na NameAddr
	var uriEnd, next int
	if angle < 0 {
		na.URI, next = scanAddrSpec(b, i, end)
	} else {
		na.Display = trim(b, i, angle)
		uriEnd = indexByte(b, angle, end, '>')
		na.URI, next = span(min(angle+1, uriEnd), uriEnd), uriEnd+1
	}
	if next > end || !isURI(b, na.URI) {
		return NameAddr{}, ErrNameAddr
	}
	if next = skipLWS(b, next, end); next < end {
		if b[next] != ';' {
			return NameAddr{}, ErrNameAddr
		}
		na.Params = trim(b, next+1, end)
	}
	return na, nil
}

// scanDisplay looks for the "<" after an optional display name. angle is -1 if
// there is none and the text must be an addr-spec.
func scanDisplay(b []byte, i, end int) (angle int, ok bool) {
	if i < end && b[i] == '"' {
		if i = skipQuoted(b, i, end); i < 0 {
			return -1, false
		}
		i = skipLWS(b, i, end)
		return i, i < end && b[i] == '<'
	}
	for i < end && (is(b[i], cToken) || isLWS(b[i]) || b[i] >= 0x80) {
		i++
	}
	if i < end && b[i] == '<' {
		return i, true
	}
	return -1, true
}

// scanAddrSpec returns the URI at b[i] and where it ends; end+1 if malformed.
//
//	"Even if the "display-name" is empty, the "name-addr" form MUST be used if
//	the "addr-spec" contains a comma, semicolon, or question mark." (RFC 3261
//	§20.10) So ";" begins a parameter of the field.
func scanAddrSpec(b []byte, i, end int) (Span, int) {
	j := i
	for j < end && b[j] != ';' && !isLWS(b[j]) {
		if b[j] == '?' || b[j] == ',' {
			return Span{}, end + 1
		}
		j++
	}
	return span(i, j), j
}

// isURI reports whether s has a scheme and nothing that splits a field.
func isURI(b []byte, s Span) bool {
	colon := scanScheme(b, int(s.Off), s.End())
	if colon < 0 {
		return false
	}
	return all(b[colon+1:s.End()], cBare)
}

// parseParty reads From or To: exactly one address, with well-formed
// parameters, and a tag that is empty only if absent.
func parseParty(b []byte, s Span) (na NameAddr, tag Span, ok bool) {
	na, err := ParseNameAddr(b, s)
	if err != nil {
		return na, Span{}, false
	}
	present := false
	for rest := na.Params; ; {
		name, value, next, sound := soundParam(b, rest)
		switch {
		case !sound:
			return na, Span{}, false
		case name.Len == 0:
			return na, tag, !present || all(tag.In(b), cTag)
		case !present && EqualFold(name.In(b), "tag"):
			tag, present = value, true
		}
		rest = next
	}
}
