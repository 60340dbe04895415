package transformer

import (
	"gonum.org/v1/gonum/blas"

	"lmzoo/nn"
)

// Quantize rounds the weights of all layers to one byte each, for faster generation. It cannot be
// undone; do not train the model afterwards.
func (m *Model) Quantize() {
	for _, b := range m.H {
		for _, l := range []*nn.Linear{b.Attn.CAttn, b.Attn.CProj, b.MLP.CFC, b.MLP.CProj} {
			nn.Quantize(l.Weight, blas.NoTrans)
		}
	}
	nn.Quantize(m.output(), blas.Trans)
}
