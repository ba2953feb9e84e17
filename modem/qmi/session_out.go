package qmi

import (
	"encoding/binary"
	"time"
)

// Output appends the frame to write now to dst, nothing while a request is under way or if there
// is none. The request's time begins.
func (s *Session) Output(now time.Time, dst []byte) []byte {
	for s.n > 0 && !s.pending.active && s.phase != phaseDead {
		step := s.steps[s.head]
		service := requests[step].service
		if step == stepAsk {
			service = Service(s.question[4])
		}
		out, err := s.request(now, dst, step, service)
		if err != nil { // refused, or too long: the step cannot be done
			s.undone(now, step, err)
			continue
		}
		return out
	}
	return dst
}

// undone ends a step that could not be asked.
func (s *Session) undone(now time.Time, step step, err error) {
	s.drop()
	if step == stepAsk {
		s.failAsk(err)
	}
	s.broken = s.broken || step == stepServing
	s.proceed(now)
}

// request builds a step's frame, or the one that allocates the client id that it needs.
func (s *Session) request(now time.Time, dst []byte, step step, service Service) ([]byte, error) {
	if service == CTL {
		return s.control(now, dst, step)
	}
	c := s.client(service)
	switch {
	case c == nil || c.refused:
		return dst, FailureNotSupported
	case c.id == 0:
		s.expect(now, stepNone, CTL, 0, CTLAllocateClientID, s.cfg.Answer)
		s.pending.allocate = service
		return AppendAllocate(dst, uint8(s.txn), service)
	}
	message, wait := requests[step].message, s.cfg.Answer
	switch step {
	case stepAsk:
		message, wait = binary.LittleEndian.Uint16(s.question[9:]), s.wait
	case stepPIN, stepCard:
		wait *= 4
	}
	s.expect(now, step, service, c.id, message, wait)
	switch step {
	case stepAsk:
		return s.ask(dst, c.id)
	case stepRegister:
		return AppendRegisterIndications(dst, c.id, s.txn)
	case stepEvents:
		return AppendRegisterEvents(dst, c.id, s.txn)
	case stepPIN:
		return AppendVerifyPIN(dst, c.id, s.txn, GW, s.cfg.PIN)
	}
	return AppendRequest(dst, service, c.id, s.txn, message)
}

// control builds the requests of CTL.
func (s *Session) control(now time.Time, dst []byte, step step) ([]byte, error) {
	s.expect(now, step, CTL, 0, requests[step].message, s.cfg.Answer)
	switch step {
	case stepProxy:
		return AppendProxyOpen(dst, uint8(s.txn), s.cfg.Proxy)
	case stepRelease:
		for _, c := range s.clients {
			if c.id != 0 {
				return AppendRelease(dst, uint8(s.txn), c.service, c.id)
			}
		}
	}
	return AppendRequest(dst, CTL, 0, s.txn, requests[step].message)
}

// expect takes the next transaction, never 0, and keeps what its answer must look like.
func (s *Session) expect(now time.Time, step step, service Service, client uint8, message uint16, wait time.Duration) {
	s.txn++
	if s.txn == 0 || service == CTL && uint8(s.txn) == 0 {
		s.txn++
	}
	txn := s.txn
	if service == CTL {
		txn &= 0xFF
	}
	s.pending = pending{active: true, step: step, service: service, client: client, txn: txn, message: message, deadline: now.Add(wait)}
}

// ask appends the question with our client id and transaction.
func (s *Session) ask(dst []byte, id uint8) ([]byte, error) {
	if cap(dst)-len(dst) < s.questionN {
		return dst, ErrNoRoom
	}
	off := len(dst)
	dst = append(dst, s.question[:s.questionN]...)
	dst[off+5] = id
	binary.LittleEndian.PutUint16(dst[off+7:], s.txn)
	return dst, nil
}

// Ready reports whether Ask may be called: the session works, and no question is under way.
func (s *Session) Ready() bool { return s.phase == phaseWorking && !s.asking }

// Ask queues a request of the caller: a frame that an Append function made, whatever its client
// id and transaction. ErrBusy says that the session does not work, or that another is under way.
func (s *Session) Ask(frame []byte, wait time.Duration) error {
	var f Frame
	switch n, err := Parse(frame, &f); {
	case err != nil:
		return err
	case n != len(frame) || n > maxAsk || frame[0] != 1 || f.Service == CTL:
		return ErrMessage
	case s.phase != phaseWorking || s.asking || s.asked || s.n == maxSteps:
		return ErrBusy
	}
	s.questionN, s.wait, s.asking, s.askErr = copy(s.question[:], frame), wait, true, nil
	s.push(stepAsk)
	return nil
}

// failAsk ends a question without an answer.
func (s *Session) failAsk(err error) {
	if s.asking {
		s.asking, s.asked, s.askErr = false, true, err
	}
}

// Answer returns once what came to the question of Ask, valid until the next Ask: a whole frame,
// or the error that took its place. done is false while it is under way.
func (s *Session) Answer() (frame []byte, done bool, err error) {
	if !s.asked {
		return nil, false, nil
	}
	s.asked = false
	if s.askErr != nil {
		return nil, true, s.askErr
	}
	return s.answer[:s.answerN], true, nil
}
