package rnn

import (
	"gonum.org/v1/gonum/blas"

	"lmzoo/nn"
)

// Quantize rounds the weights of all layers to one byte each, for faster generation. It cannot be
// undone; do not train the model afterwards.
func (m *Model) Quantize() {
	for l := range m.RNN.WeightIH {
		nn.Quantize(m.RNN.WeightIH[l], blas.Trans)
		nn.Quantize(m.RNN.WeightHH[l], blas.Trans)
	}
	nn.Quantize(m.head(), blas.Trans)
}
