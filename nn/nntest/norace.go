//go:build !race

package nntest

// Racing says that the race detector is on, under which a sync.Pool throws away part of what it is given.
const Racing = false
