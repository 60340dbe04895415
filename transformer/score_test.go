package transformer

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/lm"
	"lmzoo/lm/lmtest"
	"lmzoo/nn/nntest"
)

// TestScoreIsSteps: Score agrees with the State, however a stream of documents is cut into windows
// and rows.
func TestScoreIsSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{VocabSize: 7, NEmbd: 4, NLayer: 1, NHead: 2}
		cfg.NPositions = rapid.IntRange(1, 9).Draw(t, "window")
		cfg.Stride = rapid.IntRange(0, cfg.NPositions).Draw(t, "stride")
		cfg.Smear = rapid.Bool().Draw(t, "smear")
		tokens := rapid.SliceOfN(rapid.Int32Range(0, 6), 0, 60).Draw(t, "tokens")
		m := loud(t, cfg)
		require.NoError(t, lmtest.Steps(m, tokens, 2e-5))
	})
}

// TestScoreHasNoSeams: long streams and many documents take several batches, which does not change
// any score.
func TestScoreHasNoSeams(t *testing.T) {
	m := loud(t, small)
	rng := nntest.Rand()
	tokens := make([]lm.Token, 3*scoreTokens)
	for i := range tokens {
		tokens[i] = rng.Int32N(13)
		if i > len(tokens)/2 && tokens[i] == 0 {
			tokens[i] = 1 // the second half is one long document
		}
	}
	scores := m.Score(nil, tokens)
	require.Equal(t, scores, m.ScoreThreads(nil, tokens, 3), "threads change no bit")
	require.NoError(t, lmtest.Steps(m, tokens, 2e-5))
}
