//go:build !amd64 || noasm

package gemm

import "gonum.org/v1/gonum/blas"

func (e *engine) stream(int, int, int, float32, []float32, matrix, bool, []float32) {
	panic("gemm: no kernel for streams")
}

func avx512Strips(int, int, *float32, int, int, *float32, int, int, float32, bool, *float32, int,
	int, int, *float32) {
	panic("gemm: no AVX-512")
}

// mulRow stores x·B, for an x of k elements, in the n elements of y.
func (e *engine) mulRow(n, k int, x, b []float32, ldb int, y []float32) {
	Float32{engine: e}.Sgemm(blas.NoTrans, blas.NoTrans, 1, n, k, 1, x, k, b, ldb, 0, y, n)
}

// add adds x to y.
func (e *engine) add(y, x []float32) {
	for i, v := range x[:len(y)] {
		y[i] += v
	}
}
