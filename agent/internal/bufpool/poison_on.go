//go:build race

package bufpool

const poisoning = true
