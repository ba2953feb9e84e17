package msrp

import (
	"bytes"
	"time"
)

// A txn is a chunk of ours that waits for its response (§5.3).
type txn struct {
	used bool
	tid  ownTID
	msg  int       // place in Session.out, or msgGreeting
	due  time.Time // zero while the chunk is still being written
}

const msgGreeting = -1

// openChunk is an interruptible chunk whose end-line has not been written (§5.1).
type openChunk struct {
	on      bool
	dropped bool // its message was given up: it ends with "#"
	msg     int
	txn     int // place in Session.flight, -1 for Failure-Report: no
	tid     ownTID
	n       int64 // octets written
	tail    [len(dashes) + len(ownTID{}) - 1]byte
	tailN   int
}

func (s *Session) freeTxn() int {
	for i := range s.flight {
		if !s.flight[i].used {
			return i
		}
	}
	return -1
}

// AppendChunk appends the next octets of a message as Want named them: data stands at off of
// the message tag. With a Config.Chunk of at most [ChunkSize] it appends one whole SEND.
// With a larger one the SEND may stay open for the data of later calls; AppendPending or
// another message's chunk interrupts it.
//
// [ErrStale] says that these octets are not wanted (any more), [ErrNoRoom] that dst is too
// small; nothing has then changed. 4 KiB of capacity are always enough.
func (s *Session) AppendChunk(now time.Time, dst []byte, tag uint32, off int64, data []byte) ([]byte, error) {
	i := s.find(tag)
	if i < 0 || i != s.next() || s.out[i].sent != off || len(data) == 0 || int64(len(data)) > s.out[i].Size-off {
		return dst, ErrStale
	}
	b, open := dst, s.open // committed only when all of it fits
	w := writer{b: b}
	if open.on && (open.msg != i || open.dropped || open.wouldEnd(data)) {
		w.interrupt(&open)
	}
	fresh := !open.on
	if fresh && s.freeTxn() < 0 {
		return dst, ErrStale
	}
	if fresh {
		s.begin(&w, &open, i, data)
	}
	put(&w, data)
	flag := s.flagAfter(&open, i, len(data))
	if flag != 0 {
		w.str("\r\n")
		finish(&w, open.tid[:], flag)
	}
	out, err := w.done(dst)
	if err != nil {
		return dst, err
	}
	s.commit(now, &open, fresh, flag, i, data)
	return out, nil
}

// begin writes the head of a new chunk.
func (s *Session) begin(w *writer, open *openChunk, i int, data []byte) {
	m := &s.out[i]
	*open = openChunk{on: true, msg: i, txn: -1, tid: s.tidFor(data)}
	end := m.sent + int64(len(data))
	// "any chunk with a body of greater than 2048 octets will have a "*" character in the
	// range-end field" (§7.1.1)
	if s.mayStayOpen(m, len(data)) || len(data) > ChunkSize {
		end = Star
	}
	begin(w, open.tid[:], "SEND", s.cfg.Remote, s.cfg.Local, m.id.octets())
	w.asks(m.Success, m.Failure)
	w.byteRange(m.sent+1, end, m.Size)
	w.contentType(m.ContentType)
}

// mayStayOpen reports whether a chunk of m that begins with n octets is to take more.
func (s *Session) mayStayOpen(m *outgoing, n int) bool {
	return s.cfg.Chunk > ChunkSize && m.sent+int64(n) < m.Size
}

// flagAfter returns the flag that ends the chunk after n more octets, 0 if it stays open.
func (s *Session) flagAfter(open *openChunk, i, n int) Flag {
	m := &s.out[i]
	switch {
	case m.sent+int64(n) == m.Size:
		return FlagLast
	case s.cfg.Chunk <= ChunkSize || open.n+int64(n) >= int64(s.cfg.Chunk):
		return FlagMore
	}
	return 0
}

// tidFor chooses a transaction id: "the sender MUST ensure that the end-line ... is not
// present in the body" (§7.1).
func (s *Session) tidFor(data []byte) ownTID {
	for {
		t := newTID(s.cfg.Entropy, &s.seed)
		if !bytes.Contains(data, t[:]) {
			return t
		}
	}
}

// commit makes the chunk that AppendChunk has built true.
func (s *Session) commit(now time.Time, open *openChunk, fresh bool, flag Flag, i int, data []byte) {
	if fresh && s.open.on {
		s.closed(now, s.open.txn)
		s.unlink(&s.open)
	}
	if m := &s.out[i]; fresh && m.Failure != ReportNo {
		open.txn = s.freeTxn()
		s.flight[open.txn] = txn{used: true, tid: open.tid, msg: i}
		m.waiting++
	}
	open.n += int64(len(data))
	open.keep(data)
	s.out[i].sent += int64(len(data))
	s.open = *open
	if flag != 0 {
		s.open.on = false
		s.closed(now, open.txn)
		s.settle(i)
	}
}

// closed starts the clock of a transaction "from the time the last byte of the transaction
// is sent, or submitted to the operating system" (§7.1.1).
func (s *Session) closed(now time.Time, i int) {
	if i >= 0 {
		s.flight[i].due = now.Add(AnswerTime)
	}
}

// closeChunk interrupts the open chunk.
func (s *Session) closeChunk(now time.Time, dst []byte) ([]byte, error) {
	open := s.open
	w := writer{b: dst}
	w.interrupt(&open)
	b, err := w.done(dst)
	if err != nil {
		return dst, err
	}
	s.closed(now, s.open.txn)
	s.unlink(&s.open)
	s.open.on = false
	return b, nil
}

// unlink frees the transaction of a chunk whose message was given up.
func (s *Session) unlink(open *openChunk) {
	if open.dropped && open.txn >= 0 {
		s.flight[open.txn].used = false
	}
}

func (w *writer) interrupt(open *openChunk) {
	flag := FlagMore
	if open.dropped {
		flag = FlagAbort
	}
	w.str("\r\n")
	finish(w, open.tid[:], flag)
	open.on = false
}

// wouldEnd reports whether data, after what has been written, brings the end-line into the
// body: "simply interrupt the chunk at that point" (§7.1).
func (o *openChunk) wouldEnd(data []byte) bool {
	if bytes.Contains(data, o.tid[:]) {
		return true
	}
	var seam [2 * len(o.tail)]byte
	n := copy(seam[:], o.tail[:o.tailN])
	n += copy(seam[n:], data[:min(len(data), len(o.tail))])
	return bytes.Contains(seam[:n], o.tid[:])
}

// keep remembers the last octets written.
func (o *openChunk) keep(data []byte) {
	if len(data) >= len(o.tail) {
		o.tailN = copy(o.tail[:], data[len(data)-len(o.tail):])
		return
	}
	keep := min(o.tailN, len(o.tail)-len(data))
	copy(o.tail[:], o.tail[o.tailN-keep:o.tailN])
	o.tailN = keep + copy(o.tail[keep:], data)
}
