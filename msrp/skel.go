package msrp

import "time"

func ParseURI(b []byte) (URI, error) { return URI{}, ErrURI }
func EqualURI(a, b []byte) bool      { return false }
func AppendURI(dst []byte, secure bool, host string, port uint16, session string) ([]byte, error) {
	return dst, ErrNoRoom
}
func NextURI(path []byte) (uri, rest []byte) { return nil, nil }

type Reader struct{}

func (r *Reader) Next(b []byte) (n int, it Item, err error) { return 0, Item{}, ErrStart }
func (r *Reader) Reset()                                    {}

// Fresh reports whether the reader stands between two messages.
func (r *Reader) Fresh() bool { return true }

func AppendSend(dst []byte, h *Send) ([]byte, error) { return dst, ErrNoRoom }
func AppendEndLine(dst []byte, tid string, body bool, flag Flag) ([]byte, error) {
	return dst, ErrNoRoom
}
func AppendResponse(dst []byte, tid, toPath, fromPath []byte, code uint16) ([]byte, error) {
	return dst, ErrNoRoom
}

// AppendRefusal answers a request that belongs to no session: 481, 506 ...
func AppendRefusal(dst, buf []byte, h *Head, code uint16) ([]byte, error) { return dst, ErrNoRoom }

type Session struct{}

func (s *Session) Init(now time.Time, cfg *Config) error         { return ErrClosed }
func (s *Session) Matches(buf []byte, h *Head) uint16            { return 481 }
func (s *Session) Head(now time.Time, buf []byte, h *Head)       {}
func (s *Session) Body(now time.Time, piece []byte)              {}
func (s *Session) End(now time.Time, flag Flag)                  {}
func (s *Session) Accept(now time.Time, slot int, code uint16)   {}
func (s *Session) Next() (Event, bool)                           { return Event{}, false }
func (s *Session) Blocked() bool                                 { return false }
func (s *Session) Queue(now time.Time, o *Outgoing) error        { return ErrClosed }
func (s *Session) Want() (tag uint32, off int64, n int, ok bool) { return }
func (s *Session) AppendChunk(now time.Time, dst []byte, tag uint32, off int64, data []byte) ([]byte, error) {
	return dst, ErrStale
}
func (s *Session) AppendPending(now time.Time, dst []byte) (out []byte, more bool) { return dst, false }
func (s *Session) Abort(tag uint32)                                                {}
func (s *Session) Deadline() time.Time                                             { return time.Time{} }
func (s *Session) Expire(now time.Time)                                            {}
func (s *Session) Idle() bool                                                      { return true }
func (s *Session) InFlight() int                                                   { return 0 }
func (s *Session) Close()                                                          {}
func AllowsType(list string, mediaType []byte) bool                                { return false }
