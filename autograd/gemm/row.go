package gemm

import (
	"sync/atomic"

	"gonum.org/v1/gonum/blas"
)

// MulRow computes y = x·op(B) + β·y for one row x of k elements, where op(B) is k×n and β is 0 or
// 1. It is the product of generation, which reads every weight once and is limited by memory. Each
// part reads contiguous memory in order: some columns of op(B) if B is transposed, else some rows.
// The parts depend only on the size of the product, so the crew changes no bit.
func (c *Crew) MulRow(t blas.Transpose, n, k int, x, b []float32, ldb int, beta float32,
	y []float32) {
	switch {
	case t != blas.NoTrans:
		c.mulColumns(columnsJob{n: n, k: k, x: x, b: b, ldb: ldb, beta: beta, y: y})
	case n*k <= streamArea || k < 2*rowParts:
		Float32{}.Sgemm(blas.NoTrans, t, 1, n, k, 1, x, k, b, ldb, beta, y, n)
	default:
		c.mulRows(rowsJob{n: n, k: k, x: x, b: b, ldb: ldb}, beta, y[:n])
	}
}

// partBytes is the size of the matrix that one part of a product reads: small enough that no thread
// waits long for the last part, large enough that claiming a part costs little.
const partBytes = 1 << 17

// mulColumns computes x·Bᵀ in parts of some elements of y each.
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
	Float32{}.Sgemm(blas.NoTrans, blas.Trans, 1, to-from, j.k, 1, j.x, j.k, j.b[from*j.ldb:], j.ldb,
		j.beta, j.y[from:to], to-from)
}

// rowParts is the number of parts that the rows of a large B are divided into.
const rowParts = 8

// mulRows adds x·B to y, or stores it if beta is 0.
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

// rowsJob is x·B, step rows of B at a time. The sums of the parts are added in a binary tree: of
// two neighbours, the thread that finishes last adds both sums and continues with the next level.
// So the order of the additions is always the same, and a thread mostly adds sums of its own.
type rowsJob struct {
	n, k, ldb   int
	x, b        []float32
	step, parts int
	sums        []float32 // [parts, n]
	// met counts the finished parts of a pair, indexed by the first part of its second half
	met [rowParts]uint32
}

func (j *rowsJob) sum(i int) []float32 { return j.sums[i*j.n:][:j.n] }

func (j *rowsJob) Part(i int) {
	from, to := i*j.step, min((i+1)*j.step, j.k)
	best.mulRow(j.n, to-from, j.x[from:to], j.b[from*j.ldb:], j.ldb, j.sum(i))
	for width := 1; width < j.parts; width *= 2 {
		i &^= 2*width - 1
		if i+width >= j.parts {
			continue // no neighbour at this level
		}
		if atomic.AddUint32(&j.met[i+width], 1) == 1 {
			return // the neighbour is not done and will add
		}
		best.add(j.sum(i), j.sum(i+width))
	}
}

// MulInt8 computes y = W·x with int8 weights; the crew divides the rows of W.
func (c *Crew) MulInt8(q *Int8, y, x []float32) {
	parts := q.Rows * q.Stride / partBytes
	if !c.enter(parts) {
		q.MulVec(y, x)
		return
	}
	work := take(q.Stride)
	c.int8 = int8Job{q: q, y: y[:q.Rows], x: q.pad(work.floats, x),
		rows: roundUp((q.Rows+parts-1)/parts, 4)}
	c.do((q.Rows+c.int8.rows-1)/c.int8.rows, q.Rows*q.Stride, &c.int8)
	c.int8 = int8Job{}
	give(work)
	c.busy.Unlock()
}

// int8Job is a product in parts of the same number of rows.
type int8Job struct {
	q    *Int8
	y, x []float32
	rows int
}

func (j *int8Job) Part(i int) {
	j.q.mulRows(j.y, j.x, i*j.rows, min((i+1)*j.rows, j.q.Rows))
}
