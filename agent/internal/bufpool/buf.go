package bufpool

import "sync/atomic"

// A Buf is a pooled buffer with one owner: the first Len octets are in use, the rest is
// free. Its capacity never changes.
type Buf struct {
	mem  []byte
	n    int
	held atomic.Bool
	home chan *Buf
}

// Bytes returns the octets in use. Its capacity ends with them: appending to it never
// writes into the buffer.
func (b *Buf) Bytes() []byte {
	b.check()
	return b.mem[:b.n:b.n]
}

// Space returns the free octets after those in use, to be read into and then taken by Grow;
// Space()[:0] is what an encoder appends to.
func (b *Buf) Space() []byte {
	b.check()
	return b.mem[b.n:]
}

// Len returns how many octets are in use.
func (b *Buf) Len() int { return b.n }

// Cap returns the capacity in octets: Size or LargeSize.
func (b *Buf) Cap() int { return len(b.mem) }

// SetLen makes the first n octets those in use. It panics unless 0 ≤ n ≤ Cap.
func (b *Buf) SetLen(n int) {
	b.check()
	if n < 0 || n > len(b.mem) {
		panic("bufpool: length beyond the buffer")
	}
	b.n = n
}

// Grow takes the first n octets of Space into use. It panics when there are fewer.
func (b *Buf) Grow(n int) { b.SetLen(b.n + n) }

// Reset makes the whole buffer free.
func (b *Buf) Reset() { b.SetLen(0) }

// Append adds p to the octets in use. When p does not fit it reports false and changes
// nothing.
func (b *Buf) Append(p []byte) bool {
	b.check()
	if len(p) > len(b.mem)-b.n {
		return false
	}
	b.n += copy(b.mem[b.n:], p)
	return true
}

// Release gives the buffer back to its pool. The caller must own it and must not use it, or
// any slice of it, afterwards. Releasing twice is a bug, and panics.
func (b *Buf) Release() {
	if !b.held.CompareAndSwap(true, false) {
		panic("bufpool: buffer released twice")
	}
	b.poison()
	b.home <- b
}

// hold makes a free buffer an empty one that is held.
func (b *Buf) hold() *Buf {
	b.held.Store(true)
	b.n = 0
	return b
}

// check panics in race builds when the buffer is used without being held.
func (b *Buf) check() {
	if poisoning && !b.held.Load() {
		panic("bufpool: buffer used after its release")
	}
}

// poison overwrites the memory of a free buffer in race builds.
func (b *Buf) poison() {
	if !poisoning {
		return
	}
	for i := range b.mem {
		b.mem[i] = Poison
	}
}

// Poison is what every octet of a released buffer holds in race builds.
const Poison = 0xdb
