package msrp

import (
	"bytes"
	"time"
)

// ident128 is a Content-Type kept beyond its buffer.
type ident128 struct {
	n   uint8
	mem [MaxType]byte
}

func (d *ident128) set(b []byte) { d.n = uint8(copy(d.mem[:], b)) }

func (d *ident128) octets() []byte { return d.mem[:d.n] }

type slotState uint8

const (
	slotFree    slotState = iota
	slotOpen              // chunks are coming
	slotRefused           // answered 413; what still comes of it is answered so too
	slotWaiting           // complete; Accept decides
)

// A slot is one incoming message.
type slot struct {
	state   slotState
	failure Report
	success bool
	id      ident
	ctype   ident128
	got     ranges
	total   int64 // of the chunk with "$", Star before it
	stated  int64 // total of the Byte-Range that opened the slot
	due     time.Time
	step    int64 // octets since due was set
	tid     ident // slotWaiting: of the chunk whose response is withheld
}

type curKind uint8

const (
	curNone  curKind = iota
	curEmpty         // an empty SEND: answered 200 at its end; with "#" it ends slot
	curChunk         // part of slot
	curSkip          // refused, ignored, or a body that does not matter
	curOther         // a request that is no SEND: its body does not matter, but for its length
)

// current is the request that is being read.
type current struct {
	kind    curKind
	failure Report
	slot    int // -1: none
	tid     ident
	at      int64 // offset of the next octet in the message
	from    int64 // offset of the first
}

// Head begins a request or response, whose Spans refer to buf.
func (s *Session) Head(now time.Time, buf []byte, h *Head) {
	s.cur.kind, s.cur.failure, s.cur.slot = curSkip, h.Failure, -1
	if s.dead {
		return
	}
	if h.Method == MNone {
		s.response(buf, h)
		return
	}
	s.cur.tid.set(h.TID.In(buf))
	if code := s.check(buf, h); code != 0 {
		s.refuse(buf, h, code)
		return
	}
	s.hear(buf, h)
	if h.Method != MSend {
		s.cur.kind, s.cur.at = curOther, 0
	}
	switch h.Method {
	case MReport:
		s.report(buf, h)
	case MSend:
		s.chunk(now, buf, h)
	default:
		// "A 501 response indicates that the recipient does not understand the request method." (§10.9)
		s.answer(&s.cur.tid, h.Failure, 501, false)
	}
}

// check is the order of §7.3: first the path, then the rest.
func (s *Session) check(buf []byte, h *Head) uint16 {
	to := h.ToPath.In(buf)
	switch {
	case h.Fault == ErrPath || len(to) == 0:
		return 400
	case !s.isOurs(to):
		// "If this is not true, then the receiver MUST generate a 481 error and ignore the request." (§7.3)
		s.guesses++
		return 481
	case h.Fault != 0:
		return 400
	case !s.isPeer(h.FromPath.In(buf)):
		s.guesses++
		return 481
	}
	return 0
}

// refuse answers a request that check has found wrong.
func (s *Session) refuse(buf []byte, h *Head, code uint16) {
	if from := h.FromPath.In(buf); answerable(h) {
		s.answer(&s.cur.tid, h.Failure, code, !s.isPeer(from) && s.keepStray(from))
	}
	if s.guesses >= MaxGuesses {
		s.over(481, true)
	}
}

// keepStray remembers the leftmost URI of a From-Path that is not the peer's.
func (s *Session) keepStray(from []byte) bool {
	uri, _ := NextURI(from)
	s.strayN = copy(s.stray[:], uri)
	return true
}

// hear notes that the peer is there, and how it spells itself: the To-Path of a response is
// made "by copying the first (leftmost) URI in the From-Path" (§7.2).
func (s *Session) hear(buf []byte, h *Head) {
	if from := h.FromPath.In(buf); len(from) <= MaxHop {
		s.hopLen = copy(s.hop[:], from)
	}
	if s.bound {
		return
	}
	s.bound = true
	if !s.cfg.Active {
		s.up = true
		if s.cfg.Greet {
			s.greet = greetDue
		}
		s.emit(Event{Kind: EvOpen})
	}
}

// chunk begins a SEND.
func (s *Session) chunk(now time.Time, buf []byte, h *Head) {
	i := s.findSlot(h.MessageID.In(buf))
	switch {
	case i >= 0 && s.slots[i].state == slotRefused:
		s.cur.slot = i
		s.deny(413)
		return
	case !h.HasBody && (i < 0 || h.Start == 1):
		s.cur.kind, s.cur.slot = curEmpty, i
		return
	case i < 0 && s.isForgotten(h.MessageID.In(buf), h.Start == 1):
		s.deny(again) // its beginning, which was answered 200, is gone: a 200 for the rest would lose it
		return
	case i < 0:
		var code uint16
		if i, code = s.newSlot(now, buf, h); code != 0 {
			s.deny(code)
			return
		}
	}
	s.cur.kind, s.cur.slot, s.cur.from, s.cur.at = curChunk, i, h.Start-1, h.Start-1
	s.slots[i].failure, s.slots[i].success = h.Failure, h.Success
	if h.Start-1 > s.cfg.MaxSize || h.Total > s.cfg.MaxSize {
		s.drop(413)
	}
}

// newSlot opens a slot for the message that h begins, or says why not.
func (s *Session) newSlot(now time.Time, buf []byte, h *Head) (i int, code uint16) {
	ctype := h.ContentType.In(buf)
	if len(ctype) > MaxType || !AllowsType(s.cfg.Accept, ctype) {
		// "the receiver MUST generate a response with a status code of 415" (§7.3.1)
		return -1, 415
	}
	if h.Total > s.cfg.MaxSize {
		return -1, 413
	}
	free, open := -1, 0
	for j := range s.slots {
		switch s.slots[j].state {
		case slotFree:
			if free < 0 {
				free = j
			}
		case slotOpen, slotRefused:
			open++
		}
	}
	if free < 0 || open >= MaxOpen {
		return -1, 413
	}
	x := &s.slots[free]
	x.state, x.total, x.stated, x.due, x.step = slotOpen, Star, h.Total, now.Add(SlotTime), 0
	x.id.set(h.MessageID.In(buf))
	x.ctype.set(ctype)
	x.got.n = 0
	return free, 0
}

// findSlot returns the unfinished message with this id, or -1.
func (s *Session) findSlot(id []byte) int {
	for i := range s.slots {
		x := &s.slots[i]
		if (x.state == slotOpen || x.state == slotRefused) && bytes.Equal(x.id.octets(), id) {
			return i
		}
	}
	return -1
}

// deny answers the current chunk with code at once, so that a sender who can be interrupted
// need not send the rest, and skips what still comes.
func (s *Session) deny(code uint16) {
	s.cur.kind = curSkip
	s.answer(&s.cur.tid, s.cur.failure, code, false)
}

// drop gives up the message of the current chunk.
func (s *Session) drop(code uint16) {
	i := s.cur.slot
	s.slots[i].state = slotRefused
	s.emit(s.slotEvent(EvAborted, i, code))
	s.deny(code)
}

func (s *Session) slotEvent(kind EventKind, i int, code uint16) Event {
	x := &s.slots[i]
	return Event{Kind: kind, Slot: i, Code: code, Size: x.total, MessageID: x.id.octets(), ContentType: x.ctype.octets()}
}

// Body adds a piece to the body of the current request.
func (s *Session) Body(now time.Time, data []byte) {
	if s.cur.kind == curOther {
		s.otherBody(len(data))
		return
	}
	if s.dead || s.cur.kind != curChunk || len(data) == 0 {
		return
	}
	if int64(len(data)) > s.cfg.MaxSize-s.cur.at {
		s.drop(413)
		return
	}
	x := &s.slots[s.cur.slot]
	e := s.slotEvent(EvPiece, s.cur.slot, 0)
	e.Off, e.Data, e.Size = s.cur.at, data, x.stated
	s.emit(e)
	s.cur.at += int64(len(data))
	if x.step += int64(len(data)); x.step >= slotStep {
		x.step, x.due = 0, now.Add(SlotTime)
	}
}

// otherBody counts the octets of a body that is not read: "Non-SEND request bodies MUST NOT be
// larger than 10240 octets", since nothing interrupts them (§7.1).
func (s *Session) otherBody(n int) {
	if s.cur.at += int64(n); s.cur.at > MaxBody && !s.dead {
		s.over(413, true)
	}
}

// End ends the current request or response.
func (s *Session) End(now time.Time, flag Flag) {
	kind := s.cur.kind
	s.cur.kind = curNone
	if s.dead {
		return
	}
	switch kind {
	case curEmpty:
		if i := s.cur.slot; i >= 0 && flag == FlagAbort {
			s.endChunk(now, flag)
			break
		}
		s.answer(&s.cur.tid, s.cur.failure, 200, false)
	case curChunk:
		s.endChunk(now, flag)
	case curSkip:
		if i := s.cur.slot; i >= 0 && flag != FlagMore && s.slots[i].state == slotRefused {
			s.slots[i].state = slotFree
		}
	}
	s.cur.slot = -1
}

func (s *Session) endChunk(now time.Time, flag Flag) {
	i := s.cur.slot
	x := &s.slots[i]
	if flag == FlagAbort {
		s.emit(s.slotEvent(EvAborted, i, 0))
		x.state = slotFree
		s.answer(&s.cur.tid, s.cur.failure, 200, false)
		return
	}
	if !x.got.add(s.cur.from, s.cur.at) {
		s.drop(413)
		return
	}
	if flag == FlagLast {
		x.total = s.cur.at // "the chunk that has a termination character of "$" defines the total length" (§7.3.1)
	}
	x.step, x.due = 0, now.Add(SlotTime)
	if x.total == Star || !x.got.covers(x.total) {
		s.answer(&s.cur.tid, s.cur.failure, 200, false)
		return
	}
	x.state, x.tid = slotWaiting, s.cur.tid
	if x.total == 0 { // nothing to show, nothing to store
		s.Accept(now, i, 200)
		return
	}
	s.emit(s.slotEvent(EvMessage, i, 0))
}

// Accept decides about the message of slot: 200 once it is safe, else the reason. It frees
// the slot and queues the withheld response, and a success report where one was asked for.
// With another code it may also be called before the message is complete: what still comes
// of it is refused.
func (s *Session) Accept(now time.Time, i int, code uint16) {
	x := &s.slots[i]
	switch {
	case s.dead:
	case x.state == slotWaiting:
		x.state = slotFree
		s.answer(&x.tid, x.failure, code, false)
		// "The endpoint MUST NOT send a success report for a SEND request that either
		// contained no Success-Report header field or ... a value of "no"." (§7.1.3)
		if code == 200 && x.success {
			s.reports.push(report{id: x.id, code: 200, end: x.total, total: x.total})
		}
	case x.state == slotOpen && code != 200:
		x.state = slotRefused
		if s.cur.kind == curChunk && s.cur.slot == i {
			s.deny(code)
		}
	}
}

// again is the status for a message that is to be sent anew from its beginning: any but
// 200 stops its sender, and unlike 413 it does not say that the message is unwanted.
const again = 480

// expireSlot drops a message that makes no progress. In the middle of a chunk the sender is
// told so at once; between chunks there is nothing to answer, and the next chunk is refused.
func (s *Session) expireSlot(i int) {
	x := &s.slots[i]
	if x.state == slotOpen {
		s.emit(Event{Kind: EvAborted, Slot: i, Code: 408, Local: true, Size: Star, MessageID: x.id.octets(), ContentType: x.ctype.octets()})
	}
	x.state = slotFree
	s.forgotten[s.nForgotten%len(s.forgotten)] = x.id
	s.nForgotten++
	if s.cur.kind == curChunk && s.cur.slot == i {
		s.cur.slot = -1
		s.deny(again)
	}
}

// isForgotten reports whether a message was dropped unfinished. One that begins anew is
// remembered no longer.
func (s *Session) isForgotten(id []byte, begins bool) bool {
	for i := range s.forgotten {
		if f := &s.forgotten[i]; f.n > 0 && bytes.Equal(f.octets(), id) {
			if begins {
				f.n = 0
			}
			return !begins
		}
	}
	return false
}
