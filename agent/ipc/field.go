package ipc

import (
	"strconv"
	"unicode/utf8"
)

// anything is the grammar of text that may have any.
func anything([]byte) Error { return 0 }

// text reads a str or bin of at most most octets that is UTF-8, free of control characters,
// and right by its grammar.
func (r *reader) text(most int, grammar func([]byte) Error) (Span, error) {
	s, k := r.leaf()
	if k != kindStr && k != kindBin {
		return Span{}, ErrType
	}
	b := s.In(r.b)
	if len(b) > most {
		return s, ErrLong
	}
	if !isPlain(b) {
		if !utf8.Valid(b) {
			return s, ErrUTF8
		}
		if err := control(b); err != 0 {
			return s, err
		}
	}
	if err := grammar(b); err != 0 {
		return s, err
	}
	return s, nil
}

// body reads a str or bin of at most MaxBody octets; a str is UTF-8.
func (r *reader) body() (s Span, isUTF8 bool, err error) {
	s, k := r.leaf()
	if k != kindStr && k != kindBin {
		return Span{}, false, ErrType
	}
	if s.Len > MaxBody {
		return s, false, ErrBody
	}
	if k == kindStr && !utf8.Valid(s.In(r.b)) {
		return s, false, ErrUTF8
	}
	return s, k == kindStr, nil
}

// skipText steps over a value that is not read, but refuses it where text in it is none.
func (r *reader) skipText() error {
	r.skipped = true
	for left := 1; left > 0; left-- {
		h := r.enter()
		if h.kind == kindNone {
			return ErrMalformed
		}
		p := r.b[r.i : r.i+h.octet]
		if h.kind == kindStr && !utf8.Valid(p) {
			return ErrUTF8
		}
		r.i += h.octet
		left += h.count
	}
	return nil
}

// texts reads an array of texts and returns where it stands, encoded.
func (r *reader) texts() (Span, error) {
	start := r.i
	if r.peek() != kindArray {
		return Span{}, ErrType
	}
	for range r.enter().count {
		if _, err := r.text(MaxText, anything); err != nil {
			return Span{}, err
		}
	}
	return span(start, r.i), nil
}

// headers reads a map of header names to values and returns where it stands, encoded.
func (r *reader) headers() (Span, error) {
	start := r.i
	if r.peek() != kindMap {
		return Span{}, ErrType
	}
	for range r.enter().count / 2 {
		if r.peek() != kindStr {
			return Span{}, ErrKey
		}
		if _, err := r.text(MaxText, headerName); err != nil {
			return Span{}, err
		}
		if _, err := r.text(MaxFrame, anything); err != nil {
			return Span{}, err
		}
	}
	return span(start, r.i), nil
}

// notify reads an array of `delivery` and `display`.
func (r *reader) notify() (n Notify, err error) {
	if r.peek() != kindArray {
		return 0, ErrType
	}
	for range r.enter().count {
		s, err := r.text(MaxText, anything)
		if err != nil {
			return 0, err
		}
		one := parseNotify(s.In(r.b))
		if one == 0 {
			return 0, ErrGrammar
		}
		n |= one
	}
	return n, nil
}

// topics reads an array of topic names.
func (r *reader) topics() (t Topics, err error) {
	if r.peek() != kindArray {
		return 0, ErrType
	}
	for range r.enter().count {
		s, err := r.text(MaxText, anything)
		if err != nil {
			return 0, err
		}
		one := ParseTopic(s.In(r.b))
		if one == 0 {
			return 0, ErrGrammar
		}
		t |= one
	}
	return t, nil
}

// NextText returns the first text of list, an encoded array as a [Request] holds it, and
// what follows it. Call it with at 0 first, then with the place it returns, until ok is
// false.
func NextText(list []byte, at int) (text []byte, next int, ok bool) {
	r := reader{b: list, i: at}
	if at == 0 && len(list) > 0 {
		r.enter()
	}
	if r.i >= len(list) {
		return nil, at, false
	}
	s, _ := r.leaf()
	return s.In(list), r.i, true
}

// NextHeader is [NextText] for an encoded map of header names to values.
func NextHeader(m []byte, at int) (name, value []byte, next int, ok bool) {
	if name, next, ok = NextText(m, at); !ok {
		return nil, nil, at, false
	}
	value, next, ok = NextText(m, next)
	return name, value, next, ok
}

// idDigits is the least number of digits of a message_id, so that message ids ascend as
// texts just as they do as numbers.
const idDigits = 16

// AppendID appends the text of a message_id to dst, which must have room for 20 octets.
func AppendID(dst []byte, id uint64) []byte {
	var digits [20]byte
	d := strconv.AppendUint(digits[:0], id, 10)
	for n := len(d); n < idDigits; n++ {
		dst = append(dst, '0')
	}
	return append(dst, d...)
}

// ParseID reads the text of a message_id or a session; leading zeros may be left out.
func ParseID(b []byte) (id uint64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' || id > (1<<63)/10 {
			return 0, false
		}
		id = 10*id + uint64(c-'0')
	}
	return id, len(b) > 0
}
