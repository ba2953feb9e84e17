package ipc

import (
	"strconv"
	"unicode/utf8"
)

// A TextCheck checks that a text which comes in pieces is UTF-8, also where a piece ends
// inside a character. The zero TextCheck is ready.
type TextCheck struct {
	open [utf8.UTFMax]byte // the character that the last piece began
	n    int
	bad  bool
}

// Add takes the next piece, and reports whether the text may still become UTF-8.
func (c *TextCheck) Add(piece []byte) bool {
	for c.n > 0 && len(piece) > 0 && !utf8.FullRune(c.open[:c.n]) {
		c.open[c.n], piece = piece[0], piece[1:]
		c.n++
	}
	if c.n > 0 && utf8.FullRune(c.open[:c.n]) {
		c.bad = c.bad || !utf8.Valid(c.open[:c.n])
		c.n = 0
	}
	whole := wholeRunes(piece)
	c.bad = c.bad || !utf8.Valid(whole)
	if len(piece) > 0 {
		c.n += copy(c.open[c.n:], piece[len(whole):])
	}
	return !c.bad
}

// End reports whether the whole text was UTF-8.
func (c *TextCheck) End() bool { return !c.bad && c.n == 0 }

// wholeRunes returns b without the character that its end cuts in two.
func wholeRunes(b []byte) []byte {
	for i := len(b) - 1; i >= 0 && i > len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return b[:i]
			}
			break
		}
	}
	return b
}

func appendDecimal(dst []byte, v uint64) []byte { return strconv.AppendUint(dst, v, 10) }
