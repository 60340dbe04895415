package mlp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
)

// TestGolden: logits, loss and gradients are those of PyTorch, without and with direct connections.
func TestGolden(t *testing.T) {
	each(t, func(t *testing.T, name string, _ bool) {
		g := nntest.Read[Config](t, name)
		m, err := New(g.Config, nntest.Rand())
		require.NoError(t, err)
		nntest.Fill(nn.Params(m))

		tape := autograd.NewForward()
		var ids []int32
		for r := range g.B {
			ids = appendContexts(ids, g.X[r*g.T:][:g.T], g.Config.Context)
		}
		g.CheckLogits(t, m.logits(tape, ids, m.hidden(tape, ids)))
		g.CheckLoss(t, m)
	})
}
