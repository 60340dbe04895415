package mlp

import (
	"gonum.org/v1/gonum/blas"

	"lmzoo/nn"
)

// SetThreads lets several threads generate each token together if the model is large, which changes no bit of it. Do not call it while the
// model is in use.
func (m *Model) SetThreads(n int) { m.crew = nn.Crew(m, n) }

// Quantize rounds the weights of all layers to one byte each, for faster generation. It cannot be undone, and the
// model is not trained afterwards.
func (m *Model) Quantize() {
	nn.Quantize(m.H, blas.Trans)
	nn.Quantize(m.U, blas.Trans)
	if m.W != nil {
		nn.Quantize(m.W, blas.Trans)
	}
}
