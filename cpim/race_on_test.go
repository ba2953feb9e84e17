//go:build race

package cpim

// raceEnabled: the race detector allocates, so allocation tests skip themselves.
const raceEnabled = true
