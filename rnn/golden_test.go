package rnn

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
)

// TestGolden: logits, loss and gradients of a second batch, which begins with the memory of the
// first, are those of PyTorch.
func TestGolden(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		g := nntest.Read[Config](t, cell)
		m, err := New(g.Config, nntest.Rand())
		require.NoError(t, err)
		params := nn.Params(m)
		slices.SortFunc(params, func(a, b nn.Param) int { return strings.Compare(a.Name, b.Name) })
		nntest.Fill(params)
		m.Loss(autograd.NewTape(), nntest.Batch(g.B, g.T, g.First, g.First))
		carry := m.Carry()

		tape := autograd.NewForward()
		state := m.newState(g.B)
		for i := range state {
			copy(state[i], carry[i])
		}
		g.CheckLogits(t, m.Decoder.Forward(tape, m.forward(tape, g.X, g.B, g.T, state)))
		g.CheckLoss(t, m)
	})
}
