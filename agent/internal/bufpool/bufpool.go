package bufpool

// Capacities of the two classes, in octets.
const (
	// Size holds one UDP datagram of SIP, or one MSRP chunk of 2048 octets with its headers.
	Size = 4096
	// LargeSize holds the largest SIP message or host frame (65,535 octets) together with
	// one ordinary buffer of what follows it on the stream.
	LargeSize = 64<<10 + Size
)

// A Pool is a set of buffers. Its methods are safe for concurrent use; none of them
// allocates.
type Pool struct {
	small chan *Buf
	large chan *Buf
}

// New takes n buffers of Size and large ones of LargeSize octets, at least none of each.
func New(n, large int) *Pool {
	return &Pool{small: class(n, Size), large: class(large, LargeSize)}
}

// class cuts n buffers out of one piece of memory.
func class(n, size int) chan *Buf {
	free := make(chan *Buf, n)
	mem := make([]byte, n*size)
	bufs := make([]Buf, n)
	for i := range bufs {
		b := &bufs[i]
		b.mem = mem[i*size : (i+1)*size : (i+1)*size]
		b.home = free
		b.poison()
		free <- b
	}
	return free
}

// Get returns an empty buffer of Size octets, or nil if all are held. It never waits.
func (p *Pool) Get() *Buf { return take(p.small) }

// GetLarge returns an empty buffer of LargeSize octets, or nil if all are held.
func (p *Pool) GetLarge() *Buf { return take(p.large) }

// Wait returns an empty buffer of Size octets as soon as one is free, or nil once done is
// closed. A reader waits here, and so does not read: that is the back-pressure of a stream.
func (p *Pool) Wait(done <-chan struct{}) *Buf {
	select {
	case <-done: // checked first: after the end nobody takes a buffer
		return nil
	default:
	}
	select {
	case b := <-p.small:
		return b.hold()
	case <-done:
		return nil
	}
}

// Free returns how many buffers of Size are not held. A test that ends with fewer than it
// began with has leaked.
func (p *Pool) Free() int { return len(p.small) }

// FreeLarge returns how many buffers of LargeSize are not held.
func (p *Pool) FreeLarge() int { return len(p.large) }

// Total returns how many buffers of Size there are.
func (p *Pool) Total() int { return cap(p.small) }

// TotalLarge returns how many buffers of LargeSize there are.
func (p *Pool) TotalLarge() int { return cap(p.large) }

func take(free chan *Buf) *Buf {
	select {
	case b := <-free:
		return b.hold()
	default:
		return nil
	}
}
