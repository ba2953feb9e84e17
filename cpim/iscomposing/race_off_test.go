//go:build !race

package iscomposing

// raceEnabled: the race detector allocates, so allocation tests skip themselves.
const raceEnabled = false
