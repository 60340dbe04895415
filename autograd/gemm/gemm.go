// Package gemm implements the float32 matrix product, C = αAB + βC, near the peak of the processor
// and without cgo. It divides A and B into blocks that fit the caches, and a kernel keeps a tile of
// C in registers (Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication").
// Package autograd makes gonum use it with blas32.Use(gemm.Float32{}).
package gemm

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// Float32 is gonum's implementation of BLAS (Dongarra et al. 1990) with Sgemm and Sgemv replaced. A
// call uses one thread unless there is a Crew, because training runs pieces of the batch in
// parallel instead. Calls may run concurrently; a result depends only on the arguments.
type Float32 struct {
	gonum.Implementation
	// Crew divides large products; nil means one thread. It changes no bit of a product.
	Crew   *Crew
	engine *engine // nil for the best one
}

func (f Float32) pick() *engine {
	if f.engine != nil {
		return f.engine
	}
	return best
}

// Kernel names the instruction set of the kernels in use: "avx512", "avx2", "neon" or "go".
func Kernel() string { return best.name }

// Sgemm computes C = α·op(A)·op(B) + β·C, where op(A) is m×k, op(B) k×n and C m×n, all row-major.
// With β = 0 it does not read C, which may contain NaN; with α = 0 it does not read A and B.
func (f Float32) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int,
	b []float32, ldb int, beta float32, c []float32, ldc int) {
	if total := operations.Load(); total != nil {
		total.Add(2 * int64(m) * int64(n) * int64(k))
	}
	// The overhead of a call matters for small products, which need no preparation, so they are
	// checked and computed here; all others go to product.
	e := f.pick()
	rowsA, colsA, down, right := m, k, lda, 1
	if tA != blas.NoTrans {
		rowsA, colsA, down, right = k, m, 1, lda
	}
	rowsB, colsB := k, n
	if tB != blas.NoTrans {
		rowsB, colsB = n, k
	}
	if uint(m-1) >= uint(e.lowArea) || uint(n-1) >= uint(e.lowArea) || uint(k-1) >= depth ||
		m*k > e.lowArea || k*n > e.lowArea ||
		tB != blas.NoTrans && (tB != blas.Trans || m <= dotRows) ||
		tA != blas.NoTrans && tA != blas.Trans ||
		lda < colsA || lda >= alias || ldb < colsB || ldc < n || (rowsA-1)*lda+colsA > len(a) ||
		(rowsB-1)*ldb+colsB > len(b) || (m-1)*ldc+n > len(c) ||
		alpha == 0 || beta != 0 && beta != 1 {
		f.product(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	switch {
	case tB != blas.NoTrans:
		work, wide := e.turned(b, ldb, n, k)
		e.direct(m, n, k, alpha, a, down, right, work.floats, wide, beta != 0, c, ldc)
		give(work)
	case e.wide && m <= e.height(n, k):
		avx512Strips(1, k, &a[0], down, right, &b[0], ldb, 0, alpha, beta != 0, &c[0], ldc, n, m,
			nil)
	default:
		e.direct(m, n, k, alpha, a, down, right, b, ldb, beta != 0, c, ldc)
	}
}

// product is Sgemm for matrices of any size.
func (f Float32) product(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int,
	b []float32, ldb int, beta float32, c []float32, ldc int) {
	if !sane(tA, tB, m, n, k, len(a), lda, len(b), ldb, len(c), ldc) {
		// panics with the reason
		f.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	if m == 0 || n == 0 {
		return
	}
	if f.Crew != nil && f.divide(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		return
	}
	if alpha == 0 || k == 0 {
		scaleRows(m, n, beta, c, ldc)
		return
	}
	if beta != 0 && beta != 1 {
		scaleRows(m, n, beta, c, ldc)
	}
	f.pick().product(m, n, k, alpha, view(tA, a, lda), view(tB, b, ldb), beta != 0, c, ldc)
}

// sane reports whether the arguments describe matrices inside their slices.
func sane(tA, tB blas.Transpose, m, n, k, lenA, lda, lenB, ldb, lenC, ldc int) bool {
	return m >= 0 && n >= 0 && k >= 0 && inside(tA, m, k, lenA, lda) &&
		inside(tB, k, n, lenB, ldb) && inside(blas.NoTrans, m, n, lenC, ldc)
}

func inside(t blas.Transpose, rows, cols, length, stride int) bool {
	switch t {
	case blas.NoTrans:
	case blas.Trans, blas.ConjTrans:
		rows, cols = cols, rows
	default:
		return false
	}
	return stride >= max(1, cols) && (rows == 0 || length >= (rows-1)*stride+cols)
}

func scaleRows(m, n int, beta float32, c []float32, ldc int) {
	for i := range m {
		row := c[i*ldc:][:n]
		switch beta {
		case 0:
			clear(row)
		case 1:
		default:
			for j := range row {
				row[j] *= beta
			}
		}
	}
}

// matrix is op(X): element (i, j) is data[i·down + j·right], and down or right is 1.
type matrix struct {
	data        []float32
	down, right int
}

func view(t blas.Transpose, data []float32, stride int) matrix {
	if t == blas.NoTrans {
		return matrix{data, stride, 1}
	}
	return matrix{data, 1, stride}
}

func (x matrix) at(i, j int) matrix {
	return matrix{x.data[i*x.down+j*x.right:], x.down, x.right}
}
