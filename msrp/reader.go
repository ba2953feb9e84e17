package msrp

import "bytes"

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

// A stage is what a Reader expects next.
type stage uint8

const (
	stageStart stage = iota // a start line, perhaps after CRLFs
	stageHead               // the rest of a head that began in an earlier buffer
	stageEnd                // the end-line of a bodiless message is already read
	stageBody
	stageDead // the stream cannot be framed; err says why
)

const dashes = "-------"

// A Reader divides the octets of one connection into heads, bodies and ends. The zero
// Reader is ready. It holds a head that came in parts, never a body.
type Reader struct {
	stage stage
	cr    bool // a CR between messages waits for its LF
	flag  Flag // stageEnd: of the end-line that followed the head
	err   Error
	head  Head
	paths knownPaths

	n, line, seen int // stageHead: octets in buf, start of the current line, octets searched
	second        int // start of the line after the start line

	end  [2 + len(dashes) + MaxID + 3]byte // CRLF, dashes, transaction id; then flag and CRLF as matched
	size int                               // octets of end up to the flag
	m    int                               // octets of end that the last buffer ended with
	skip int                               // of those, octets that are not of the body: the blank line's CRLF

	buf [MaxHead]byte
}

// Reset makes r ready for another connection.
func (r *Reader) Reset() {
	r.stage, r.cr, r.n, r.m = stageStart, false, 0, 0
}

// Fresh reports whether r stands between two messages.
func (r *Reader) Fresh() bool { return r.stage == stageStart && !r.cr }

// Next reads from the front of b and returns how many octets it used. Call it with b[n:]
// until it returns ItemNone, even when b is used up: an end may still be due. An error is
// final: the connection must be closed.
//
// The concatenation of the Data of a body, the heads and the ends are the same however the
// stream is cut.
func (r *Reader) Next(b []byte) (n int, it Item, err error) {
	switch r.stage {
	case stageStart:
		n, err = r.start(b, &it)
	case stageHead:
		n, err = r.more(b, &it)
	case stageEnd:
		r.stage = stageStart
		it.Kind, it.Flag = ItemEnd, r.flag
	case stageBody:
		n = r.body(b, &it)
	default:
		err = r.err
	}
	return n, it, err
}

// fail ends the stream.
func (r *Reader) fail(e Error) (int, error) {
	r.stage, r.err = stageDead, e
	return 0, e
}

// start skips CRLFs, which some peers send to keep the connection alive, and reads a head:
// in place when b holds all of it, else by gathering.
func (r *Reader) start(b []byte, it *Item) (n int, err error) {
	for n < len(b) {
		switch c := b[n]; {
		case r.cr && c == '\n':
			r.cr = false
		case !r.cr && c == '\r':
			r.cr = true
		case r.cr:
			return r.fail(ErrStart)
		default:
			used, err := r.first(b[n:], it)
			return n + used, err
		}
		n++
	}
	return n, nil
}

func (r *Reader) first(b []byte, it *Item) (int, error) {
	r.n, r.line, r.seen = 0, 0, 0
	used, err := r.scan(b[:min(len(b), MaxHead)])
	if err != ErrShort {
		return r.found(b, used, err, it)
	}
	if len(b) >= MaxHead {
		return r.fail(ErrHead)
	}
	r.n = copy(r.buf[:], b)
	r.stage = stageHead
	return len(b), nil
}

// more adds b to a head that began earlier.
func (r *Reader) more(b []byte, it *Item) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	had := r.n
	r.n += copy(r.buf[had:], b)
	used, err := r.scan(r.buf[:r.n])
	if err != ErrShort {
		n, err := r.found(r.buf[:r.n], used, err, it)
		return max(n-had, 0), err
	}
	if r.n == MaxHead {
		return r.fail(ErrHead)
	}
	return len(b), nil
}

// found turns the outcome of scan into an item.
func (r *Reader) found(b []byte, used int, err Error, it *Item) (int, error) {
	if err != 0 {
		return r.fail(err)
	}
	r.head.finish()
	r.stage = stageEnd
	if r.head.HasBody {
		r.stage, r.m, r.skip = stageBody, 2, 2
	}
	it.Kind, it.Head, it.Buf = ItemHead, &r.head, b
	return used, nil
}

// scan reads lines of a head from where it stopped. It returns how many octets end with the
// blank line or end-line, or ErrShort when b ends before that.
func (r *Reader) scan(b []byte) (int, Error) {
	if r.line == 0 && !startsLikeMSRP(b) {
		return 0, ErrStart
	}
	for {
		i := bytes.IndexByte(b[r.seen:], '\n')
		if i < 0 {
			r.seen = len(b)
			if len(b)-r.line > MaxLine+1 { // the last octet may be the CR
				return 0, ErrLine
			}
			return 0, ErrShort
		}
		from, next := r.line, r.seen+i+1
		to := next - 2
		if to < from || b[to] != '\r' || to-from > MaxLine {
			return 0, ErrLine
		}
		r.line, r.seen = next, next
		if done, err := r.oneLine(b, from, to); done || err != 0 {
			return next, err
		}
		switch {
		case from == 0:
			r.second = next
			used := r.paths.apply(b, next, &r.head)
			r.line += used
			r.seen += used
		case r.head.Headers == 2 && r.head.seen == seenTo|seenFrom && r.head.Fault == 0:
			r.paths.keep(b, r.second, next, &r.head)
		}
	}
}

// oneLine reads the line b[from:to] and reports whether the head ends with it.
func (r *Reader) oneLine(b []byte, from, to int) (done bool, err Error) {
	h := &r.head
	switch {
	case from == 0:
		if h.startLine(b, to) != nil {
			return false, ErrStart
		}
		r.expect(h.TID.In(b))
	case from == to:
		h.HasBody = true
		return true, 0
	case r.isEnd(b[from:to]):
		r.flag = Flag(b[to-1])
		return true, 0
	case h.Headers == MaxHeaders:
		return false, ErrHeaders
	default:
		h.field(b, from, to)
	}
	return false, 0
}

// expect prepares the end-line of transaction tid.
func (r *Reader) expect(tid []byte) {
	n := copy(r.end[:], "\r\n"+dashes)
	r.size = n + copy(r.end[n:n+MaxID], tid)
}

// isEnd reports whether a line of the head is the end-line: "A request without a body MUST
// contain an end-line after the final header field." (§7.1)
func (r *Reader) isEnd(line []byte) bool {
	n := r.size - 2
	return len(line) == n+1 && isFlag(line[n]) && bytes.Equal(line[:n], r.end[2:r.size])
}

func isFlag(c byte) bool { return c == '$' || c == '+' || c == '#' }

// startsLikeMSRP refuses what cannot become a start line at once, without waiting for its
// end: another protocol, or noise.
func startsLikeMSRP(b []byte) bool {
	const prefix = "MSRP "
	n := min(len(b), len(prefix))
	return string(b[:n]) == prefix[:n]
}
