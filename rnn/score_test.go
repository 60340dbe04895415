package rnn

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// However a stream of documents is dealt to rows and cut into steps, every token costs what it costs one by one.
func TestScoreIsSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := small(rapid.SampledFrom(Cells()).Draw(t, "cell"))
		cfg.Layers = rapid.IntRange(1, 2).Draw(t, "layers")
		tokens := rapid.SliceOfN(rapid.Int32Range(0, 10), 0, 150).Draw(t, "tokens")
		m := loud(t, cfg)
		scores := m.Score(nil, tokens)
		s := m.Start()
		for i, tok := range tokens {
			require.InDelta(t, s.NextLogProbs(nil)[tok], scores[i], 2e-5, "token %d", i)
			s.Push(tok)
		}
	})
}

// A long document is read in several passes.
func TestScoreHasNoSeams(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		m := loud(t, small(cell))
		rng := rand1()
		tokens := make([]int32, 2*scoreTokens+7)
		for i := range tokens {
			tokens[i] = 1 + rng.Int32N(10)
		}
		scores := m.Score(nil, tokens)
		s := m.Start()
		var probs []float64
		for i, tok := range tokens {
			probs = s.NextLogProbs(probs)
			require.InDelta(t, probs[tok], scores[i], 2e-5, "token %d", i)
			s.Push(tok)
		}
	})
}
