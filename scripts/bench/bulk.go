package main

import (
	"bytes"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"imsagent/msrp"
)

const (
	chunkBody  = msrp.ChunkSize
	ours       = "msrp://[2001:0000:0000:0001:0000:0000:0000:0002]:16000/558f02b9d0;tcp"
	peers      = "msrp://[2001::1:4c16:9c0f:4986:9e6d]:8880/FmnP;tcp"
	readBuffer = 16 << 10
)

// A link is one loopback connection: the sender writes a chunk per write, as one that sends
// chunks of 2 KB as they come does; the receiver reports each time it has taken want octets.
type link struct {
	in, out net.Conn
	want    chan int
	done    chan struct{}
	buf     [readBuffer]byte
	take    func(b []byte) (body int) // consumes b, returns how many octets of payload it saw
	flush   func()                    // after each read
	finish  func()                    // at the end of a run
}

func newLink() *link {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		l, err = net.Listen("tcp", "127.0.0.1:0")
	}
	must(err)
	defer l.Close()
	k := &link{want: make(chan int), done: make(chan struct{})}
	k.out, err = net.Dial("tcp", l.Addr().String())
	must(err)
	k.in, err = l.Accept()
	must(err)
	return k
}

func (k *link) serve() {
	for want := range k.want {
		for got := 0; got < want; {
			n, err := k.in.Read(k.buf[:])
			if err != nil {
				return
			}
			got += k.take(k.buf[:n])
			if k.flush != nil {
				k.flush()
			}
		}
		k.finish()
		k.done <- struct{}{}
	}
}

// run sends n chunks and waits until all have been taken.
func (k *link) run(chunk []byte, n int) {
	k.want <- n * chunkBody
	for range n {
		_, err := k.out.Write(chunk)
		must(err)
	}
	<-k.done
}

func (k *link) close() {
	close(k.want)
	k.in.Close()
	k.out.Close()
}

func rawLink(keep *kept) *link {
	k := newLink()
	k.take = func(b []byte) int { keep.write(b); return len(b) }
	k.finish = keep.sync
	go k.serve()
	return k
}

// msrpLink reads by a Reader into a Session. The message never ends: every chunk is one of
// its first 2 KB, as a sender may repeat them (RFC 4975 §5.4).
func msrpLink(acks bool, keep *kept) *link {
	k, r, s := newLink(), new(msrp.Reader), new(msrp.Session)
	must(s.Init(time.Now(), &msrp.Config{Local: ours, Remote: peers, Accept: "*", Entropy: func(b []byte) { clear(b) }}))
	k.take = func(b []byte) int { return receive(r, s, b, keep) }
	if acks {
		reply := make([]byte, 0, 8<<10)
		k.flush = func() {
			if b, _ := s.AppendPending(time.Now(), reply); len(b) > 0 {
				_, err := k.in.Write(b)
				must(err)
			}
		}
		go discard(k.out)
	}
	k.finish = keep.sync
	go k.serve()
	return k
}

// kept is a file that takes what is received; the nil kept takes nothing.
type kept struct {
	file *os.File
	off  int64
}

func newKept() *kept {
	f, err := os.CreateTemp(scratch(), "bulk")
	must(err)
	atEnd(func() { f.Close() })
	return &kept{file: f}
}

func (k *kept) write(p []byte) {
	if k != nil {
		_, err := k.file.WriteAt(p, k.off)
		must(err)
		k.off += int64(len(p))
	}
}

// sync makes what was written durable; the next goes to the front again.
func (k *kept) sync() {
	if k != nil {
		must(unix.Fdatasync(int(k.file.Fd())))
		k.off = 0
	}
}

func receive(r *msrp.Reader, s *msrp.Session, b []byte, keep *kept) (body int) {
	now := time.Now()
	for at := 0; ; {
		n, it, err := r.Next(b[at:])
		must(err)
		at += n
		switch it.Kind {
		case msrp.ItemNone:
			return body
		case msrp.ItemHead:
			s.Head(now, it.Buf, it.Head)
		case msrp.ItemBody:
			s.Body(now, it.Data)
		case msrp.ItemEnd:
			s.End(now, it.Flag)
		}
		for e, ok := s.Next(); ok; e, ok = s.Next() {
			if e.Kind == msrp.EvPiece {
				keep.write(e.Data)
				body += len(e.Data)
			}
		}
	}
}

func discard(c net.Conn) {
	b := make([]byte, readBuffer)
	for {
		if _, err := c.Read(b); err != nil {
			return
		}
	}
}

// bulkChunks is how many chunks a sample is: 16 MiB, so that the one fdatasync at its end is
// a part of it as it is of a large message.
const bulkChunks = 8192

func bulkGroups() []group {
	chunk := wire("chunk2k.msrp")
	chunk = bytes.Replace(chunk, []byte("1-2048/104857600"), []byte("1-2048/*"), 1)
	silent := bytes.Replace(chunk, []byte("Failure-Report: yes"), []byte("Failure-Report: no"), 1)
	body := make([]byte, chunkBody)
	raw, written := rawLink(nil), rawLink(newKept())
	plain, acked, stored := msrpLink(false, nil), msrpLink(true, nil), msrpLink(true, newKept())
	for _, k := range []*link{raw, written, plain, acked, stored} {
		atEnd(k.close)
	}
	rivals := func() []*subject {
		return []*subject{
			{name: "received, no acks", run: func(n int) { plain.run(silent, n) }},
			{name: "received, 200 for each", run: func(n int) { acked.run(chunk, n) }},
			{name: "received, 200 for each, to a file, one fdatasync", run: func(n int) { stored.run(chunk, n) }},
			{name: "raw writes of 2 KB", run: func(n int) { raw.run(body, n) }},
			{name: "raw writes of 2 KB, to a file, one fdatasync", run: func(n int) { written.run(body, n) }},
		}
	}
	return []group{
		{what: "MSRP bulk, a chunk of 2 KB over loopback", threads: true, count: bulkChunks, subjects: rivals(),
			pairs: []pair{{0, 3, aim{bound: 0.85, speed: true}}, {1, 3, aim{bound: 0.6, speed: true}}, {2, 4, aim{bound: 0.6, speed: true}},
				{2, 3, aim{speed: true}}}},
		{what: "MSRP bulk, CPU time of both ends", threads: true, cpu: true, count: bulkChunks, subjects: rivals(),
			pairs: []pair{{0, 3, aim{speed: true}}, {1, 3, aim{speed: true}}, {2, 4, aim{speed: true}}}},
	}
}
