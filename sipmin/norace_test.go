//go:build !race

package sipmin

const raceEnabled = false
