package qmi

// An Assembler makes frames of what a device or a proxy sends, however it is cut. The zero
// Assembler is ready.
type Assembler struct {
	buf        [MaxFrame]byte
	start, end int
}

// Next takes octets from the front of b and returns how many, and the next frame, which is valid
// until the next call; frame is nil while it is not complete. The caller goes on until all of b
// is taken and there is neither a frame nor an error.
//
// A frame that cannot be used is skipped. Where the next one begins is not known after ErrMarker,
// ErrLength and ErrTooLong: all octets so far are dropped.
func (a *Assembler) Next(b []byte, f *Frame) (n int, frame []byte, err error) {
	if a.start > 0 {
		a.end = copy(a.buf[:], a.buf[a.start:a.end])
		a.start = 0
	}
	n = copy(a.buf[a.end:], b)
	a.end += n
	size, err := Parse(a.buf[:a.end], f)
	switch {
	case err == ErrShort:
		return n, nil, nil
	case size == 0:
		a.end = 0
		return n, nil, err
	}
	a.start = size
	if err != nil {
		return n, nil, err
	}
	return n, a.buf[:size:size], nil
}

// Reset forgets an unfinished frame, as after opening the device again.
func (a *Assembler) Reset() { a.start, a.end = 0, 0 }
