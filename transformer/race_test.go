//go:build race

package transformer

// racing: the race detector is on, under which a sync.Pool throws away part of what it is given.
const racing = true
