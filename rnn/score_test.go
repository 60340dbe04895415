package rnn

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/lm/lmtest"
	"lmzoo/nn/nntest"
)

// TestScoreIsSteps: Score agrees with the State, however a stream of documents is cut into rows and
// steps.
func TestScoreIsSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := small(rapid.SampledFrom(Cells()).Draw(t, "cell"))
		cfg.Layers = rapid.IntRange(1, 2).Draw(t, "layers")
		tokens := rapid.SliceOfN(rapid.Int32Range(0, 10), 0, 150).Draw(t, "tokens")
		require.NoError(t, lmtest.Steps(loud(t, cfg), tokens, 2e-5))
	})
}

// TestScoreHasNoSeams: Score reads a long document in several passes, which do not change any
// score.
func TestScoreHasNoSeams(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		require.NoError(t,
			lmtest.Steps(loud(t, small(cell)), nntest.Noise(1, 2*scoreTokens+7, 11).X, 2e-5))
	})
}
