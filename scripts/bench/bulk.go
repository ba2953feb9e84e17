package main

import (
	"bytes"
	"net"
	"os"
	"syscall"
	"time"

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
		if k.finish != nil {
			k.finish()
		}
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

func rawLink() *link {
	k := newLink()
	k.take = func(b []byte) int { return len(b) }
	go k.serve()
	return k
}

// msrpLink reads by a Reader into a Session. The message never ends: every chunk is one of
// its first 2 KB, as a sender may repeat them (RFC 4975 §5.4).
func msrpLink(acks bool, file *os.File) *link {
	k, r, s := newLink(), new(msrp.Reader), new(msrp.Session)
	must(s.Init(time.Now(), &msrp.Config{Local: ours, Remote: peers, Accept: "*", Entropy: func(b []byte) { clear(b) }}))
	var off int64
	k.take = func(b []byte) int {
		return receive(r, s, b, func(p []byte) {
			if file != nil {
				_, err := file.WriteAt(p, off%(64<<20))
				must(err)
				off += int64(len(p))
			}
		})
	}
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
	if file != nil {
		k.finish = func() { must(syscall.Fdatasync(int(file.Fd()))) }
	}
	go k.serve()
	return k
}

func receive(r *msrp.Reader, s *msrp.Session, b []byte, store func([]byte)) (body int) {
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
				store(e.Data)
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

func bulkGroups() ([]group, func()) {
	chunk := wire("chunk2k.msrp")
	chunk = bytes.Replace(chunk, []byte("1-2048/104857600"), []byte("1-2048/*"), 1)
	silent := bytes.Replace(chunk, []byte("Failure-Report: yes"), []byte("Failure-Report: no"), 1)
	file, err := os.CreateTemp("", "bench")
	must(err)
	must(os.Remove(file.Name()))
	raw, plain, acked, stored := rawLink(), msrpLink(false, nil), msrpLink(true, nil), msrpLink(true, file)
	body := make([]byte, chunkBody)
	g := group{what: "MSRP bulk, 2 KB chunks over loopback", threads: true, subjects: []*subject{
		{name: "received, no acks", run: func(n int) { plain.run(silent, n) }},
		{name: "received, 200 for each chunk", run: func(n int) { acked.run(chunk, n) }},
		{name: "received, 200, written, one fdatasync", run: func(n int) { stored.run(chunk, n) }},
		{name: "raw writes of 2 KB", run: func(n int) { raw.run(body, n) }},
	}, pairs: []pair{{0, 3, aim{0.85, true}}, {1, 3, aim{0.6, true}}, {2, 3, aim{speed: true}}}}
	return []group{g}, func() {
		for _, k := range []*link{raw, plain, acked, stored} {
			k.close()
		}
		file.Close()
	}
}
