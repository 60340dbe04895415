package train

import (
	"sync"
	"sync/atomic"
)

// crew is a fixed number of threads that live as long as the run and take the numbered parts of a job as they come
// free. Who does which part, and when, is left to chance; so a part must write only what is its own.
type crew struct {
	helpers int
	start   chan struct{}
	done    sync.WaitGroup

	job   func(part int)
	parts int64
	next  atomic.Int64
}

// newCrew starts threads−1 helpers; the caller of do is the last thread.
func newCrew(threads int) *crew {
	c := &crew{helpers: max(threads, 1) - 1, start: make(chan struct{})}
	for range c.helpers {
		go func() {
			for range c.start {
				c.work()
				c.done.Done()
			}
		}()
	}
	return c
}

// do runs job(0) … job(parts−1) and returns when all are done.
func (c *crew) do(parts int, job func(part int)) {
	c.job, c.parts = job, int64(parts)
	c.next.Store(0)
	called := min(c.helpers, parts-1)
	c.done.Add(max(called, 0))
	for range called {
		c.start <- struct{}{}
	}
	c.work()
	c.done.Wait()
}

func (c *crew) work() {
	for {
		part := c.next.Add(1) - 1
		if part >= c.parts {
			return
		}
		c.job(int(part))
	}
}

// close sends the helpers home.
func (c *crew) close() { close(c.start) }
