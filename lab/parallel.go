package lab

import (
	"context"
	"sync"
	"sync/atomic"
)

// each runs job(0) … job(n−1) on the threads of env. The jobs are independent, and each uses one
// thread, so that the number of threads changes no result. The first error stops the others.
func each(ctx context.Context, env *Env, n int, job func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(max(env.Threads, 1), n) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := job(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
