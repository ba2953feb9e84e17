//go:build race

package xmlscan

// raceEnabled: the race detector allocates, so allocation tests skip themselves.
const raceEnabled = true
