package transformer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/nn"
)

// TestLlamaAttentionIsTheModels: with plain attention the model predicts the same, even beyond the
// window, and the weights sum to 1.
func TestLlamaAttentionIsTheModels(t *testing.T) {
	m := loudLlama(t, smallLlama)
	for _, n := range []int{0, 1, 5, 7, 8, 20} {
		context := make([]lm.Token, n)
		for i := range context {
			context[i] = lm.Token(1 + i*i%12)
		}
		window, r, last := m.inspect(context)
		tape := autograd.NewForward()
		plain := nn.LogSoftmax(tape, nil, tape.LinearT(tape.Const(1, len(last), last), m.output(),
			nil).Row(0))
		require.InDeltaSlice(t, m.NextLogProbs(nil, context), plain, 1e-4)

		_, att := m.Attention(context)
		require.Equal(t, r.att, att)
		require.Len(t, att, 2)
		for _, layer := range att {
			require.Len(t, layer, 4)
			for _, head := range layer {
				require.Len(t, head, len(window))
				for i, row := range head {
					require.Len(t, row, i+1)
					sum := float32(0)
					for _, a := range row {
						sum += a
					}
					require.InDelta(t, 1, sum, 1e-5)
				}
			}
		}
	}
}
