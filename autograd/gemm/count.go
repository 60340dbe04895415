package gemm

import "sync/atomic"

// operations counts the operations of all matrix products while it is set.
var operations atomic.Pointer[atomic.Int64]

// Count adds the operations of every matrix product of the process to n, two for each
// multiplication and addition, until the returned function is called. It exists to check estimates,
// and only one caller at a time may use it.
func Count(n *atomic.Int64) (stop func()) {
	operations.Store(n)
	return func() { operations.Store(nil) }
}
