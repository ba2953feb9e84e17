package cpim

import "bytes"

// An Address is the value of From, To or cc: [ Formal-name ] "<" URI ">" (RFC 3862 §4.1).
type Address struct {
	Display Span // without its quotes; resolve it with [AppendText]
	URI     Span // without <>
}

// ParseAddress reads the value v. What has no <> is a URI alone, as UA2 of the reference
// trace sends; a < without > ends with the value, as China Mobile cuts it.
func ParseAddress(b []byte, v Span) (a Address) {
	at, end := int(v.Off), int(v.Off)+int(v.Len)
	name := at
	if name < end && b[name] == '"' {
		if close := closingQuote(b[name+1 : end]); close >= 0 {
			a.Display = between(name+1, name+1+close)
			at = name + close + 2
		}
	}
	open := bytes.IndexByte(b[at:end], '<')
	if open < 0 {
		a.URI = trim(b, at, end)
		return a
	}
	if at == name { // no quoted name: tokens
		a.Display = trim(b, at, at+open)
	}
	at += open + 1
	if close := bytes.IndexByte(b[at:end], '>'); close >= 0 {
		end = at + close
	}
	a.URI = trim(b, at, end)
	return a
}

// closingQuote finds the quote that ends a string, or -1; `\"` does not.
func closingQuote(s []byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}
