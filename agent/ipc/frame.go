package ipc

// Limits of the host socket (L13). Each names the error that it causes.
const (
	MaxFrame   = 65535 // octets of one frame in either direction; ErrTooLarge
	MaxNesting = 4     // containers inside one another, the frame's own array included; ErrNesting
	MaxBody    = 32768 // octets of body in one frame; ErrBody
)

// maxOpen is the nesting of the frames that the daemon sends: the headers of an entry of
// `messages` stand 5 deep.
const maxOpen = 8

// A Framer finds the end of the frame at the front of an accumulating buffer. It keeps
// its place between calls, so that the total work is linear in what is received. The zero
// Framer is ready.
type Framer struct {
	at    int          // every value before b[at] has been stepped over
	depth int          // containers open at b[at]
	most  int          // of them; 0: MaxNesting
	left  [maxOpen]int // values that each of them still lacks
}

// Frame returns how many octets at the front of b are one whole frame: any one
// MessagePack value within the limits. With [ErrShort] call it again when b has grown;
// after n > 0 drop b[:n] and call it for what is left. Any other error is final for the
// connection.
//
// A length is refused when it is read, not when its octets have arrived: nothing waits
// for, or is sized by, a claimed length beyond what a frame may hold.
func (f *Framer) Frame(b []byte) (n int, err error) {
	for {
		if f.small(b) {
			if f.stepOut() {
				n, *f = f.at, Framer{most: f.most}
				return n, nil
			}
			continue
		}
		h, err := readHeader(b[min(f.at, len(b)):])
		switch {
		case err != nil:
			return 0, whenFull(err, len(b))
		case f.at+h.size+h.octet+h.count > MaxFrame: // each value inside has an octet at least
			return 0, ErrTooLarge
		case f.at+h.size+h.octet > len(b):
			return 0, ErrShort
		}
		f.at += h.size + h.octet
		if h.kind == kindArray || h.kind == kindMap {
			if f.depth == f.nesting() {
				return 0, ErrNesting
			}
			f.left[f.depth] = h.count + 1 // and itself, counted off below
			f.depth++
		}
		if f.stepOut() {
			n, *f = f.at, Framer{most: f.most}
			return n, nil
		}
	}
}

// small steps over a value of the two commonest kinds, an integer of one octet or a str of
// at most 31, if it is there whole.
func (f *Framer) small(b []byte) bool {
	if f.at >= len(b) {
		return false
	}
	n := 1
	switch c := b[f.at]; {
	case c <= 0x7f || c >= 0xe0:
	case c >= 0xa0 && c <= 0xbf:
		n += int(c & 0x1f)
	default:
		return false
	}
	if f.at+n > min(len(b), MaxFrame) {
		return false
	}
	f.at += n
	return true
}

func (f *Framer) nesting() int {
	if f.most != 0 {
		return f.most
	}
	return MaxNesting
}

// whenFull is err, except that a buffer which holds the largest frame cannot want more.
func whenFull(err error, n int) error {
	if err == ErrShort && n >= MaxFrame {
		return ErrTooLarge
	}
	return err
}

// stepOut counts off the value just stepped over, closes the containers which that
// completes, and reports whether the frame is whole.
func (f *Framer) stepOut() bool {
	for f.depth > 0 {
		f.left[f.depth-1]--
		if f.left[f.depth-1] > 0 {
			return false
		}
		f.depth--
	}
	return true
}

// RequestID reads the msgid at the front of a frame, which may be damaged or incomplete
// after it, so that the error reply can name the request.
func RequestID(b []byte) (id uint32, ok bool) {
	h, err := readHeader(b)
	if err != nil || h.kind != kindArray || len(b) <= h.size || b[h.size] != typeRequest {
		return 0, false
	}
	rest := b[h.size+1:]
	h, err = readHeader(rest)
	if err != nil || h.kind != kindInt || len(rest) < h.size+h.octet {
		return 0, false
	}
	r := reader{b: rest[:h.size+h.octet]}
	v, ok := r.integer()
	return uint32(v), ok && v >= 0 && v <= 1<<32-1
}
