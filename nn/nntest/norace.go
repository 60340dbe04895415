//go:build !race

package nntest

// Racing reports whether the race detector is on. It makes a sync.Pool drop items at random.
const Racing = false
