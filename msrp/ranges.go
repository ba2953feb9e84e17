package msrp

// ranges remembers which octets of a message have come, in fixed memory: disjoint intervals
// [from, to) in ascending order.
type ranges struct {
	n    int
	from [MaxRanges]int64
	to   [MaxRanges]int64
}

// add joins [from, to) to the set. It reports false when that would take more than
// [MaxRanges] intervals; the set is then unchanged.
func (r *ranges) add(from, to int64) bool {
	if from >= to {
		return true
	}
	i := 0
	for i < r.n && r.to[i] < from {
		i++
	}
	j := i
	for j < r.n && r.from[j] <= to {
		from, to = min(from, r.from[j]), max(to, r.to[j])
		j++
	}
	if i == j && r.n == MaxRanges {
		return false
	}
	r.replace(i, j, from, to)
	return true
}

// replace puts one interval in the place of those from i up to j.
func (r *ranges) replace(i, j int, from, to int64) {
	copy(r.from[i+1:], r.from[j:r.n])
	copy(r.to[i+1:], r.to[j:r.n])
	r.from[i], r.to[i] = from, to
	r.n += 1 - (j - i)
}

// covers reports whether [0, size) has come whole.
func (r *ranges) covers(size int64) bool {
	return size == 0 || r.n > 0 && r.from[0] == 0 && r.to[0] >= size
}
