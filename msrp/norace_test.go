//go:build !race

package msrp

const underRace = false
