package transformer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/nn"
	"lmzoo/nn/nntest"
)

// TestGolden: logits, hidden vectors, loss and gradients of GPT-2, of GPT-2 with smeared keys and
// of GPT-1 are those of PyTorch.
func TestGolden(t *testing.T) {
	for _, name := range []string{"gpt", "smear", "post"} {
		t.Run(name, func(t *testing.T) {
			g := nntest.Read[Config](t, name)
			m, err := New(g.Config, nntest.Rand())
			require.NoError(t, err)
			nntest.Fill(nn.Params(m))

			tape := autograd.NewForward()
			docs := m.pack(tape, g.B, g.T, g.X)
			g.CheckLogits(t, tape.LinearT(m.forward(tape, g.X, docs.pos, docs), m.WTE.Weight, nil))
			g.CheckHidden(t, m)
			g.CheckLoss(t, m)
		})
	}
}
