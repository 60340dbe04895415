package rnn

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/lm/lmtest"
	"lmzoo/nn/nntest"
)

// However a stream of documents is dealt to rows and cut into steps, every token costs what it costs one by one.
func TestScoreIsSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := small(rapid.SampledFrom(Cells()).Draw(t, "cell"))
		cfg.Layers = rapid.IntRange(1, 2).Draw(t, "layers")
		tokens := rapid.SliceOfN(rapid.Int32Range(0, 10), 0, 150).Draw(t, "tokens")
		require.NoError(t, lmtest.Steps(loud(t, cfg), tokens, 2e-5))
	})
}

// A long document is read in several passes.
func TestScoreHasNoSeams(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		require.NoError(t, lmtest.Steps(loud(t, small(cell)), nntest.Noise(1, 2*scoreTokens+7, 11).X, 2e-5))
	})
}
