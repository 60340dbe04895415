package rnn

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
)

var (
	_ nn.Encoder  = (*Model)(nil)
	_ nn.Embedder = (*Model)(nil)
)

func TestHidden(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		m := loud(t, Config{Cell: cell, VocabSize: 5, NEmbd: 3, Hidden: 4, Layers: 2})
		nntest.CheckHidden(t, m, func(tape *autograd.Tape, h *autograd.Tensor) []float64 {
			return nn.LogSoftmax(tape, nil, tape.LinearT(h, m.head(), m.Decoder.Bias).Row(0))
		})
		require.Nil(t, m.Carry(), "only Loss carries a memory")

		x := []lm.Token{lm.BOS, 3, 1, 4, 2}
		hidden := m.Hidden(autograd.NewForward(), nntest.Batch(1, len(x), x, nil))
		for l := range m.Config.Layers {
			_, signals := m.Trace(x, l, len(x))
			for i, h := range signals[0].Values {
				require.InDeltaSlice(t, h, hidden[l+1].Row(i), 1e-5, "layer %d", l)
			}
		}
	})
}
