package eval

import (
	"context"
	"sync"
	"sync/atomic"
)

// each calls f(0) … f(n−1) on several threads. If ctx is cancelled, it returns without waiting for
// calls in progress.
func each(ctx context.Context, n, threads int, f func(i int)) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(max(threads, 1), n) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				f(i)
			}
		})
	}
	finished := make(chan struct{})
	go func() { wg.Wait(); close(finished) }()
	select {
	case <-finished:
	case <-ctx.Done():
	}
	return ctx.Err()
}
