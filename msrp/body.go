package msrp

import "bytes"

// The end of a body is CRLF, seven dashes, the transaction id, a flag, CRLF. CR occurs in
// it only at the front and before the last LF, so after a mismatch the next candidate
// begins at the octet that did not match: one pass, no going back. What a buffer ended with
// is not kept but known: it is a prefix of r.end.

// body yields the next piece of the body, or the end.
func (r *Reader) body(b []byte, it *Item) (n int) {
	if len(b) == 0 {
		return 0
	}
	if r.m > 0 {
		return r.resume(b, it)
	}
	i := r.find(b)
	if i > 0 {
		it.piece(b[:i])
		return i
	}
	if i == 0 {
		return r.endLine(b, it)
	}
	i = r.tail(b)
	r.m, r.skip = copy(r.end[:], b[i:]), 0
	if i > 0 {
		it.piece(b[:i])
	}
	return len(b)
}

// find returns where the end-line stands in b up to its transaction id, or -1. Few bodies
// have many dashes, so that it is found fastest by them; where they are not few, bytes.Index
// goes on, whose time is linear whatever it meets.
func (r *Reader) find(b []byte) int {
	const crlf = 2
	for at, misses := crlf, 0; at < len(b); at++ {
		i := bytes.IndexByte(b[at:], '-')
		if i < 0 {
			return -1
		}
		at += i
		if from := at - crlf; b[from] == '\r' && bytes.HasPrefix(b[from:], r.end[:r.size]) {
			return from
		}
		if misses++; misses > 16+at/64 {
			if i = bytes.Index(b[at-1:], r.end[:r.size]); i >= 0 {
				i += at - 1
			}
			return i
		}
	}
	return -1
}

// tail returns where a prefix of the end-line begins that b ends with, or len(b).
func (r *Reader) tail(b []byte) int {
	from := max(len(b)-r.size+1, 0)
	i := bytes.LastIndexByte(b[from:], '\r')
	if i < 0 || !bytes.HasPrefix(r.end[:r.size], b[from+i:]) {
		return len(b)
	}
	return from + i
}

// endLine reads what follows the transaction id at the front of b. It is body after all
// unless a flag and CRLF follow.
func (r *Reader) endLine(b []byte, it *Item) int {
	n := r.size
	for n < len(b) && n < r.size+3 && r.fits(n, b[n]) {
		r.end[n] = b[n]
		n++
	}
	switch {
	case n == r.size+3:
		r.over(it)
	case n == len(b):
		r.m, r.skip = n, 0
	default:
		it.piece(b[:n])
	}
	return n
}

// resume goes on with an end-line of which r.m octets ended the last buffer.
func (r *Reader) resume(b []byte, it *Item) (n int) {
	for n < len(b) && r.m < r.size+3 && r.fits(r.m, b[n]) {
		r.end[r.m] = b[n]
		r.m++
		n++
	}
	switch {
	case r.m == r.size+3:
		r.over(it)
		return n
	case n == len(b):
		return n
	}
	p := r.end[r.skip:r.m]
	r.m = 0
	if len(p) == 0 { // nothing but the blank line was matched
		return r.body(b[n:], it)
	}
	it.piece(p)
	return n
}

// fits reports whether c may be octet i of the end-line.
func (r *Reader) fits(i int, c byte) bool {
	switch i {
	case r.size:
		return isFlag(c)
	case r.size + 1:
		return c == '\r'
	case r.size + 2:
		return c == '\n'
	}
	return c == r.end[i]
}

func (r *Reader) over(it *Item) {
	r.stage, r.m = stageStart, 0
	it.Kind, it.Flag = ItemEnd, Flag(r.end[r.size])
}

func (it *Item) piece(p []byte) { it.Kind, it.Data = ItemBody, p }
