package rnn

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/nn"
)

// TestTraceIsTheModels: the last hidden state of a trace gives the model's prediction, and the
// trace of the last tokens is the end of the whole trace.
func TestTraceIsTheModels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := small(rapid.SampledFrom(Cells()).Draw(t, "cell"))
		cfg.Layers = rapid.IntRange(1, 2).Draw(t, "layers")
		m := loud(t, cfg)
		context := rapid.SliceOfN(rapid.Int32Range(0, 10), 0, 90).Draw(t, "context")
		n := rapid.IntRange(1, 100).Draw(t, "n")

		tokens, signals := m.Trace(context, cfg.Layers-1, n)
		h := signals[0].Values[len(tokens)-1]
		tape := autograd.NewForward()
		plain := nn.LogSoftmax(tape, nil,
			tape.LinearT(tape.Const(1, len(h), h), m.head(), m.Decoder.Bias).Row(0))
		require.InDeltaSlice(t, m.NextLogProbs(nil, context), plain, 1e-4)

		all, whole := m.Trace(context, cfg.Layers-1, len(context)+1)
		require.Equal(t, all[len(all)-len(tokens):], tokens)
		for k, s := range signals {
			require.Equal(t, whole[k].Name, s.Name)
			require.Len(t, s.Values, len(tokens))
			for i, row := range s.Values {
				require.InDeltaSlice(t, whole[k].Values[len(all)-len(tokens)+i], row, 1e-4)
			}
		}
	})
}

// TestTraceNames: each cell has its signals, and gates are between 0 and 1.
func TestTraceNames(t *testing.T) {
	for cell, names := range map[string]string{"elman": "h", "lstm": "hcifgo", "gru": "hrzn"} {
		tokens, signals := loud(t, small(cell)).Trace([]lm.Token{3, lm.BOS, 4, 5}, 0, 10)
		require.Equal(t, []lm.Token{lm.BOS, 4, 5}, tokens, "a document before is forgotten")
		got := ""
		for _, s := range signals {
			got += s.Name
			for _, row := range s.Values {
				for _, v := range row {
					switch s.Name {
					case "i", "f", "o", "r", "z":
						require.True(t, v >= 0 && v <= 1)
					}
				}
			}
		}
		require.Equal(t, names, got)
	}
}
