package bufpool

import (
	"bytes"
	"sync"
	"testing"
	"time"
)

// mustPanic runs f and fails unless it panics with text.
func mustPanic(t *testing.T, text string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := recover(); got != text {
			t.Errorf("panic %v, want %q", got, text)
		}
	}()
	f()
}

func TestPoolGivesEachBufferOnce(t *testing.T) {
	p := New(3, 1)
	var held []*Buf
	for b := p.Get(); b != nil; b = p.Get() {
		if b.Len() != 0 || b.Cap() != Size || len(b.Space()) != Size {
			t.Fatalf("len %d cap %d space %d", b.Len(), b.Cap(), len(b.Space()))
		}
		held = append(held, b)
	}
	if len(held) != 3 || p.Free() != 0 || p.FreeLarge() != 1 {
		t.Fatalf("%d buffers, %d free, %d large free", len(held), p.Free(), p.FreeLarge())
	}
	for i, b := range held {
		b.Append(bytes.Repeat([]byte{byte(i)}, Size))
	}
	for i, b := range held {
		if n := bytes.Count(b.Bytes(), []byte{byte(i)}); n != Size {
			t.Errorf("buffer %d shares its memory: %d own octets", i, n)
		}
		b.Release()
	}
	if p.Free() != 3 || p.Total() != 3 || p.TotalLarge() != 1 {
		t.Errorf("%d free of %d", p.Free(), p.Total())
	}
}

func TestLargeBufferTakesTheLargestMessage(t *testing.T) {
	p := New(0, 2)
	if p.Get() != nil {
		t.Error("an empty class gave a buffer")
	}
	a, b := p.GetLarge(), p.GetLarge()
	if a == nil || b == nil || p.GetLarge() != nil {
		t.Fatal("want exactly two large buffers")
	}
	if !a.Append(make([]byte, 65535)) || !a.Append(make([]byte, Size)) {
		t.Error("65,535 octets and one ordinary buffer do not fit")
	}
	a.Release()
	b.Release()
	if p.FreeLarge() != 2 || p.Free() != 0 {
		t.Error("a large buffer went to the wrong class")
	}
}

func TestBufAppendsWithinItsCapacity(t *testing.T) {
	b := New(1, 0).Get()
	if !b.Append(make([]byte, Size-2)) || !b.Append([]byte("xy")) {
		t.Fatal("what fits was refused")
	}
	if b.Append([]byte("z")) || b.Len() != Size || string(b.Bytes()[Size-2:]) != "xy" {
		t.Error("what does not fit changed the buffer")
	}
	b.SetLen(Size - 1)
	if s := b.Space(); len(s) != 1 || cap(s) != 1 || s[0] != 'y' {
		t.Errorf("space %q", s)
	}
	b.Grow(1)
	if b.Len() != Size {
		t.Errorf("length %d", b.Len())
	}
	b.Reset()
	_ = append(b.Bytes(), 'q')
	if b.Space()[0] == 'q' {
		t.Error("appending to Bytes wrote into the buffer")
	}
	mustPanic(t, "bufpool: length beyond the buffer", func() { b.SetLen(Size + 1) })
	mustPanic(t, "bufpool: length beyond the buffer", func() { b.Grow(-1) })
}

func TestReleaseTwicePanics(t *testing.T) {
	p := New(1, 0)
	b := p.Get()
	b.Release()
	mustPanic(t, "bufpool: buffer released twice", b.Release)
	if p.Free() != 1 {
		t.Errorf("%d free", p.Free())
	}
}

func TestReleasedMemoryIsPoisoned(t *testing.T) {
	if !poisoning {
		t.Skip("only in race builds")
	}
	p := New(1, 0)
	b := p.Get()
	b.Append([]byte("secret"))
	kept := b.Bytes()
	b.Release()
	if !bytes.Equal(kept, bytes.Repeat([]byte{Poison}, 6)) {
		t.Errorf("kept %q", kept)
	}
	mustPanic(t, "bufpool: buffer used after its release", func() { b.Bytes() })
	mustPanic(t, "bufpool: buffer used after its release", func() { b.Append(nil) })
}

func TestWaitIsWokenByReleaseAndByTheEnd(t *testing.T) {
	p := New(1, 0)
	done := make(chan struct{})
	first := p.Wait(done)
	got := make(chan *Buf)
	go func() { got <- p.Wait(done) }()
	select {
	case <-got:
		t.Fatal("Wait returned while all were held")
	case <-time.After(5 * time.Millisecond):
	}
	first.Release()
	second := <-got
	if second == nil {
		t.Fatal("Wait gave nothing after a release")
	}
	go func() { got <- p.Wait(done) }()
	close(done)
	if b := <-got; b != nil {
		t.Error("Wait gave a buffer after the end")
	}
	second.Release()
	if p.Wait(done) != nil || p.Free() != 1 {
		t.Error("after the end a buffer was taken")
	}
}

func TestPoolServesManyGoroutines(t *testing.T) {
	p := New(4, 0)
	pass := make(chan *Buf, 4)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Add(2)
		go func() {
			defer wg.Done()
			for i := range 500 {
				b := p.Wait(nil)
				b.Append([]byte{byte(g), byte(i)})
				pass <- b
			}
		}()
		go func() {
			defer wg.Done()
			for range 500 {
				b := <-pass
				if b.Len() != 2 {
					t.Error("another owner wrote into the buffer")
				}
				b.Release()
			}
		}()
	}
	wg.Wait()
	if p.Free() != 4 {
		t.Errorf("%d free at the end, want 4", p.Free())
	}
}

func TestPoolAllocatesOnlyAtTheStart(t *testing.T) {
	if poisoning {
		t.Skip("the race detector allocates")
	}
	p := New(2, 1)
	part := []byte("part")
	if n := testing.AllocsPerRun(100, func() {
		a, l := p.Get(), p.GetLarge()
		a.Append(part)
		l.Append(a.Bytes())
		a.Release()
		l.Release()
		p.Wait(nil).Release()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkGetRelease(b *testing.B) {
	p := New(64, 2)
	b.ReportAllocs()
	for b.Loop() {
		p.Get().Release()
	}
}
