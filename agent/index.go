package agent

// An index finds the place of a 64-bit key in a table of fixed size, without allocating:
// open addressing, linear probing, deletion by shifting back. Keys may repeat; the caller
// compares what it finds.
type index struct {
	keys  []uint64
	place []int32 // -1: free
	mask  uint64
}

// newIndex returns an index for at most n entries; half of it stays free.
func newIndex(n int) index {
	size := 16
	for size < 2*n {
		size *= 2
	}
	x := index{keys: make([]uint64, size), place: make([]int32, size), mask: uint64(size - 1)}
	for i := range x.place {
		x.place[i] = -1
	}
	return x
}

// slot is where the search for key begins (Fibonacci hashing: ascending ids spread).
func (x *index) slot(key uint64) uint64 { return (key * 0x9E3779B97F4A7C15 >> 20) & x.mask }

// Put adds key → place. The caller keeps the number of entries below the size.
func (x *index) Put(key uint64, place int32) {
	i := x.slot(key)
	for x.place[i] >= 0 {
		i = (i + 1) & x.mask
	}
	x.keys[i], x.place[i] = key, place
}

// Each calls f with every place of key until f returns true.
func (x *index) Each(key uint64, f func(place int32) bool) {
	for i := x.slot(key); x.place[i] >= 0; i = (i + 1) & x.mask {
		if x.keys[i] == key && f(x.place[i]) {
			return
		}
	}
}

// First returns a place of key, or -1.
func (x *index) First(key uint64) int32 {
	for i := x.slot(key); x.place[i] >= 0; i = (i + 1) & x.mask {
		if x.keys[i] == key {
			return x.place[i]
		}
	}
	return -1
}

// Delete removes the pair key → place, if present.
func (x *index) Delete(key uint64, place int32) {
	i := x.slot(key)
	for x.keys[i] != key || x.place[i] != place {
		if x.place[i] < 0 {
			return
		}
		i = (i + 1) & x.mask
	}
	x.place[i] = -1
	for j := (i + 1) & x.mask; x.place[j] >= 0; j = (j + 1) & x.mask {
		home := x.slot(x.keys[j])
		if (j-home)&x.mask >= (j-i)&x.mask {
			x.keys[i], x.place[i] = x.keys[j], x.place[j]
			x.place[j] = -1
			i = j
		}
	}
}

// hashBytes is FNV-1a: a key for text in an index, confirmed by comparing.
func hashBytes[T string | []byte](b T) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(b); i++ {
		h = (h ^ uint64(b[i])) * 1099511628211
	}
	return h
}
