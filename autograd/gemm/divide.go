package gemm

import "gonum.org/v1/gonum/blas"

const (
	divisible = 1 << 22 // the smallest product worth dividing, in multiply-adds
	// minimum number of parts; fixed, so that the number of threads changes no bit
	dividedInto = 8
)

// divide computes a large product in parts: some columns of C each, or some rows if C has more
// rows. It returns false for a product that is too small.
func (f Float32) divide(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int,
	b []float32, ldb int, beta float32, c []float32, ldc int) bool {
	e := f.pick()
	if m <= e.mr || max(m, n) < dividedInto*e.nr || float64(m)*float64(n)*float64(k) < divisible {
		return false
	}
	j := &productJob{f: Float32{engine: e}, tA: tA, tB: tB, m: m, n: n, k: k, alpha: alpha, a: a,
		lda: lda, b: b, ldb: ldb, beta: beta, c: c, ldc: ldc}
	j.parts = max(dividedInto, (max(m, n)+partLength-1)/partLength)
	f.Crew.Do(j.parts, j)
	return true
}

// partLength is the largest number of columns or rows of a part. With more columns, the packed
// block of B would not fit in the cache.
const partLength = 384

// productJob is a product in parts.
type productJob struct {
	f             Float32
	tA, tB        blas.Transpose
	m, n, k       int
	alpha, beta   float32
	a, b, c       []float32
	lda, ldb, ldc int
	parts         int
}

// Part computes its rows or columns. A part begins at a tile.
func (j *productJob) Part(i int) {
	cut := func(n, tile int) (from, to int) {
		tiles := (n + tile - 1) / tile
		return i * tiles / j.parts * tile, min((i+1)*tiles/j.parts*tile, n)
	}
	m, n, a, b, c := j.m, j.n, j.a, j.b, j.c
	if m > n {
		from, to := cut(m, 1) // not by tiles: a part of a few rows would take another path
		m, a, c = to-from, view(j.tA, a, j.lda).at(from, 0).data, c[from*j.ldc:]
	} else {
		from, to := cut(n, j.f.engine.nr)
		n, b, c = to-from, view(j.tB, b, j.ldb).at(0, from).data, c[from:]
	}
	j.f.Sgemm(j.tA, j.tB, m, n, j.k, j.alpha, a, j.lda, b, j.ldb, j.beta, c, j.ldc)
}
