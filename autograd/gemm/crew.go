package gemm

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Job is work in numbered parts. Parts may run concurrently in any order, so each may write only
// its own data.
type Job interface{ Part(i int) }

// Crew is a group of threads that share short jobs: the products of a generated token, or the
// pieces of a training step. Only microseconds lie between two jobs, too few to put a thread to
// sleep and wake it. So a helper spins for a while after each job, waiting for the next one, and
// ends when none comes; a crew needs no closing. The caller starts at once and does the parts that
// no helper has taken, so a helper that is late costs nothing. A helper that the system suspends in
// the middle of a part does cost time; see balance. A nil Crew is the caller alone.
//
// Parts are dealt out in order, the first to the caller, and a thread takes the parts of another
// only when its own are done. So a thread reads the same memory in every token or step, and finds
// it in its caches.
type Crew struct {
	help []func()   // watch of each helper, bound once, so that starting one allocates nothing
	busy sync.Mutex // held by the caller of Do

	job     Job
	parts   int
	number  uint64 // of the job
	shares  []share
	undone  atomic.Int64 // parts not finished
	present atomic.Int64 // helpers that run

	balance balance

	// One of each, so that a job allocates nothing.
	columns columnsJob
	rows    rowsJob
	int8    int8Job
}

// share holds the parts of a job that are dealt to one thread.
type share struct {
	left atomic.Uint64 // job number << 32 | number of parts not taken
	_    [cacheLine - 8]byte
}

// NewCrew returns a crew with the given number of threads, including the caller; nil for one
// thread.
func NewCrew(threads int) *Crew {
	if threads <= 1 {
		return nil
	}
	c := &Crew{shares: make([]share, threads)}
	for i := 1; i < threads; i++ {
		c.help = append(c.help, func() { c.watch(i) })
	}
	return c
}

// Do runs job.Part(0) … job.Part(parts−1), in any order, and returns when all are done.
func (c *Crew) Do(parts int, job Job) {
	if !c.enter(parts) {
		doAlone(parts, job)
		return
	}
	c.do(parts, parts, job)
	c.busy.Unlock()
}

func doAlone(parts int, job Job) {
	for i := range parts {
		job.Part(i)
	}
}

// enter reports whether the crew is free for a job of this many parts; if so, the caller holds
// c.busy.
func (c *Crew) enter(parts int) bool { return c != nil && parts > 1 && c.busy.TryLock() }

// do runs job; the caller must hold c.busy. Jobs of the same size take about the same time. While
// helpers cost more than they save, the caller does the whole job alone.
func (c *Crew) do(parts, size int, job Job) {
	start := now()
	alone := c.balance.alone(start, size)
	if alone {
		doAlone(parts, job)
	} else {
		c.share(parts, job)
	}
	c.balance.add(size, alone, start, now())
}

// share divides a job among the threads.
func (c *Crew) share(parts int, job Job) {
	c.job, c.parts = job, parts
	c.number++
	c.undone.Store(int64(parts))
	for i := range c.shares {
		c.shares[i].left.Store(c.number<<32 | uint64(c.first(i+1)-c.first(i)))
	}
	for n := c.present.Load(); n < int64(min(len(c.help), parts-1)); n = c.present.Load() {
		c.present.Add(1)
		go c.help[n]()
	}
	c.work(0)
	for spins := 1; c.undone.Load() > 0; spins++ {
		if spins%spinsAtOnce == 0 {
			runtime.Gosched()
		}
	}
}

// first returns the first part of thread i.
func (c *Crew) first(i int) int { return i * c.parts / len(c.shares) }

// work does the remaining parts of thread i, then those of the other threads.
func (c *Crew) work(i int) {
	for range c.shares {
		for left := &c.shares[i].left; ; {
			s := left.Load()
			if uint32(s) == 0 {
				break
			}
			// s contains the job number, so the part cannot belong to another job
			if left.CompareAndSwap(s, s-1) {
				c.job.Part(c.first(i+1) - int(uint32(s)))
				c.undone.Add(-1)
			}
		}
		i = (i + 1) % len(c.shares)
	}
}

const (
	spinsAtOnce = 256                    // between calls of Gosched
	patience    = 500 * time.Microsecond // how long a helper waits for a job: about a token
)

// watch runs helper i until it ends. It polls only its own share, so that it does not take the
// caller's parts first.
func (c *Crew) watch(i int) {
	var seen uint64 // the number of its last job
	for last := now(); now()-last <= patience; runtime.Gosched() {
		for range spinsAtOnce {
			if number := c.shares[i].left.Load() >> 32; number != seen {
				seen = number
				c.work(i)
				last = now()
			}
		}
	}
	c.present.Add(-1)
}
