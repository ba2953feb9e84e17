package ipc

import "math"

// A kind is the type of a MessagePack value, as far as it matters here.
type kind uint8

const (
	kindNil kind = iota
	kindBool
	kindInt
	kindFloat
	kindStr
	kindBin
	kindArray
	kindMap
	kindExt
	kindNone
)

// A header is the first octets of a value: what it is, and what follows them.
type header struct {
	kind  kind
	size  int // octets of the header itself
	octet int // octets of payload (no container has any)
	count int // values inside: elements of an array, keys and values of a map
}

// readHeader reads the header at the front of b. Whatever length it claims is at most
// MaxFrame, so that sums of them cannot wrap on any architecture.
func readHeader(b []byte) (header, error) {
	if len(b) == 0 {
		return header{}, ErrShort
	}
	switch c := b[0]; {
	case c <= 0x7f, c >= 0xe0:
		return header{kindInt, 1, 0, 0}, nil
	case c <= 0x8f:
		return header{kindMap, 1, 0, 2 * int(c&0x0f)}, nil
	case c <= 0x9f:
		return header{kindArray, 1, 0, int(c & 0x0f)}, nil
	case c <= 0xbf:
		return header{kindStr, 1, int(c & 0x1f), 0}, nil
	case c == 0xc0:
		return header{kindNil, 1, 0, 0}, nil
	case c == 0xc1:
		return header{}, ErrMalformed // never used (MessagePack specification, overview)
	case c <= 0xc3:
		return header{kindBool, 1, 0, 0}, nil
	}
	return readLong(b)
}

// longForms are the headers 0xc4 to 0xdf: width is the octets of the length, or 0 where
// the payload has the fixed size.
var longForms = [0xdf - 0xc4 + 1]struct {
	kind         kind
	width, fixed uint8
}{
	{kindBin, 1, 0}, {kindBin, 2, 0}, {kindBin, 4, 0}, // c4 to c6
	{kindExt, 1, 1}, {kindExt, 2, 1}, {kindExt, 4, 1}, // c7 to c9: a length, then a type
	{kindFloat, 0, 4}, {kindFloat, 0, 8}, // ca, cb
	{kindInt, 0, 1}, {kindInt, 0, 2}, {kindInt, 0, 4}, {kindInt, 0, 8}, // cc to cf: unsigned
	{kindInt, 0, 1}, {kindInt, 0, 2}, {kindInt, 0, 4}, {kindInt, 0, 8}, // d0 to d3: signed
	{kindExt, 0, 2}, {kindExt, 0, 3}, {kindExt, 0, 5}, {kindExt, 0, 9}, {kindExt, 0, 17}, // d4 to d8
	{kindStr, 1, 0}, {kindStr, 2, 0}, {kindStr, 4, 0}, // d9 to db
	{kindArray, 2, 0}, {kindArray, 4, 0}, // dc, dd
	{kindMap, 2, 0}, {kindMap, 4, 0}, // de, df
}

func readLong(b []byte) (header, error) {
	form := longForms[b[0]-0xc4]
	size := 1 + int(form.width)
	if len(b) < size {
		return header{}, ErrShort
	}
	n := uint64(0)
	for _, c := range b[1:size] {
		n = n<<8 | uint64(c)
	}
	if n > MaxFrame {
		return header{}, ErrTooLarge
	}
	h := header{form.kind, size, int(form.fixed), 0}
	switch form.kind {
	case kindArray:
		h.count = int(n)
	case kindMap:
		h.count = 2 * int(n)
	default:
		h.octet += int(n)
	}
	return h, nil
}

// A reader walks over values. One that is not there whole, or is none, is of kindNone, and
// so is all after it.
type reader struct {
	b       []byte
	i       int
	skipped bool // something was stepped over without a look at how deep it is nested
}

// enter steps over the header of the next value, and returns it.
func (r *reader) enter() header {
	h, err := readHeader(r.b[r.i:])
	if err != nil || h.size+h.octet > len(r.b)-r.i {
		r.i = len(r.b)
		return header{kind: kindNone}
	}
	r.i += h.size
	return h
}

// peek returns the kind of the next value.
func (r *reader) peek() kind {
	ahead := *r
	return ahead.enter().kind
}

// leaf steps over the next value, which is no container, and returns its payload and kind;
// of a container it steps over the header alone.
func (r *reader) leaf() (Span, kind) {
	if i, b := r.i, r.b; i < len(b) { // the two shortest forms of str, as nearly all are
		c := b[i]
		n := int(c) - 0xa0
		i++
		if c == 0xd9 && i < len(b) {
			n = int(b[i])
			i++
		}
		if (c == 0xd9 || uint(n) <= 31) && n <= len(b)-i {
			r.i = i + n
			return Span{uint16(i), uint16(n)}, kindStr
		}
	}
	h := r.enter()
	r.i += h.octet
	return span(r.i-h.octet, r.i), h.kind
}

// payload is leaf without the kind.
func (r *reader) payload() Span {
	s, _ := r.leaf()
	return s
}

// skip steps over the next value and all inside it.
func (r *reader) skip() {
	for left := 1; left > 0 && r.i < len(r.b); left-- {
		h := r.enter()
		r.i += h.octet
		left += h.count
	}
}

// integer steps over the next value. What is no integer, or beyond int64, is reported as
// !ok.
func (r *reader) integer() (v int64, ok bool) {
	if r.i < len(r.b) && r.b[r.i] <= 0x7f {
		r.i++
		return int64(r.b[r.i-1]), true
	}
	start := r.i
	h := r.enter()
	if h.kind != kindInt {
		return 0, false
	}
	r.i += h.octet
	p := r.b[r.i-h.octet : r.i]
	switch c := r.b[start]; {
	case c >= 0xe0:
		return int64(int8(c)), true
	case c <= 0xcf: // unsigned
		u := bigEndian(p)
		return int64(u), u <= math.MaxInt64
	}
	shift := 64 - 8*len(p)
	return int64(bigEndian(p)<<shift) >> shift, true
}

func bigEndian(p []byte) (v uint64) {
	for _, c := range p {
		v = v<<8 | uint64(c)
	}
	return v
}
