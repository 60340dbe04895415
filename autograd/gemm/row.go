package gemm

import (
	"sync/atomic"

	"gonum.org/v1/gonum/blas"
)

// MulRow computes y = x·op(B) + β·y, β being 0 or 1, for one row x of k elements, where op(B) is k×n: the product of
// generation, which reads every weight once and so is limited by memory. Each part of it reads memory that lies in one piece,
// in the order it lies: of a transposed B some columns of op(B), else some of its rows. Into which parts a product is cut
// depends on its size alone, so the crew changes no bit.
func (c *Crew) MulRow(t blas.Transpose, n, k int, x, b []float32, ldb int, beta float32, y []float32) {
	switch {
	case t != blas.NoTrans:
		c.mulColumns(columnsJob{n: n, k: k, x: x, b: b, ldb: ldb, beta: beta, y: y})
	case n*k <= streamArea || k < 2*rowParts:
		Float32{}.Sgemm(blas.NoTrans, t, 1, n, k, 1, x, k, b, ldb, beta, y, n)
	default:
		c.mulRows(rowsJob{n: n, k: k, x: x, b: b, ldb: ldb}, beta, y[:n])
	}
}

// partBytes is how much of a matrix one part of a product reads: few enough that nobody waits long for the last
// part, enough that taking a part costs nothing.
const partBytes = 1 << 17

// mulColumns computes some elements of y at a time.
func (c *Crew) mulColumns(j columnsJob) {
	j.step = j.n
	if parts := min(4*j.n*j.k/partBytes, j.n/cacheLine); parts > 1 {
		j.step = roundUp((j.n+parts-1)/parts, cacheLine/4)
	}
	parts := (j.n + j.step - 1) / j.step
	if !c.enter(parts) {
		for i := range parts {
			j.Part(i)
		}
		return
	}
	c.columns = j
	c.do(parts, j.n*j.k, &c.columns)
	c.columns = columnsJob{}
	c.busy.Unlock()
}

// columnsJob is x·Bᵀ, step rows of B at a time.
type columnsJob struct {
	n, k, ldb, step int
	x, b, y         []float32
	beta            float32
}

func (j *columnsJob) Part(i int) {
	from, to := i*j.step, min((i+1)*j.step, j.n)
	Float32{}.Sgemm(blas.NoTrans, blas.Trans, 1, to-from, j.k, 1, j.x, j.k, j.b[from*j.ldb:], j.ldb, j.beta, j.y[from:to], to-from)
}

// rowParts is into how many parts the rows of a large B are cut.
const rowParts = 8

// mulRows adds x·B, or stores it if beta is 0.
func (c *Crew) mulRows(j rowsJob, beta float32, y []float32) {
	j.step = roundUp((j.k+rowParts-1)/rowParts, 4)
	j.parts = (j.k + j.step - 1) / j.step
	work := take(j.parts * j.n)
	j.sums = work.floats
	if !c.enter(j.parts) {
		for i := range j.parts {
			j.Part(i)
		}
	} else {
		c.rows = j
		c.do(j.parts, j.n*j.k, &c.rows)
		c.rows = rowsJob{}
		c.busy.Unlock()
	}
	if beta == 0 {
		copy(y, j.sum(0))
	} else {
		best.add(y, j.sum(0))
	}
	give(work)
}

// rowsJob is x·B, step rows of B at a time. What comes of them is added up as in a tournament: of a pair of neighbours whoever is done last adds
// the two and goes on to meet the next pair's. So the order of the sum is always the same, and a thread adds mostly what it has computed itself.
type rowsJob struct {
	n, k, ldb   int
	x, b        []float32
	step, parts int
	sums        []float32        // [parts, n]
	met         [rowParts]uint32 // how many of a pair have come, by the first part of the second
}

func (j *rowsJob) sum(i int) []float32 { return j.sums[i*j.n:][:j.n] }

func (j *rowsJob) Part(i int) {
	from, to := i*j.step, min((i+1)*j.step, j.k)
	best.mulRow(j.n, to-from, j.x[from:to], j.b[from*j.ldb:], j.ldb, j.sum(i))
	for width := 1; width < j.parts; width *= 2 {
		i &^= 2*width - 1
		if i+width >= j.parts {
			continue // nobody to meet in this round
		}
		if atomic.AddUint32(&j.met[i+width], 1) == 1 {
			return // the other one is not done
		}
		best.add(j.sum(i), j.sum(i+width))
	}
}

// MulInt8 computes y = W·x with weights of one byte, the rows of W divided among the crew.
func (c *Crew) MulInt8(q *Int8, y, x []float32) {
	parts := q.Rows * q.Stride / partBytes
	if !c.enter(parts) {
		q.MulVec(y, x)
		return
	}
	work := take(q.Stride)
	c.int8 = int8Job{q: q, y: y[:q.Rows], x: q.pad(work.floats, x), rows: roundUp((q.Rows+parts-1)/parts, 4)}
	c.do((q.Rows+c.int8.rows-1)/c.int8.rows, q.Rows*q.Stride, &c.int8)
	c.int8 = int8Job{}
	give(work)
	c.busy.Unlock()
}

// int8Job is a product with so many rows at a time.
type int8Job struct {
	q    *Int8
	y, x []float32
	rows int
}

func (j *int8Job) Part(i int) {
	j.q.mulRows(j.y, j.x, i*j.rows, min((i+1)*j.rows, j.q.Rows))
}
