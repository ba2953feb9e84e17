package main

import (
	"bytes"

	"imsagent/msrp"
)

func msrpGroups() []group {
	return []group{msrpRead("chunk2k.msrp", aim{bound: 1.5}), msrpRead("send_hello.msrp", aim{}), msrpRead("200ok.msrp", aim{})}
}

// read takes all items of b off r.
func read(r *msrp.Reader, b []byte) {
	for at := 0; ; {
		n, it, err := r.Next(b[at:])
		must(err)
		if at += n; it.Kind == msrp.ItemNone {
			return
		}
	}
}

// endLineScan is the floor: the start line's id, then the end-line made of it, wherever it is.
func endLineScan(b []byte) int {
	var end [48]byte
	n := copy(end[:], "\r\n-------")
	tid := b[5:]
	n += copy(end[n:], tid[:bytes.IndexByte(tid, ' ')])
	return bytes.Index(b, end[:n])
}

var found int

func msrpRead(name string, a aim) group {
	text, r := wire(name), new(msrp.Reader)
	return group{what: "MSRP framing and parse " + name, subjects: []*subject{
		{name: "Reader", run: func(n int) {
			for range n {
				read(r, text)
			}
		}},
		{name: "bare end-line scan", run: func(n int) {
			for range n {
				found += endLineScan(text)
			}
		}},
		{name: "lines and colons of the head, end-line scan", run: func(n int) {
			for range n {
				splitHead(text)
				found += endLineScan(text)
			}
		}},
	}, pairs: []pair{{0, 1, a}, {0, 2, aim{}}}}
}

// splitHead is splitLines up to the blank line.
func splitHead(b []byte) {
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 2 {
			return
		}
		lines += bytes.IndexByte(b[:i], ':')
		b = b[i+1:]
	}
}
