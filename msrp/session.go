package msrp

import "time"

// A Config is what a [Session] is made of.
type Config struct {
	Local   string // our URI, exactly as in our SDP
	Remote  string // the peer's a=path value as received, space separated
	Accept  string // media types we take, space separated as in a=accept-types
	MaxSize int64  // octets of one message that we take; 0: 2⁴⁰
	Active  bool   // we opened the connection: an empty SEND goes first
	Greet   bool   // passive, but send an empty SEND as well once the peer's came
	Chunk   int    // octets of an outgoing chunk; 0: ChunkSize. Larger ones are interruptible
	Entropy func(dst []byte)
}

// A greeting is the state of our empty opening SEND.
type greeting uint8

const (
	greetNone greeting = iota
	greetDue
	greetSent
)

// A Session is one MSRP session on one connection. It is a plain value of fixed size
// without a lock: one goroutine owns it. The zero Session must be given to Init first.
type Session struct {
	cfg   Config
	seed  [16]byte // entropy passes through here, so that nothing escapes
	dead  bool     // EvBroken has been said, or Close called
	bound bool     // the peer has proved to be there (§5.4)
	up    bool     // messages may be sent
	greet greeting

	deadCode uint16
	guesses  int
	events   events

	hop    [MaxHop]byte // From-Path of the peer as it last came
	hopLen int
	stray  [MaxHop]byte // From-Path of a refused stranger, while its answer waits
	strayN int

	cur   current
	slots [Slots]slot

	forgotten  [MaxOpen]ident // the last messages dropped unfinished
	nForgotten int

	answers answers
	reports reports

	out    [MaxQueue]outgoing
	seq    uint32 // of the last message queued
	flight [MaxFlight]txn
	open   openChunk

	refused  [4]ident128 // media types the peer answered with 415
	nRefused int
}

// Init prepares s for a new connection. It fails with [ErrURI] or [ErrPath] when the paths
// are not MSRP URIs or too long. A Session may be initialised again.
func (s *Session) Init(now time.Time, cfg *Config) error {
	if _, err := ParseURI([]byte(cfg.Local)); err != nil {
		return err
	}
	if !validPath([]byte(cfg.Remote)) || len(cfg.Local)+len(cfg.Remote) > MaxPaths {
		return ErrPath
	}
	*s = Session{cfg: *cfg}
	if s.cfg.MaxSize <= 0 {
		s.cfg.MaxSize = 1 << 40
	}
	if s.cfg.Chunk <= 0 {
		s.cfg.Chunk = ChunkSize
	}
	if s.cfg.Active {
		s.greet = greetDue
	}
	s.hopLen = copy(s.hop[:], cfg.Remote)
	if len(cfg.Remote) > MaxHop {
		uri, _ := NextURI([]byte(cfg.Remote))
		s.hopLen = copy(s.hop[:], uri)
	}
	return nil
}

// Close ends s without an event: the connection is gone or the dialog has ended.
func (s *Session) Close() { s.dead = true }

// Matches says whether the request or response h, whose Spans refer to buf, belongs to this
// session: 0, or 481. It serves to find the session of a new connection; whether another
// connection already holds the session (506) is the caller's knowledge.
func (s *Session) Matches(buf []byte, h *Head) uint16 {
	if h.ToPath.Len == 0 || !s.isOurs(h.ToPath.In(buf)) || !s.isPeer(h.FromPath.In(buf)) {
		return 481
	}
	return 0
}

// isOurs reports whether path is our URI and nothing else: "the To-Path will have exactly
// one URI, which MUST map to an existing session" (§7.3).
func (s *Session) isOurs(path []byte) bool {
	if string(path) == s.cfg.Local {
		return true
	}
	uri, rest := NextURI(path)
	next, _ := NextURI(rest)
	return uri != nil && next == nil && equalText(uri, s.cfg.Local)
}

// isPeer reports whether path ends where the peer's path ends.
func (s *Session) isPeer(path []byte) bool {
	if string(path) == s.cfg.Remote {
		return true
	}
	last := lastURI(path)
	return last != nil && equalText(last, s.cfg.Remote[lastField(s.cfg.Remote):])
}

// isHop reports whether path begins with a URI of the peer's path: a response comes from
// the previous hop, which may be a relay.
func (s *Session) isHop(path []byte) bool {
	if string(path) == s.cfg.Remote {
		return true
	}
	uri, _ := NextURI(path)
	for list := s.cfg.Remote; uri != nil && list != ""; {
		var one string
		one, list = nextField(list)
		if equalText(uri, one) {
			return true
		}
	}
	return false
}

// equalText is EqualURI with one side in a string.
func equalText(a []byte, b string) bool {
	var mem [MaxPaths]byte
	return len(b) <= len(mem) && EqualURI(a, mem[:copy(mem[:], b)])
}

// lastField is where the last field of a list begins.
func lastField(list string) int {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i] == ' ' {
			return i + 1
		}
	}
	return 0
}

// Blocked reports that the response to another request might find no room: first write what
// AppendPending yields, then read on. TCP makes the peer wait.
func (s *Session) Blocked() bool {
	n := s.count(slotWaiting) + 2
	return s.answers.n+n > MaxAnswers || s.reports.n+n > MaxReports
}

// Full reports that every slot is taken by a message that Accept has not decided about.
// Keep what is left of the stream until it has; another message would be refused with 413.
func (s *Session) Full() bool { return s.count(slotFree) == 0 }

func (s *Session) count(state slotState) (n int) {
	for i := range s.slots {
		if s.slots[i].state == state {
			n++
		}
	}
	return n
}

// Idle reports that nothing is under way in either direction.
func (s *Session) Idle() bool {
	if s.answers.n > 0 || s.reports.n > 0 || s.greet == greetDue || s.cur.kind == curChunk || s.open.on {
		return false
	}
	for i := range s.slots {
		if s.slots[i].state == slotOpen || s.slots[i].state == slotWaiting {
			return false
		}
	}
	for i := range s.out {
		if s.out[i].state == outActive {
			return false
		}
	}
	return s.InFlight() == 0
}

// Deadline returns when Expire is due, the zero Time if never.
func (s *Session) Deadline() (at time.Time) {
	for i := range s.slots {
		if s.slots[i].state == slotOpen || s.slots[i].state == slotRefused {
			at = sooner(at, s.slots[i].due)
		}
	}
	for i := range s.flight {
		if s.flight[i].used {
			at = sooner(at, s.flight[i].due)
		}
	}
	return at
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Expire applies what has fallen due by now.
func (s *Session) Expire(now time.Time) {
	for i := range s.slots {
		if x := &s.slots[i]; (x.state == slotOpen || x.state == slotRefused) && !now.Before(x.due) {
			s.expireSlot(i)
		}
	}
	for i := range s.flight {
		if t := &s.flight[i]; t.used && !t.due.IsZero() && !now.Before(t.due) {
			s.unanswered(i)
		}
	}
}
