package rnn

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
	for l := range m.RNN.WeightIH {
		nn.Quantize(m.RNN.WeightIH[l], blas.Trans)
		nn.Quantize(m.RNN.WeightHH[l], blas.Trans)
	}
	nn.Quantize(m.head(), blas.Trans)
}
