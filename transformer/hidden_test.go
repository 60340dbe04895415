package transformer

import (
	"testing"

	"lmzoo/autograd"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
)

var (
	_ nn.Encoder  = (*Model)(nil)
	_ nn.Embedder = (*Model)(nil)
)

func TestHidden(t *testing.T) {
	for _, norm := range []string{PreNorm, PostNorm} {
		m := loud(t,
			Config{VocabSize: 5, NPositions: 6, NEmbd: 4, NLayer: 2, NHead: 2, Smear: true,
				Norm: norm})
		nntest.CheckHidden(t, m, func(tape *autograd.Tape, h *autograd.Tensor) []float64 {
			return nn.LogSoftmax(tape, nil, tape.LinearT(h, m.WTE.Weight, nil).Row(0))
		})
	}
}
