package spool

// An index finds places in a table by a 64-bit key, which the table itself holds: open
// addressing, linear probing, deletion by shifting back.
type index struct {
	slot []int32 // place+1; 0: free
	n    int
	key  func(place int32) uint64
}

// newIndex returns an index for about n entries; it grows when there are more.
func newIndex(n int, key func(int32) uint64) index {
	size := 16
	for size*3/4 < n {
		size *= 2
	}
	return index{slot: make([]int32, size), key: key}
}

func (x *index) home(key uint64) int {
	return int(key * 0x9E3779B97F4A7C15 >> 20 & uint64(len(x.slot)-1))
}

// put adds a place under its key.
func (x *index) put(place int32) {
	if x.n++; x.n > len(x.slot)*3/4 {
		old := x.slot
		x.slot = make([]int32, 2*len(old))
		for _, p := range old {
			if p != 0 {
				x.store(p)
			}
		}
	}
	x.store(place + 1)
}

func (x *index) store(p int32) {
	i := x.home(x.key(p - 1))
	for x.slot[i] != 0 {
		i = (i + 1) & (len(x.slot) - 1)
	}
	x.slot[i] = p
}

// get returns a place with this key, or -1.
func (x *index) get(key uint64) int32 {
	for i := x.home(key); x.slot[i] != 0; i = (i + 1) & (len(x.slot) - 1) {
		if p := x.slot[i] - 1; x.key(p) == key {
			return p
		}
	}
	return -1
}

// remove drops a place; its key must still be in the table.
func (x *index) remove(place int32) {
	mask := len(x.slot) - 1
	i := x.home(x.key(place))
	for x.slot[i] != place+1 {
		if x.slot[i] == 0 {
			return
		}
		i = (i + 1) & mask
	}
	x.slot[i] = 0
	x.n--
	for j := (i + 1) & mask; x.slot[j] != 0; j = (j + 1) & mask {
		if home := x.home(x.key(x.slot[j] - 1)); (j-home)&mask >= (j-i)&mask {
			x.slot[i], x.slot[j] = x.slot[j], 0
			i = j
		}
	}
}

// reset drops everything.
func (x *index) reset() {
	clear(x.slot)
	x.n = 0
}
