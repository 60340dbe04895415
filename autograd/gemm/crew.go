package gemm

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"gonum.org/v1/gonum/blas"
)

// Job is work in numbered parts that may run side by side, each writing only what is its own.
type Job interface{ Part(i int) }

// Crew is some threads that work together on what is short: the products of a generated token, or the pieces of a training step. Between two
// jobs lie only microseconds, too few to put a thread to sleep and wake it: a helper looks out for the next job for a while and goes home when none comes, so
// a crew needs no closing. The caller never waits for a helper that has not come yet: it does the parts that nobody
// has taken. A nil Crew is the caller alone.
type Crew struct {
	helpers int
	help    func()
	busy    sync.Mutex // held by the caller of Do

	job     Job
	left    atomic.Uint64 // the number of the job << 32 | its parts that nobody has taken
	undone  atomic.Int64  // parts that are not finished
	present atomic.Int64  // helpers

	row rowJob
	int rowInt8Job
}

// NewCrew returns a crew of so many threads, the caller included; nil for one.
func NewCrew(threads int) *Crew {
	if threads <= 1 {
		return nil
	}
	c := &Crew{helpers: threads - 1}
	c.help = c.lookOut // bound once: starting a helper allocates nothing
	return c
}

// Do runs job.Part(0) … job.Part(parts−1), in any order, and returns when all are done. If the crew is at work for
// somebody else the caller is alone.
func (c *Crew) Do(parts int, job Job) {
	if c == nil || parts <= 1 || !c.busy.TryLock() {
		for i := range parts {
			job.Part(i)
		}
		return
	}
	c.do(parts, job)
	c.busy.Unlock()
}

// do is Do for the holder of busy.
func (c *Crew) do(parts int, job Job) {
	c.job = job
	c.undone.Store(int64(parts))
	c.left.Store((c.left.Load()>>32+1)<<32 | uint64(parts))
	for c.present.Load() < int64(min(c.helpers, parts-1)) {
		c.present.Add(1)
		go c.help()
	}
	c.work()
	for spins := 1; c.undone.Load() > 0; spins++ {
		if spins%spinsAtOnce == 0 {
			runtime.Gosched()
		}
	}
}

// work does parts of the present job until all are taken, and reports whether there were any.
func (c *Crew) work() (any bool) {
	for {
		s := c.left.Load()
		if uint32(s) == 0 {
			return any
		}
		if c.left.CompareAndSwap(s, s-1) { // the number of the job is part of s, so this is no part of another
			c.job.Part(int(uint32(s)) - 1)
			c.undone.Add(-1)
			any = true
		}
	}
}

const (
	spinsAtOnce = 256                    // before other goroutines get their turn
	patience    = 500 * time.Microsecond // about a token
)

// lookOut is the life of a helper.
func (c *Crew) lookOut() {
	last := time.Now()
	for {
		for range spinsAtOnce {
			if c.work() {
				last = time.Now()
			}
		}
		if time.Since(last) > patience {
			c.present.Add(-1)
			return
		}
		runtime.Gosched()
	}
}

// partBytes is how much of a matrix one part of a product reads: few enough that nobody waits long for the last
// part, enough that taking a part costs nothing.
const partBytes = 1 << 17

// MulRow computes y = x·op(B) + β·y, β being 0 or 1, for one row x of k elements, where op(B) is k×n. Every part reads memory
// that lies in one piece: of a transposed B some columns of op(B), else some of its rows, whose products are added at the
// end. Into which parts a product is cut depends on its size alone, so the crew changes no bit.
func (c *Crew) MulRow(t blas.Transpose, n, k int, x, b []float32, ldb int, beta float32, y []float32) {
	j := rowJob{t: t, n: n, k: k, x: x, b: b, ldb: ldb, beta: beta, y: y, step: n}
	parts := min(4*n*k/partBytes, n/cacheLine)
	if t == blas.NoTrans {
		if parts = min(rowParts, k/rowParts); n*k <= streamArea || parts <= 1 {
			Float32{}.Sgemm(blas.NoTrans, t, 1, n, k, 1, x, k, b, ldb, beta, y, n)
			return
		}
		j.step = roundUp((k+parts-1)/parts, 4)
		parts = (k + j.step - 1) / j.step
		work := take(parts * n)
		j.sums = work.floats
		c.doRow(parts, j)
		if beta == 0 {
			clear(y[:n])
		}
		for i := range parts {
			for col, sum := range work.floats[i*n:][:n] {
				y[col] += sum
			}
		}
		give(work)
		return
	}
	if parts > 1 {
		j.step = roundUp((n+parts-1)/parts, cacheLine/4)
	}
	c.doRow((n+j.step-1)/j.step, j)
}

// rowParts is into how many parts the rows of a large B are cut.
const rowParts = 8

func (c *Crew) doRow(parts int, j rowJob) {
	if c == nil || parts <= 1 || !c.busy.TryLock() {
		for i := range parts {
			j.Part(i)
		}
		return
	}
	c.row = j
	c.do(parts, &c.row)
	c.row = rowJob{}
	c.busy.Unlock()
}

// rowJob is a product of one row: step columns at a time, or step rows of B with a row of sums for each.
type rowJob struct {
	t             blas.Transpose
	n, k          int
	x, b, y, sums []float32
	ldb           int
	beta          float32
	step          int
}

func (j *rowJob) Part(i int) {
	from, to := i*j.step, (i+1)*j.step
	if j.t != blas.NoTrans {
		to = min(to, j.n)
		Float32{}.Sgemm(blas.NoTrans, j.t, 1, to-from, j.k, 1, j.x, j.k, j.b[from*j.ldb:], j.ldb, j.beta, j.y[from:to], to-from)
		return
	}
	to = min(to, j.k)
	x, b, sums := j.x[from:to], j.b[from*j.ldb:], j.sums[i*j.n:][:j.n]
	if best.streams {
		best.stream(j.n, to-from, depthOf(to-from), 1, x, matrix{b, j.ldb, 1}, false, sums)
		return
	}
	Float32{}.Sgemm(blas.NoTrans, j.t, 1, j.n, to-from, 1, x, to-from, b, j.ldb, 0, sums, j.n)
}

// MulInt8 computes y = W·x with weights of one byte, the rows of W divided among the crew.
func (c *Crew) MulInt8(q *Int8, y, x []float32) {
	parts := q.Rows * q.Stride / partBytes
	if c == nil || parts <= 1 || !c.busy.TryLock() {
		q.MulVec(y, x)
		return
	}
	work := take(q.Stride)
	c.int = rowInt8Job{q: q, y: y[:q.Rows], x: q.pad(work.floats, x), rows: roundUp((q.Rows+parts-1)/parts, 4)}
	c.do((q.Rows+c.int.rows-1)/c.int.rows, &c.int)
	c.int = rowInt8Job{}
	give(work)
	c.busy.Unlock()
}

// rowInt8Job is a product with so many rows at a time.
type rowInt8Job struct {
	q    *Int8
	y, x []float32
	rows int
}

func (j *rowInt8Job) Part(i int) {
	j.q.mulRows(j.y, j.x, i*j.rows, min((i+1)*j.rows, j.q.Rows))
}
