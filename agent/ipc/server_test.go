package ipc

import (
	"net"
	"path/filepath"
	"sync"
	"testing"
)

// A testServer is the daemon's side made of this package's pieces: it queues what it is
// sent, lets it be delivered at once, and repeats one incoming message to each new
// subscriber until it is acknowledged.
type testServer struct {
	listener net.Listener

	mu    sync.Mutex
	next  uint64
	acked bool
	seen  []Method
}

// incomingID is the message_id of the one incoming message.
const incomingID = 1

func startServer(t *testing.T) (path string, s *testServer) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "host.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s = &testServer{listener: l, next: incomingID + 1}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return path, s
}

// serve reads frames until one of them says to close the client.
func (s *testServer) serve(conn net.Conn) {
	defer conn.Close()
	var f Framer
	buf, out := make([]byte, 0, MaxFrame), make([]byte, 0, MaxFrame)
	for {
		n, err := f.Frame(buf)
		if err == ErrShort {
			got, err := conn.Read(buf[len(buf):cap(buf)])
			if buf = buf[:len(buf)+got]; err != nil {
				return
			}
			continue
		}
		var r Request
		if err == nil {
			err = ParseRequest(buf[:n], &r)
		}
		if err != nil {
			var known bool
			if r.ID, known = RequestID(buf); known {
				b, _ := AppendFault(out, &r, err)
				_, _ = conn.Write(b)
			}
			if err.(Error).Closes() {
				return
			}
		} else if _, err := conn.Write(s.answer(out, buf[:n], &r)); err != nil {
			return
		}
		buf = buf[:copy(buf[:cap(buf)], buf[n:])]
	}
}

// answer appends the response to r, and the notifications that follow it.
func (s *testServer) answer(out, frame []byte, r *Request) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, r.Method)
	switch r.Method {
	case MethodHello:
		out, _ = AppendHello(out, r.ID, 1, "test", "")
	case MethodSubscribe:
		out, _ = AppendDone(out, r.ID)
		if !s.acked {
			out, _ = AppendMessageNote(out, &Message{ID: incomingID, From: []byte("+14448880000"), Size: 2, Body: []byte("hi"), HasBody: true})
		}
	case MethodSend:
		id := s.next
		s.next++
		out, _ = AppendSent(out, r.ID, id)
		for _, state := range []string{"queued", "sent", "delivered"} {
			out, _ = AppendStatusNote(out, &MessageStatus{ID: id, State: state})
		}
	case MethodAck:
		s.acked = s.acked || r.MessageID == incomingID
		out, _ = AppendDone(out, r.ID)
	case MethodFetch:
		out, _ = AppendBody(out, r.ID, []byte{0, 0xff}, true)
	case MethodMessages:
		w := NewMessagesWriter(out, r.ID)
		w.Add(&entry)
		out, _ = w.Bytes(false)
	case MethodStatus: // not answered: for calls that give up
	default:
		out, _ = AppendError(out, r.ID, CodeUnsupported, "not here", 501)
	}
	return out
}
