package at

// MaxLine is the most octets of one line (limit L14); ErrLong beyond.
const MaxLine = 8 << 10

// An Assembler makes lines of what a modem sends, however it is cut. The zero Assembler is ready.
type Assembler struct {
	buf  [MaxLine]byte
	n    int
	skip bool // the rest of a line that was too long
}

// Next takes octets from the front of b and returns how many. A line ends at CR or LF; empty
// lines are not returned, nor are NULs, which some modems send when they wake. A line is valid
// until the next call; line is nil when b holds no end of line.
//
// The prompt "> " ends itself at the start of a line, since no line end follows it (TS 27.005
// §3.5.1). ErrLong says once that a line outgrew MaxLine; it is dropped to its end.
func (a *Assembler) Next(b []byte) (n int, line []byte, err error) {
	for i, c := range b {
		switch {
		case c == '\r' || c == '\n':
			if line = a.take(); line != nil {
				return i + 1, line, nil
			}
		case c == 0 || a.skip:
		case a.n == MaxLine:
			a.n, a.skip = 0, true
			return i + 1, nil, ErrLong
		default:
			a.buf[a.n] = c
			if a.n++; a.n == 2 && a.buf[0] == '>' && a.buf[1] == ' ' {
				return i + 1, a.take(), nil
			}
		}
	}
	return len(b), nil, nil
}

// take returns the line so far, nil if it is empty or what remains of one too long.
func (a *Assembler) take() []byte {
	n := a.n
	a.n, a.skip = 0, false
	if n == 0 {
		return nil
	}
	return a.buf[:n:n]
}

// Reset forgets an unfinished line, as after opening the device again.
func (a *Assembler) Reset() { a.n, a.skip = 0, false }
