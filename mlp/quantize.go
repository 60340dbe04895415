package mlp

import (
	"gonum.org/v1/gonum/blas"

	"lmzoo/nn"
)

// Quantize rounds the weights of all layers to one byte each, for faster generation. It cannot be
// undone; do not train the model afterwards.
func (m *Model) Quantize() {
	nn.Quantize(m.H, blas.Trans)
	nn.Quantize(m.U, blas.Trans)
	if m.W != nil {
		nn.Quantize(m.W, blas.Trans)
	}
}
