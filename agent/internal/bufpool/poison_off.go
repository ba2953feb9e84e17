//go:build !race

package bufpool

const poisoning = false
