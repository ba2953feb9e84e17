package ipc

import (
	"bytes"
	"math/rand"
	"testing"
)

// TestFrameEveryPrefix: no prefix of a frame is a frame, whether it grows octet by octet
// or is seen for the first time.
func TestFrameEveryPrefix(t *testing.T) {
	for name, b := range fixtures(t, "requests") {
		var grown Framer
		for i := range b {
			if n, err := grown.Frame(b[:i]); n != 0 || err != ErrShort {
				t.Fatalf("%s: %d of %d octets: %d, %v; want ErrShort", name, i, len(b), n, err)
			}
			var fresh Framer
			if n, err := fresh.Frame(b[:i]); n != 0 || err != ErrShort {
				t.Fatalf("%s: %d of %d octets at once: %d, %v; want ErrShort", name, i, len(b), n, err)
			}
		}
		if n, err := grown.Frame(b); n != len(b) || err != nil {
			t.Errorf("%s: %d, %v; want %d", name, n, err, len(b))
		}
	}
}

// TestFrameSplits: a stream of all requests is cut into the same frames however it arrives.
func TestFrameSplits(t *testing.T) {
	var all []byte
	var want []int
	for _, b := range fixtures(t, "requests") {
		all = append(all, b...)
		want = append(want, len(b))
	}
	for seed := range int64(50) {
		r := rand.New(rand.NewSource(seed))
		var f Framer
		var buf []byte
		frame := 0
		for rest := all; len(rest) > 0; {
			n := 1 + r.Intn(min(len(rest), 1+r.Intn(200)))
			buf, rest = append(buf, rest[:n]...), rest[n:]
			for {
				n, err := f.Frame(buf)
				if err == ErrShort {
					break
				}
				if err != nil || frame == len(want) || n != want[frame] {
					t.Fatalf("seed %d: frame %d: %d, %v", seed, frame, n, err)
				}
				frame++
				buf = buf[n:]
			}
		}
		if frame != len(want) || len(buf) != 0 {
			t.Fatalf("seed %d: %d frames and %d octets left; want %d frames", seed, frame, len(buf), len(want))
		}
	}
}

// TestFrameRefused: what cannot become a frame is refused as soon as that is known, and
// with as much of the msgid as had come.
func TestFrameRefused(t *testing.T) {
	tests := []struct {
		name, octets string
		want         error
		id           uint32
		known        bool
	}{
		{"str of 4 GiB", "\x94\x00\x07\xdb\xff\xff\xff\xff", ErrTooLarge, 7, true},
		{"bin of 65536", "\x94\x00\xcd\x01\x00\xa4send\x91\x81\xa4body\xc6\x00\x01\x00\x00", ErrTooLarge, 256, true},
		{"bin beyond the rest of the frame", "\x94\x00\x07\xa4send\x91\x81\xa4body\xc5\xff\xff", ErrTooLarge, 7, true},
		{"array of 4 G", "\x94\x00\x07\xdd\xff\xff\xff\xff", ErrTooLarge, 7, true},
		{"array of 65535", "\x94\x00\x07\xdc\xff\xff", ErrTooLarge, 7, true},
		{"map of 32768 pairs", "\x94\x00\x07\xde\x80\x00", ErrTooLarge, 7, true},
		{"map of 4 G pairs", "\xdf\xff\xff\xff\xff", ErrTooLarge, 0, false},
		{"never used", "\x94\x00\xce\xff\xff\xff\xff\xc1", ErrMalformed, 4294967295, true},
		{"nested too deep", "\x94\x00\x07\xa4send\x91\x81\xa1x\x91\x91", ErrNesting, 7, true},
		{"empty map too deep", "\x94\x00\x07\xa4send\x91\x81\xa1x\x91\x80", ErrNesting, 7, true},
		{"msgid is negative", "\x94\x00\xff\xc1", ErrMalformed, 0, false},
		{"msgid of 33 bits", "\x94\x00\xcf\x00\x00\x00\x01\x00\x00\x00\x00\xc1", ErrMalformed, 0, false},
		{"msgid is a str", "\x94\x00\xa17\xc1", ErrMalformed, 0, false},
		{"a response", "\x94\x01\x07\xc1", ErrMalformed, 0, false},
		{"nothing at all", "\xc1", ErrMalformed, 0, false},
	}
	for _, tt := range tests {
		var f Framer
		if n, err := f.Frame([]byte(tt.octets)); n != 0 || err != tt.want {
			t.Errorf("%s: %d, %v; want %v", tt.name, n, err, tt.want)
		}
		if !tt.want.(Error).Closes() {
			t.Errorf("%s: %v does not close the client", tt.name, tt.want)
		}
		if id, ok := RequestID([]byte(tt.octets)); id != tt.id || ok != tt.known {
			if tt.known || ok {
				t.Errorf("%s: msgid %d, %v; want %d, %v", tt.name, id, ok, tt.id, tt.known)
			}
		}
	}
}

// TestFrameLargest: 65,535 octets are a frame, one more is none, and a buffer that is full
// never waits.
func TestFrameLargest(t *testing.T) {
	frame := func(size int) []byte {
		head := []byte("\x94\x00\x07\xa1x\x91\x81\xa1y")
		body := size - len(head) - 3
		b := append(head, 0xc5, byte(body>>8), byte(body))
		return append(b, make([]byte, body)...)
	}
	var f Framer
	if n, err := f.Frame(frame(MaxFrame)); n != MaxFrame || err != nil {
		t.Errorf("%d octets: %d, %v", MaxFrame, n, err)
	}
	f = Framer{}
	if n, err := f.Frame(frame(MaxFrame + 1)); n != 0 || err != ErrTooLarge {
		t.Errorf("%d octets: %d, %v; want ErrTooLarge", MaxFrame+1, n, err)
	}
	// An array whose elements fill the buffer to the last octet, which begins a header.
	full := append([]byte{0xdc, 0xff, 0xfc}, bytes.Repeat([]byte{0xc0}, MaxFrame-5)...)
	full = append(full, 0xda, 0x00)
	f = Framer{}
	if n, err := f.Frame(full); n != 0 || err != ErrTooLarge {
		t.Errorf("full buffer: %d, %v; want ErrTooLarge", n, err)
	}
}

// TestRequestIDEveryPrefix: a msgid is read as soon as it is whole, and never before.
func TestRequestIDEveryPrefix(t *testing.T) {
	b := []byte("\x94\x00\xce\x01\x02\x03\x04\xa4send")
	for i := range b {
		id, ok := RequestID(b[:i])
		if want := i >= 7; ok != want || ok && id != 0x01020304 {
			t.Errorf("%d octets: %#x, %v", i, id, ok)
		}
	}
}
