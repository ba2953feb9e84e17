package main

import (
	"fmt"
	"strings"
	"time"
)

// A session is one MSRP session with a daemon, seen from the remote UE.
type session struct {
	*conn
	own, peer string
	sent      int
}

// frame is one MSRP request or response.
type frame struct {
	tid, what string // what follows the transaction id in the start line
	text      string // all after the start line
}

func (s *session) next() frame {
	must(s.SetReadDeadline(time.Now().Add(patience)))
	start, err := s.line()
	must(err)
	word := strings.SplitN(start, " ", 3)
	if len(word) < 3 {
		fail("no MSRP start line: " + start)
	}
	f := frame{tid: word[1], what: word[2]}
	var b strings.Builder
	for {
		l, err := s.line()
		must(err)
		if strings.HasPrefix(l, "-------"+f.tid) {
			f.text = b.String()
			return f
		}
		b.WriteString(l + "\r\n")
	}
}

// field of the head, or of the CPIM message in the body.
func (f *frame) field(name string) string {
	_, v, _ := strings.Cut("\r\n"+f.text, "\r\n"+name+": ")
	v, _, _ = strings.Cut(v, "\r\n")
	return v
}

// await reads up to what begins so, and answers requests on the way.
func (s *session) await(what string) frame {
	for {
		f := s.next()
		if strings.HasPrefix(f.what, what) {
			return f
		}
		if f.what == "SEND" {
			s.ok(&f)
		}
	}
}

// ok answers 200.
func (s *session) ok(f *frame) {
	s.put(fmt.Sprintf("MSRP %s 200 OK\r\nTo-Path: %s\r\nFrom-Path: %s\r\n-------%s$\r\n", f.tid, f.field("From-Path"), s.own, f.tid))
}

// send writes a SEND with that CPIM message, in one piece.
func (s *session) send(cpim string) {
	s.sent++
	tid := fmt.Sprintf("t%07d", s.sent)
	s.put(fmt.Sprintf("MSRP %s SEND\r\nTo-Path: %s\r\nFrom-Path: %s\r\nMessage-ID: m%s\r\nSuccess-Report: no\r\nFailure-Report: yes\r\n"+
		"Byte-Range: 1-%d/%d\r\nContent-Type: message/cpim\r\n\r\n%s\r\n-------%s$\r\n", tid, s.peer, s.own, tid, len(cpim), len(cpim), cpim, tid))
}

const cpimHead = "From: <sip:anonymous@anonymous.invalid>\r\nTo: <sip:anonymous@anonymous.invalid>\r\nDateTime: 2015-02-24T06:48:09Z\r\n" +
	"NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: "

// text is a CPIM message that says Hello and wants its delivery reported. Its id is new.
func (s *session) text() string {
	return fmt.Sprintf("%s%d.%d\r\nimdn.Disposition-Notification: positive-delivery\r\n\r\n"+
		"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: 5\r\n\r\nHello", cpimHead, time.Now().UnixNano(), s.sent)
}

// delivered is the notification that the daemon's text of that id has arrived.
func (s *session) delivered(id string) string {
	return fmt.Sprintf("%s%d.%d\r\n\r\nContent-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n\r\n"+
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">\r\n<message-id>%s</message-id>\r\n"+
		"<delivery-notification><status><delivered/></status></delivery-notification>\r\n</imdn>\r\n", cpimHead, time.Now().UnixNano(), s.sent, id)
}

// give sends a text and returns how long its 200 took; the notification that follows is answered.
func (s *session) give() time.Duration {
	s.send(s.text())
	start := time.Now()
	s.await("200")
	took := time.Since(start)
	f := s.await("SEND")
	s.ok(&f)
	return took
}

// take takes a text of the daemon and notifies its delivery.
func (s *session) take() {
	f := s.await("SEND")
	s.ok(&f)
	s.send(s.delivered(f.field("imdn.Message-ID")))
	s.await("200")
}
