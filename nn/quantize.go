package nn

import (
	"gonum.org/v1/gonum/blas"

	"lmzoo/autograd"
	"lmzoo/autograd/gemm"
)

// Quantize rounds the weights of a layer to one byte each, with a scale for each output
// (weight-only quantization, "vector-wise" in Dettmers et al. 2022, §2.1). Generation reads every
// weight once per token, so it then reads a quarter of the bytes. The float32 weights become the
// numbers that the bytes represent, so that whole texts are scored by the same model. trans is the
// layer's layout: blas.NoTrans for w [in, out], blas.Trans for [out, in].
func Quantize(w *autograd.Tensor, trans blas.Transpose) {
	out, in, turn := w.Rows, w.Cols, blas.NoTrans // in gemm's convention: op(w) [out, in]
	if trans == blas.NoTrans {
		out, in, turn = in, out, blas.Trans
	}
	w.Int8 = gemm.QuantizeInt8(turn, out, in, w.Data, w.Stride, 0)
	w.Int8.Dequantize(turn, w.Data, w.Stride)
}
