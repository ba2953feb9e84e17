package msrp

import "time"

// An answer is a response that waits to be written.
type answer struct {
	tid   ident
	code  uint16
	stray bool // to the refused stranger, not to the peer
}

type answers struct {
	head, n int
	ring    [MaxAnswers]answer
}

// answer queues a response, as far as Failure-Report lets one be sent: "no" none at all,
// "partial" no 200 (§7.1.4).
func (s *Session) answer(tid *ident, failure Report, code uint16, stray bool) {
	if failure == ReportNo || failure == ReportPartial && code == 200 {
		return
	}
	q := &s.answers
	if q.n == MaxAnswers {
		s.over(0, true) // the caller reads on although Blocked
		return
	}
	q.ring[(q.head+q.n)%MaxAnswers] = answer{tid: *tid, code: code, stray: stray}
	q.n++
}

// A report is a REPORT, or the end of an aborted message, that waits to be written.
type report struct {
	id    ident
	code  uint16 // 0: not a REPORT but an empty SEND with "#"
	end   int64
	total int64
	how   Report // of the aborted message
	ask   bool
}

type reports struct {
	head, n int
	ring    [MaxReports]report
}

// push queues r. When there is no room it is lost: a report is not worth a session.
func (q *reports) push(r report) {
	if q.n < MaxReports {
		q.ring[(q.head+q.n)%MaxReports] = r
		q.n++
	}
}

// AppendPending appends what must be written before any chunk: the end of an interrupted
// one, the opening SEND, responses, REPORTs. It appends as much as fits into dst's capacity
// and reports whether more is left. An empty dst with 2 KiB of capacity always makes
// progress.
func (s *Session) AppendPending(now time.Time, dst []byte) (out []byte, more bool) {
	// "SEND requests larger than 2048 octets MUST be interrupted if the sender needs to send
	// pending responses or REPORT requests." (§7.1.1)
	greet := s.greet == greetDue && !s.dead
	if s.open.on && (s.open.dropped || greet || s.answers.n > 0 || s.reports.n > 0) {
		b, err := s.closeChunk(now, dst)
		if err != nil {
			return dst, true
		}
		dst = b
	}
	if greet {
		b, err := s.appendGreeting(now, dst)
		if err != nil {
			return dst, true
		}
		dst = b
	}
	for q := &s.answers; q.n > 0; {
		b, err := s.appendAnswer(dst, &q.ring[q.head])
		if err != nil {
			return dst, true
		}
		dst, q.head, q.n = b, (q.head+1)%MaxAnswers, q.n-1
	}
	for q := &s.reports; q.n > 0; {
		b, err := s.appendReport(dst, &q.ring[q.head])
		if err != nil {
			return dst, true
		}
		dst, q.head, q.n = b, (q.head+1)%MaxReports, q.n-1
	}
	return dst, false
}

func (s *Session) appendAnswer(dst []byte, a *answer) ([]byte, error) {
	to, _ := NextURI(s.hop[:s.hopLen])
	if a.stray {
		to = s.stray[:s.strayN]
	}
	w := writer{b: dst}
	respond(&w, a.tid.octets(), to, s.cfg.Local, a.code)
	return w.done(dst)
}

func (s *Session) appendReport(dst []byte, r *report) ([]byte, error) {
	tid := newTID(s.cfg.Entropy, &s.seed)
	w := writer{b: dst}
	if r.code == 0 {
		begin(&w, tid[:], "SEND", s.cfg.Remote, s.cfg.Local, r.id.octets())
		w.asks(r.ask, r.how)
		finish(&w, tid[:], FlagAbort)
		return w.done(dst)
	}
	// "a To-Path header field containing the From-Path value from the original request" (§7.1.3)
	// "Success-Report and Failure-Report header fields MUST NOT be present in REPORT requests."
	begin(&w, tid[:], "REPORT", s.hop[:s.hopLen], s.cfg.Local, r.id.octets())
	w.byteRange(1, r.end, r.total)
	w.status(r.code)
	finish(&w, tid[:], FlagLast)
	return w.done(dst)
}

// appendGreeting appends the empty SEND that binds the connection to the session: "the
// active endpoint MUST immediately issue a SEND request" (§5.4). It has no body, hence
// neither Byte-Range nor Content-Type.
func (s *Session) appendGreeting(now time.Time, dst []byte) ([]byte, error) {
	i := s.freeTxn()
	if i < 0 {
		return dst, nil
	}
	tid, id := newTID(s.cfg.Entropy, &s.seed), newTID(s.cfg.Entropy, &s.seed)
	w := writer{b: dst}
	begin(&w, tid[:], "SEND", s.cfg.Remote, s.cfg.Local, id[:])
	w.asks(false, ReportYes)
	finish(&w, tid[:], FlagLast)
	b, err := w.done(dst)
	if err == nil {
		s.flight[i] = txn{used: true, msg: msgGreeting, tid: tid, due: now.Add(AnswerTime)}
		s.greet = greetSent
	}
	return b, err
}
