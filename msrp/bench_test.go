package msrp

import "testing"

func benchRead(b *testing.B, file string) {
	msg := wireFile(b, file)
	r := new(Reader)
	b.SetBytes(int64(len(msg)))
	b.ReportAllocs()
	for b.Loop() {
		for at := 0; ; {
			n, it, err := r.Next(msg[at:])
			if at += n; err != nil {
				b.Fatal(err)
			}
			if it.Kind == ItemNone {
				break
			}
		}
	}
}

func BenchmarkReadHello(b *testing.B)    { benchRead(b, "send_hello.msrp") }
func BenchmarkReadResponse(b *testing.B) { benchRead(b, "200ok.msrp") }
func BenchmarkRead2K(b *testing.B)       { benchRead(b, "chunk2k.msrp") }

// BenchmarkSessionHello is a message read, passed on, accepted and answered.
func BenchmarkSessionHello(b *testing.B) {
	msg := wireFile(b, "send_hello.msrp")
	r, s, out := new(Reader), new(Session), make([]byte, 0, 4096)
	cfg := &Config{Local: tracePeer, Remote: traceOurs, Accept: "message/cpim", Entropy: countingEntropy()}
	if err := s.Init(epoch, cfg); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(msg)))
	b.ReportAllocs()
	for b.Loop() {
		for at := 0; ; {
			n, it, err := r.Next(msg[at:])
			if at += n; err != nil {
				b.Fatal(err)
			}
			switch it.Kind {
			case ItemHead:
				s.Head(epoch, it.Buf, it.Head)
			case ItemBody:
				s.Body(epoch, it.Data)
			case ItemEnd:
				s.End(epoch, it.Flag)
			}
			if it.Kind == ItemNone {
				break
			}
			for e, ok := s.Next(); ok; e, ok = s.Next() {
				if e.Kind == EvMessage {
					s.Accept(epoch, e.Slot, 200)
				}
			}
		}
		s.AppendPending(epoch, out)
	}
}

func BenchmarkAppendChunk2K(b *testing.B) {
	s, out, body := new(Session), make([]byte, 0, 4096), make([]byte, ChunkSize)
	cfg := &Config{Local: traceOurs, Remote: tracePeer, Accept: "*", Entropy: countingEntropy()}
	if err := s.Init(epoch, cfg); err != nil {
		b.Fatal(err)
	}
	s.up = true
	o := Outgoing{Tag: 1, MessageID: []byte("m1"), ContentType: "application/octet-stream", Size: 1 << 62, Failure: ReportNo}
	if err := s.Queue(epoch, &o); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(ChunkSize)
	b.ReportAllocs()
	for b.Loop() {
		tag, off, _, _ := s.Want()
		if _, err := s.AppendChunk(epoch, out, tag, off, body); err != nil {
			b.Fatal(err)
		}
	}
}
