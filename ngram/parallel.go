package ngram

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// piece is a range of indices that one goroutine works on.
type piece struct{ lo, hi int }

// cut divides n indices into pieces whose bounds depend only on n, so that no result depends on the
// number of processors. The bounds are multiples of 64, where packed rows begin at a byte.
func cut(n int) []piece {
	const size = 1 << 14
	pieces := make([]piece, 0, n/size+1)
	for lo := 0; lo < n; lo += size {
		pieces = append(pieces, piece{lo, min(lo+size, n)})
	}
	return pieces
}

// parallel calls work(0) … work(n−1) on GOMAXPROCS threads.
func parallel(n int, work func(int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers < 2 {
		for i := range n {
			work(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	wg.Wait()
}
