package transformer

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/nn"
)

// TestAttentionIsTheModels: with plain attention the model predicts the same, and the weights sum
// to 1.
func TestAttentionIsTheModels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{VocabSize: 7, NEmbd: 8, NLayer: 2, NHead: 2}
		cfg.NPositions = rapid.IntRange(1, 9).Draw(t, "window")
		cfg.Smear = rapid.Bool().Draw(t, "smear")
		m := loud(t, cfg)
		context := rapid.SliceOfN(rapid.Int32Range(0, 6), 0, 20).Draw(t, "context")

		window, w, last := m.inspect(context)
		tape := autograd.NewForward()
		plain := nn.LogSoftmax(tape, nil,
			tape.LinearT(tape.Const(1, len(last), last), m.WTE.Weight, nil).Row(0))
		require.InDeltaSlice(t, m.NextLogProbs(nil, context), plain, 1e-4)

		require.LessOrEqual(t, len(window), cfg.NPositions)
		for _, layer := range w.att {
			require.Len(t, layer, cfg.NHead)
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
	})
}

// TestAttentionWindow: the window of a short text is BOS and the text, without an earlier document.
func TestAttentionWindow(t *testing.T) {
	m := loud(t, Config{VocabSize: 7, NEmbd: 8, NLayer: 1, NHead: 2, NPositions: 8})
	window, att := m.Attention([]lm.Token{3, 4, lm.BOS, 5, 6})
	require.Equal(t, []lm.Token{lm.BOS, 5, 6}, window)
	require.Len(t, att, 1)
	require.Len(t, att[0], 2)
	require.Equal(t, []float32{1}, att[0][0][0])
}
