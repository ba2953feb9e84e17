//go:build race

package sipmin

// raceEnabled: the race detector allocates where the code does not.
const raceEnabled = true
