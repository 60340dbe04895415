//go:build !amd64 || noasm

package gemm

func (e *engine) stream(int, int, int, float32, []float32, matrix, bool, []float32) {
	panic("gemm: no kernel for streams")
}
