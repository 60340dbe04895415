package mlp

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
	m := loud(t, Config{VocabSize: 5, Context: 3, NEmbd: 2, Hidden: 4})
	nntest.CheckHidden(t, m, func(tape *autograd.Tape, h *autograd.Tensor) []float64 {
		return nn.LogSoftmax(tape, nil, tape.LinearT(h, m.U, m.B).Row(0))
	})
}
