package msrp

import (
	"path/filepath"
	"strings"
	"testing"
	"unsafe"
)

// TestSizes keeps what a connection and a session cost in sight.
func TestSizes(t *testing.T) {
	if n := unsafe.Sizeof(Reader{}); n > 9<<10 {
		t.Errorf("a Reader takes %d octets", n)
	}
	if n := unsafe.Sizeof(Session{}); n > 40<<10 {
		t.Errorf("a Session takes %d octets", n)
	}
}

// TestNothingAllocates reads every fixture, and gives it to a session, without allocating.
func TestNothingAllocates(t *testing.T) {
	if underRace {
		t.Skip("the race detector allocates")
	}
	r, s := new(Reader), new(Session)
	out := make([]byte, 0, 4096)
	for _, row := range append(table(t, "msrp/index.tsv"), table(t, "attacks/index.tsv")...) {
		path := row[0]
		if !strings.HasSuffix(path, ".msrp") && !strings.HasSuffix(path, ".stream") {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			stream, cfg := vector(t, path), configFor(path, vector(t, path))
			if a := testing.AllocsPerRun(5, func() { feed(r, s, cfg, stream, out) }); a != 0 {
				t.Errorf("%v allocations, want 0", a)
			}
		})
	}
}

// feed gives a stream to a session and takes everything, keeping nothing.
func feed(r *Reader, s *Session, cfg *Config, b, out []byte) {
	*r = Reader{}
	if s.bound || s.cfg.Local != cfg.Local {
		*s = Session{}
		s.cfg = *cfg
		s.hopLen = copy(s.hop[:], cfg.Remote)
	}
	for {
		n, it, err := r.Next(b)
		if b = b[n:]; err != nil || it.Kind == ItemNone {
			return
		}
		switch it.Kind {
		case ItemHead:
			s.Head(epoch, it.Buf, it.Head)
		case ItemBody:
			s.Body(epoch, it.Data)
		case ItemEnd:
			s.End(epoch, it.Flag)
		}
		for e, ok := s.Next(); ok; e, ok = s.Next() {
			if e.Kind == EvMessage {
				s.Accept(epoch, e.Slot, 200)
			}
		}
		s.AppendPending(epoch, out[:0])
	}
}

// TestSendingAllocatesNothing: queue, chunk, answer, sent.
func TestSendingAllocatesNothing(t *testing.T) {
	if underRace {
		t.Skip("the race detector allocates")
	}
	s, r := new(Session), new(Reader)
	if err := s.Init(epoch, edgeConfig()); err != nil {
		t.Fatal(err)
	}
	s.up = true
	o := Outgoing{Tag: 1, MessageID: []byte("m1"), ContentType: "text/plain", Size: 5}
	out, resp, body := make([]byte, 0, 4096), make([]byte, 0, 512), []byte("Hello")
	sent := 0
	a := testing.AllocsPerRun(100, func() {
		if s.Queue(epoch, &o) != nil {
			t.Fatal("not queued")
		}
		tag, off, _, _ := s.Want()
		b, err := s.AppendChunk(epoch, out, tag, off, body)
		if err != nil {
			t.Fatal(err)
		}
		resp, _ = AppendResponse(resp[:0], b[5:21], []byte(s.cfg.Local), []byte(s.cfg.Remote), 200)
		for b := resp; ; {
			n, it, _ := r.Next(b)
			if b = b[n:]; it.Kind == ItemNone {
				break
			}
			if it.Kind == ItemHead {
				s.Head(epoch, it.Buf, it.Head)
			}
		}
		for e, ok := s.Next(); ok; e, ok = s.Next() {
			if e.Kind == EvSent {
				sent++
			}
		}
	})
	if a != 0 || sent != 101 {
		t.Errorf("%v allocations, want 0; %d sent, want 101", a, sent)
	}
}
