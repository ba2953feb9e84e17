package at

import "time"

// MaxCommands is the most commands that wait in a Queue; ErrTooMany beyond.
const MaxCommands = 24

// A Command is one command line and what to wait for.
type Command struct {
	Text    string        // without the CR that ends it
	Timeout time.Duration // until its final result
	Tag     uint8         // the caller's name for it
}

// A Queue gives commands to the modem one at a time: modems lose or mix what is pipelined. The
// zero Queue is empty.
type Queue struct {
	ring     [MaxCommands]Command
	head, n  int
	sent     bool      // the head was given out by Output
	deadline time.Time // of the head's final result; zero unless sent
	quiet    time.Time // nothing is given out before
}

// Push appends a command.
func (q *Queue) Push(c Command) error {
	if q.n == MaxCommands {
		return ErrTooMany
	}
	q.ring[(q.head+q.n)%MaxCommands] = c
	q.n++
	return nil
}

// Clear forgets all commands, the pending one too, and gives out none before quiet.
func (q *Queue) Clear(quiet time.Time) { *q = Queue{quiet: quiet} }

// Replace puts c in the place of the pending command, to be given out again after quiet.
func (q *Queue) Replace(c Command, quiet time.Time) {
	if q.sent {
		q.ring[q.head] = c
		q.sent, q.deadline, q.quiet = false, time.Time{}, quiet
	}
}

// Pause gives out no command before quiet, so that what the modem still says about one that was
// given up is not taken for the next one's answer.
func (q *Queue) Pause(quiet time.Time) { q.quiet = quiet }

// Len returns how many commands wait, the pending one included.
func (q *Queue) Len() int { return q.n }

// Pending returns the text of the command that the modem works on, "" if there is none.
func (q *Queue) Pending() string {
	if !q.sent {
		return ""
	}
	return q.ring[q.head].Text
}

// Output returns the command to write now, followed by CR; false while one is pending, in a
// quiet time, or if there is none. A command is given out once, and its time begins.
func (q *Queue) Output(now time.Time) (Command, bool) {
	if q.n == 0 || q.sent || now.Before(q.quiet) {
		return Command{}, false
	}
	c := q.ring[q.head]
	q.sent, q.deadline = true, now.Add(c.Timeout)
	return c, true
}

// Step says what a line means and which command it belongs to. A final result ends the command.
func (q *Queue) Step(line []byte) (Kind, Command) {
	kind := Classify(line, q.Pending())
	if kind == Unsolicited || kind == Blank {
		return kind, Command{}
	}
	c := q.ring[q.head]
	if kind == OK || kind == Fail {
		q.drop()
	}
	return kind, c
}

// drop ends the pending command.
func (q *Queue) drop() {
	q.ring[q.head] = Command{}
	q.head, q.n = (q.head+1)%MaxCommands, q.n-1
	q.sent, q.deadline = false, time.Time{}
}

// Deadline returns when Expire or Output wants to be called, zero for never.
func (q *Queue) Deadline() time.Time {
	switch {
	case q.n == 0:
		return time.Time{}
	case q.sent:
		return q.deadline
	}
	return q.quiet
}

// Expire returns the pending command if its time is over. It stays pending until Replace or Clear.
func (q *Queue) Expire(now time.Time) (Command, bool) {
	if !q.sent || now.Before(q.deadline) {
		return Command{}, false
	}
	return q.ring[q.head], true
}
