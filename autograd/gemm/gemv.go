package gemm

import "gonum.org/v1/gonum/blas"

// Sgemv computes y = α·op(A)·x + β·y, where A is m×n, as a product with a matrix of one row.
func (f Float32) Sgemv(tA blas.Transpose, m, n int, alpha float32, a []float32, lda int,
	x []float32, incX int, beta float32, y []float32, incY int) {
	rows, cols, tB := m, n, blas.Trans // of op(A); yᵀ = xᵀ·op(A)ᵀ
	if tA != blas.NoTrans {
		rows, cols, tB = n, m, blas.NoTrans
	}
	plain := m > 0 && n > 0 && incX == 1 && incY == 1 &&
		(tA == blas.NoTrans || tA == blas.Trans || tA == blas.ConjTrans)
	if !plain || !sane(blas.NoTrans, tB, 1, rows, cols, len(x), cols, len(a), lda, len(y), rows) {
		f.Implementation.Sgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	f.Sgemm(blas.NoTrans, tB, 1, rows, cols, alpha, x, cols, a, lda, beta, y, rows)
}
