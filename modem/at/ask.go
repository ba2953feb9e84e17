package at

import (
	"bytes"
	"iter"
	"time"
)

// maxReply is the most octets of an answer's lines that are kept; ErrLong beyond.
const maxReply = 4 << 10

// A Reply is what the modem answered to the command of Ask.
type Reply struct {
	OK    bool   // the final result is OK
	Code  int    // of a +CME ERROR, else NoCode
	Final string // the final result where it is not OK
	lines []byte
}

// Lines returns the lines before the final result, each valid until the next Ask.
func (r *Reply) Lines() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for rest := r.lines; len(rest) > 0; {
			line, after, _ := bytes.Cut(rest, []byte{'\n'})
			if rest = after; !yield(line) {
				return
			}
		}
	}
}

// Line returns the first line, nil if there is none.
func (r *Reply) Line() []byte {
	line, _, _ := bytes.Cut(r.lines, []byte{'\n'})
	return line
}

// A question is the caller's command and what came to it.
type question struct {
	asking bool // the command waits, or is under way
	asked  bool // the answer is there, or err is
	err    error
	reply  Reply
	buf    [maxReply]byte
	n      int
}

// Ready reports whether Ask may be called: the session works, and no question is under way.
func (s *Session) Ready() bool { return s.phase == phaseWorking && !s.question.asking }

// Ask queues a command of the caller, without its CR: it takes its turn among the session's own.
// ErrBusy says that the session does not work, or that another is under way.
func (s *Session) Ask(text string, wait time.Duration) error {
	q := &s.question
	if s.phase != phaseWorking || q.asking || q.asked {
		return ErrBusy
	}
	if err := s.queue.Push(Command{text, wait, tagAsk}); err != nil {
		return err
	}
	q.asking, q.err, q.n, q.reply = true, nil, 0, Reply{Code: NoCode}
	return nil
}

// Answer returns once what came to the command of Ask, or the error that took its place. done is
// false while it is under way.
func (s *Session) Answer() (r *Reply, done bool, err error) {
	q := &s.question
	if !q.asked {
		return nil, false, nil
	}
	q.asked = false
	q.reply.lines = q.buf[:q.n]
	return &q.reply, true, q.err
}

// keep takes one line of the answer.
func (q *question) keep(line []byte) {
	if q.n+len(line)+1 > len(q.buf) {
		q.err = ErrLong
		return
	}
	q.n += copy(q.buf[q.n:], line)
	q.buf[q.n] = '\n'
	q.n++
}

// settle takes the final result.
func (q *question) settle(ok bool, line []byte) {
	if !q.asking {
		return
	}
	q.asking, q.asked, q.reply.OK = false, true, ok
	if !ok {
		q.reply.Code, q.reply.Final = ParseCode(line), string(line[:min(len(line), 64)])
	}
}

// missed ends a question whose time is over.
func (q *question) missed(c Command) {
	if c.Tag == tagAsk {
		q.fail(ErrNoAnswer)
	}
}

// fail ends a question without an answer.
func (q *question) fail(err error) {
	if q.asking {
		q.asking, q.asked, q.err = false, true, err
	}
}
