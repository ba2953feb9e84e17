//go:build !race

package imdn

// raceEnabled: the race detector allocates, so allocation tests skip themselves.
const raceEnabled = false
